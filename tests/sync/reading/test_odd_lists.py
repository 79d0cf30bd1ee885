"""Lists whose server pages and counts in ways of its own, at a brand's first sync and later, over real HTTP.

Each fault is on both databases, its further variants on one: they differ in what `reading/paging` makes of them, which
test_paging.py shows without a database.
"""

from __future__ import annotations

from typing import Any

import pytest

from emulator import AccountPlan, Fault, Quirk, StageSet
from models import CallHabit, Lead, OffsetUnit, ResourceStatus, RunStatus, ScheduledActivity, SyncErrorKind
from tests.conftest import on_both_databases
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import SyncWorld

KEY = "CT_odd_lists_key"
LEADS = "read_client_list"


@pytest.fixture
def world(make_world: MakeWorld) -> SyncWorld:
    # Lists of such lengths as no page has: one that is as long as a page would be is a case of its own.
    plan = AccountPlan(name="A", web_key=KEY, contacts=230, opportunities=57, events=113, stage_set=StageSet.OWN_NAMES)
    made = make_world(plan, sync_notes_budget=0)
    made.add_brand(KEY, "brand")
    return made


def _habit(world: SyncWorld, call: str = LEADS) -> dict[str, Any]:
    return next(row for row in world.rows(CallHabit, world.brand_id("brand")) if row["call"] == call)


def _there(world: SyncWorld) -> set[str]:
    return {contact["client_id"] for contact in world.emulator.account(KEY).contacts}


def _landed(world: SyncWorld) -> set[str]:
    return {row["client_id"] for row in world.live(Lead, world.brand_id("brand"))}


PAGED_AND_COUNTED = [
    (Fault.CAPPED_PAGES, "told"),
    (Fault.CAPPED_PAGES, "untold"),
    (Fault.PAGE_NUMBERS, "from_0"),
    (Fault.PAGE_NUMBERS, "from_1:untold"),
    (Fault.IGNORED_PAGING, "untold"),
    (Fault.ODD_TOTALS, "page"),
    (Fault.ODD_TOTALS, "capped"),
    (Fault.ODD_TOTALS, "zero"),
    (Fault.ODD_TOTALS, "low"),
    (Fault.ODD_TOTALS, "remaining"),
    (Fault.ODD_TOTALS, "absent"),
]


@pytest.mark.parametrize(
    ("database_kind", "case"),
    on_both_databases(PAGED_AND_COUNTED, lambda case: case[0]),
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else value,
)
def test_every_record_arrives_however_the_server_pages_and_counts(world: SyncWorld, case: tuple[Fault, str]) -> None:
    fault, variant = case
    tenant = world.brand_id("brand")
    for _ in range(2):
        world.emulator.set_fault(fault, variant=variant)
        assert world.sync("brand") is RunStatus.SUCCESS
        assert not world.errors(tenant)
        assert _landed(world) == _there(world)
        activities = {row["event_id"] for row in world.live(ScheduledActivity, tenant)}
        world.emulator.clear_faults()
        assert world.sync("brand") is RunStatus.SUCCESS  # the server may be mended, or replaced, at any time
        assert {row["event_id"] for row in world.live(ScheduledActivity, tenant)} == activities
        assert _landed(world) == _there(world)
        world.emulator.advance(KEY, steps=2)


def test_a_list_as_long_as_a_page_that_is_every_page_is_confirmed_once(make_world: MakeWorld) -> None:
    made = make_world(AccountPlan(name="B", web_key=KEY, contacts=40, opportunities=7, events=3), sync_notes_budget=0)
    tenant = made.add_brand(KEY, "other")
    made.emulator.set_fault(Fault.IGNORED_PAGING, LEADS, variant="untold")
    assert made.sync("other") is RunStatus.PARTIAL
    assert made.results(tenant)["leads"]["status"] is ResourceStatus.HELD_BACK
    assert not made.live(Lead, tenant)
    assert made.sync("other", accept=True) is RunStatus.SUCCESS
    assert len(made.live(Lead, tenant)) == 40
    assert made.sync("other") is RunStatus.SUCCESS


