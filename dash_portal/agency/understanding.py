"""What of a brand's answers is not understood, as the sync wrote it down; and what the agency accepts of it.

An acceptance is remembered where the sync keeps what it learned, so that the next one goes by it. It holds for one
field, one total or so many records only; what was held back as a whole is confirmed by a sync of its own
(`worker_requests`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, update
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from call_habits import CallHabits
from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.errors import NotFoundError
from dash_portal.accounts.rights import require_agency
from database import AgencySession
from models import (
    CallHabit,
    FieldState,
    KnownField,
    RawSnapshot,
    Resource,
    ResourceField,
    ResourceFreshness,
    ResourceStatus,
    SyncError,
    SyncErrorKind,
    SyncRunResource,
    utc_now,
)

_RESOURCE_ORDER = {resource: place for place, resource in enumerate(Resource)}


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A core field that is not understood; `reason` says in how many of the rows.

    `held_back`: it was filled before, so that the table keeps the good values of then.
    """

    resource: Resource
    field: str
    wire_names: str
    reason: str
    held_back: bool


@dataclass(frozen=True, slots=True)
class TotalProblem:
    """A total that stays above what arrives: by how many, and for how many syncs running."""

    call: str
    surplus: int
    runs: int


@dataclass(frozen=True, slots=True)
class UnreadableRecords:
    """Records of a resource that could not be read in a run, more than anybody has accepted."""

    resource: Resource
    count: int


@dataclass(frozen=True, slots=True)
class Understanding:
    """How a brand's answers are understood. `unread` are the fields that nobody reads, by resource.

    `unknown_answers` counts the answers of the run asked about that could not be understood at all; `calls` is what
    the calls have taught about their pages and totals.
    """

    problems: tuple[FieldProblem, ...]
    totals: tuple[TotalProblem, ...]
    unreadable: tuple[UnreadableRecords, ...]
    calls: tuple[tuple[str, CallHabits], ...]
    fields: tuple[ResourceField, ...]
    unread: tuple[tuple[Resource, tuple[str, ...]], ...]
    unknown_answers: int

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing waits for somebody to look."""
        return not (self.problems or self.totals or self.unreadable or self.unknown_answers)

    @property
    def unread_count(self) -> int:
        """How many fields nobody reads."""
        return sum(len(fields) for _, fields in self.unread)


def read_understanding(session: AgencySession, tenant_id: int, run_id: str | None) -> Understanding:
    """Return how the brand's answers are understood; `run_id` is its last finished run, where there is one."""
    fields = _fields(session, tenant_id)
    fallen = [] if run_id is None else _fallen(session, tenant_id, run_id)
    return Understanding(
        problems=(*_fallen_problems(fallen, fields), *_empty_problems(fields)),
        totals=_totals(session, tenant_id),
        unreadable=() if run_id is None else _unreadable(session, tenant_id, run_id),
        calls=_calls(session, tenant_id),
        fields=tuple(fields),
        unread=_unread(session, tenant_id),
        unknown_answers=0 if run_id is None else _unknown_answers(session, tenant_id, run_id),
    )


def accept_unused_field(
    session: AgencySession, *, actor: Actor, tenant_id: int, resource: Resource, field: str
) -> None:
    """Remember that this brand does not use a core field. Should it come one day, it is read again by itself.

    Raises NotFoundError where the sync knows no such field of the brand.
    """
    require_agency(actor)
    accepted = session.execute(
        update(ResourceField)
        .where(
            col(ResourceField.tenant_id) == tenant_id,
            col(ResourceField.resource) == resource,
            col(ResourceField.field) == field,
            col(ResourceField.core),
        )
        .values(state=FieldState.ACCEPTED, updated_at=utc_now())
    )
    _raise_unless_one(accepted, "There is no such field.")
    record(session, AuditAction.FIELD_UNUSED, actor, tenant_id=tenant_id, resource=resource.value, field=field)


def accept_total(session: AgencySession, *, actor: Actor, tenant_id: int, call: str) -> None:
    """Let a list in although its total is higher, for the difference that there is now, from now on.

    Raises NotFoundError where the total of that call is not above what arrives.
    """
    require_agency(actor)
    habit = (col(CallHabit.tenant_id) == tenant_id, col(CallHabit.call) == call, col(CallHabit.surplus) > 0)
    surplus = session.execute(select_columns(col(CallHabit.surplus)).where(*habit)).scalar_one_or_none()
    accepted = session.execute(
        update(CallHabit).where(*habit).values(accepted_surplus=col(CallHabit.surplus), updated_at=utc_now())
    )
    _raise_unless_one(accepted, "There is no such total.")
    record(session, AuditAction.TOTAL_ACCEPTED, actor, tenant_id=tenant_id, call=call, difference=surplus)


def accept_unreadable_records(
    session: AgencySession, *, actor: Actor, tenant_id: int, resource: Resource, run_id: str
) -> None:
    """Let as many unreadable records be as the run brought; more of them are told again.

    Raises NotFoundError where the run brought none that wait for anybody.
    """
    require_agency(actor)
    unreadable = {each.resource: each.count for each in _unreadable(session, tenant_id, run_id)}
    if resource not in unreadable:
        raise NotFoundError("There are no such records.")
    freshness = (col(ResourceFreshness.tenant_id) == tenant_id, col(ResourceFreshness.resource) == resource)
    count = unreadable[resource]
    accepted = session.execute(
        update(ResourceFreshness).where(*freshness).values(accepted_unreadable=count, updated_at=utc_now())
    )
    _raise_unless_one(accepted, "There are no such records.")
    details = {"resource": resource.value, "records": count}
    record(session, AuditAction.RECORDS_ACCEPTED, actor, tenant_id=tenant_id, **details)


