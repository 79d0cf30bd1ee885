"""The tables rebuilt from what came over the wire, with the network gone."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from database import brand_transaction
from emulator import Fault, plan_in_turn
from models import NoteReading, RunStatus
from sync.running.replay import ReplayError, replay_brand
from sync.running.runs import active_brands
from sync.tables import table_of
from tests.conftest import on_both_databases
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import DATA, SyncWorld

KEY = "CT_replayed_key"


def _replay(world: SyncWorld, run_id: str | None = None) -> None:
    (brand,) = active_brands(world.engine, "brand")
    replay_brand(world.engine, brand, "replay", 60, run_id=run_id)


def _wipe(world: SyncWorld, tenant: int) -> None:
    with brand_transaction(world.engine, tenant) as connection:
        for model in (*DATA, NoteReading):
            connection.execute(delete(table_of(model)).where(table_of(model).c.tenant_id == tenant))


@pytest.mark.parametrize(("database_kind", "turn"), on_both_databases([0, 1], lambda _turn: "any account"))
def test_wiped_tables_come_back_row_by_row_without_the_network(make_world: MakeWorld, turn: int) -> None:
    plan = plan_in_turn(turn, name="Brand", web_key=KEY, contacts=150)
    world = make_world(plan, sync_notes_budget=60)
    tenant = world.add_brand(KEY, "brand", timezone=plan.timezone)
    for _ in range(3):
        assert world.sync("brand") is RunStatus.SUCCESS
        world.emulator.advance(KEY, steps=2)
    world.emulator.set_fault(Fault.SHORT_PAGE, call="read_client_list")
    assert world.sync("brand") is RunStatus.PARTIAL
    before = world.tables(tenant, removed=False)
    fresh = world.freshness(tenant)
    world.emulator.close()

    _wipe(world, tenant)
    _replay(world)
    again = world.tables(tenant, removed=False)
    changes, again_changes = before.pop("pipeline_stage_changes"), again.pop("pipeline_stage_changes")
    assert again == before
    assert {row[0] for row in again_changes} <= {row[0] for row in changes}
    assert {name: (row["whole_read_at"], row["last_status"]) for name, row in world.freshness(tenant).items()} == {
        name: (row["whole_read_at"], row["last_status"]) for name, row in fresh.items()
    }


def test_a_replay_over_current_tables_changes_no_row(make_world: MakeWorld) -> None:
    world = make_world(plan_in_turn(0, name="Brand", web_key=KEY, contacts=120))
    tenant = world.add_brand(KEY, "brand")
    world.sync("brand")
    world.emulator.advance(KEY, steps=3)
    world.sync("brand")
    before = [world.rows(model, tenant) for model in DATA]
    _replay(world)
    assert [world.rows(model, tenant) for model in DATA] == before


def test_a_replay_of_one_run_brings_its_state_back(make_world: MakeWorld) -> None:
    world = make_world(plan_in_turn(0, name="Brand", web_key=KEY, contacts=120), sync_notes_budget=0)
    tenant = world.add_brand(KEY, "brand")
    world.sync("brand")
    first = world.tables(tenant, removed=False)
    world.emulator.advance(KEY, steps=4)
    world.sync("brand")
    assert world.tables(tenant, removed=False) != first
    _replay(world, world.runs(tenant)[0]["run_id"])
    again = world.tables(tenant, removed=False)
    for name in ("leads", "pipeline_stages", "pipeline_items", "hot_list_items", "scheduled_activities"):
        assert again[name] == first[name]


def test_without_a_whole_pull_nothing_is_replayed(make_world: MakeWorld) -> None:
    world = make_world(plan_in_turn(0, name="Brand", web_key=KEY, contacts=120))
    world.add_brand(KEY, "brand")
    world.emulator.set_fault(Fault.HTML_INSTEAD_OF_JSON)
    assert world.sync("brand") is RunStatus.FAILED
    with pytest.raises(ReplayError, match="no whole pull"):
        _replay(world)
