"""What was read is written by a thread of its own, while the next is read; what fails there fails by name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from emulator import AccountPlan
from models import Lead, PipelineItem, Resource, ResourceStatus, RunStatus, SyncErrorKind
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import SyncWorld

KEY, CONTROL = "CT_some_key", "CT_control_key"


@contextmanager
def watched(engine: Engine, watch: Callable[[str, str], None]) -> Iterator[None]:
    """Have each statement, with its values, looked at before the database gets it."""

    def look(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        watch(statement, str(values))

    event.listen(engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", look)


def brand(make_world: MakeWorld, *keys: str) -> SyncWorld:
    plans = [AccountPlan(name=key, web_key=key, seed=4, contacts=40) for key in keys]
    return make_world(*plans, sync_notes_budget=100)


def test_leads_land_while_the_next_list_is_read(make_world: MakeWorld) -> None:
    world = brand(make_world, KEY)
    tenant = world.add_brand(KEY, "brand")
    deals_are_read = threading.Event()

    def watch(statement: str, values: str) -> None:
        if "FROM call_habits" in statement and "read_opportunity_list" in values:
            deals_are_read.set()
        if statement.startswith("INSERT INTO leads "):
            assert deals_are_read.wait(60)

    with watched(world.engine, watch):
        assert world.sync("brand") is RunStatus.SUCCESS
    assert len(world.live(Lead, tenant)) == 40
    assert world.live(PipelineItem, tenant)


@pytest.mark.parametrize("resource", [Resource.LEADS, Resource.NOTES])
def test_answers_that_can_not_be_kept_fail_their_resource_by_name(make_world: MakeWorld, resource: Resource) -> None:
    world = brand(make_world, KEY, CONTROL)
    tenant, right = world.add_brand(KEY, "brand"), world.add_brand(CONTROL, "control")
    for slug in ("brand", "control"):
        world.sync(slug)
    before = world.tables(tenant)
    for key in (KEY, CONTROL):
        world.emulator.advance(key, steps=5)

    def break_off(statement: str, values: str) -> None:
        if statement.startswith("INSERT INTO raw_snapshots") and resource.value in values:
            raise OperationalError(statement, None, Exception("the disk is full"))

    with watched(world.engine, break_off):
        assert world.sync("brand") is RunStatus.PARTIAL
    results = world.results(tenant)
    assert {name for name, result in results.items() if result["status"] is ResourceStatus.FAILED} == {resource}
    assert [(error["resource"], error["kind"]) for error in world.errors(tenant)] == [
        (resource, SyncErrorKind.INTERNAL.value)
    ]
    if resource is Resource.LEADS:  # notes of leads that are gone go with them
        assert world.tables(tenant)["leads"] == before["leads"]

    assert world.sync("brand") is RunStatus.SUCCESS
    world.sync("control")
    assert world.tables(tenant, removed=False) == world.tables(right, removed=False)
