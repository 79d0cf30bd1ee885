"""How long the history is kept: a year of it, pruned to its bounds."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.exc import DBAPIError

from database import agency_transaction
from emulator import AccountPlan
from models import (
    AuditEntry,
    RequestStatus,
    Resource,
    ResourceStatus,
    Role,
    RunStatus,
    SyncError,
    SyncRequest,
    SyncRun,
    SyncRunResource,
    Trigger,
    User,
    UserSession,
    utc_now,
)
from sync.running import history_retention
from sync.running.history_retention import MOST_AT_ONCE, PastRun, prune_history, runs_to_forget
from sync.running.tenant_run import SyncContext
from sync.running.worker import Worker
from sync.tables import table_of
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import SyncWorld

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
YEAR = 365
A_DAY = 4


def run(name: str, days: float, status: RunStatus = RunStatus.SUCCESS) -> PastRun:
    return PastRun(name, NOON - timedelta(days=days), status)


@pytest.mark.parametrize(
    ("runs", "forgotten"),
    [
        ([run("young", 1), run("younger", 0.9)], []),
        ([run("morning", 100.2), run("noon", 100)], ["morning"]),
        ([run("morning", 100.2), run("noon", 100, RunStatus.FAILED)], ["noon"]),
        ([run("morning", 100.2, RunStatus.FAILED), run("noon", 100, RunStatus.PARTIAL)], ["morning"]),
        ([run("one", 100), run("another", 101)], []),
        ([run("only", 5000)], []),
    ],
)
def test_of_each_day_of_old_its_last_success_is_kept(runs: list[PastRun], forgotten: list[str]) -> None:
    assert runs_to_forget(runs, NOON - timedelta(days=90)) == forgotten
    assert runs_to_forget(reversed(runs), NOON - timedelta(days=90)) == forgotten


@pytest.fixture
def world(make_world: MakeWorld) -> SyncWorld:
    made = make_world(AccountPlan(name="A", web_key="CT_past_key", contacts=5))
    made.add_brand("CT_past_key", "brand")
    made.add_brand("CT_other_key", "other")
    return made


def add(engine: Engine, model: type[Any], rows: list[dict[str, Any]]) -> None:
    with agency_transaction(engine) as connection:
        stamped = [{"created_at": utc_now(), "updated_at": utc_now()} | row for row in rows]
        connection.execute(insert(table_of(model)), stamped)


def live_through_a_year(world: SyncWorld) -> None:
    """Write what a year leaves behind: runs, what they did and met, requests, sessions, and an audit log of three."""
    now = utc_now().replace(hour=12, minute=0, second=0, microsecond=0)
    moments = [now - timedelta(days=day, hours=6 * part) for day in range(YEAR) for part in range(A_DAY)]
    for slug in ("brand", "other"):
        own = [(world.brand_id(slug), f"{slug}-{number}", moment) for number, moment in enumerate(moments)]
        keys = [{"tenant_id": tenant, "run_id": run_id, "created_at": at} for tenant, run_id, at in own]
        done = {"status": RunStatus.SUCCESS, "trigger": Trigger.SCHEDULE, "worker": "w", "missed_slots": 0}
        add(world.engine, SyncRun, [{**key, **done, "started_at": key["created_at"]} for key in keys])
        read = {"resource": Resource.LEADS, "status": ResourceStatus.SUCCESS, "core_fields": {}, "seconds": 1.0}
        counts = dict.fromkeys(
            [
                "pages",
                "fetched",
                "inserted",
                "updated",
                "unchanged",
                "removed",
                "rejected",
                "remaining",
                "bodies_stored",
            ],
            0,
        )
        results = [{**key, **read, **counts, "read_started_at": key["created_at"]} for key in keys]
        add(world.engine, SyncRunResource, results)
        odd = {"kind": "unreadable_field", "message": "odd", "attempts": 1, "times": 9}
        add(world.engine, SyncError, [{**key, **odd, "error_id": key["run_id"]} for key in keys])
        asked = {"status": RequestStatus.DONE, "accept": False}
        add(world.engine, SyncRequest, [{**key, **asked, "request_id": key["run_id"]} for key in keys[::A_DAY]])
    person = {"email": "a@b.example", "name": "", "role": Role.AGENCY_ADMIN, "password_hash": "x", "active": True}
    person |= {"access_epoch": 0, "closed_by_agency": False, "password_set_at": now}
    add(world.engine, User, [{**person, "id": 1}])
    session = {"user_id": 1, "address": "", "browser": "", "access_epoch": 0}
    ended = [
        {**session, "id": str(day), "token_hash": str(day), "created_at": at, "last_seen_at": at, "ended_at": at}
        for day, at in ((day, now - timedelta(days=day)) for day in range(YEAR))
    ]
    add(
        world.engine,
        UserSession,
        [*ended, {**session, "id": "alive", "token_hash": "y", "last_seen_at": now, "ended_at": None}],
    )
    entry = {"action": "signed_in", "actor_email": "a@b.example", "address": "", "details": {}}
    days = [now - timedelta(days=day) for day in range(0, 3 * YEAR, 5)]
    add(world.engine, AuditEntry, [{**entry, "id": str(at.date()), "created_at": at} for at in days])


def oldest(world: SyncWorld, model: type[Any], now: datetime, column: str = "created_at") -> timedelta:
    """Return how old the oldest row was at that moment."""
    first: datetime = min(row[column] for row in world.rows(model))
    return now - first


def test_a_year_of_history_is_pruned_to_its_bounds(world: SyncWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_retention, "MOST_AT_ONCE", 2_000)
    live_through_a_year(world)
    before = sum(len(world.rows(model)) for model in (SyncRun, SyncRunResource, SyncError, SyncRequest, UserSession))
    assert prune_history(world.engine, world.settings), "there is more than one pruning takes"
    models = (SyncRun, SyncRunResource, SyncError, SyncRequest, UserSession)
    assert before - sum(len(world.rows(model)) for model in models) == 2_000
    now = utc_now()  # of whoever took the last of it: some grow too old while we look
    while prune_history(world.engine, world.settings):
        pass

    month, quarter = timedelta(days=30), timedelta(days=90)
    assert oldest(world, SyncError, now) <= month
    assert len(world.rows(SyncError)) == pytest.approx(2 * A_DAY * 30, abs=2 * A_DAY)
    assert oldest(world, SyncRunResource, now, "read_started_at") <= quarter
    assert oldest(world, SyncRequest, now) <= quarter
    assert oldest(world, AuditEntry, now) <= timedelta(days=730)
    assert oldest(world, UserSession, now) <= month
    assert "alive" in {row["id"] for row in world.rows(UserSession)}
    runs = world.rows(SyncRun)
    young = [run for run in runs if utc_now() - run["started_at"] < timedelta(days=89)]
    assert len(young) == pytest.approx(2 * A_DAY * 89, abs=2 * A_DAY), "in full"
    old_days = Counter(
        (run["tenant_id"], run["started_at"].date())
        for run in runs
        if utc_now() - run["started_at"] > timedelta(days=91)
    )
    assert set(old_days.values()) == {1}, "then one a day"
    assert len(old_days) == pytest.approx(2 * (YEAR - 91), abs=6)
    assert not prune_history(world.engine, world.settings)
    assert len(world.rows(SyncRun)) == len(runs), "what is pruned stays as it is"


def test_nobody_takes_the_last_year_of_the_audit_log_away(world: SyncWorld) -> None:
    entry = {"action": "signed_in", "actor_email": "a@b.example", "address": "", "details": {}}
    ages_in_days = {"old": 400, "young": 300}
    rows = [
        {**entry, "id": name, "created_at": utc_now() - timedelta(days=days)} for name, days in ages_in_days.items()
    ]
    add(world.engine, AuditEntry, rows)
    audit = table_of(AuditEntry)
    with pytest.raises(DBAPIError, match="only ever added to"), agency_transaction(world.engine) as connection:
        connection.execute(audit.delete())
    assert len(world.rows(AuditEntry)) == 2
    with agency_transaction(world.engine) as connection:
        connection.execute(audit.delete().where(audit.c.id == "old"))
    assert [row["id"] for row in world.rows(AuditEntry)] == ["young"]


def test_pruning_is_the_first_workers_job(world: SyncWorld) -> None:
    world.change_brand("brand", status="suspended")
    world.change_brand("other", status="suspended")
    add(world.engine, SyncError, [old_error(world)])
    first, second = (Worker(SyncContext(world.engine, world.settings, name, world.stop, world.access)) for name in "ab")
    first._beat()
    second.look()
    second._errands.shutdown()
    assert len(world.rows(SyncError)) == 1
    first.look()
    first._errands.shutdown()
    assert world.rows(SyncError) == []
    assert MOST_AT_ONCE < 10_000


def old_error(world: SyncWorld) -> dict[str, Any]:
    odd = {"kind": "timeout", "message": "odd", "attempts": 1, "times": 1, "error_id": "e", "run_id": "r"}
    return {**odd, "tenant_id": world.brand_id("brand"), "created_at": utc_now() - timedelta(days=40)}