def _raise_unless_one(changed: object, missing: str) -> None:
    if getattr(changed, "rowcount", 0) != 1:
        raise NotFoundError(missing)


def _fields(session: AgencySession, tenant_id: int) -> list[ResourceField]:
    question = select(ResourceField).where(ResourceField.tenant_id == tenant_id).order_by(col(ResourceField.field))
    return sorted(session.exec(question), key=lambda field: (_RESOURCE_ORDER[field.resource], not field.core))


def _empty_problems(fields: Sequence[ResourceField]) -> list[FieldProblem]:
    return [
        FieldProblem(field.resource, field.field, field.wire_names, empty_reason(field), held_back=False)
        for field in fields
        if field.core and field.state is FieldState.EMPTY
    ]


def empty_reason(field: ResourceField) -> str:
    """Say in how many of the rows a field is not understood, and in which way it mostly is not."""
    ways = ((field.missing, "not there"), (field.odd, "not understood"), (field.blank, "blank"))
    count, way = max(ways, key=lambda counted: counted[0])
    if count == 0:
        return f"in none of {field.rows:,} rows it holds what the dashboards count"
    return f"{way} in {count:,} of {field.rows:,} rows"


def _fallen(session: AgencySession, tenant_id: int, run_id: str) -> list[SyncError]:
    """Return what a run wrote down of fields that were filled before and are not any more."""
    question = select(SyncError).where(
        SyncError.tenant_id == tenant_id,
        SyncError.run_id == run_id,
        SyncError.kind == SyncErrorKind.HELD_BACK.value,
        col(SyncError.field).is_not(None),
    )
    return list(session.exec(question))


def _fallen_problems(fallen: Sequence[SyncError], fields: Sequence[ResourceField]) -> list[FieldProblem]:
    """Return the fallen fields that nobody has accepted since."""
    known = {(field.resource, field.field): field for field in fields}
    problems = []
    for error in fallen:
        field = known.get((error.resource, error.field)) if error.resource and error.field else None
        if field is not None and field.state is not FieldState.ACCEPTED:
            reason = error.message.rpartition(": ")[2]
            problems.append(FieldProblem(field.resource, field.field, field.wire_names, reason, held_back=True))
    return problems


def _totals(session: AgencySession, tenant_id: int) -> tuple[TotalProblem, ...]:
    question = (
        select(CallHabit).where(CallHabit.tenant_id == tenant_id, CallHabit.surplus > 0).order_by(col(CallHabit.call))
    )
    return tuple(
        TotalProblem(habit.call, habit.surplus, habit.surplus_runs)
        for habit in session.exec(question)
        if habit.accepted_surplus is None or habit.surplus > habit.accepted_surplus
    )


def _unreadable(session: AgencySession, tenant_id: int, run_id: str) -> tuple[UnreadableRecords, ...]:
    """Return where a run's unreadable records are what makes it partial: what is held back is confirmed as a whole."""
    question = (
        select(col(SyncRunResource.resource), col(SyncRunResource.rejected))
        .join(
            ResourceFreshness,
            and_(
                col(ResourceFreshness.tenant_id) == col(SyncRunResource.tenant_id),
                col(ResourceFreshness.resource) == col(SyncRunResource.resource),
            ),
        )
        .where(
            SyncRunResource.tenant_id == tenant_id,
            SyncRunResource.run_id == run_id,
            SyncRunResource.status == ResourceStatus.PARTIAL,
            col(SyncRunResource.rejected) > col(ResourceFreshness.accepted_unreadable),
        )
    )
    records = [UnreadableRecords(resource, rejected) for resource, rejected in session.exec(question)]
    return tuple(sorted(records, key=lambda each: _RESOURCE_ORDER[each.resource]))


def _calls(session: AgencySession, tenant_id: int) -> tuple[tuple[str, CallHabits], ...]:
    question = select(CallHabit).where(CallHabit.tenant_id == tenant_id).order_by(col(CallHabit.call))
    return tuple((habit.call, CallHabits.of(habit)) for habit in session.exec(question))


def _unread(session: AgencySession, tenant_id: int) -> tuple[tuple[Resource, tuple[str, ...]], ...]:
    names: dict[Resource, list[str]] = defaultdict(list)
    question = select(KnownField).where(KnownField.tenant_id == tenant_id).order_by(col(KnownField.field))
    for known in session.exec(question):
        names[known.resource].append(known.field)
    return tuple((resource, tuple(names[resource])) for resource in Resource if resource in names)


def _unknown_answers(session: AgencySession, tenant_id: int, run_id: str) -> int:
    question = (
        select(func.count())
        .select_from(RawSnapshot)
        .where(RawSnapshot.tenant_id == tenant_id, RawSnapshot.run_id == run_id, col(RawSnapshot.understood).is_(False))
    )
    return session.exec(question).one()
