"""How many brands go side by side: a rule over what a worker sees, by cases and by what holds whatever it sees."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.running.side_by_side import MOST, USUAL, Conditions, at_start, brands_side_by_side

BRANDS_WAIT = Conditions(
    waiting=900, requests_per_brand=4, free_connections=10, call_seconds=0.1, calm_seconds=0.1, processor=0.3
)
QUIET = replace(BRANDS_WAIT, waiting=0)


@pytest.mark.parametrize(
    ("what", "present", "seen", "expected"),
    [
        ("brands wait and nothing stands against it", 4, BRANDS_WAIT, 5),
        ("the more there are, the larger the step", 12, BRANDS_WAIT, 15),
        ("no more than one process can use", 15, BRANDS_WAIT, MOST),
        ("nobody waits", 6, QUIET, 6),
        ("the processor is busy", 6, replace(BRANDS_WAIT, processor=0.95), 6),
        ("a busy processor is no reason to be fewer than usual", 2, replace(BRANDS_WAIT, processor=0.95), 3),
        ("answers come a little slower", 6, replace(BRANDS_WAIT, call_seconds=0.16), 6),
        ("answers have become slow", 12, replace(BRANDS_WAIT, call_seconds=0.3), 9),
        ("slow answers leave the usual few", 5, replace(BRANDS_WAIT, call_seconds=0.3), USUAL),
        ("and take nothing from fewer", 2, replace(BRANDS_WAIT, call_seconds=0.3), 3),
        ("a pace of 100 calls a second keeps 2.5 brands busy", 8, replace(BRANDS_WAIT, calls_per_second=100), 3),
        ("a pace of 2 calls a second keeps one busy", 8, replace(BRANDS_WAIT, calls_per_second=2), 1),
        ("a pace that is not reached yet", 4, replace(BRANDS_WAIT, calls_per_second=400), 5),
        ("memory runs short", 8, replace(BRANDS_WAIT, memory=0.8), 6),
        ("memory still runs short", 1, replace(BRANDS_WAIT, memory=0.8), 1),
        ("memory would run short", 6, replace(BRANDS_WAIT, memory=0.7), 6),
        ("a brand more would take the last connections", 6, replace(BRANDS_WAIT, free_connections=5), 6),
        ("two connections are left", 6, replace(BRANDS_WAIT, free_connections=2), 5),
        ("no connection is left", 2, replace(BRANDS_WAIT, free_connections=0), 1),
        ("no call was made yet", 4, Conditions(waiting=9, requests_per_brand=4, free_connections=15), 5),
    ],
)
def test_the_rule(what: str, present: int, seen: Conditions, expected: int) -> None:
    assert brands_side_by_side(present, seen) == expected, what


CONDITIONS = st.builds(
    Conditions,
    waiting=st.integers(0, 10_000),
    requests_per_brand=st.integers(1, 16),
    free_connections=st.floats(0, 60),
    calls_per_second=st.none() | st.floats(0.5, 50),
    call_seconds=st.floats(0, 60),
    calm_seconds=st.floats(0, 60) | st.just(float("inf")),
    processor=st.floats(0, 2),
    memory=st.floats(0, 1),
)


@given(present=st.integers(1, MOST), seen=CONDITIONS)
def test_never_below_one_nor_above_what_the_pace_keeps_busy(present: int, seen: Conditions) -> None:
    brands = brands_side_by_side(present, seen)
    assert 1 <= brands <= MOST
    if seen.calls_per_second is not None:
        under_way_at_that_pace = seen.calls_per_second * seen.call_seconds
        assert (brands - 1) * seen.requests_per_brand <= under_way_at_that_pace  # without the last one some is left


@given(present=st.integers(2, MOST), seen=CONDITIONS, short=st.sampled_from(["memory", "connections"]))
def test_short_of_memory_or_connections_it_shrinks_down_to_one(present: int, seen: Conditions, short: str) -> None:
    seen = replace(seen, memory=0.9) if short == "memory" else replace(seen, free_connections=1)
    assert brands_side_by_side(present, seen) < present


@given(present=st.integers(USUAL + 1, MOST), seen=CONDITIONS)
def test_slow_answers_make_it_shrink(present: int, seen: Conditions) -> None:
    seen = replace(seen, calm_seconds=0.2, call_seconds=0.5)
    assert brands_side_by_side(present, seen) < present


@given(seen=CONDITIONS)
def test_it_settles_while_nothing_changes(seen: Conditions) -> None:
    present, steps = USUAL, []
    for _ in range(40):
        present = brands_side_by_side(present, seen)
        steps.append(present)
    assert steps[-1] == steps[-2]


def test_a_fixed_number_is_what_it_starts_with() -> None:
    assert (at_start(None), at_start(9)) == (USUAL, 9)
