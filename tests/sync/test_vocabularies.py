"""Values that an account writes in words or units of its own: the same rows where that is certain, else it is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from emulator import AccountPlan
from models import PipelineItem, RunStatus
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import SyncWorld

OWN, PLAIN = "CT_own_words_key", "CT_plain_words_key"


@pytest.fixture
def world(make_world: MakeWorld) -> SyncWorld:
    plans = [
        AccountPlan(name=key, web_key=key, seed=9, contacts=40, opportunities=30, events=6) for key in (OWN, PLAIN)
    ]
    made = make_world(*plans, sync_notes_budget=0)
    made.add_brand(OWN, "own")
    made.add_brand(PLAIN, "plain")
    return made


def write_in_own_words(world: SyncWorld) -> None:
    account = world.emulator.account(OWN)
    ids = {row["sales_cycle_name"].casefold(): row["sales_cycle_id"] for row in account.stages}
    for stage in account.stages:
        stage["sales_cycle_active_status"] = {"1": "Active", "0": "Inactive"}[stage["sales_cycle_active_status"]]
        percent = stage["likelihood_to_close"].removesuffix("%")
        stage["likelihood_to_close"] = str(Decimal(percent) / 100) if percent else ""
    rows: list[dict[str, Any]] = [*account.contacts, *account.opportunities]
    for row in rows:
        name = "clients_sales_cycle" if "clients_sales_cycle" in row else "contact_sales_cycle"
        row[name] = ids.get(row[name].strip().casefold(), row[name])
        if str(row["contact_type"]) == "1":
            row["contact_type"] = "Prospect"


def test_words_and_ids_that_are_certain_make_the_same_rows(world: SyncWorld) -> None:
    own, plain = world.brand_id("own"), world.brand_id("plain")
    write_in_own_words(world)
    assert world.sync("own") is RunStatus.SUCCESS
    assert world.sync("plain") is RunStatus.SUCCESS
    tables, expected = world.tables(own), world.tables(plain)
    for table in ("pipeline_stages", "hot_list_items", "pipeline_counts"):
        assert len(tables[table]) == len(expected[table])
    assert tables["pipeline_stages"] == expected["pipeline_stages"]
    assert tables["hot_list_items"] == expected["hot_list_items"]
    stages = [[row["stage_key"] for row in world.rows(PipelineItem, brand)] for brand in (own, plain)]
    assert stages[0] == stages[1]


@pytest.mark.parametrize(
    ("rows", "field", "value", "resource", "named"),
    [
        ("contacts", "contact_type", "Suspect", "leads", "contact_type"),
        ("contacts", "clients_sales_cycle", "900100", "leads", "sales_cycle"),
        ("contacts", "clients_lead_source", "17", "leads", "lead_source"),
        ("opportunities", "deal_size", "90.000", "pipeline_items", "deal_size"),
        ("stages", "sales_cycle_active_status", "perhaps", "pipeline_stages", "active"),
    ],
)
def test_what_is_not_certain_is_told_at_first_and_held_back_later(
    world: SyncWorld, rows: str, field: str, value: str, resource: str, named: str
) -> None:
    own, plain = world.brand_id("own"), world.brand_id("plain")
    assert world.sync("plain") is RunStatus.SUCCESS
    before = world.tables(plain)[resource]
    for key in (OWN, PLAIN):
        for row in getattr(world.emulator.account(key), rows):
            row[field] = value
    assert world.sync("own") is RunStatus.PARTIAL
    assert ("empty_field", resource, named) in {(e["kind"], e["resource"], e["field"]) for e in world.errors(own)}
    assert world.sync("plain") is RunStatus.PARTIAL
    assert ("held_back", resource, named) in {(e["kind"], e["resource"], e["field"]) for e in world.errors(plain)}
    assert world.tables(plain)[resource] == before


@pytest.mark.parametrize(
    ("rows", "field", "value", "resource", "named"),
    [
        ("opportunities", "deal_size", "0.00", "pipeline_items", "deal_size"),
        ("stages", "likelihood_to_close", "0", "pipeline_stages", "likelihood"),
        ("stages", "sales_cycle_active_status", "0", "pipeline_stages", "active"),
    ],
)
def test_values_that_say_nothing_any_more_do_not_empty_what_was_counted(
    world: SyncWorld, rows: str, field: str, value: str, resource: str, named: str
) -> None:
    plain = world.brand_id("plain")
    assert world.sync("plain") is RunStatus.SUCCESS
    before = world.tables(plain)
    for row in getattr(world.emulator.account(PLAIN), rows):
        row[field] = value
    assert world.sync("plain") is RunStatus.PARTIAL
    assert ("held_back", resource, named) in {(e["kind"], e["resource"], e["field"]) for e in world.errors(plain)}
    assert world.tables(plain) == before
    assert world.sync("plain", accept=True) is RunStatus.SUCCESS
