"""The pace of all calls under one token, and how long a run waits for its turn: with a clock of the tests' own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest

from sync.api.pace import Pace, Patience
from sync.failures import OutOfPatienceError


@dataclass
class HandClock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def pace(clock: HandClock) -> Pace:
    return Pace(clock)


def _begin(pace: Pace, clock: HandClock) -> None:
    """Wait for a turn and take it."""
    while (seconds := pace.claim()) > 0:
        clock.now += seconds


def test_calls_go_as_they_come_while_none_was_refused(pace: Pace) -> None:
    for _ in range(200):
        assert pace.claim() == 0


def test_a_refusal_holds_every_call_back_for_as_long_as_it_asks(pace: Pace, clock: HandClock) -> None:
    _begin(pace, clock)
    pace.refused(7, 0.5)
    assert pace.claim() == 7
    clock.now += 6.5
    assert pace.claim() == 0.5
    clock.now += 0.5
    assert pace.claim() == 0
    assert pace.claim() > 0  # one call feels its way before the others follow
    pace.answered(0.1)
    assert pace.claim() == 0


def test_without_a_word_how_long_the_wait_grows_and_is_bounded(pace: Pace, clock: HandClock) -> None:
    waits = []
    for _ in range(12):
        _begin(pace, clock)
        pace.refused(None, 0.5)
        waits.append(pace.claim())
    assert waits[:5] == [0.5, 1, 2, 4, 8]
    assert max(waits) == waits[-1] == 60


def test_a_refusal_after_answers_halves_the_pace_once(pace: Pace, clock: HandClock) -> None:
    for _ in range(40):
        _begin(pace, clock)
        clock.now += 0.1
        pace.answered(0.1)
    for _ in range(4):  # under way together, refused together
        assert pace.claim() == 0
    for _ in range(4):
        pace.refused(1, 0.5)
    assert pace.calls_per_second is not None
    assert pace.calls_per_second == pytest.approx(44 / 4 / 2, rel=0.05)
    clock.now += 1
    began = clock.now
    for _ in range(11):
        _begin(pace, clock)
        pace.answered(0.1)
    assert clock.now - began == pytest.approx(10 / pace.calls_per_second, rel=0.05)


def test_after_a_quiet_while_calls_come_a_little_faster_until_nothing_bounds_them(pace: Pace, clock: HandClock) -> None:
    for _ in range(10):
        _begin(pace, clock)
        clock.now += 0.1
        pace.answered(0.1)
    _begin(pace, clock)
    pace.refused(0, 0.5)
    bound = pace.calls_per_second
    assert bound is not None
    rates = []
    while (rate := pace.calls_per_second) is not None:
        rates.append(rate)
        _begin(pace, clock)
        pace.answered(0.1)
        clock.now += 6
    assert rates == sorted(rates)
    assert all(after <= before * 1.1 + 0.05 for before, after in pairwise(rates))
    assert pace.claim() == pace.claim() == 0


def test_how_long_a_call_takes_is_the_mean_of_the_latest_ones(pace: Pace) -> None:
    assert pace.call_seconds == 0
    for seconds in (0.1, 0.3):
        pace.claim()
        pace.answered(seconds)
    assert pace.call_seconds == pytest.approx(0.2)
    for _ in range(1000):
        pace.claim()
        pace.answered(1.0)
    assert pace.call_seconds == pytest.approx(1.0, rel=0.01)


def test_a_call_that_fails_for_reasons_of_its_own_says_nothing_of_the_pace(pace: Pace, clock: HandClock) -> None:
    _begin(pace, clock)
    pace.failed()
    assert pace.claim() == 0
    assert pace.calls_per_second is None


def test_a_run_waits_so_long_in_all_and_calls_that_wait_at_once_wait_once(clock: HandClock) -> None:
    patience = Patience(10, clock)
    with patience.waiting(4), patience.waiting(4):
        clock.now += 4
    with patience.waiting(6):
        clock.now += 5
    with patience.waiting(1):
        clock.now += 1
    with pytest.raises(OutOfPatienceError), patience.waiting(0.5):
        pytest.fail("it has waited long enough")
