"""How a brand stands, as a table of cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dash_portal.agency.health.state import BrandState, brand_state
from dash_portal.freshness import ResourceAge, freshness_of
from models import Resource, ResourceStatus, RunStatus

NOW = datetime(2026, 11, 3, 15, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
RECENT, LATE, OLD, NEVER = NOW - HOUR / 3, NOW - 1.5 * HOUR, NOW - 7 * HOUR, None
OK, PARTIAL, FAILED, CUT = RunStatus.SUCCESS, RunStatus.PARTIAL, RunStatus.FAILED, RunStatus.ABANDONED
GOOD, BAD, PART = ResourceStatus.SUCCESS, ResourceStatus.FAILED, ResourceStatus.PARTIAL


@pytest.mark.parametrize(
    ("suspended", "last", "kinds", "holds_back", "read_at", "resource", "state"),
    [
        (False, None, (), False, NEVER, GOOD, BrandState.WAITING),
        (False, OK, (), False, RECENT, GOOD, BrandState.FRESH),
        (False, OK, (), False, LATE, GOOD, BrandState.OVERDUE),
        (False, OK, (), False, OLD, GOOD, BrandState.OUT_OF_DATE),
        (False, PARTIAL, ("timeout",), False, RECENT, BAD, BrandState.PARTLY),
        (False, PARTIAL, ("empty_field",), False, RECENT, PART, BrandState.NOT_UNDERSTOOD),
        (False, PARTIAL, ("unreadable_record", "empty_field"), False, RECENT, PART, BrandState.NOT_UNDERSTOOD),
        (False, PARTIAL, ("empty_field", "timeout"), False, RECENT, PART, BrandState.PARTLY),
        (False, PARTIAL, ("empty_field",), False, RECENT, BAD, BrandState.PARTLY),
        (False, PARTIAL, ("empty_field",), False, OLD, PART, BrandState.OUT_OF_DATE),
        (False, PARTIAL, (), False, RECENT, PART, BrandState.PARTLY),
        (False, PARTIAL, ("held_back",), True, RECENT, GOOD, BrandState.HELD_BACK),
        (False, FAILED, ("server_error",), False, RECENT, BAD, BrandState.FAILED),
        (False, FAILED, ("token_refused",), False, OLD, BAD, BrandState.REFUSED),
        (False, PARTIAL, ("key_refused",), False, RECENT, BAD, BrandState.REFUSED),
        (False, FAILED, ("key_unreadable",), False, NEVER, BAD, BrandState.REFUSED),
        (False, FAILED, ("held_back",), True, RECENT, BAD, BrandState.HELD_BACK),
        (False, CUT, (), False, RECENT, GOOD, BrandState.CUT_OFF),
        (True, FAILED, ("token_refused",), True, OLD, BAD, BrandState.SUSPENDED),
        (True, None, (), False, NEVER, GOOD, BrandState.SUSPENDED),
    ],
)
def test_a_brand_stands_as_its_last_run_left_it(
    suspended: bool,
    last: RunStatus | None,
    kinds: tuple[str, ...],
    holds_back: bool,
    read_at: datetime | None,
    resource: ResourceStatus,
    state: BrandState,
) -> None:
    ages = [None if read_at is None else ResourceAge(each, read_at, resource, read_at) for each in Resource]
    judged = brand_state(
        suspended=suspended,
        last_status=last,
        error_kinds=kinds,
        holds_back=holds_back,
        freshness=freshness_of(ages, NOW, "0 * * * *", "brand"),
    )
    assert judged is state
