"""From an account to a brand's tables, and nothing more than what has changed the next time."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from emulator import AccountPlan, plan_in_turn
from models import (
    HotListItem,
    KnownField,
    Lead,
    Note,
    PipelineItem,
    PipelineStage,
    PipelineStageChange,
    RunStatus,
    ScheduledActivity,
)
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import DATA

KEYS = ("CT_first_key", "CT_second_key")


def _amount(wire: Any) -> Decimal:
    return Decimal(str(wire or 0).replace("$", "").replace(",", ""))


@pytest.mark.parametrize("turn", [0, 1])
def test_every_record_lands_as_the_account_has_it(make_world: MakeWorld, turn: int) -> None:
    plan = plan_in_turn(turn, name="Brand", web_key=KEYS[turn])
    world = make_world(plan, sync_notes_budget=500)
    tenant = world.add_brand(KEYS[turn], "brand", timezone=plan.timezone)
    assert world.sync("brand") is RunStatus.SUCCESS

    account = world.emulator.account(KEYS[turn])
    leads = world.live(Lead, tenant)
    assert {row["client_id"] for row in leads} == {contact["client_id"] for contact in account.contacts}
    assert Counter(row["stage_key"] for row in leads) == Counter(
        (contact["clients_sales_cycle"].strip() or "New Lead").lower() for contact in account.contacts
    )
    deals = world.live(PipelineItem, tenant)
    assert {row["opportunity_id"] for row in deals} == {deal["opportunity_id"] for deal in account.opportunities}
    assert sum(row["deal_size"] or 0 for row in deals) == sum(
        _amount(deal["deal_size"]) for deal in account.opportunities
    )
    stages = world.live(PipelineStage, tenant)
    assert sum(row["active"] for row in stages if row["contact_type"] == "1") == 1 + sum(
        stage["sales_cycle_active_status"] == "1" and stage["contact_type"] == "1" for stage in account.stages
    )
    notes = world.live(Note, tenant)
    assert Counter(row["client_id"] for row in notes) == Counter(
        {client: len(its) for client, its in account.notes.items() if its}
    )
    assert world.live(ScheduledActivity, tenant)
    hot = world.live(HotListItem, tenant)
    assert len(hot) > 5
    assert all(row["weighted_iff"] == row["iff"] * row["likelihood"] / 100 for row in hot)


def test_an_unchanged_account_changes_no_row(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="Brand", web_key=KEYS[0]))
    tenant = world.add_brand(KEYS[0], "brand")
    world.sync("brand")
    before = [world.rows(model, tenant) for model in DATA]
    version = world.data_version(tenant)

    world.settings = world.settings.model_copy(update={"sync_notes_budget": 0})
    assert world.sync("brand") is RunStatus.SUCCESS
    assert [world.rows(model, tenant) for model in DATA] == before
    assert world.data_version(tenant) == version


def test_what_moves_upstream_moves_here(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="Brand", web_key=KEYS[0], contacts=60), sync_notes_budget=200)
    tenant = world.add_brand(KEYS[0], "brand")
    world.sync("brand")
    before = {row["client_id"] for row in world.live(Lead, tenant)}
    version = world.data_version(tenant)

    world.emulator.advance(KEYS[0], steps=3)
    assert world.sync("brand") is RunStatus.SUCCESS

    account = world.emulator.account(KEYS[0])
    now = {contact["client_id"] for contact in account.contacts}
    assert {row["client_id"] for row in world.live(Lead, tenant)} == now
    gone = {row["client_id"] for row in world.rows(Lead, tenant) if row["removed_at"] is not None}
    assert gone == before - now
    assert gone
    assert not {row["client_id"] for row in world.live(Note, tenant)} & gone
    assert world.data_version(tenant) > version
    fresh = make_world(AccountPlan(name="Brand", web_key=KEYS[0], contacts=60), sync_notes_budget=200)
    fresh.emulator.advance(KEYS[0], steps=3)
    other = fresh.add_brand(KEYS[0], "other")
    fresh.sync("other")
    assert world.tables(tenant, removed=False)["notes"] == fresh.tables(other, removed=False)["notes"]


def test_a_contact_that_returns_is_brought_back_with_its_notes(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="Brand", web_key=KEYS[0], contacts=30), sync_notes_budget=100)
    tenant = world.add_brand(KEYS[0], "brand")
    account = world.emulator.account(KEYS[0])
    noted = next(client for client, notes in account.notes.items() if notes)
    world.sync("brand")
    first = world.tables(tenant)
    place = next(i for i, contact in enumerate(account.contacts) if contact["client_id"] == noted)
    gone = account.contacts.pop(place)
    world.sync("brand")
    assert noted not in {row["client_id"] for row in world.live(Lead, tenant)}
    assert noted not in {row["client_id"] for row in world.live(Note, tenant)}
    account.contacts.insert(place, gone)
    assert world.sync("brand") is RunStatus.SUCCESS
    assert world.tables(tenant) == first


def test_unknown_fields_are_named_once_per_brand(make_world: MakeWorld, capsys: pytest.CaptureFixture[str]) -> None:
    world = make_world(AccountPlan(name="Brand", web_key=KEYS[0], contacts=10), sync_notes_budget=0)
    tenant = world.add_brand(KEYS[0], "brand")
    for contact in world.emulator.account(KEYS[0]).contacts:
        contact["favourite_colour\n"] = "blue"
    world.sync("brand")
    assert "favourite_colour" in capsys.readouterr().out
    world.sync("brand")
    assert "favourite_colour" not in capsys.readouterr().out
    assert "favourite_colour" in {row["field"] for row in world.rows(KnownField, tenant)}


def test_a_deal_that_moves_on_leaves_a_stage_change(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="Brand", web_key=KEYS[0], contacts=30), sync_notes_budget=0)
    tenant = world.add_brand(KEYS[0], "brand")
    world.sync("brand")
    account = world.emulator.account(KEYS[0])
    deal = next(deal for deal in account.opportunities if deal["contact_sales_cycle"] == "Outbound Call")
    deal["contact_sales_cycle"] = "FDD Sent"
    world.sync("brand")
    changes = [
        row for row in world.rows(PipelineStageChange, tenant) if row["opportunity_id"] == deal["opportunity_id"]
    ]
    seen, moved = sorted(changes, key=lambda row: row["sequence"])
    assert (seen["from_stage"], seen["to_stage"]) == (None, "Outbound Call")
    assert (moved["from_stage"], moved["to_stage"]) == ("Outbound Call", "FDD Sent")
    assert all(row["entered_at"] <= row["observed_at"] for row in changes)


def test_an_unforeseen_error_costs_one_resource_and_tells_no_data(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = make_world(AccountPlan(name="Brand", web_key=KEYS[0], contacts=10), sync_notes_budget=0)
    tenant = world.add_brand(KEYS[0], "brand")

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("INSERT INTO leads VALUES ('pat@example.com')")

    monkeypatch.setattr("sync.storing.landing.record_stage_changes", breaks)
    assert world.sync("brand") is RunStatus.PARTIAL
    (error,) = world.errors(tenant)
    assert (error["resource"], error["kind"]) == ("pipeline_items", "internal")
    logged = capsys.readouterr().out
    assert "pat@example.com" not in logged
    assert "landing.py" in logged
