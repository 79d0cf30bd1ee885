"""Which answers are kept: each that says something else than the one before it, and all of a pull that does not land."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, text, update

from database import agency_transaction, brand_transaction
from emulator import Account, AccountPlan, Quirk
from models import Note, NoteReading, RawBody, RawSnapshot, Resource, RunStatus, utc_now
from sync.reading.kept_answers import contact_of
from sync.running.replay import ReplayError, replay_brand
from sync.running.retention import prune_brand
from sync.running.runs import active_brands
from sync.tables import table_of
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import DATA, SyncWorld, Tables

KEY = "CT_same_answers_key"
MOST_LOG_BYTES = 50_000
"""What an unchanged run of a brand may write into PostgreSQL's log."""


@pytest.fixture
def world(make_world: MakeWorld) -> SyncWorld:
    quirks = frozenset({Quirk.PAGE_CAP_50})
    plan = AccountPlan(name="Brand", web_key=KEY, seed=3, contacts=160, quirks=quirks)
    made = make_world(plan, sync_notes_budget=500)
    made.add_brand(KEY, "brand")
    account = made.emulator.account(KEY)
    with account.changing():  # one contact's notes fill several pages, the last of which another full one could follow
        history = account.notes[talkative(account)]
        history += [history[0] | {"note_id": str(99_000_000 + number)} for number in range(150 - len(history))]
    assert made.sync("brand") is RunStatus.SUCCESS
    return made


def talkative(account: Account) -> str:
    """The contact whose notes are many."""
    return max(account.notes)


def kept(world: SyncWorld) -> list[dict[str, Any]]:
    return world.rows(RawSnapshot, world.brand_id("brand"))


def new_rows(world: SyncWorld) -> Counter[Resource]:
    """How many answers the latest run has added, by resource."""
    run_id = world.runs(world.brand_id("brand"))[-1]["run_id"]
    return Counter(row["resource"] for row in kept(world) if row["run_id"] == run_id)


def replayed(world: SyncWorld, run_id: str | None = None) -> Tables:
    """What a replay makes of tables that were wiped."""
    tenant = world.brand_id("brand")
    with brand_transaction(world.engine, tenant) as connection:
        for model in (*DATA, NoteReading):
            connection.execute(delete(table_of(model)).where(table_of(model).c.tenant_id == tenant))
    (brand,) = active_brands(world.engine, "brand")
    replay_brand(world.engine, brand, "replay", 60, run_id=run_id)
    return without_moves(world.tables(tenant, removed=False))


def without_moves(tables: Tables) -> Tables:
    """The tables but the moves between stages, which an answer does not tell."""
    return {name: rows for name, rows in tables.items() if name not in {"pipeline_stage_changes", "pipeline_ages"}}


def log_position(world: SyncWorld) -> int:
    """How many bytes PostgreSQL has written into its log so far; always the same on SQLite."""
    if world.engine.dialect.name == "sqlite":
        return 0
    with agency_transaction(world.engine, writes=False) as connection:
        return int(connection.execute(text("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")).scalar_one())


def test_the_same_answers_add_no_row_and_a_changed_page_adds_its_own(world: SyncWorld) -> None:
    tenant, account = world.brand_id("brand"), world.emulator.account(KEY)
    first = without_moves(world.tables(tenant, removed=False))
    rows, pages = len(kept(world)), world.results(tenant)["leads"]["pages"]
    assert pages > 2
    written = []
    for _ in range(2):
        before = log_position(world)
        assert world.sync("brand") is RunStatus.SUCCESS
        written.append(log_position(world) - before)
        assert len(kept(world)) == rows
        results = world.results(tenant).values()
        assert all(row["answers_as_before"] == row["pages"] > 0 for row in results)
    assert sum(contact_of(row["request"]) == talkative(account) for row in kept(world)) == 3
    assert min(written) <= MOST_LOG_BYTES, "the server itself may have written something beside one of them"

    noted = [min(account.notes), talkative(account)]
    with account.changing():
        account.contacts[-1] |= {"whiteboard": "Calls back on Friday"}
        for client in noted:
            account.notes[client][-1] = account.notes[client][-1] | {"note": "Has called back"}
            place = next(i for i, row in enumerate(account.contacts) if row["client_id"] == client)
            account.contacts[place] = account.contacts[place] | {"last_modified_date": "2026-11-27 09:30:00"}
    assert world.sync("brand") is RunStatus.SUCCESS
    second = without_moves(world.tables(tenant, removed=False))
    assert new_rows(world)[Resource.NOTES] == 1 + 3, "a contact's answers are kept together"
    assert 1 <= new_rows(world)[Resource.LEADS] < pages
    assert set(new_rows(world)) == {Resource.NOTES, Resource.LEADS}
    assert world.results(tenant)["leads"]["answers_as_before"] == pages - new_rows(world)[Resource.LEADS]
    runs = [run["run_id"] for run in world.runs(tenant)]
    fresh = world.freshness(tenant)

    assert replayed(world) == second
    assert world.freshness(tenant)["leads"]["whole_read_at"] == fresh["leads"]["whole_read_at"]
    assert replayed(world, runs[1]) == first, "a run that was answered as the one before it is found as well"
    assert replayed(world, runs[3]) == second
    with pytest.raises(ReplayError):
        replayed(world, "no such run")


