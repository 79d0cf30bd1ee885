"""Appointments as accounts write them, over real HTTP: whole days, several days, past midnight, ends that are none."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dash_portal.brand_access import Brand
from dash_portal.dashboards.schedule import appointment_of, first_and_last_day, upcoming_statement
from database import BrandSession
from emulator import AccountPlan
from models import RunStatus, ScheduledActivity, TenantStatus, utc_now
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import SyncWorld

KEY = "CT_appointed_key"
ZONE = "America/New_York"
TODAY = utc_now().astimezone(ZoneInfo(ZONE)).date()
TOMORROW = TODAY + timedelta(days=1)


def on(day: date, clock: str) -> str:
    return f"{day} {clock}"


# By title: start, end, and on which of the brand's days it begins and ends.
APPOINTMENTS: dict[str, tuple[str, str, date, date]] = {
    "all of today": (str(TODAY), "", TODAY, TODAY),
    "three whole days": (str(TOMORROW), str(TOMORROW + timedelta(days=2)), TOMORROW, TOMORROW + timedelta(days=2)),
    "past midnight": (
        on(TOMORROW, "22:00:00"),
        on(TOMORROW + timedelta(days=1), "01:00:00"),
        TOMORROW,
        TOMORROW + timedelta(days=1),
    ),
    "without an end": (on(TOMORROW, "09:00:00"), "", TOMORROW, TOMORROW),
    "an end that is none": (on(TOMORROW, "09:30:00"), "0000-00-00 00:00:00", TOMORROW, TOMORROW),
    "an end for ever": (on(TOMORROW, "10:00:00"), "2099-12-31 00:00:00", TOMORROW, TOMORROW),
    "an end before its start": (on(TOMORROW, "11:00:00"), on(TOMORROW, "10:00:00"), TOMORROW, TOMORROW),
}


@pytest.fixture
def world(make_world: MakeWorld) -> SyncWorld:
    made = make_world(AccountPlan(name="A", web_key=KEY, contacts=3, events=len(APPOINTMENTS)), sync_notes_budget=0)
    made.add_brand(KEY, "brand")
    return made


def write(world: SyncWorld, appointments: dict[str, tuple[str, str, date, date]]) -> None:
    """Let the account send these instead of its own, whatever of them it finds in the window that is asked for."""
    account = world.emulator.account(KEY)
    titles = dict(zip((event["event_id"] for event in account.events), appointments, strict=True))

    def rewrite(call: str, row: dict[str, Any]) -> dict[str, Any]:
        if call != "read_all_events":
            return row
        title = titles[row["event_id"]]
        start, end, _, _ = appointments[title]
        return row | {"start_date": start, "end_date": end, "title": title}

    account.rewrite = rewrite


def shown(world: SyncWorld, tenant: int, at: datetime) -> dict[str, tuple[date, date]]:
    """Return what the schedule lists at a moment, by title: the first and the last day to a reader in Auckland."""
    brand = Brand(tenant, "brand", "Brand", ZONE, None, TenantStatus.ACTIVE, 1, viewers_zone="Pacific/Auckland")
    with BrandSession(world.engine, tenant) as session:
        rows = [appointment_of(row) for row in session.execute(upcoming_statement(at))]
    return {row.title: first_and_last_day(row, brand) for row in rows}


def test_an_appointment_is_listed_while_any_of_it_is_to_come_with_the_day_of_its_end(world: SyncWorld) -> None:
    tenant = world.brand_id("brand")
    write(world, APPOINTMENTS)
    assert world.sync("brand") is RunStatus.SUCCESS
    zone = ZoneInfo(ZONE)
    for row in world.live(ScheduledActivity, tenant):
        _, _, first, last = APPOINTMENTS[row["title"]]
        ends_at = row["ends_at"] or row["starts_at"]
        assert (row["starts_at"].astimezone(zone).date(), ends_at.astimezone(zone).date()) == (first, last), row[
            "title"
        ]
    last_minute = datetime.combine(TODAY, datetime.max.time(), zone) - timedelta(minutes=1)
    assert len(world.live(ScheduledActivity, tenant)) == len(APPOINTMENTS)
    assert set(shown(world, tenant, last_minute)) == set(APPOINTMENTS)
    assert shown(world, tenant, last_minute)["all of today"] == (TODAY, TODAY)
    half_past_midnight = datetime.combine(TOMORROW + timedelta(days=1), datetime.min.time(), zone) + timedelta(
        minutes=30
    )
    assert set(shown(world, tenant, half_past_midnight)) == {"three whole days", "past midnight"}

    moved = APPOINTMENTS | {"past midnight": (on(TOMORROW, "22:00:00"), on(TOMORROW, "23:00:00"), TOMORROW, TOMORROW)}
    write(world, moved)
    assert world.sync("brand") is RunStatus.SUCCESS
    assert set(shown(world, tenant, half_past_midnight)) == {"three whole days"}
    assert len(world.live(ScheduledActivity, tenant)) == len(APPOINTMENTS)
