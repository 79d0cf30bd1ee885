"""Which kept answers stand: what a pull stood on at a moment, be they its own or earlier ones that were just the same.

An answer that is just the one before it is not kept again. It stands until another one landed in its place: of a list
at its position, of notes for the same request. The worker replays by this rule, the agency's pages show by it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, exists, func, or_, select, tuple_

from models import RawSnapshot, Resource, SyncRun, SyncRunResource, utc_now

_SNAPSHOTS: Final[Table] = RawSnapshot.__table__  # type: ignore[attr-defined]
_RUNS: Final[Table] = SyncRun.__table__  # type: ignore[attr-defined]
_RESULTS: Final[Table] = SyncRunResource.__table__  # type: ignore[attr-defined]


def answers_of_run(connection: Connection, tenant_id: int, run_id: str) -> ColumnElement[bool]:
    """Return the condition for the answers that a run brought, and for those that stood for the ones just as before.

    Of notes those of all contacts, as it is not written down whom a run has asked.
    """
    finished = select(_RUNS.c.finished_at).where(_RUNS.c.tenant_id == tenant_id, _RUNS.c.run_id == run_id)
    until = connection.scalar(finished) or utc_now()
    of_run = (_RESULTS.c.tenant_id == tenant_id, _RESULTS.c.run_id == run_id)
    in_part = select(_RESULTS.c.resource).where(*of_run, _RESULTS.c.answers_as_before > 0)
    which = [and_(_SNAPSHOTS.c.tenant_id == tenant_id, _SNAPSHOTS.c.run_id == run_id)]
    for resource in connection.scalars(in_part).all():
        if resource is Resource.NOTES:
            which.append(notes_stand(tenant_id, until))
        elif (standing := list_stands(connection, tenant_id, resource, until)) is not None:
            which.append(standing)
    return or_(*which)


def landed_answers(tenant_id: int, resource: Resource, until: datetime | None = None) -> ColumnElement[bool]:
    """Return the condition for answers of pulls that landed, of those that had come by then, or by now.

    What a clock that was ahead has dated into the future comes into no account until then.
    """
    return and_(
        _SNAPSHOTS.c.tenant_id == tenant_id,
        _SNAPSHOTS.c.resource == resource,
        _SNAPSHOTS.c.whole,
        _SNAPSHOTS.c.fetched_at <= (until or utc_now()),
    )


def list_stands(
    connection: Connection, tenant_id: int, resource: Resource, until: datetime | None = None
) -> ColumnElement[bool] | None:
    """Return the condition for the answers that a list stood on at a moment, or stands on now.

    None where no whole pull of before then is kept, or one that others were to complete which are not kept.
    """
    landed = landed_answers(tenant_id, resource, until)
    newest = select(_SNAPSHOTS.c.run_id, _SNAPSHOTS.c.pull_answers).where(landed)
    last = connection.execute(newest.order_by(_SNAPSHOTS.c.fetched_at.desc()).limit(1)).first()
    if last is None:
        return None
    if last.pull_answers is None:
        return and_(landed, _SNAPSHOTS.c.run_id == last.run_id)
    at_its_position = (
        select(_SNAPSHOTS.c.position, func.max(_SNAPSHOTS.c.fetched_at))
        .where(landed, _SNAPSHOTS.c.position < last.pull_answers)
        .group_by(_SNAPSHOTS.c.position)
    )
    standing = and_(landed, tuple_(_SNAPSHOTS.c.position, _SNAPSHOTS.c.fetched_at).in_(at_its_position))
    count = connection.scalar(select(func.count()).select_from(_SNAPSHOTS).where(standing))
    return standing if count == last.pull_answers else None


def notes_stand(tenant_id: int, until: datetime) -> ColumnElement[bool]:
    """Return the condition for the answers about notes that stood at a moment: each request's last."""
    return and_(landed_answers(tenant_id, Resource.NOTES, until), ~is_replaced(_SNAPSHOTS.c.request, until))


def is_replaced(place: Column[Any], until: datetime) -> ColumnElement[bool]:
    """Return the condition for answers in whose place, by this column, another one had landed by then."""
    later = _SNAPSHOTS.alias("later")
    return exists().where(
        later.c.tenant_id == _SNAPSHOTS.c.tenant_id,
        later.c.resource == _SNAPSHOTS.c.resource,
        later.c[place.key] == place,
        later.c.fetched_at > _SNAPSHOTS.c.fetched_at,
        later.c.fetched_at <= until,
        later.c.whole,
    )
