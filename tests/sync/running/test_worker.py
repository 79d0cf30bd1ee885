"""The worker: what it picks up, what it survives, and how it ends."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import text

from dash_portal.accounts.audit import COMMAND_LINE
from dash_portal.accounts.brands import reactivate_brand, suspend_brand
from database import AgencySession, agency_transaction, brand_transaction
from emulator import AccountPlan, Fault
from models import (
    CheckOutcome,
    ConnectionCheck,
    RequestStatus,
    RunStatus,
    SyncError,
    SyncRequest,
    SyncRun,
    TenantStatus,
    Trigger,
    WorkerHeartbeat,
    utc_now,
)
from sync.running.connection_checks import waiting_checks
from sync.running.requests import brands_asked_for
from sync.running.runs import RunRequest, active_brands, histories
from sync.running.schedule import due_run, in_turn
from sync.running.tenant_run import SyncContext, sync_brand
from sync.running.worker import _GRACE_SECONDS, Worker
from sync.status import sync_status
from tests.sync.conftest import MakeWorld
from tests.sync.processes import start_sync
from tests.sync.sync_world import SyncWorld
from timetable import slot_after
from watching import living_workers

KEYS = ("CT_brand_one", "CT_brand_two", "CT_brand_three")
NEVER = "0 0 1 1 *"  # a schedule that stays quiet after the first run


def _world(make_world: MakeWorld, brands: int = 1, **settings: Any) -> SyncWorld:
    plans = [AccountPlan(name=key, web_key=key, seed=turn, contacts=20) for turn, key in enumerate(KEYS)]
    world = make_world(*plans, sync_notes_budget=3, sync_cron=NEVER, **settings)
    for turn in range(brands):
        world.add_brand(KEYS[turn], f"brand-{turn}")
    return world


def _worker(world: SyncWorld) -> Worker:
    return Worker(SyncContext(world.engine, world.settings, "the-worker", world.stop, world.access))


def _until(condition: Callable[[], bool], worker: Worker | None = None, seconds: float = 60) -> None:
    """Have the worker look until the condition holds."""
    patience = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < patience, "it never came"
        if worker is not None:
            worker.look()
        time.sleep(0.05)


def _ask(world: SyncWorld, row: Any) -> None:
    with AgencySession(world.engine) as session:
        session.add(row)
        session.commit()


def _all_ended(world: SyncWorld, tenant: int, count: int) -> bool:
    return len(world.runs(tenant)) == count and all(run["finished_at"] for run in world.runs(tenant))


def test_a_new_brand_is_synced_at_once_and_not_again_in_its_slot(make_world: MakeWorld) -> None:
    world = _world(make_world, brands=2)
    worker = _worker(world)
    _until(lambda: all(_all_ended(world, world.brand_id(f"brand-{turn}"), 1) for turn in range(2)), worker)
    for _ in range(3):
        worker.look()
    assert len(world.runs(world.brand_id("brand-0"))) == 1
    assert world.runs(world.brand_id("brand-0"))[0]["trigger"] is Trigger.SCHEDULE


def test_looking_waits_for_no_writer(make_world: MakeWorld) -> None:
    world = _world(make_world, brands=2)
    first, second = (world.brand_id(f"brand-{turn}") for turn in range(2))
    with brand_transaction(world.engine, first):
        assert [brand.tenant_id for brand in active_brands(world.engine)] == [first, second]
        assert brands_asked_for(world.engine) == []
        assert waiting_checks(world.engine) == []
        assert [brand["slug"] for brand in sync_status(world.engine, NEVER)["brands"]] == ["brand-0", "brand-1"]


def test_a_suspended_brand_is_left_alone(make_world: MakeWorld) -> None:
    world = _world(make_world, brands=2)
    world.change_brand("brand-1", status=TenantStatus.SUSPENDED)
    _ask(world, SyncRequest(tenant_id=world.brand_id("brand-1")))
    worker = _worker(world)
    _until(lambda: _all_ended(world, world.brand_id("brand-0"), 1), worker)
    assert not world.runs(world.brand_id("brand-1"))


def test_sync_now_is_picked_up_and_answered_by_one_run(make_world: MakeWorld) -> None:
    world = _world(make_world)
    tenant = world.brand_id("brand-0")
    worker = _worker(world)
    _until(lambda: _all_ended(world, tenant, 1), worker)
    for _ in range(3):
        _ask(world, SyncRequest(tenant_id=tenant))
    _until(lambda: all(row["status"] is RequestStatus.DONE for row in world.rows(SyncRequest)), worker, seconds=10)
    (run,) = [run for run in world.runs(tenant) if run["trigger"] is Trigger.MANUAL]
    assert {row["run_id"] for row in world.rows(SyncRequest)} == {run["run_id"]}


def test_what_was_held_back_lands_when_the_agency_accepts_it(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="A", web_key=KEYS[0], contacts=130), sync_notes_budget=0, sync_cron=NEVER)
    tenant = world.add_brand(KEYS[0], "brand-0")
    worker = _worker(world)
    _until(lambda: _all_ended(world, tenant, 1), worker)
    world.emulator.set_fault(Fault.SHRUNK_LIST, "read_client_list")
    for accept, ended in ((False, RunStatus.PARTIAL), (True, RunStatus.SUCCESS)):
        _ask(world, SyncRequest(tenant_id=tenant, accept=accept))
        _until(lambda: all(row["status"] is RequestStatus.DONE for row in world.rows(SyncRequest)), worker)
        assert world.runs(tenant)[-1]["status"] is ended


def test_a_request_whose_worker_died_waits_for_the_next_one(make_world: MakeWorld) -> None:
    world = _world(make_world)
    tenant = world.brand_id("brand-0")
    world.sync("brand-0")
    with agency_transaction(world.engine) as connection:
        connection.exec_driver_sql("UPDATE sync_runs SET status = 'abandoned'")
    run_id = world.runs(tenant)[-1]["run_id"]
    _ask(world, SyncRequest(tenant_id=tenant, status=RequestStatus.RUNNING, run_id=run_id, picked_at=utc_now()))
    _until(lambda: world.rows(SyncRequest)[0]["status"] is RequestStatus.DONE, _worker(world))
    assert world.rows(SyncRequest)[0]["run_id"] != run_id


@pytest.mark.parametrize(
    ("web_key", "fault", "outcome"),
    [
        (KEYS[0], None, CheckOutcome.WORKS),
        ("CT_unknown_key", None, CheckOutcome.REFUSED),
        (KEYS[0], Fault.HTTP_500, CheckOutcome.UNREACHABLE),
        (KEYS[0], Fault.UNKNOWN_CALL, CheckOutcome.FAILED),
    ],
)
def test_a_connection_is_tested_for_the_agency(
    make_world: MakeWorld, web_key: str, fault: Fault | None, outcome: CheckOutcome
) -> None:
    world = _world(make_world, brands=0)
    if fault is not None:
        world.emulator.set_fault(fault)
    _ask(world, ConnectionCheck(web_key_encrypted=world.cipher.encrypt(web_key)))
    _until(lambda: world.rows(ConnectionCheck)[0]["status"] is RequestStatus.DONE, _worker(world))
    (check,) = world.rows(ConnectionCheck)
    assert check["outcome"] is outcome
    assert check["web_key_encrypted"] == ""
    assert check["contacts"] == (20 if outcome is CheckOutcome.WORKS else None)
    assert web_key not in check["message"]


def test_the_database_may_go_away_and_come_back(make_world: MakeWorld) -> None:
    world = _world(make_world)
    worker = _worker(world)
    with agency_transaction(world.engine) as connection:
        connection.exec_driver_sql("ALTER TABLE tenants RENAME TO away")
    assert not worker.look()
    assert not worker.look()
    with agency_transaction(world.engine) as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO tenants")
    _until(lambda: _all_ended(world, world.brand_id("brand-0"), 1), worker)


def test_a_refused_token_is_one_message_however_many_brands_it_stops(
    make_world: MakeWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world = _world(make_world, brands=3)
    world.emulator.rotate_token("another")
    worker = _worker(world)
    tenants = [world.brand_id(f"brand-{turn}") for turn in range(3)]
    _until(lambda: all(_all_ended(world, tenant, 1) for tenant in tenants), worker)
    output = capsys.readouterr()
    assert (output.out + output.err).count("was it rotated?") == 1
    assert [row["kind"] for row in world.rows(SyncError)] == ["token_refused"] * 3


def test_a_key_that_only_one_brand_is_refused_with_is_named_as_its_own(make_world: MakeWorld) -> None:
    world = _world(make_world, brands=2)
    world.sync("brand-0")
    world.emulator.set_fault(Fault.HTTP_403, web_key=KEYS[1])
    world.sync("brand-1")
    (error,) = world.errors(world.brand_id("brand-1"))
    assert error["kind"] == "key_refused"


def test_a_key_that_is_replaced_while_its_run_waits_for_its_turn_is_the_one_that_is_used(make_world: MakeWorld) -> None:
    """The sync that its replacing asks for may be claimed by a run that waited already."""
    world = _world(make_world)
    (waiting,) = active_brands(world.engine, "brand-0")
    world.change_brand("brand-0", web_key_encrypted=world.cipher.encrypt(KEYS[1]))
    shared = SyncContext(world.engine, world.settings, "the-worker", world.stop, world.access)
    world.emulator.set_fault(Fault.HTTP_403, web_key=KEYS[0])
    assert sync_brand(shared, waiting, RunRequest(Trigger.MANUAL)) is RunStatus.SUCCESS


def test_one_slow_brand_delays_nobody(make_world: MakeWorld) -> None:
    world = _world(make_world, brands=3, sync_brands_at_once=2, sync_read_timeout=100.0, sync_call_timeout=100.0)
    world.emulator.set_fault(Fault.HANG, web_key=KEYS[0])
    worker = _worker(world)
    others = [world.brand_id("brand-1"), world.brand_id("brand-2")]
    _until(lambda: all(_all_ended(world, tenant, 1) for tenant in others), worker)
    assert world.runs(world.brand_id("brand-0"))[0]["finished_at"] is None
    world.emulator.clear_faults()


def test_what_people_wait_for_passes_the_brands_that_wait_for_their_turn(make_world: MakeWorld) -> None:
    world = _world(make_world, brands=3, sync_brands_at_once=1, sync_read_timeout=100.0, sync_call_timeout=100.0)
    first, second, third = in_turn(NEVER, active_brands(world.engine), utc_now())
    world.emulator.set_fault(Fault.HANG, web_key=KEYS[int(first.slug[-1])])
    worker = _worker(world)
    worker.look()
    _ask(world, SyncRequest(tenant_id=third.tenant_id))
    _until(lambda: _all_ended(world, third.tenant_id, 1), worker)
    assert world.runs(third.tenant_id)[0]["trigger"] is Trigger.MANUAL
    assert world.runs(first.tenant_id)[0]["finished_at"] is None
    assert not world.runs(second.tenant_id)
    world.emulator.clear_faults()


def test_a_worker_process_ends_within_ten_seconds_although_a_call_hangs(make_world: MakeWorld) -> None:
    world = _world(make_world, sync_read_timeout=100.0, sync_call_timeout=100.0)
    tenant = world.brand_id("brand-0")
    world.emulator.set_fault(Fault.HANG)
    process = start_sync(world.settings, "worker", grace_seconds=0.5)
    assert process.pid is not None
    _until(lambda: bool(world.runs(tenant)) and bool(world.emulator.requests))
    with agency_transaction(world.engine) as connection:
        assert len(living_workers(connection)) == 1
    os.kill(process.pid, signal.SIGTERM)
    process.join(60)  # the call would hang for longer
    assert process.exitcode == 0
    assert _GRACE_SECONDS < 10  # what it waits outside of tests
    assert world.runs(tenant)[-1]["status"] is RunStatus.ABANDONED
    assert world.rows(WorkerHeartbeat)[0]["stopped_at"] is not None
    with agency_transaction(world.engine) as connection:
        assert living_workers(connection) == ()

    world.emulator.clear_faults()
    worker = _worker(world)
    _until(lambda: _all_ended(world, tenant, 2), worker)
    assert world.runs(tenant)[-1]["trigger"] is Trigger.CATCH_UP
    assert world.runs(tenant)[-1]["status"] is RunStatus.SUCCESS


def test_a_brand_that_becomes_late_is_one_line_of_the_first_worker(make_world: MakeWorld) -> None:
    world = _world(make_world, sync_late_slots=1).with_settings(sync_cron="0 0 1 1 *")
    tenant = world.brand_id("brand-0")
    world.sync("brand-0")
    first, second = (Worker(SyncContext(world.engine, world.settings, name, world.stop, world.access)) for name in "ab")

    def lines() -> list[str]:
        with structlog.testing.capture_logs() as written:
            for worker in (first, second, first):
                worker._beaten = float("-inf")
                worker._beat()
        return [line["brand"] for line in written if line["event"] == "brand_late"]

    def read_at(moment: datetime) -> None:
        with agency_transaction(world.engine) as connection:
            for statement in (
                "UPDATE resource_freshness SET whole_read_at = :at, last_attempt_at = :at",
                "UPDATE tenants SET created_at = :at",
            ):
                connection.execute(text(statement), {"at": moment})

    assert lines() == []
    read_at(utc_now() - timedelta(days=800))
    assert lines() == ["brand-0"]
    assert lines() == [], "told once"
    read_at(utc_now())
    assert lines() == []
    read_at(utc_now() - timedelta(days=800))
    assert lines() == ["brand-0"]
    assert world.runs(tenant)


def test_a_beat_tells_the_calls_of_the_worker(make_world: MakeWorld) -> None:
    world = _world(make_world)
    worker = _worker(world)
    _until(lambda: _all_ended(world, world.brand_id("brand-0"), 1), worker)
    worker._beaten = float("-inf")
    worker.look()
    (beat,) = world.rows(WorkerHeartbeat)
    assert beat["calls"] == len(world.emulator.requests)
    assert (beat["calls_failed"], beat["calls_refused"]) == (0, 0)


def test_slots_of_a_suspended_brand_are_not_missed(make_world: MakeWorld) -> None:
    world = _world(make_world)
    brand, long_ago = world.brand_id("brand-0"), utc_now() - timedelta(days=3)
    run = SyncRun(tenant_id=brand, run_id="r", status=RunStatus.SUCCESS, trigger=Trigger.SCHEDULE, worker="w")
    run.slot_at = run.started_at = long_ago
    soon = slot_after("* * * * *", utc_now()) + timedelta(
        seconds=90
    )  # long enough after a slot to have waited out any jitter

    def missed() -> int:
        with agency_transaction(world.engine) as connection:
            run_request = due_run("* * * * *", "brand-0", histories(connection, 3)[brand], soon)
        assert run_request is not None
        return run_request.missed_slots

    with AgencySession(world.engine) as session:
        session.add(run)
        session.commit()
    assert missed() > 4_000
    with AgencySession(world.engine) as session:
        suspend_brand(session, actor=COMMAND_LINE, tenant_id=brand, now=utc_now())
        reactivate_brand(session, actor=COMMAND_LINE, tenant_id=brand, now=utc_now())
        session.commit()
    assert missed() < 3
