"""Brands side by side: who may begin, who waits, and what an operator reads when that becomes another number."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
import structlog
from sqlalchemy import Engine

from settings import SyncSettings
from sync.api.pace import Pace
from sync.running import brand_pool
from sync.running.brand_pool import BrandPool
from sync.running.memory import memory_share
from sync.running.side_by_side import USUAL, Conditions

BRANDS_WAIT = Conditions(waiting=9, requests_per_brand=4, free_connections=10)
PATIENCE = 30.0


class Runs:
    """Tasks that begin, and end when they are told to."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self._changed = threading.Condition()
        self._over = False

    def task(self, number: int) -> None:
        with self._changed:
            self.begun.append(number)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self._over, PATIENCE)

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.begun) >= count, PATIENCE)

    def end(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()


@pytest.fixture
def runs() -> Iterator[Runs]:
    made = Runs()
    yield made
    made.end()


def _settings(at_once: int | None) -> SyncSettings:
    return SyncSettings.model_construct(sync_brands_at_once=at_once, sync_requests_per_brand=4)


def test_the_number_begins_with_a_few_and_grows_while_others_wait(runs: Runs) -> None:
    pool = BrandPool(_settings(None))
    futures = [pool.submit(partial(runs.task, number)) for number in range(9)]
    runs.wait_for(USUAL)
    assert len(runs.begun) == USUAL
    with structlog.testing.capture_logs() as lines:
        pool.follow(BRANDS_WAIT)
        runs.wait_for(USUAL + 1)
        pool.follow(replace(BRANDS_WAIT, waiting=0))
    assert len(runs.begun) == pool.at_once == USUAL + 1
    assert [(line["event"], line["before"], line["brands"]) for line in lines] == [("brands_side_by_side", 4, 5)]
    runs.end()
    for future in futures:
        future.result(PATIENCE)
    assert sorted(runs.begun) == list(range(9))


def test_when_fewer_are_allowed_those_that_run_go_on_and_no_other_begins(runs: Runs) -> None:
    pool = BrandPool(_settings(None))
    futures = [pool.submit(partial(runs.task, number)) for number in range(6)]
    runs.wait_for(USUAL)
    pool.follow(replace(BRANDS_WAIT, memory=0.9))
    assert pool.at_once == USUAL - 1
    pool.close()
    runs.end()
    for future in futures[:USUAL]:
        future.result(PATIENCE)
    assert len(runs.begun) == USUAL


def test_one_that_waits_can_be_called_off_and_no_longer_counts_as_waiting(runs: Runs, engine: Engine) -> None:
    pool = BrandPool(_settings(1))
    pool.submit(partial(runs.task, 0))
    runs.wait_for(1)
    waiting = pool.submit(partial(runs.task, 1))
    assert waiting.cancel()
    assert pool._conditions(Pace(), engine).waiting == 0


def test_a_fixed_number_stays(runs: Runs, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brand_pool, "_LOOK_SECONDS", 0.0)
    pace = Pace()
    for at_once, expected in ((2, 2), (None, 1)):  # at half a call a second the pace keeps one brand busy
        pool = BrandPool(_settings(at_once))
        pace.calls_per_second = 0.5
        pool.adjust(pace, engine)
        assert pool.at_once == expected


def test_a_worker_sees_its_connections_and_its_memory(engine: Engine) -> None:
    pool = BrandPool(_settings(None))
    before = pool._conditions(Pace(), engine).free_connections
    with engine.connect(), engine.connect():
        assert pool._conditions(Pace(), engine).free_connections == before - 2
    assert 0 < memory_share() < 1


def test_calm_is_the_best_that_was_seen_and_is_slowly_forgotten(engine: Engine) -> None:
    pool, pace = BrandPool(_settings(None)), Pace()
    calm = []
    for seconds in (0.0, 0.4, 0.1, 0.4, 0.4):
        pace.call_seconds = seconds
        calm.append(pool._conditions(pace, engine).calm_seconds)
    assert calm[0] == float("inf")
    assert calm[1:3] == [0.4, 0.1]
    assert 0.1 < calm[3] < calm[4] < 0.4
    for _ in range(200):
        pool._conditions(pace, engine)
    assert pool._conditions(pace, engine).calm_seconds == 0.4
