"""Which deals are stuck, and how stages age."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_portal.dashboards.time_in_stage import Ageing, ageing_of, is_stuck, median_of, stuck_after

NINE = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("median", "deals", "limit"),
    [(1, 20, 14), (7, 5, 14), (8, 20, 16), ("7.5", 20, 15), (45, 20, 90), (46, 20, 90), (300, 20, 90), (1, 4, 90), (402, 1, 90)],
)  # fmt: skip
def test_a_deal_is_stuck_after_twice_the_median_within_14_and_90_days(
    median: str | int, deals: int, limit: int
) -> None:
    assert stuck_after(Decimal(median), deals) == limit


TODAY = date(2026, 11, 22)


def ages(days_ago: dict[str, list[int]], parked: set[str]) -> Ageing:
    entered = [(stage, TODAY - timedelta(days=days), 1) for stage, all_days in days_ago.items() for days in all_days]
    return ageing_of(entered, parked, TODAY, NINE)


def test_ageing_is_counted_in_whole_days_and_tomorrow_counts_as_today() -> None:
    ageing = ages({"offer": [-1, 0, 4, 4, 30], "visit": [1, 2]}, set())
    assert ageing.median_days == {"offer": 4, "visit": Decimal("1.5")}
    assert ageing.stuck == {"offer": 1, "visit": 0}
    assert is_stuck(ageing, "offer", 15)
    assert not is_stuck(ageing, "offer", 14)
    assert not is_stuck(ageing, "offer", None)


def test_a_lone_deal_of_402_days_is_stuck_and_a_parked_one_never() -> None:
    ageing = ages({"offer": [402], "future interest": [402]}, {"future interest"})
    assert ageing.stuck == {"offer": 1}
    assert is_stuck(ageing, "offer", 402)
    assert not is_stuck(ageing, "future interest", 402)


@given(st.lists(st.integers(0, 400), min_size=1))
def test_the_median_of_counted_numbers_is_the_median_of_the_numbers(numbers: list[int]) -> None:
    assert median_of(Counter(numbers)) == Decimal(str(median(numbers)))
