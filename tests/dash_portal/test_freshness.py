"""How old data may be before it is said to be, and what decides that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dash_portal.freshness import Mood, ResourceAge, explained, freshness_of, interval_at
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


def test_a_weekend_without_syncs_makes_no_page_stale() -> None:
    friday = datetime(2026, 11, 20, 18, 0, 4, tzinfo=UTC)
    monday = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
    assert not freshness_of([age(friday)], monday, "0 8-18 * * 1-5", "brand").stale
    assert interval_at(HOURLY, NINE) == timedelta(hours=1)


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
