"""Brands side by side: who may begin, who waits, and what an operator reads when that becomes another number."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Engine

from database import create_engine
from settings import SyncSettings
from sync.api.pace import Pace
from sync.running import brand_pool
from sync.running.brand_pool import BrandPool
from sync.running.side_by_side import MOST, USUAL, Conditions

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


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Return a database that nobody has asked anything yet: only its connections are counted."""
    return create_engine(f"sqlite:///{tmp_path}/empty.db")


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Conditions]:
    """What a pool saw, look by look, without waiting between two of them."""
    seen: list[Conditions] = []
    follow = BrandPool.follow

    def watched(pool: BrandPool, conditions: Conditions) -> None:
        seen.append(conditions)
        follow(pool, conditions)

    monkeypatch.setattr(brand_pool, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(BrandPool, "follow", watched)
    return seen


def test_one_that_waits_can_be_called_off_and_counts_no_longer(
    runs: Runs, looks: list[Conditions], engine: Engine
) -> None:
    pool = BrandPool(_settings(None))
    numbers = range(MOST + 2)  # more than the pool has threads: those wait to be taken up at all
    futures = [pool.submit(partial(runs.task, number)) for number in numbers]
    runs.wait_for(USUAL)
    assert futures[-1].cancel()
    pool.adjust(Pace(), engine)
    assert looks[0].waiting == len(numbers) - USUAL - 1


@pytest.mark.parametrize(("fixed", "expected"), [(2, 2), (None, 1)])
def test_a_fixed_number_stays_and_else_a_slow_pace_leaves_one(
    looks: list[Conditions], engine: Engine, fixed: int | None, expected: int
) -> None:
    pace = Pace()
    pace.calls_per_second = 0.5
    pool = BrandPool(_settings(fixed))
    pool.adjust(pace, engine)
    assert pool.at_once == expected
    assert len(looks) == (0 if fixed else 1)


def test_a_worker_sees_its_connections_and_its_memory(looks: list[Conditions], engine: Engine) -> None:
    pool = BrandPool(_settings(None))
    pool.adjust(Pace(), engine)
    with engine.connect(), engine.connect():
        pool.adjust(Pace(), engine)
    assert looks[1].free_connections == looks[0].free_connections - 2
    assert 0 < looks[0].memory < 1


def test_calm_is_the_best_that_was_seen_and_is_slowly_forgotten(looks: list[Conditions], engine: Engine) -> None:
    pool, pace = BrandPool(_settings(None)), Pace()
    for seconds in (0.0, 0.4, 0.1, *[0.4] * 200):
        pace.call_seconds = seconds
        pool.adjust(pace, engine)
    calm = [look.calm_seconds for look in looks]
    assert calm[:3] == [float("inf"), 0.4, 0.1]
    assert 0.1 < calm[3] < calm[4] < 0.4
    assert calm[-1] == 0.4
