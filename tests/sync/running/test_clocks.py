"""Clocks that jump: a worker neither stops nor storms."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import wait
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import clock
import database
from database import AgencySession, agency_transaction
from emulator import AccountPlan
from models import Lead, Note, RunStatus, SyncLease, SyncRun, Trigger, WorkerHeartbeat
from sync.running.replay import replay_brand
from sync.running.runs import active_brands, histories
from sync.running.schedule import due_run
from sync.running.tenant_run import SyncContext
from sync.running.worker import Worker
from sync.tables import table_of
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import SyncWorld
from watching import living_workers, look

KEY = "CT_clocked_key"
_A_SLOT = datetime.now(UTC) - timedelta(days=100)
YEARLY = f"0 0 {min(_A_SLOT.day, 28)} {_A_SLOT.month} *"
"""A year is this schedule's hour. Whatever day it is, no slot comes by itself while a test runs."""
JUMP = timedelta(days=400)  # into the time after the next slot
BACK = timedelta(days=300)  # into the time before the last one


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Set this machine's clock by so much. SQLite has no other, PostgreSQL has its own."""

    def jump(by: timedelta) -> None:
        for module in (clock, database):
            monkeypatch.setattr(module, "machine_now", lambda: datetime.now(UTC) + by)

    clock.follow_no_more()
    yield jump
    clock.follow_no_more()


@pytest.fixture
def world(make_world: MakeWorld) -> SyncWorld:
    made = make_world(AccountPlan(name="A", web_key=KEY, contacts=5), sync_notes_budget=0, sync_cron=YEARLY)
    made.add_brand(KEY, "brand", created_at=datetime.now(UTC) - 2 * JUMP)
    return made


def look_often(worker: Worker) -> None:
    """Have the worker look five times, each time with the last one's work done."""
    for _ in range(5):
        assert worker.look()
        wait(worker._under_way.values())


def test_a_workers_clock_that_jumps_neither_stops_nor_storms(
    world: SyncWorld, set_clock: Any, database_kind: str
) -> None:
    tenant = world.brand_id("brand")
    worker = Worker(SyncContext(world.engine, world.settings, "the-worker", world.stop, world.access))
    look_often(worker)
    assert len(world.runs(tenant)) == 1
    set_clock(JUMP)
    look_often(worker)
    # PostgreSQL's clock has not jumped, so nothing is due. Of SQLite a slot is: it is run, once.
    ahead = {"postgresql": 1, "sqlite": 2}[database_kind]
    assert len(world.runs(tenant)) == ahead
    set_clock(-BACK)
    look_often(worker)
    set_clock(timedelta())
    look_often(worker)
    assert len(world.runs(tenant)) <= ahead + 1, "no storm"
    with agency_transaction(world.engine) as connection:
        assert look(connection, YEARLY, 2).late == (), "and what was read counts"
        next_slot = due_run(YEARLY, "brand", histories(connection, 3)[tenant], datetime.now(UTC) + JUMP)
    assert next_slot is not None, "the next slot is waited for as ever"
    if database_kind == "postgresql":
        assert all(abs(run["started_at"] - datetime.now(UTC)) < timedelta(minutes=10) for run in world.runs(tenant))


def test_what_a_clock_that_was_ahead_left_behind_is_ignored(world: SyncWorld, set_clock: Any) -> None:
    """Slots of the future are not waited for, a cut-off run of the future is not made up for again and again."""
    tenant, now = world.brand_id("brand"), datetime.now(UTC)
    ahead = now + timedelta(days=1)
    with AgencySession(world.engine, writes=True) as session:
        session.add(
            SyncRun(
                tenant_id=tenant,
                status=RunStatus.ABANDONED,
                trigger=Trigger.SCHEDULE,
                worker="w",
                slot_at=ahead,
                started_at=ahead,
                finished_at=ahead,
            )
        )
        session.add(SyncLease(tenant_id=tenant, owner="who died then", run_id="r", expires_at=ahead))
        session.add(WorkerHeartbeat(worker="who died then", started_at=ahead, beat_at=ahead))
        session.commit()
    worker = Worker(SyncContext(world.engine, world.settings, "the-worker", world.stop, world.access))
    look_often(worker)
    runs = [run for run in world.runs(tenant) if run["started_at"] < ahead]
    assert [run["status"] for run in runs] == [RunStatus.SUCCESS], "the lease of then holds nobody up"
    with agency_transaction(world.engine) as connection:
        assert living_workers(connection) == ("the-worker",)
        read = table_of(SyncRun).update().where(table_of(SyncRun).c.run_id == runs[0]["run_id"])
        connection.execute(read.values(status=RunStatus.ABANDONED))
    look_often(worker)
    runs = [run for run in world.runs(tenant) if run["started_at"] < ahead]
    assert [run["status"] for run in runs] == [RunStatus.ABANDONED, RunStatus.SUCCESS], "made up for once"


def test_what_a_clock_that_was_ahead_has_kept_is_not_what_a_replay_builds_on(world: SyncWorld, set_clock: Any) -> None:
    """SQLite has no clock but the machine's: answers that came a day ahead look newer than those of today."""
    world = world.with_settings(sync_notes_budget=20)
    tenant, account = world.brand_id("brand"), world.emulator.account(KEY)
    assert world.sync("brand") is RunStatus.SUCCESS
    set_clock(timedelta(days=1))
    for city in ("Tomorrow", "Today"):
        with account.changing():
            account.contacts[0]["city"] = city
        assert world.sync("brand") is RunStatus.SUCCESS
        set_clock(timedelta())
    cities = {lead["client_id"]: lead["city"] for lead in world.live(Lead, tenant)}
    assert cities[account.contacts[0]["client_id"]] == "Today"
    notes = world.live(Note, tenant)
    (brand,) = active_brands(world.engine, "brand")
    replay_brand(world.engine, brand, "the-replay", 60)
    assert {lead["client_id"]: lead["city"] for lead in world.live(Lead, tenant)} == cities
    assert len(world.live(Note, tenant)) == len(notes)
