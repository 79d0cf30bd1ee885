"""Any number of workers, one run per brand and slot."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from emulator import AccountPlan
from models import RunStatus, Trigger, WorkerHeartbeat
from sync.api.access import AccessWatch
from sync.running.runs import RunRequest, active_brands
from sync.running.tenant_run import SyncContext, sync_brand
from tests.sync.conftest import MakeWorld
from tests.sync.processes import start_sync
from tests.sync.sync_world import SyncWorld

KEYS = ("CT_brand_one", "CT_brand_two")


def _two_brands(make_world: MakeWorld, **settings: Any) -> tuple[SyncWorld, list[int]]:
    plans = [AccountPlan(name=key, web_key=key, seed=turn, contacts=25) for turn, key in enumerate(KEYS)]
    world = make_world(*plans, sync_notes_budget=5, sync_read_timeout=20.0, sync_call_timeout=20.0, **settings)
    return world, [world.add_brand(key, f"brand-{turn}") for turn, key in enumerate(KEYS)]


def _check_run_log(world: SyncWorld, tenant: int) -> list[dict[str, Any]]:
    """No slot twice, and never two runs of a brand at the same time."""
    runs = world.runs(tenant)
    slots = Counter(run["slot_at"] for run in runs if run["slot_at"] is not None)
    assert max(slots.values()) == 1
    for earlier, later in pairwise(runs):
        assert earlier["finished_at"] <= later["started_at"]
    return runs


@pytest.mark.parametrize("workers", [2, 5])
def test_each_slot_is_run_once_however_many_want_it(make_world: MakeWorld, workers: int) -> None:
    world, tenants = _two_brands(make_world)
    slots = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(5)]

    def work(number: int) -> None:
        shared = SyncContext(world.engine, world.settings, f"worker-{number}", threading.Event(), AccessWatch())
        for slot in slots:
            for brand in active_brands(world.engine):
                while sync_brand(shared, brand, RunRequest(Trigger.SCHEDULE, slot)) is None:
                    if any(run["slot_at"] == slot for run in world.runs(brand.tenant_id)):
                        break
                    time.sleep(0.02)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    for tenant in tenants:
        runs = _check_run_log(world, tenant)
        assert {run["status"] for run in runs} == {RunStatus.SUCCESS}
        assert [run["slot_at"] for run in runs] == slots


@pytest.mark.parametrize("workers", [2, 5])
def test_worker_processes_share_the_slots_of_a_schedule(
    make_world: MakeWorld, request: pytest.FixtureRequest, workers: int
) -> None:
    world, tenants = _two_brands(make_world, sync_cron="* * * * * *")
    wanted = request.config.getoption("--slots")
    processes = [start_sync(world.settings, "worker") for _ in range(workers)]
    patience = time.monotonic() + 60 + 4 * wanted
    while any(len(world.runs(tenant)) <= wanted for tenant in tenants) and time.monotonic() < patience:
        time.sleep(0.2)
    for process in processes:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGTERM)
    for process in processes:
        process.join(60)
        assert process.exitcode == 0

    for tenant, key in zip(tenants, KEYS, strict=True):
        runs = [run for run in _check_run_log(world, tenant) if run["slot_at"] is not None]
        assert len(runs) > wanted
        # The one that was under way when the workers were told to end may have been given back.
        assert {run["status"] for run in runs[:-1]} == {RunStatus.SUCCESS}
        for earlier, later in pairwise(runs):
            between = (later["slot_at"] - earlier["slot_at"]).total_seconds() - 1
            assert later["missed_slots"] == between
            assert later["trigger"] == (Trigger.CATCH_UP if between else Trigger.SCHEDULE)
        leads = {row[2] for row in world.tables(tenant)["leads"]}
        assert leads == {contact["client_id"] for contact in world.emulator.account(key).contacts}
    beats = world.rows(WorkerHeartbeat)
    assert len(beats) == workers
    assert all(beat["stopped_at"] is not None for beat in beats)
