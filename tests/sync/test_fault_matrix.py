"""Every fault, at a brand's first sync and at a later one, on both databases, over real HTTP.

A second brand with an equal account is synced without faults beside it: its tables are the right new state. After each
faulty sync every table must hold what it held before, or the right new state; once the fault is gone, one more run makes
everything right.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from emulator import AccountPlan, Fault
from models import Lead, Note, ResourceStatus, RunStatus, SyncErrorKind
from sync.api.access import AccessWatch
from sync.tables import table_of
from tests.sync.conftest import MakeWorld
from tests.sync.counting import counted, kept
from tests.sync.sync_world import STAMPS, SUMMARIES, SyncWorld, Tables

FAULTY, CONTROL = "CT_faulty_key", "CT_control_key"
LISTS = ("read_client_list", "read_opportunity_list", "read_all_events")
RETRIED = frozenset(
    {
        SyncErrorKind.RATE_LIMITED,
        SyncErrorKind.SERVER_ERROR,
        SyncErrorKind.TIMEOUT,
        SyncErrorKind.TRANSPORT,
        SyncErrorKind.NOT_JSON,
        SyncErrorKind.NOT_UNDERSTOOD,
    }
)


@dataclass(frozen=True)
class Case:
    """A fault, how its run must end (at first, later), and the kinds of error that must be told, and no others."""

    fault: Fault
    kinds: frozenset[SyncErrorKind]
    first: RunStatus = RunStatus.FAILED
    later: RunStatus = RunStatus.FAILED
    calls: tuple[str | None, ...] = (None,)
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join([self.fault.value, *(str(value) for value in self.options.values())])


def _case(fault: Fault, *kinds: SyncErrorKind, ends: RunStatus = RunStatus.FAILED, **options: Any) -> Case:
    """A fault that strikes every call and ends alike at a first and a later sync."""
    return Case(fault, frozenset(kinds), ends, ends, options=options)


def _every_list(fault: Fault, *kinds: SyncErrorKind, first: RunStatus, later: RunStatus, **options: Any) -> Case:
    return Case(fault, frozenset(kinds), first, later, LISTS, options)


_NOTE_COLUMNS = [column.name for column in table_of(Note).columns if column.name not in STAMPS]
K, R = SyncErrorKind, RunStatus
CASES = [
    _case(Fault.HTTP_401, K.TOKEN_REFUSED),
    _case(Fault.HTTP_403, K.TOKEN_REFUSED),
    _case(Fault.TOKEN_REFUSED_IN_BODY, K.TOKEN_REFUSED, variant="401"),
    _case(Fault.TOKEN_REFUSED_IN_BODY, K.TOKEN_REFUSED, variant="403"),
    _case(Fault.TOKEN_REFUSED_IN_BODY, K.TOKEN_REFUSED, variant="400"),
    _case(Fault.AUTH_HTML, K.TOKEN_REFUSED),
    _case(Fault.HTTP_429, K.RATE_LIMITED, variant="seconds", seconds=0.01),
    _case(Fault.HTTP_429, K.RATE_LIMITED, variant="date", seconds=0.01),
    _case(Fault.HTTP_500, K.SERVER_ERROR, variant="500"),
    _case(Fault.HTTP_500, K.SERVER_ERROR, variant="503"),
    _case(Fault.CT500, K.SERVER_ERROR),
    _case(Fault.HANG, K.TIMEOUT, variant="before"),
    _case(Fault.HANG, K.TIMEOUT, variant="mid_body"),
    _case(Fault.DROPPED_CONNECTION, K.TRANSPORT, variant="before"),
    _case(Fault.DROPPED_CONNECTION, K.TRANSPORT, variant="mid_body"),
    _case(Fault.TRUNCATED_BODY, K.TRANSPORT, variant="length"),
    _case(Fault.TRUNCATED_BODY, K.NOT_JSON, variant="json"),
    _case(Fault.HTML_INSTEAD_OF_JSON, K.NOT_JSON),
    _case(Fault.REDIRECT, K.REDIRECTED),
    _case(Fault.HUGE_BODY, K.BODY_TOO_LARGE, variant="length", megabytes=3),
    _case(Fault.HUGE_BODY, K.BODY_TOO_LARGE, variant="chunked", megabytes=3),
    _case(Fault.UNKNOWN_CALL, K.UNAVAILABLE, variant="ct404"),
    _case(Fault.UNKNOWN_CALL, K.UNAVAILABLE, variant="http"),
    _case(Fault.UNKNOWN_CALL, K.UNAVAILABLE, variant="html"),
    _case(Fault.BOM, ends=R.SUCCESS),
    _case(Fault.SLOW, ends=R.SUCCESS, variant="before", seconds=0.002),
    _case(Fault.DUPLICATE_ROWS, ends=R.SUCCESS),
    _every_list(Fault.SHORT_PAGE, K.INCOMPLETE, first=R.PARTIAL, later=R.PARTIAL),
    _every_list(Fault.REPEATED_PAGE, K.INCOMPLETE, first=R.PARTIAL, later=R.PARTIAL),
    _every_list(Fault.ENDLESS_LIST, K.INCOMPLETE, first=R.PARTIAL, later=R.PARTIAL),
    _every_list(Fault.UNREADABLE_ROWS, K.HELD_BACK, first=R.PARTIAL, later=R.PARTIAL),
    _every_list(Fault.SHRUNK_LIST, K.HELD_BACK, first=R.SUCCESS, later=R.PARTIAL),
    *(
        Case(Fault.EMPTIED_LIST, frozenset({K.HELD_BACK}), R.PARTIAL, R.FAILED, options={"variant": variant})
        for variant in ("ct515", "list:number")
    ),
    _case(Fault.EMPTIED_LIST, K.NOT_UNDERSTOOD, variant="absent:absent"),
    _case(Fault.FOREIGN_ANSWER, K.NOT_UNDERSTOOD, variant="status"),
    _case(Fault.ROWS_WITHOUT_CODE, ends=R.SUCCESS),
]


def two_equal_brands(make_world: MakeWorld, case: Case) -> tuple[SyncWorld, SyncWorld]:
    """Faults of lists need lists of several pages; for those of any call, a smaller account with notes shows more."""
    contacts, deals, events = (130, 130, 130) if case.calls == LISTS else (26, 30, 26)
    plans = [
        AccountPlan(name=key, web_key=key, seed=11, contacts=contacts, opportunities=deals, events=events)
        for key in (FAULTY, CONTROL)
    ]
    world = make_world(*plans, sync_notes_budget=0 if case.calls == LISTS else 200, sync_max_rows=600)
    world.add_brand(FAULTY, "faulty")
    world.add_brand(CONTROL, "control")
    control = SyncWorld(world.engine, world.emulator, world.settings, world.cipher, access=AccessWatch())
    return world, control


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_leaves_the_old_state_or_the_right_new_one(make_world: MakeWorld, case: Case) -> None:
    world, control = two_equal_brands(make_world, case)
    tenant, right = (world.brand_id(slug) for slug in ("faulty", "control"))
    for first in (True, False):
        before, aged = world.tables(tenant), world.freshness(tenant)
        assert control.sync("control") is R.SUCCESS
        _switch_on(world, case)
        usual = world.settings
        if case.fault is Fault.HANG:
            world.settings = usual.model_copy(update={"sync_read_timeout": 0.15, "sync_call_timeout": 0.5})
        assert world.sync("faulty") is (case.first if first else case.later)
        _check_tables(world.tables(tenant), before, control.tables(right), case, first=first)
        assert kept(world, tenant) == counted(world, tenant, ZoneInfo("America/New_York"))
        _check_errors(world, tenant, case, first=first)
        _check_age(world, tenant, aged)
        _check_secrets(world)

        world.emulator.clear_faults()
        world.settings = usual
        assert world.sync("faulty") is R.SUCCESS
        assert world.tables(tenant) == control.tables(right)
        assert not world.errors(tenant)
        world.emulator.advance(FAULTY, steps=2)
        world.emulator.advance(CONTROL, steps=2)


def _switch_on(world: SyncWorld, case: Case) -> None:
    world.emulator.clear_requests()
    for call in case.calls:
        world.emulator.set_fault(case.fault, call, FAULTY, **case.options)


def _check_tables(now: Tables, before: Tables, right: Tables, case: Case, *, first: bool) -> None:
    summaries = {model.__tablename__ for model in SUMMARIES}
    for name, rows in now.items():
        if name in summaries:  # held against the rows they count, not against another brand's
            continue
        if first and case.fault in {Fault.SHRUNK_LIST, Fault.EMPTIED_LIST}:
            # A first list says nothing against itself: what it holds is right, and the rest comes with the next run.
            assert {row for row in rows if "New Lead" not in row} <= set(right[name]), name
            continue
        if name == "notes":  # each contact's notes are a list of their own
            old, new = _by_contact(before[name]), _by_contact(right[name])
            for client_id, notes in _by_contact(rows).items():
                assert notes in (old.get(client_id), new.get(client_id)), client_id
            continue
        assert rows in (before[name], right[name]), name


def _by_contact(notes: list[tuple[Any, ...]]) -> dict[Any, list[tuple[Any, ...]]]:
    place = list(_NOTE_COLUMNS).index("client_id")
    found: dict[Any, list[tuple[Any, ...]]] = {}
    for note in notes:
        found.setdefault(note[place], []).append(note)
    return found


def _check_errors(world: SyncWorld, tenant: int, case: Case, *, first: bool) -> None:
    told = world.errors(tenant)
    kinds = {error["kind"] for error in told}
    if case.first is R.SUCCESS and (first or case.later is R.SUCCESS):
        assert not kinds
        return
    # Without leads nobody knows whose notes there are: that is told as well.
    assert {kind.value for kind in case.kinds} <= kinds <= {kind.value for kind in case.kinds} | {K.INCOMPLETE.value}
    for error in told:
        attempts = 2 if error["kind"] in RETRIED else 1
        assert error["attempts"] == attempts
        assert FAULTY not in error["message"]
    if K.TOKEN_REFUSED in case.kinds:
        assert len(told) == 1
        assert told[0]["message"] == "access token refused: was it rotated?"
        assert len(world.emulator.requests) == 1


def _check_age(world: SyncWorld, tenant: int, aged: dict[str, dict[str, Any]]) -> None:
    """Only what was read whole is as young as this run; what was not keeps the age it had."""
    run = world.runs(tenant)[-1]
    for name, fresh in world.freshness(tenant).items():
        assert fresh["last_attempt_at"] >= run["started_at"]
        if fresh["last_status"] is ResourceStatus.SUCCESS:
            assert run["started_at"] <= fresh["whole_read_at"] <= run["finished_at"]
        else:
            assert fresh["whole_read_at"] == (aged[name]["whole_read_at"] if name in aged else None)


def _check_secrets(world: SyncWorld) -> None:
    """Nothing was asked of another host."""
    assert all(request.account for request in world.emulator.requests)


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
    told = world.errors(tenant)
    assert {error["kind"] for error in told} == {K.UNREADABLE_FIELD.value, K.EMPTY_FIELD.value}
    assert ("leads", "deal_size") in {(error["resource"], error["field"]) for error in told}
    assert any(error["message"].startswith("and ") for error in told)

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
    told = [error for error in world.errors(tenant) if error["kind"] == K.UNREADABLE_RECORD.value]
    assert len(told) == 6


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
