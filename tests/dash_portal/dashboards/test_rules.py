"""The domain rules of the dashboards, case by case."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_portal.dashboards.folding import unfolded
from dash_portal.dashboards.hot_list import Priority, priority_of
from dash_portal.dashboards.notes import known_sort, snippet_of
from dash_portal.dashboards.spellings import most_frequent
from dash_portal.dashboards.stages import Stage, in_order, qualified_keys, signed_keys, steps
from dash_portal.dashboards.table import TableQuestion
from dash_portal.dashboards.time_in_stage import ageing_of, is_stuck, median_of
from dash_portal.freshness import Mood, ResourceAge, freshness_of, interval_at
from dash_portal.view import View
from models import Resource, ResourceStatus

HOURLY = "0 * * * *"
NINE = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)


def stages(*rows: tuple[str, int, bool]) -> tuple[Stage, ...]:
    return in_order(
        Stage(name.casefold(), name, place, active, odds) for place, (name, odds, active) in enumerate(rows)
    )


REAL = stages(
    ("New Lead", 0, True),
    ("QR Sent", 4, True),
    ("QR Returned", 10, True),
    ("Lost", 50, False),
    ("Deal Structure", 40, True),
    ("FA Sent", 95, True),
    ("FA Signed", 100, True),
    ("Future Interest", 1, True),
)
OWN = stages(
    ("New Lead", 0, True), ("First Touch", 9, True), ("Application In", 10, True), ("Agreement Out", 99, True), ("Aboard", 100, True), ("Old", 50, False)
)  # fmt: skip


def test_qualified_is_from_qr_returned_through_fa_sent_in_the_brands_order() -> None:
    assert qualified_keys(REAL) == {"qr returned", "deal structure", "fa sent"}
    assert signed_keys(REAL) == {"fa signed"}


def test_under_other_names_likelihood_decides() -> None:
    assert qualified_keys(OWN) == {"application in", "agreement out"}
    assert signed_keys(OWN) == {"aboard"}


def test_a_stage_behind_the_signature_is_no_step() -> None:
    assert [stage.name for stage in steps(REAL)][-1] == "FA Signed"
    assert "Lost" not in {stage.name for stage in steps(REAL)}
    assert [stage.name for stage in steps(stages(("A", 0, True), ("B", 0, True)))] == ["A", "B"]


def test_the_most_frequent_spelling_is_shown() -> None:
    assert most_frequent([("fb", "FB", 2), ("fb", "Fb", 5), ("x", "X", 1)]) == {"fb": "Fb", "x": "X"}
    assert most_frequent([("a", "b", 1), ("a", "a", 1)]) == {"a": "a"}


@given(st.lists(st.text(min_size=1), unique=True), st.sets(st.text(min_size=1)))
def test_folding_keeps_the_order_the_first_and_the_selected(keys: list[str], selected: set[str]) -> None:
    shown = unfolded(keys, selected)
    assert list(shown) == [key for key in keys if key in set(shown)]
    assert set(keys[:9]) <= set(shown)
    assert set(keys) & selected <= set(shown)
    assert len(keys) - len(shown) != 1 or selected


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


@pytest.mark.parametrize(
    ("odds", "priority"),
    [
        (100, Priority.CLOSING),
        (80, Priority.CLOSING),
        (79, Priority.STRONG),
        (50, Priority.STRONG),
        (40, Priority.WARM),
    ],
)
def test_priority_follows_likelihood(odds: int, priority: Priority) -> None:
    assert priority_of(odds) is priority


def age(read_at: datetime | None, status: ResourceStatus = ResourceStatus.SUCCESS) -> ResourceAge:
    return ResourceAge(Resource.LEADS, read_at, status, read_at or NINE)


@pytest.mark.parametrize(
    ("after", "mood", "stale"),
    [(timedelta(minutes=59), Mood.FRESH, False), (timedelta(minutes=80), Mood.AGEING, False), (timedelta(hours=2), Mood.AGEING, False), (timedelta(hours=2, seconds=1), Mood.STALE, True)],
)  # fmt: skip
def test_data_is_stale_beyond_two_intervals(after: timedelta, mood: Mood, stale: bool) -> None:
    fresh = freshness_of([age(NINE)], NINE + after, HOURLY, "brand")
    assert (fresh.mood, fresh.stale) == (mood, stale)


def test_the_oldest_resource_decides_and_a_failure_shows_at_once() -> None:
    older = NINE - timedelta(hours=1)
    fresh = freshness_of([age(NINE), age(older)], NINE, HOURLY, "brand")
    assert fresh.read_at == older
    failed = freshness_of([age(NINE), age(NINE, ResourceStatus.INCOMPLETE)], NINE, HOURLY, "brand")
    assert failed.stale
    assert failed.mood is Mood.AGEING
    assert freshness_of([age(NINE), None], NINE, HOURLY, "brand").mood is Mood.WAITING
    assert freshness_of([age(None, ResourceStatus.UNAVAILABLE)], NINE, HOURLY, "brand").mood is Mood.FRESH


def test_a_weekend_without_syncs_makes_no_page_stale() -> None:
    friday = datetime(2026, 11, 20, 18, 0, 4, tzinfo=UTC)
    monday = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
    assert not freshness_of([age(friday)], monday, "0 8-18 * * 1-5", "brand").stale
    assert interval_at(HOURLY, NINE) == timedelta(hours=1)


def test_a_view_is_the_same_whatever_order_its_link_had() -> None:
    one = View.parsed("/leads", "?status=A&source=B&source=C&source=B&x=")
    assert one == View.parsed("/leads", "source=B&source=C&status=A")
    assert one.href == "/leads?source=B&source=C&status=A"
    assert one.toggled("source", "b").values("source") == ("C",)
    assert one.set_to("page", "3").toggled("source", "D").value("page") == ""


@given(st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text())))
def test_any_query_makes_a_view(query: object) -> None:
    view = View.parsed("/leads", query)
    assert View.parsed("/leads", view.query) == view
    assert 1 <= view.number("page", otherwise=1) <= 1_000_000


@pytest.mark.parametrize(
    ("asked", "sort"),
    [("name", "name"), ("-name", "-name"), ("--name", "-created"), ("x; drop", "-created"), ("", "-created")],
)
def test_only_known_columns_sort(asked: str, sort: str) -> None:
    assert TableQuestion.of("", asked, 1, sorts=["name", "created"], default="-created").sort_text == sort


def test_a_snippet_shows_the_match() -> None:
    text = "word " * 200 + "needle " + "word " * 200
    assert "needle" in snippet_of(text, "NEEDLE")
    assert len(snippet_of(text, "needle")) < 260
    assert known_sort("-author") == "-author"
    assert known_sort("-'; drop") == "-date"
