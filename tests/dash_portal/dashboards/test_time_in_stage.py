"""Which deals are stuck, and how stages age."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_portal.dashboards.time_in_stage import ageing_of, is_stuck, median_of

NINE = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "median", "stuck"),
    [(14, 1, False), (15, 1, True), (15, 8, False), (16, 8, False), (17, 8, True), (15, "7.5", False)],
)
def test_a_deal_is_stuck_beyond_twice_the_median_and_14_days(days: int, median: str | int, stuck: bool) -> None:
    assert is_stuck(days, Decimal(median)) is stuck


def test_ageing_is_counted_in_whole_days_and_tomorrow_counts_as_today() -> None:
    today = date(2026, 11, 22)
    days_ago = {"offer": [-1, 0, 4, 4, 30], "visit": [1, 2]}
    ages = [(stage, today - timedelta(days=days), 1) for stage, all_days in days_ago.items() for days in all_days]
    ageing = ageing_of(ages, today, NINE)
    assert ageing.median_days == {"offer": 4, "visit": Decimal("1.5")}
    assert ageing.stuck == {"offer": 1, "visit": 0}


@given(st.lists(st.integers(0, 400), min_size=1))
def test_the_median_of_counted_numbers_is_the_median_of_the_numbers(numbers: list[int]) -> None:
    assert median_of(Counter(numbers)) == Decimal(str(median(numbers)))