def test_a_list_that_says_that_more_follows_is_not_taken_for_whole(world: SyncWorld) -> None:
    """A server that is asked for its next page by a mark of its own gives the first one again, whatever the offset."""
    tenant = world.brand_id("brand")
    world.emulator.set_quirks(KEY, Quirk.CURSOR_PAGES)
    assert world.sync("brand") is RunStatus.FAILED
    assert world.results(tenant)["leads"]["status"] is ResourceStatus.INCOMPLETE
    assert not world.live(Lead, tenant)
    world.emulator.set_quirks(KEY)
    assert world.sync("brand") is RunStatus.SUCCESS
    before = world.tables(tenant)
    world.emulator.set_quirks(KEY, Quirk.CURSOR_PAGES)
    assert world.sync("brand") is RunStatus.FAILED
    assert world.tables(tenant) == before


def test_what_a_call_teaches_is_remembered(world: SyncWorld) -> None:
    world.emulator.set_fault(Fault.PAGE_NUMBERS, LEADS, variant="from_1")
    world.sync("brand")
    habit = _habit(world)
    assert (habit["offset_unit"], habit["page_length"]) == (OffsetUnit.PAGES_FROM_ONE, 100)
    world.emulator.clear_requests()
    world.sync("brand")
    offsets = [request.offset for request in world.emulator.requests if request.call == LEADS]
    assert offsets == [1, 2, 3]
    before = world.rows(CallHabit)
    world.sync("brand")
    assert world.rows(CallHabit) == before


def test_a_total_that_stays_too_high_is_said_and_can_be_let_in_for_that_difference(world: SyncWorld) -> None:
    tenant = world.brand_id("brand")
    world.emulator.set_fault(Fault.ODD_TOTALS, LEADS, variant="high", rows=11)
    for _ in range(2):
        assert world.sync("brand", accept=True) is RunStatus.PARTIAL
        assert world.results(tenant)["leads"]["status"] is ResourceStatus.INCOMPLETE
    assert world.sync("brand") is RunStatus.PARTIAL
    assert world.results(tenant)["leads"]["status"] is ResourceStatus.HELD_BACK
    error = next(error for error in world.errors(tenant) if error["resource"] == "leads")
    assert error["kind"] == SyncErrorKind.HELD_BACK.value
    assert "230 of 241 records" in error["message"]
    assert _landed(world) == set()

    assert world.sync("brand", accept=True) is RunStatus.SUCCESS
    assert _landed(world) == _there(world)
    world.emulator.advance(KEY, steps=1)
    assert world.sync("brand") is RunStatus.SUCCESS
    assert _landed(world) == _there(world)
    world.emulator.clear_faults()
    world.emulator.set_fault(Fault.ODD_TOTALS, LEADS, variant="high", rows=12)
    assert world.sync("brand") is RunStatus.PARTIAL
    assert world.results(tenant)["leads"]["status"] is ResourceStatus.INCOMPLETE


def test_once_too_few_is_read_again_within_the_run(world: SyncWorld) -> None:
    world.emulator.set_fault(Fault.SHORT_PAGE, LEADS, times=3, skip=1, share=1.0)
    assert world.sync("brand") is RunStatus.SUCCESS
    assert _landed(world) == _there(world)


def test_totals_that_were_right_are_held_against_a_list_that_lacks_some(world: SyncWorld) -> None:
    assert world.sync("brand") is RunStatus.SUCCESS
    before = _landed(world)
    world.emulator.set_fault(Fault.ODD_TOTALS, LEADS, variant="high", rows=1)
    assert world.sync("brand") is RunStatus.PARTIAL
    assert world.results(world.brand_id("brand"))["leads"]["status"] is ResourceStatus.INCOMPLETE
    assert _landed(world) == before
