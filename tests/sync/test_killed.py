"""A sync that is killed anywhere leaves nothing half done, and the next one ends where an undisturbed one would have."""

from __future__ import annotations

import random
import time

import pytest

from emulator import AccountPlan
from models import RawBody, RawSnapshot, RunStatus
from sync.api.access import AccessWatch
from tests.sync.conftest import MakeWorld
from tests.sync.processes import start_sync
from tests.sync.sync_world import SyncWorld

VICTIM, CONTROL = "CT_victim_key", "CT_control_key"
WHOLE_TABLES = ("pipeline_stages", "leads", "pipeline_items", "scheduled_activities", "notes")


def test_a_killed_sync_is_made_up_for(make_world: MakeWorld, request: pytest.FixtureRequest) -> None:
    kills = request.config.getoption("--kills")
    plans = [AccountPlan(name=key, web_key=key, seed=3, contacts=120, events=110) for key in (VICTIM, CONTROL)]
    world = make_world(*plans, sync_notes_budget=150)
    victim, right = world.add_brand(VICTIM, "victim"), world.add_brand(CONTROL, "control")
    control = SyncWorld(world.engine, world.emulator, world.settings, world.cipher, access=AccessWatch())
    dice = random.Random(20261122)

    for state in range(2):
        before = world.tables(victim)
        began = time.monotonic()
        control.sync("control")
        usual = time.monotonic() - began
        after = control.tables(right)
        for _ in range(kills // 2):
            process = start_sync(world.settings, "once", "--tenant", "victim")
            process.join(dice.uniform(0.02, usual * 1.5))
            process.kill()
            process.join()
            now = world.tables(victim)
            if state == 0:
                assert all(now[name] in (before[name], after[name]) for name in WHOLE_TABLES)
            world.expire_leases()

        for _ in range(2):
            assert world.sync("victim", worker="the-next-worker") is RunStatus.SUCCESS
        control.sync("control")
        assert world.tables(victim) == control.tables(right)
        statuses = {run["status"] for run in world.runs(victim)}
        assert RunStatus.RUNNING not in statuses
        assert RunStatus.ABANDONED in statuses
        for web_key in (VICTIM, CONTROL):
            world.emulator.advance(web_key, steps=3)

    bodies = {row["sha256"] for row in world.rows(RawBody, victim)}
    assert {row["sha256"] for row in world.rows(RawSnapshot, victim)} <= bodies
