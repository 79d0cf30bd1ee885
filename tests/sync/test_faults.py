"""Faults that the matrix has no room for: what shifts, passes, strikes some records only, or is missing for good."""

from __future__ import annotations

import pytest

from emulator import AccountPlan, Fault
from models import Lead, Note, ResourceStatus, RunStatus, SyncErrorKind
from tests.sync.conftest import MakeWorld

FAULTY = "CT_faulty_key"
LISTS = ("read_client_list", "read_opportunity_list", "read_all_events")
K, R = SyncErrorKind, RunStatus


def test_rows_that_shift_between_pages_are_neither_lost_nor_doubled(make_world: MakeWorld) -> None:
    plan = AccountPlan(name="A", web_key=FAULTY, seed=5, contacts=260, opportunities=240, events=230)
    world = make_world(plan)
    tenant = world.add_brand(FAULTY, "brand")
    account = world.emulator.account(FAULTY)
    for _ in range(2):
        there = {contact["client_id"] for contact in account.contacts}
        world.emulator.set_fault(Fault.SHIFTED_ROWS, times=6)
        world.sync("brand")
        leads = {row["client_id"] for row in world.live(Lead, tenant)}
        assert there <= leads or not leads or leads <= there
        world.emulator.clear_faults()
        assert world.sync("brand") is R.SUCCESS
        leads = {row["client_id"] for row in world.live(Lead, tenant)}
        assert leads == {contact["client_id"] for contact in account.contacts}


def test_an_account_that_never_comes_to_rest_is_still_read_whole(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="A", web_key=FAULTY, seed=5, contacts=260), sync_notes_budget=0)
    tenant = world.add_brand(FAULTY, "brand")
    there = {contact["client_id"] for contact in world.emulator.account(FAULTY).contacts}
    world.emulator.set_fault(Fault.SHIFTED_ROWS)
    assert world.sync("brand") is R.SUCCESS
    assert there <= {row["client_id"] for row in world.live(Lead, tenant)}


@pytest.mark.parametrize("first", [True, False])
def test_odd_fields_cost_the_field_and_not_the_row(make_world: MakeWorld, *, first: bool) -> None:
    world = make_world(AccountPlan(name="A", web_key=FAULTY, seed=5, contacts=60), sync_notes_budget=100)
    tenant = world.add_brand(FAULTY, "brand")
    if not first:
        world.sync("brand")
    before = world.tables(tenant)
    world.emulator.set_fault(Fault.ODD_FIELDS)
    if not first:  # what was filled before and is not now is held back: the good values stay
        assert world.sync("brand") is R.FAILED
        assert world.tables(tenant) == before
        return
    assert world.sync("brand") is R.PARTIAL
    account = world.emulator.account(FAULTY)
    leads = world.live(Lead, tenant)
    assert {row["client_id"] for row in leads} == {contact["client_id"] for contact in account.contacts}
    assert all(row["deal_size"] is None for row in leads)
    errors = world.errors(tenant)
    assert {error["kind"] for error in errors} == {K.UNREADABLE_FIELD.value, K.EMPTY_FIELD.value}
    assert ("leads", "deal_size") in {(error["resource"], error["field"]) for error in errors}
    assert any(error["message"].startswith("and ") for error in errors)

    world.emulator.clear_faults()
    assert world.sync("brand") is R.SUCCESS
    control = make_world(AccountPlan(name="A", web_key=FAULTY, seed=5, contacts=60), sync_notes_budget=100)
    other = control.add_brand(FAULTY, "other")
    control.sync("other")
    right, now = control.tables(other), world.tables(tenant)
    assert now["leads"] == right["leads"]
    assert now["pipeline_items"] == right["pipeline_items"]
    assert now["hot_list_items"] == right["hot_list_items"]


