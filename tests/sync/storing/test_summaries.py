"""What the sync counts for the pages is what the tables hold, counted here row by row."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, text

import migrations
from database import PORTAL_ROLE, create_engine
from emulator import AccountPlan, Fault
from migrations.history import apply_up_to
from models import (
    NoteReading,
    Resource,
    RunStatus,
    Tenant,
)
from settings import Settings
from sync.tables import table_of
from tests.sync.conftest import MakeWorld
from tests.sync.counting import counted, kept
from tests.sync.sync_world import DATA, SUMMARIES, SyncWorld

KEY = "CT_counted_key"
TOKYO = ZoneInfo("Asia/Tokyo")


def test_the_summaries_are_what_the_tables_hold_through_changes_and_faults(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="Counted", web_key=KEY, seed=5, contacts=90, events=40), sync_notes_budget=200)
    tenant = world.add_brand(KEY, "counted", timezone=TOKYO.key)
    for fault in (None, None, Fault.SHORT_PAGE, Fault.UNREADABLE_ROWS, None):
        world.emulator.clear_faults()
        if fault is not None:
            world.emulator.set_fault(fault, "read_opportunity_list", KEY)
        world.sync("counted")
        summaries = kept(world, tenant)
        assert summaries == counted(world, tenant, TOKYO)
        assert summaries["coverage"][1] > 0
        assert summaries["value"] > 0
        world.emulator.advance(KEY, steps=2)
        world.emulator.account(KEY).contacts[:2] = []


def test_days_in_stage_follow_the_brand_to_another_time_zone(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="Moved", web_key=KEY, seed=5, contacts=90))
    tenant = world.add_brand(KEY, "moved", timezone="America/Los_Angeles")
    world.sync("moved")
    world.change_brand("moved", timezone=TOKYO.key)
    world.sync("moved")
    assert kept(world, tenant)["ages"] == counted(world, tenant, TOKYO)["ages"]


def test_an_unchanged_sync_leaves_them_and_the_data_version_alone(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="Still", web_key=KEY, seed=5, contacts=30), sync_notes_budget=200)
    tenant = world.add_brand(KEY, "still")
    assert world.sync("still") is RunStatus.SUCCESS
    version, rows = world.data_version(tenant), [world.rows(model, tenant) for model in SUMMARIES]
    assert world.sync("still") is RunStatus.SUCCESS
    assert world.data_version(tenant) == version
    assert [world.rows(model, tenant) for model in SUMMARIES] == rows


def test_more_contacts_read_is_news_though_they_have_no_notes(make_world: MakeWorld) -> None:
    plan = AccountPlan(name="Silent", web_key=KEY, seed=5, contacts=30, notes=0)
    world = make_world(plan, sync_notes_budget=10)
    tenant = world.add_brand(KEY, "silent")
    world.sync("silent")
    version = world.data_version(tenant)
    world.sync("silent")
    assert world.results(tenant)[Resource.NOTES]["inserted"] == 0
    assert kept(world, tenant)["coverage"] == (30, 20)
    assert world.data_version(tenant) > version


@pytest.mark.parametrize("zone", [TOKYO.key, "Nowhere/Atlantis"])
def test_a_database_from_before_is_counted_as_it_is_migrated(
    make_world: MakeWorld, empty_database_url: str, zone: str
) -> None:
    world = make_world(AccountPlan(name="Old", web_key=KEY, seed=5, contacts=60, events=40), sync_notes_budget=40)
    tenant = world.add_brand(KEY, "old", timezone=TOKYO.key)
    world.sync("old")

    engine = create_engine(Settings(database_url=empty_database_url).database_url)
    _migrate(engine, "0007")
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('portal.brand', 'agency', true)"))
        for model in (Tenant, *(model for model in DATA if model not in SUMMARIES), NoteReading):
            rows = [dict(row) | ({"timezone": zone} if model is Tenant else {}) for row in world.rows(model, tenant)]
            _insert_as_it_was(connection, table_of(model), rows)
    migrations.upgrade(engine)
    migrated = SyncWorld(engine, world.emulator, world.settings, world.cipher)
    assert kept(migrated, tenant) == counted(world, tenant, TOKYO if zone == TOKYO.key else ZoneInfo("UTC"))
    engine.dispose()


def _insert_as_it_was(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows of today into the table of an earlier revision: without newer columns, with blanks in older ones."""
    columns = {column["name"]: column for column in inspect(connection).get_columns(table.name)}
    then = Table(table.name, MetaData(), *(Column(name, _type(table, name)) for name in columns))
    blank = {name: "" for name, column in columns.items() if not column["nullable"]}
    connection.execute(insert(then), [blank | {n: v for n, v in row.items() if n in columns} for row in rows])


def _type(table: Table, name: str) -> Any:
    return table.columns[name].type if name in table.columns else String()


def _migrate(engine: Any, revision: str) -> None:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('portal.brand', 'agency', true)"))
        apply_up_to(connection, PORTAL_ROLE, revision)