def test_a_list_of_other_pages_is_kept_as_a_whole(world: SyncWorld) -> None:
    tenant, account = world.brand_id("brand"), world.emulator.account(KEY)
    with account.changing():
        del account.contacts[120:]
    assert world.sync("brand", accept=True) is RunStatus.SUCCESS
    assert new_rows(world)[Resource.LEADS] == world.results(tenant)["leads"]["pages"]
    assert replayed(world)["leads"] == world.tables(tenant, removed=False)["leads"]
    assert len(world.live(Note, tenant)) > 0


def test_of_a_list_that_does_not_land_every_page_is_kept(world: SyncWorld) -> None:
    tenant, account = world.brand_id("brand"), world.emulator.account(KEY)
    before = without_moves(world.tables(tenant, removed=False))
    gone = account.contacts[60:120]
    with account.changing():
        del account.contacts[60:120]
    assert world.sync("brand") is RunStatus.PARTIAL
    assert world.results(tenant)["leads"]["status"] == "held_back"
    mine = [row for row in kept(world) if row["run_id"] == world.runs(tenant)[-1]["run_id"]]
    pages = [row for row in mine if row["resource"] is Resource.LEADS]
    assert sum(row["record_count"] for row in pages) == 100
    assert not any(row["whole"] for row in pages)
    assert replayed(world)["leads"] == before["leads"]

    with account.changing():
        account.contacts[60:60] = gone
    assert world.sync("brand") is RunStatus.SUCCESS
    assert not new_rows(world)[Resource.LEADS], "what stands is what landed, and it is as it was"


def test_a_list_of_which_an_answer_is_missing_is_not_replayed(world: SyncWorld) -> None:
    tenant, account = world.brand_id("brand"), world.emulator.account(KEY)
    with account.changing():
        account.contacts[-1] |= {"whiteboard": "Calls back on Friday"}
    assert world.sync("brand") is RunStatus.SUCCESS
    before = world.tables(tenant)["leads"]
    with agency_transaction(world.engine) as connection:
        connection.execute(text("DELETE FROM raw_snapshots WHERE resource = 'leads' AND pull_answers IS NULL"))
    (brand,) = active_brands(world.engine, "brand")
    replay_brand(world.engine, brand, "replay", 60)
    assert world.tables(tenant)["leads"] == before, "part of a list would look as if the rest was gone"
    assert world.sync("brand") is RunStatus.SUCCESS
    assert new_rows(world)[Resource.LEADS] == world.results(tenant)["leads"]["pages"], "and the next run keeps it whole"


def test_pruning_keeps_the_earlier_answers_that_a_list_stands_on(world: SyncWorld) -> None:
    tenant, account = world.brand_id("brand"), world.emulator.account(KEY)
    for words in ("Calls back on Friday", "Has called back"):
        with account.changing():
            account.contacts[-1] |= {"whiteboard": words}
        assert world.sync("brand") is RunStatus.SUCCESS
    now = without_moves(world.tables(tenant, removed=False))
    pages, runs = world.results(tenant)["leads"]["pages"], [run["run_id"] for run in world.runs(tenant)]
    snapshots = table_of(RawSnapshot)
    with agency_transaction(world.engine) as connection:
        for days, run_id in zip((202, 201, 200), runs, strict=True):
            long_ago = utc_now().replace(hour=12) - timedelta(days=days)
            of_run = update(snapshots).where(snapshots.c.run_id == run_id)
            connection.execute(of_run.values(fetched_at=long_ago))

    assert prune_brand(world.engine, world.settings, tenant, "pruner") == 2, "the page of the first two runs"
    assert prune_brand(world.engine, world.settings, tenant, "pruner") == 0
    leads = [row for row in kept(world) if row["resource"] is Resource.LEADS]
    assert len({row["position"] for row in leads}) == len(leads) == pages
    assert {row["run_id"] for row in leads} == {runs[0], runs[2]}
    assert {row["sha256"] for row in world.rows(RawBody, tenant)} == {row["sha256"] for row in kept(world)}
    assert replayed(world) == now
