"""A list that is whole and yet says less than it did: what lands, what is held back, and what is told to whom."""

from __future__ import annotations

from typing import Any

import pytest

from emulator import AccountPlan
from models import FieldState, Lead, ResourceField, RunStatus
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import SyncWorld

KEY = "CT_landing_key"


@pytest.fixture
def world(make_world: MakeWorld) -> SyncWorld:
    plan = AccountPlan(name="Brand", web_key=KEY, seed=3, contacts=40, opportunities=30, events=8)
    made = make_world(plan, sync_notes_budget=0)
    made.add_brand(KEY, "brand")
    return made


def contacts(world: SyncWorld) -> list[dict[str, Any]]:
    return world.emulator.account(KEY).contacts


def rename(rows: list[dict[str, Any]], before: str, after: str) -> None:
    for row in rows:
        row[after] = row.pop(before)


def state_of(world: SyncWorld, resource: str, field: str) -> FieldState:
    rows = world.rows(ResourceField, world.brand_id("brand"))
    (state,) = [row["state"] for row in rows if (row["resource"], row["field"]) == (resource, field)]
    return FieldState(state)


def test_a_core_field_that_nobody_brings_is_told_until_it_comes(world: SyncWorld) -> None:
    tenant = world.brand_id("brand")
    rename(contacts(world), "created", "created_on")
    for _ in range(2):
        assert world.sync("brand") is RunStatus.PARTIAL
        result = world.results(tenant)["leads"]
        assert (result["status"], result["core_fields"]["created"]) == ("partial", 0)
        (error,) = world.errors(tenant)
        assert (error["kind"], error["resource"], error["field"]) == ("empty_field", "leads", "created")
        assert "created" in error["message"]
        assert "40 of 40 rows" in error["message"]
        assert len(world.live(Lead, tenant)) == 40
        assert world.freshness(tenant)["leads"]["whole_read_at"] == result["read_started_at"]
    rename(contacts(world), "created_on", "created")
    assert world.sync("brand") is RunStatus.SUCCESS
    assert state_of(world, "leads", "created") is FieldState.FILLED


def test_that_a_brand_does_not_use_a_field_is_remembered(world: SyncWorld) -> None:
    for deal in world.emulator.account(KEY).opportunities:
        deal["deal_size"] = None
    assert world.sync("brand") is RunStatus.PARTIAL
    assert world.sync("brand", accept=True) is RunStatus.SUCCESS
    assert world.sync("brand") is RunStatus.SUCCESS
    assert state_of(world, "pipeline_items", "deal_size") is FieldState.ACCEPTED


def test_a_field_that_falls_holds_the_good_rows_until_someone_confirms_it(world: SyncWorld) -> None:
    tenant = world.brand_id("brand")
    assert world.sync("brand") is RunStatus.SUCCESS
    before, fresh = world.tables(tenant), world.freshness(tenant)["leads"]["whole_read_at"]
    rename(contacts(world), "clients_lead_source", "source")
    for _ in range(2):
        assert world.sync("brand") is RunStatus.PARTIAL
        (error,) = world.errors(tenant)
        assert (error["kind"], error["resource"], error["field"]) == ("held_back", "leads", "lead_source")
        assert world.tables(tenant) == before
        assert world.freshness(tenant)["leads"]["whole_read_at"] == fresh
    assert world.sync("brand", accept=True) is RunStatus.SUCCESS
    assert {row["lead_source"] for row in world.live(Lead, tenant)} == {"Unknown"}
    assert world.sync("brand") is RunStatus.SUCCESS


def test_a_field_that_is_no_core_field_is_not_lost_either(world: SyncWorld) -> None:
    tenant = world.brand_id("brand")
    assert world.sync("brand") is RunStatus.SUCCESS
    rename(contacts(world), "email", "email_address")
    assert world.sync("brand") is RunStatus.PARTIAL
    assert any(row["email"] for row in world.live(Lead, tenant))


def test_an_unchanged_list_writes_nothing_about_its_fields(world: SyncWorld) -> None:
    tenant = world.brand_id("brand")
    world.sync("brand")
    before = world.rows(ResourceField, tenant)
    world.sync("brand")
    assert world.rows(ResourceField, tenant) == before
    assert {row["bodies_stored"] for row in world.results(tenant).values()} == {0}


@pytest.mark.parametrize(
    ("odd_id", "excused"), [(None, 1), ("", 1), ({"id": 5}, 1), ("9" * 65, 0)], ids=["null", "blank", "object", "known"]
)
def test_an_unreadable_record_excuses_as_many_missing_rows_as_it_could_be(
    world: SyncWorld, odd_id: object, excused: int
) -> None:
    tenant = world.brand_id("brand")
    world.sync("brand")
    listed = contacts(world)
    right_id, listed[5]["client_id"] = listed[5]["client_id"], odd_id
    del listed[:3]
    assert world.sync("brand") is RunStatus.PARTIAL
    result = world.results(tenant)["leads"]
    assert (result["status"], result["rejected"], result["removed"]) == ("partial", 1, 4 - excused)
    assert world.freshness(tenant)["leads"]["whole_read_at"] == result["read_started_at"]
    assert world.sync("brand") is RunStatus.PARTIAL
    assert world.results(tenant)["leads"]["removed"] == 0
    assert world.sync("brand", accept=True) is RunStatus.SUCCESS
    assert world.sync("brand") is RunStatus.SUCCESS
    listed[2]["client_id"] = right_id
    assert world.sync("brand") is RunStatus.SUCCESS
    assert {row["client_id"] for row in world.live(Lead, tenant)} == {str(each["client_id"]) for each in listed}
