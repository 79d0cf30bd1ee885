"""Finished answers: worked out once, however many ask for the same at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from dash_portal.brand_access import Brand
from dash_portal.dashboards import answers
from dash_portal.dashboards.answers import Answers
from models import TenantStatus

BRAND = Brand(1, "own", "Own", "America/New_York", None, TenantStatus.ACTIVE, data_version=7)
WAITS = 30.0


class Work:
    """Work that begins, and ends when it is told to; it counts how often it was done."""

    def __init__(self) -> None:
        self.begun, self.may_end = Event(), Event()
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        self.begun.set()
        assert self.may_end.wait(WAITS)
        return f"answer {self.times}"


@pytest.fixture
def waiters(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Return what is set once somebody waits for another one's answer."""
    waits = Event()

    class Watched(Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.set()
            return super().wait(timeout)

    monkeypatch.setattr(answers, "Event", Watched)
    return waits


def _ask(pool: ThreadPoolExecutor, kept: Answers, question: str, work: Callable[[], Any]) -> Future[Any]:
    return pool.submit(kept.answer, BRAND, question, work)


def test_who_asks_the_same_at_the_same_moment_waits_for_the_one_answer(waiters: Event) -> None:
    kept, work = Answers(), Work()
    with ThreadPoolExecutor(2) as pool:
        first = _ask(pool, kept, "same", work)
        assert work.begun.wait(WAITS)
        second = _ask(pool, kept, "same", work)
        assert waiters.wait(WAITS)
        work.may_end.set()
        assert first.result() == second.result() == "answer 1"
    assert kept.answer(BRAND, "same", work) == "answer 1"
    assert work.times == 1


def test_another_question_waits_for_nobody() -> None:
    kept, work = Answers(), Work()
    with ThreadPoolExecutor(1) as pool:
        _ask(pool, kept, "slow", work)
        assert work.begun.wait(WAITS)
        assert kept.answer(BRAND, "other", lambda: "at once") == "at once"
        work.may_end.set()


def test_an_answer_that_fails_is_worked_out_anew_by_who_waited_for_it(waiters: Event) -> None:
    kept, work = Answers(), Work()

    def fail() -> str:
        work()
        raise RuntimeError("the database is away")

    with ThreadPoolExecutor(2) as pool:
        first = _ask(pool, kept, "same", fail)
        assert work.begun.wait(WAITS)
        second = _ask(pool, kept, "same", lambda: "there again")
        assert waiters.wait(WAITS)
        work.may_end.set()
        with pytest.raises(RuntimeError):
            first.result()
        assert second.result() == "there again"


def test_nobody_waits_longer_than_so_long_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "PATIENCE_SECONDS", 0.0)
    kept, work = Answers(), Work()
    with ThreadPoolExecutor(1) as pool:
        hangs = _ask(pool, kept, "same", work)
        assert work.begun.wait(WAITS)
        assert kept.answer(BRAND, "same", lambda: "by itself") == "by itself"
        work.may_end.set()
        assert hangs.result() == "answer 1"


def test_an_answer_may_ask_for_another_one() -> None:
    kept = Answers()
    assert (
        kept.answer(BRAND, "page", lambda: kept.answer(BRAND, "counts", lambda: "counts") + " drawn") == "counts drawn"
    )
