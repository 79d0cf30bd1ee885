"""What is kept of the raw answers, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from database import brand_transaction
from emulator import AccountPlan
from models import RawBody, RawSnapshot, Resource, RunStatus
from sync.running.replay import replay_brand
from sync.running.retention import KeptPull, prune_brand, pulls_to_forget
from sync.running.runs import active_brands
from tests.sync.conftest import MakeWorld

KEY = "CT_kept_key"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def pull(name: str, days: float, *, whole: bool = True, resource: Resource = Resource.LEADS) -> KeptPull:
    return KeptPull(name, resource, NOW - timedelta(days=days), whole)


def forgotten(*pulls: KeptPull) -> set[str]:
    return {gone.run_id for gone in pulls_to_forget(pulls, NOW, days=7, daily_days=90)}


def test_everything_is_kept_for_days_then_one_a_day_then_the_last() -> None:
    assert forgotten(pull("today", 0), pull("broken", 6.9, whole=False), pull("six days", 6)) == set()
    noon, earlier = pull("noon", 10), pull("earlier", 10.1)
    assert forgotten(pull("today", 0), noon, earlier, pull("broken", 10.05, whole=False)) == {"earlier", "broken"}
    assert forgotten(pull("today", 0), pull("long ago", 91)) == {"long ago"}
    assert forgotten(pull("long ago", 400), pull("longer ago", 401)) == {"longer ago"}
    assert forgotten(pull("a", 400), pull("b", 401, resource=Resource.PIPELINE_ITEMS)) == set()
    assert forgotten(pull("broken", 8, whole=False), pull("whole", 200)) == {"broken"}


def test_pruning_keeps_what_a_replay_needs(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="A", web_key=KEY, contacts=40), sync_notes_budget=15)
    tenant = world.add_brand(KEY, "brand")
    for _ in range(5):
        assert world.sync("brand") is RunStatus.SUCCESS
        world.emulator.advance(KEY, steps=1)
    before = world.tables(tenant, removed=False)
    kept_before = len(world.rows(RawSnapshot, tenant))
    with brand_transaction(world.engine, tenant) as connection:
        aged = {
            "sqlite": "strftime('%Y-%m-%d %H:%M:%f', fetched_at, '-200 days') || '000'",
            "postgresql": "fetched_at - interval '200 days'",
        }
        connection.execute(text(f"UPDATE raw_snapshots SET fetched_at = {aged[world.engine.dialect.name]}"))

    assert prune_brand(world.engine, world.settings, tenant, "pruner") > 0
    assert prune_brand(world.engine, world.settings, tenant, "pruner") == 0
    kept = world.rows(RawSnapshot, tenant)
    assert len(kept) < kept_before
    named = {row["sha256"] for row in kept}
    assert {row["sha256"] for row in world.rows(RawBody, tenant)} == named
    assert {row["resource"] for row in kept} == set(Resource)

    (brand,) = active_brands(world.engine)
    replay_brand(world.engine, brand, "replay", 60)
    after = world.tables(tenant, removed=False)
    assert {name: rows for name, rows in after.items() if name != "pipeline_stage_changes"} == {
        name: rows for name, rows in before.items() if name != "pipeline_stage_changes"
    }


def test_a_body_that_was_seen_before_is_stored_once(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="A", web_key=KEY, contacts=40), sync_notes_budget=100)
    tenant = world.add_brand(KEY, "brand")
    world.sync("brand")
    bodies = {row["sha256"] for row in world.rows(RawBody, tenant)}
    answers_before = len(world.rows(RawSnapshot, tenant))
    world.sync("brand")
    assert {row["sha256"] for row in world.rows(RawBody, tenant)} == bodies
    assert len(world.rows(RawSnapshot, tenant)) > answers_before
