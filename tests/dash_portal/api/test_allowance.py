from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dash_portal.api.allowance import Allowances


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_so_many_may_come_at_once_and_more_when_time_has_passed() -> None:
    clock = Clock()
    allowances = Allowances(120, seconds=60, clock=clock)
    assert [allowances.take("a") for _ in range(120)] == [0] * 120
    assert allowances.take("a") == 1
    assert allowances.take("b") == 0, "others have their own"
    clock.now += 1
    assert [allowances.take("a") for _ in range(3)] == [0, 0, 1]
    clock.now += 60
    assert [allowances.take("a") for _ in range(121)] == [0] * 120 + [1]


@given(st.lists(st.floats(0, 30), min_size=1, max_size=200))
def test_in_no_stretch_of_time_more_is_allowed_than_a_whole_allowance_and_what_grew(pauses: list[float]) -> None:
    clock = Clock()
    allowances, answered = Allowances(10, seconds=20, clock=clock), []
    for pause in pauses:
        clock.now += pause
        wait = allowances.take("a")
        if not wait:
            answered.append(clock.now)
        assert 0 <= wait <= 2
    for first, begun in enumerate(answered):
        for count, moment in enumerate(answered[first:], start=1):
            assert count <= 10 + (moment - begun) / 2 + 1e-6


@given(st.integers(1, 500), st.integers(1, 600))
def test_who_waits_as_long_as_is_said_is_answered(most: int, seconds: int) -> None:
    clock = Clock()
    allowances = Allowances(most, seconds=seconds, clock=clock)
    while not (wait := allowances.take("a")):
        pass
    clock.now += wait
    assert allowances.take("a") == 0
