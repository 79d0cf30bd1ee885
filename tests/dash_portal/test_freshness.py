"""How old data may be before it is said to be, and what decides that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dash_portal.freshness import Mood, ResourceAge, explained, freshness_of
from models import Resource, ResourceStatus, RunStatus, SyncErrorKind

HOURLY = "0 * * * *"
NINE = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)


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


OFFICE_HOURS = "0 8-18 * * 1-5"
FRIDAY = datetime(2026, 11, 20, 18, 0, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "mood"),
    [
        pytest.param(datetime(2026, 11, 21, 3, tzinfo=UTC), Mood.FRESH, id="in the night"),
        pytest.param(datetime(2026, 11, 22, 20, tzinfo=UTC), Mood.FRESH, id="on Sunday"),
        pytest.param(datetime(2026, 11, 23, 8, 14, tzinfo=UTC), Mood.FRESH, id="while Monday's first may be under way"),
        pytest.param(datetime(2026, 11, 23, 8, 16, tzinfo=UTC), Mood.AGEING, id="when Monday's first did not come"),
        pytest.param(datetime(2026, 11, 23, 9, 1, tzinfo=UTC), Mood.STALE, id="when the second one is due"),
    ],
)
def test_nothing_is_overdue_while_no_sync_was_due(now: datetime, mood: Mood) -> None:
    assert freshness_of([age(FRIDAY)], now, OFFICE_HOURS, "brand").mood is mood


def test_the_last_sync_of_the_week_is_missed_on_the_same_evening() -> None:
    """However long the pause after it is."""
    read_at = FRIDAY - timedelta(hours=1)
    fresh = freshness_of([age(read_at)], FRIDAY + timedelta(minutes=20), OFFICE_HOURS, "brand")
    assert fresh.mood is Mood.AGEING


EVEN = {"* * * * *": 1, "*/5 * * * *": 5, "*/15 * * * *": 15, "7,37 * * * *": 30, HOURLY: 60, "59 * * * *": 60, "30 */6 * * *": 360, "0 4 * * *": 1440}  # fmt: skip


@given(st.sampled_from(sorted(EVEN)), st.timedeltas(timedelta(0), timedelta(days=400)))
@example(HOURLY, timedelta(minutes=59, seconds=30))
def test_in_an_even_rhythm_the_age_alone_decides_whatever_the_minute_of_the_read(cron: str, later: timedelta) -> None:
    read_at, interval = NINE + later, timedelta(minutes=EVEN[cron])
    fresh = freshness_of([age(read_at)], read_at, cron, "brand")
    assert (fresh.ageing_at, fresh.stale_at) == (read_at + interval * 1.25, read_at + interval * 2)


@pytest.mark.parametrize(
    ("read_at", "last_status", "kinds", "failed", "refusal"),
    [
        (None, None, (), False, None),
        (None, RunStatus.SUCCESS, (), False, None),
        (None, RunStatus.PARTIAL, ("timeout",), False, None),
        (None, RunStatus.FAILED, ("timeout",), True, None),
        (None, RunStatus.ABANDONED, (), True, None),
        (NINE, RunStatus.FAILED, (), False, None),
        (NINE, RunStatus.FAILED, ("key_refused",), True, SyncErrorKind.KEY_REFUSED),
        (NINE, RunStatus.PARTIAL, ("timeout", "key_unreadable"), True, SyncErrorKind.KEY_UNREADABLE),
        (NINE, RunStatus.FAILED, ("key_refused", "token_refused"), True, SyncErrorKind.TOKEN_REFUSED),
        (NINE, RunStatus.SUCCESS, ("key_refused",), False, None),
    ],
)
def test_the_last_finished_sync_explains_what_is_wrong(
    read_at: datetime | None,
    last_status: RunStatus | None,
    kinds: tuple[str, ...],
    failed: bool,
    refusal: SyncErrorKind | None,
) -> None:
    fresh = explained(freshness_of([age(read_at) if read_at else None], NINE, HOURLY, "brand"), last_status, kinds)
    assert (fresh.failed, fresh.refusal) == (failed, refusal)