def test_a_few_unreadable_records_are_set_aside_and_nothing_is_taken_for_gone(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="A", web_key=FAULTY, seed=5, contacts=60), sync_notes_budget=0)
    tenant = world.add_brand(FAULTY, "brand")
    world.sync("brand")
    before = {row["client_id"] for row in world.live(Lead, tenant)}
    world.emulator.set_fault(Fault.UNREADABLE_ROWS, "read_client_list", share=0.1)
    world.emulator.advance(FAULTY, steps=1)
    assert world.sync("brand") is R.PARTIAL
    there = {contact["client_id"] for contact in world.emulator.account(FAULTY).contacts}
    live = {row["client_id"] for row in world.live(Lead, tenant)}
    # Six records that may be any of the missing ones excuse six of them, whichever is really gone.
    assert len((before & there) - live) <= len(before - there)
    assert world.results(tenant)["leads"]["rejected"] == 6
    errors = [error for error in world.errors(tenant) if error["kind"] == K.UNREADABLE_RECORD.value]
    assert sum(error["times"] for error in errors) == 6


def test_what_is_held_back_lands_once_it_is_confirmed(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="A", web_key=FAULTY, seed=5, contacts=130), sync_notes_budget=0)
    tenant = world.add_brand(FAULTY, "brand")
    world.sync("brand")
    before = world.tables(tenant)
    world.emulator.set_fault(Fault.SHRUNK_LIST, "read_client_list")
    assert world.sync("brand") is R.PARTIAL
    assert world.results(tenant)["leads"]["status"] is ResourceStatus.HELD_BACK
    assert world.tables(tenant) == before
    assert world.sync("brand", accept=True) is R.SUCCESS
    assert len(world.live(Lead, tenant)) == 65


def test_an_account_without_a_calendar_says_so_and_succeeds(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="A", web_key=FAULTY, seed=5, contacts=30, offers_events=False))
    tenant = world.add_brand(FAULTY, "brand")
    assert world.sync("brand") is R.SUCCESS
    assert world.results(tenant)["scheduled_activities"]["status"] is ResourceStatus.UNAVAILABLE
    assert [error["kind"] for error in world.errors(tenant)] == [K.UNAVAILABLE.value]


def test_a_passing_fault_is_overcome_within_the_run(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="A", web_key=FAULTY, seed=5, contacts=120), sync_read_timeout=2.0)
    tenant = world.add_brand(FAULTY, "brand")
    passing = (Fault.HTTP_500, Fault.DROPPED_CONNECTION, Fault.TRUNCATED_BODY, Fault.CT500, Fault.HANG)
    for fault, call in zip(passing, (*LISTS, "read_sales_cycle_list", "read_client_history_notes"), strict=True):
        world.emulator.set_fault(fault, call, times=1)
    assert world.sync("brand") is R.SUCCESS
    assert not world.errors(tenant)


def test_one_contacts_notes_that_fail_do_not_stop_the_others(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="A", web_key=FAULTY, seed=5, contacts=40), sync_notes_budget=100)
    tenant = world.add_brand(FAULTY, "brand")
    account = world.emulator.account(FAULTY)
    failing = next(client for client, notes in account.notes.items() if notes)
    world.emulator.set_fault(Fault.HTTP_500, "read_client_history_notes", record_id=failing)
    assert world.sync("brand") is R.PARTIAL
    result = world.results(tenant)["notes"]
    assert result["status"] is ResourceStatus.PARTIAL
    assert result["remaining"] == 1
    assert [error["record_id"] for error in world.errors(tenant)] == [failing]
    landed = {row["client_id"] for row in world.live(Note, tenant)}
    assert landed == {client for client, notes in account.notes.items() if notes} - {failing}
    world.emulator.clear_faults()
    assert world.sync("brand") is R.SUCCESS
    assert failing in {row["client_id"] for row in world.live(Note, tenant)}


def test_the_first_backfill_spreads_over_several_runs_and_says_how_far_it_is(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="A", web_key=FAULTY, seed=5, contacts=50), sync_notes_budget=20)
    tenant = world.add_brand(FAULTY, "brand")
    remaining = []
    for _ in range(3):
        assert world.sync("brand") is R.SUCCESS
        remaining.append(world.results(tenant)["notes"]["remaining"])
    assert remaining == [30, 10, 0]
    account = world.emulator.account(FAULTY)
    assert len(world.live(Note, tenant)) == sum(len(notes) for notes in account.notes.values())
