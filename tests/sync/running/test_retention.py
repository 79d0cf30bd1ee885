"""What is kept of the raw answers, and for how long."""

from __future__ import annotations

from dataclasses import replace
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
    return {gone.pull.run_id for gone in pulls_to_forget(pulls, NOW, days=7, daily_days=90)}


def test_everything_is_kept_for_days_then_one_a_day_then_the_last() -> None:
    assert forgotten(pull("today", 0), pull("broken", 6.9, whole=False), pull("six days", 6)) == set()
    noon, earlier = pull("noon", 10), pull("earlier", 10.1)
    assert forgotten(pull("today", 0), noon, earlier, pull("broken", 10.05, whole=False)) == {"earlier", "broken"}
    assert forgotten(pull("today", 0), pull("stood until today", 91)) == set()
    assert forgotten(pull("today", 0), pull("three months", 91), pull("long ago", 95)) == {"long ago"}
    assert forgotten(pull("today", 0), pull("two months", 60), pull("stood until then", 95)) == set()
    assert forgotten(pull("long ago", 400), pull("longer ago", 401)) == {"longer ago"}
    assert forgotten(pull("a", 400), pull("b", 401, resource=Resource.PIPELINE_ITEMS)) == set()
    assert forgotten(pull("broken", 8, whole=False), pull("whole", 200)) == {"broken"}


def test_of_a_pull_that_others_build_on_what_they_need_is_kept() -> None:
    def needed(*pulls: KeptPull) -> dict[str, datetime | None]:
        return {gone.pull.run_id: gone.needed_at for gone in pulls_to_forget(pulls, NOW, days=7, daily_days=90)}

    first, second, third = pull("first", 20.2), part(pull("second", 20.1)), part(pull("third", 20))
    assert needed(first, second, third, part(pull("today", 0))) == {"first": third.read_at, "second": third.read_at}
    assert needed(first, second, third, pull("today", 0)) == {"first": third.read_at, "second": third.read_at}
    assert needed(first, second, pull("whole by itself", 20), pull("today", 0)) == {"first": None, "second": None}
    old = [pull("first", 200.2), part(pull("second", 200.1)), pull("third", 200), part(pull("today", 0))]
    assert needed(*old) == {"first": None, "second": None}


def part(of: KeptPull) -> KeptPull:
    """The pull, of whose answers some are as before."""
    return replace(of, is_complete=False)


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
