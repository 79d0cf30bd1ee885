"""An account that is careless in many ways at once: what can be read is read, all else is told, and nothing is lost."""

from __future__ import annotations

import re
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from date_only import date_of
from emulator import AccountPlan, Quirk, quirks_named
from models import FieldState, Lead, Note, PipelineItem, ResourceField, ResourceStatus, RunStatus, ScheduledActivity
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import SyncWorld

KEY = "CT_careless_key"
HOW_LISTS_COME = {Quirk.OWN_PARAMETERS, Quirk.DOUBLED_ROWS}
WITH_A_CLOCK = re.compile(r"[\d-]{10} [\d:]{8}")  # which this account leaves out
HOW_RECORDS_ARE = quirks_named(["careless"]) - HOW_LISTS_COME


@pytest.fixture
def world(make_world: MakeWorld) -> SyncWorld:
    plan = AccountPlan(
        name="A", web_key=KEY, seed=5, contacts=60, opportunities=30, notes=60, noted_contacts=40, events=24
    )
    made = make_world(plan, sync_notes_budget=200)
    made.add_brand(KEY, "brand")
    return made


def test_what_a_careless_account_says_is_read_where_that_is_certain_and_else_told(world: SyncWorld) -> None:
    tenant, account = world.brand_id("brand"), world.emulator.account(KEY)
    world.emulator.set_quirks(KEY, *HOW_RECORDS_ARE)
    assert world.sync("brand") is RunStatus.PARTIAL
    results, complaints = world.results(tenant), {(error["resource"], error["field"]) for error in world.errors(tenant)}

    # Amounts such as 90.000 may be two amounts: told, and no deal has one of them.
    assert ("pipeline_items", "deal_size") in complaints
    assert results["pipeline_items"]["status"] is ResourceStatus.PARTIAL
    assert {deal["opportunity_id"] for deal in world.live(PipelineItem, tenant)} == {
        row["opportunity_id"] for row in account.opportunities
    }
    assert 90 not in {deal["deal_size"] for deal in world.live(PipelineItem, tenant)}

    # Types in words are types, and a date without a clock stays one.
    leads = world.live(Lead, tenant)
    assert len(leads) == len(account.contacts)
    assert sum(lead["contact_type"] == "1" for lead in leads) == sum(
        str(row["contact_type"]) == "1" for row in account.contacts
    )
    dates = {lead["client_id"]: lead["lead_created_at"] for lead in leads if lead["lead_created_at"]}
    assert dates
    for row in account.contacts:
        if row["client_id"] in dates and WITH_A_CLOCK.fullmatch(row["created"]):
            assert str(date_of(dates[row["client_id"]])) == row["created"][:10]

    # Notes without ids are all kept, and are the same notes the next time; whole days are days of the brand.
    notes = {(note["client_id"], note["note_id"]) for note in world.live(Note, tenant)}
    assert len(notes) == sum(map(len, account.notes.values()))
    zone = ZoneInfo("America/New_York")
    for activity in world.live(ScheduledActivity, tenant):
        assert activity["all_day"]
        assert activity["starts_at"].replace(tzinfo=UTC).astimezone(zone).hour == 0
    before = world.tables(tenant)
    assert world.sync("brand") is RunStatus.PARTIAL
    assert world.tables(tenant) == before


def test_records_that_an_account_counts_twice_are_said_and_let_in_once_someone_confirms(world: SyncWorld) -> None:
    tenant = world.brand_id("brand")
    world.emulator.set_quirks(KEY, *HOW_LISTS_COME)
    for status in (ResourceStatus.INCOMPLETE, ResourceStatus.INCOMPLETE, ResourceStatus.HELD_BACK):
        assert world.sync("brand") is RunStatus.FAILED
        assert world.results(tenant)["leads"]["status"] is status
        assert not world.live(Lead, tenant)
    assert "60 of 66 records" in next(e["message"] for e in world.errors(tenant) if e["resource"] == "leads")
    assert world.sync("brand", accept=True) is RunStatus.SUCCESS
    assert len(world.live(Lead, tenant)) == 60
    assert world.sync("brand") is RunStatus.SUCCESS


def test_a_type_that_nobody_knows_is_told_with_how_many_rows_hold_it(world: SyncWorld) -> None:
    tenant, account = world.brand_id("brand"), world.emulator.account(KEY)
    assert world.sync("brand") is RunStatus.SUCCESS
    changed = [contact for contact in account.contacts if contact["contact_type"] == "1"][::4]
    with account.changing():
        for contact in changed:
            contact["contact_type"] = "Hot Candidate"
    assert world.sync("brand") is RunStatus.PARTIAL
    (field,) = [
        row for row in world.rows(ResourceField, tenant) if (row["resource"], row["field"]) == ("leads", "contact_type")
    ]
    assert (field["state"], field["odd"]) == (FieldState.EMPTY, len(changed))
    share = world.results(tenant)["leads"]["core_fields"]["contact_type"]
    assert share == pytest.approx(1 - len(changed) / 60, abs=0.001)
