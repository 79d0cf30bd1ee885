"""Every fault, at a brand's first sync and at a later one, on both databases, over real HTTP.

A second brand with an equal account is synced once without faults: its tables are the right new state. After each
faulty sync every table must hold what it held before, or the right new state; once the fault is gone, one more run makes
everything right.

Each fault runs on both databases for every kind of error that it ends in. Of its further variants, which end in the same
kind, each runs on one: what tells them apart is read in `sync/api`, where no database is (tests/sync/api tells them
apart one by one), and from the kind on they go one way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from emulator import AccountPlan, Fault
from models import Note, ResourceStatus, RunStatus, SyncErrorKind
from sync.tables import table_of
from tests.conftest import engine_of, new_database, on_both_databases
from tests.sync.conftest import new_world
from tests.sync.counting import counted, kept
from tests.sync.sync_world import STAMPS, SUMMARIES, SyncWorld, Tables

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

    @property
    def long_lists(self) -> bool:
        """Whether the fault shows only in lists of several pages."""
        return self.calls == LISTS

    @property
    def web_key(self) -> str:
        return f"CT_{self}_key"

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


def _plan(key: str, *, long_lists: bool) -> AccountPlan:
    """Faults of lists need lists of several pages; for those of any call, a smaller account with notes shows more."""
    contacts, deals, events = (130, 130, 130) if long_lists else (26, 30, 26)
    return AccountPlan(name=key, web_key=key, seed=11, contacts=contacts, opportunities=deals, events=events)


@dataclass(frozen=True)
class Matrix:
    """A brand for each case, and what the tables of an equal one hold that no fault ever struck: first, and later."""

    shared: SyncWorld
    right: dict[bool, tuple[Tables, Tables]]

    def world(self, case: Case) -> SyncWorld:
        """Return the case's own view of the shared world: nothing that another case was refused is remembered."""
        settings = self.shared.settings.model_copy(
            update={"sync_notes_budget": _notes_budget(long_lists=case.long_lists)}
        )
        return SyncWorld(
            self.shared.engine, self.shared.emulator, settings, self.shared.cipher, clock=self.shared.clock
        )


@pytest.fixture(scope="module")
def matrix_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, encryption_key: str
) -> Iterator[Callable[[str], Matrix]]:
    """Return the matrix of a kind of database, made when it is first asked for."""
    with ExitStack() as started:

        @cache
        def made(kind: str) -> Matrix:
            url = started.enter_context(new_database(kind, request, tmp_path_factory.mktemp("matrix")))
            return started.enter_context(_matrix(started.enter_context(engine_of(url)), url, encryption_key))

        yield made


@contextmanager
def _matrix(engine: Engine, url: str, encryption_key: str) -> Iterator[Matrix]:
    plans = [_plan(case.web_key, long_lists=case.long_lists) for case in CASES]
    controls = {long_lists: _plan(f"CT_control_{long_lists}", long_lists=long_lists) for long_lists in (False, True)}
    with new_world(engine, url, encryption_key, *plans, *controls.values(), sync_max_rows=600) as world:
        right = {
            long_lists: _synced_without_faults(world, plan, _notes_budget(long_lists=long_lists))
            for long_lists, plan in controls.items()
        }
        yield Matrix(world, right)


def _notes_budget(*, long_lists: bool) -> int:
    return 0 if long_lists else 200


def _synced_without_faults(world: SyncWorld, plan: AccountPlan, notes_budget: int) -> tuple[Tables, Tables]:
    """Return what a brand's tables hold after its first sync and, two steps of its account later, after the next."""
    tenant, undisturbed = world.add_brand(plan.web_key, plan.name), world.with_settings(sync_notes_budget=notes_budget)
    assert undisturbed.sync(plan.name) is R.SUCCESS
    first = world.tables(tenant)
    world.emulator.advance(plan.web_key, steps=2)
    assert undisturbed.sync(plan.name) is R.SUCCESS
    return first, world.tables(tenant)


@pytest.mark.parametrize(("kind", "case"), on_both_databases(CASES, lambda case: (case.fault, case.kinds)), ids=str)
def test_a_fault_leaves_the_old_state_or_the_right_new_one(
    matrix_of: Callable[[str], Matrix], kind: str, case: Case
) -> None:
    matrix = matrix_of(kind)
    world = matrix.world(case)
    tenant = world.add_brand(case.web_key, str(case))
    for first, right in zip((True, False), matrix.right[case.long_lists], strict=True):
        before, aged = world.tables(tenant), world.freshness(tenant)
        _switch_on(world, case)
        usual = world.settings
        if case.fault is Fault.HANG:
            world.settings = usual.model_copy(update={"sync_read_timeout": 0.15, "sync_call_timeout": 0.5})
        assert world.sync(str(case)) is (case.first if first else case.later)
        _check_tables(world.tables(tenant), before, right, case, first=first)
        assert kept(world, tenant) == counted(world, tenant, ZoneInfo("America/New_York"))
        _check_errors(world, tenant, case, first=first)
        _check_age(world, tenant, aged)
        _check_secrets(world)

        world.emulator.clear_faults()
        world.settings = usual
        assert world.sync(str(case)) is R.SUCCESS
        assert world.tables(tenant) == right
        assert not world.errors(tenant)
        world.emulator.advance(case.web_key, steps=2)


def _switch_on(world: SyncWorld, case: Case) -> None:
    world.emulator.clear_requests()
    for call in case.calls:
        world.emulator.set_fault(case.fault, call, case.web_key, **case.options)


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
    notes_by_contact: dict[Any, list[tuple[Any, ...]]] = {}
    for note in notes:
        notes_by_contact.setdefault(note[place], []).append(note)
    return notes_by_contact


def _check_errors(world: SyncWorld, tenant: int, case: Case, *, first: bool) -> None:
    errors = world.errors(tenant)
    kinds = {error["kind"] for error in errors}
    if case.first is R.SUCCESS and (first or case.later is R.SUCCESS):
        assert not kinds
        return
    # Without leads nobody knows whose notes there are: that is told as well.
    assert {kind.value for kind in case.kinds} <= kinds <= {kind.value for kind in case.kinds} | {K.INCOMPLETE.value}
    for error in errors:
        attempts = 2 if error["kind"] in RETRIED else 1
        assert error["attempts"] == attempts
        assert case.web_key not in error["message"]
    if K.TOKEN_REFUSED in case.kinds:
        assert len(errors) == 1
        assert errors[0]["message"] == "access token refused: was it rotated?"
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
