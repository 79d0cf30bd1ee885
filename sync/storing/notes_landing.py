"""Notes land: those of the contacts that were read whole, with how far the reading has got."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.schema import CreateTable, DropTable

from database import brand_transaction
from models import (
    Lead,
    Note,
    NoteCoverage,
    NoteReading,
    PipelineStage,
    Resource,
    ResourceFreshness,
    ResourceStatus,
    SyncErrorKind,
    utc_now,
)
from sync.failures import PullError
from sync.reading.notes_plan import NoteCandidate, NotesPlan, plan_notes
from sync.reading.notes_pull import NotesPull
from sync.reading.snapshots import mark_whole
from sync.storing.guard import raise_if_removing_too_much
from sync.storing.landing import TableWriter
from sync.storing.ledger import ResourceResult, insert_or_update, raise_data_version, record_failure
from sync.storing.store import staged, upsert
from sync.storing.summaries import write_summaries
from sync.tables import table_of

_LEADS: Final = table_of(Lead)
_STAGES: Final = table_of(PipelineStage)
_READINGS: Final = table_of(NoteReading)
_NOTES: Final = table_of(Note)
_COVERAGE: Final = table_of(NoteCoverage)
_FRESHNESS: Final = table_of(ResourceFreshness)
_MOST_ERRORS: Final = 20
_READ_NOW: Final = Table(
    "contacts_read_now", MetaData(), Column("client_id", String, primary_key=True), prefixes=["TEMPORARY"]
)


def plan_of_brand(writer: TableWriter, budget: int) -> NotesPlan:
    """Return whose notes this run is to read."""
    tenant_id = writer.lease.tenant_id
    reading = and_(_READINGS.c.tenant_id == _LEADS.c.tenant_id, _READINGS.c.client_id == _LEADS.c.client_id)
    stage = and_(
        _STAGES.c.tenant_id == _LEADS.c.tenant_id,
        _STAGES.c.contact_type == _LEADS.c.contact_type,
        _STAGES.c.stage_key == _LEADS.c.stage_key,
        _STAGES.c.removed_at.is_(None),
    )
    contacts = (
        select(
            _LEADS.c.client_id,
            _LEADS.c.contact_type,
            func.coalesce(_STAGES.c.active, False).label("active"),
            _LEADS.c.last_modified_at,
            _READINGS.c.read_at,
            _READINGS.c.contact_modified_at,
            _READINGS.c.answer_hash,
        )
        .select_from(_LEADS.outerjoin(_READINGS, reading).outerjoin(_STAGES, stage))
        .where(_LEADS.c.tenant_id == tenant_id, _LEADS.c.removed_at.is_(None))
    )
    with brand_transaction(writer.engine, tenant_id, writes=False) as connection:
        rows = connection.execution_options(yield_per=2_000).execute(contacts)
        return plan_notes(map(_candidate, rows), budget)


def _candidate(row: Any) -> NoteCandidate:
    return NoteCandidate(
        client_id=row.client_id,
        contact_type=row.contact_type,
        active=row.active,
        modified_at=row.last_modified_at,
        read_at=row.read_at,
        read_state=row.contact_modified_at,
        answer_hash=row.answer_hash,
    )


def leads_were_read(writer: TableWriter) -> bool:
    """Tell whether the brand's leads were ever read whole: before that, nobody knows whose notes there are."""
    tenant_id = writer.lease.tenant_id
    leads = (_FRESHNESS.c.tenant_id == tenant_id, _FRESHNESS.c.resource == Resource.LEADS)
    with brand_transaction(writer.engine, tenant_id, writes=False) as connection:
        return connection.scalar(select(_FRESHNESS.c.whole_read_at).where(*leads)) is not None


def land_notes(
    writer: TableWriter, notes: NotesPull, plan: NotesPlan, *, leads_known: bool, began: float
) -> ResourceResult:
    """Bring the notes of the contacts that were read whole to what was pulled; the other contacts stay due.

    Raises PullError (HELD_BACK) where the pull looks suspicious, LeaseLostError where the brand is another's by now.
    """
    pull, tenant_id = notes.pull, writer.lease.tenant_id
    writer.raise_if_unreadable(pull)
    with brand_transaction(writer.engine, tenant_id) as connection:
        writer.lease.hold(connection)
        # Before the rows, so that the count of contacts read (a summary) is right when it is written below; a pull that
        # is held back after this takes the readings back with its transaction, and the contacts stay due.
        reports = writer.judge_fields(connection, pull)
        _record_readings(connection, writer, notes)
        with (
            _named(connection, [candidate.client_id for candidate, _ in notes.read]) as scope,
            staged(connection, pull.mirror, tenant_id, pull.spool.batches) as staging,
        ):
            if not writer.accept and not staging.table_was_empty:
                # One contact whose notes are all gone is somebody tidying up. When every contact that was read has lost
                # all of its notes, and there are several, it is the call that answers with nothing.
                may_empty = len(notes.read) <= 1
                raise_if_removing_too_much(connection, pull, tenant_id, scope, may_empty=may_empty)
            counts = upsert(connection, pull.mirror, tenant_id, utc_now(), staging=staging, scope=scope)
            counts = replace(counts, unchanged=counts.unchanged + notes.same_rows)
        if write_summaries(connection, tenant_id, writer.zone, pull.resource) or counts.changed:
            raise_data_version(connection, tenant_id)
        mark_whole(
            connection, tenant_id, writer.run_id, pull.resource, since=pull.first_position, but=notes.bad_positions
        )
        result = ResourceResult(
            pull.resource,
            notes_status(notes, plan, leads_known=leads_known),
            pull.started_at,
            pull.pages,
            pull.fetched,
            len(pull.rejected),
            remaining=_count_never_read(connection, tenant_id),
            bodies_stored=pull.bodies_stored,
            counts=counts,
            seconds=time.monotonic() - began,
        )
        writer.conclude(connection, pull, result, reports)
        record_failed_contacts(connection, writer, notes)
        writer.lease.hold(connection)  # once more: see Lease.hold
    return result


def notes_status(notes: NotesPull, plan: NotesPlan, *, leads_known: bool) -> ResourceStatus:
    """Return how the reading of notes ended.

    A backfill that is still under way is a success. Changed contacts that had to wait, some that failed, or leads that
    could not be read in this run (`leads_known`) make it partial: the notes shown are then known to be behind.
    """
    kinds = {failure.kind for _, failure in notes.failed}
    if notes.failed and not notes.read and not notes.same:
        return ResourceStatus.UNAVAILABLE if kinds == {SyncErrorKind.UNAVAILABLE} else ResourceStatus.FAILED
    behind = not leads_known or notes.failed or notes.not_tried or plan.changed_waiting or notes.pull.rejected
    return ResourceStatus.PARTIAL if behind else ResourceStatus.SUCCESS


def record_failed_contacts(connection: Connection, writer: TableWriter, notes: NotesPull) -> None:
    """Write down whose notes could not be read: the first twenty, and how many more."""
    tenant_id, run_id, resource = writer.lease.tenant_id, writer.run_id, notes.pull.resource
    for candidate, failure in notes.failed[:_MOST_ERRORS]:
        record_failure(connection, tenant_id, run_id, resource, failure, record=candidate.client_id)
    more = len(notes.failed) - _MOST_ERRORS
    if more > 0:
        others = PullError(notes.failed[-1][1].kind, f"the notes of {more} more contacts can't be read")
        record_failure(connection, tenant_id, run_id, resource, others)


@contextmanager
def _named(connection: Connection, client_ids: Sequence[str]) -> Iterator[ColumnElement[bool]]:
    """Yield the condition for notes of these contacts, however many they are."""
    # A first backfill names thousands of contacts: more than either database takes as parameters of one statement.
    connection.execute(DropTable(_READ_NOW, if_exists=True))
    connection.execute(CreateTable(_READ_NOW))
    if client_ids:
        connection.execute(insert(_READ_NOW), [{"client_id": client_id} for client_id in client_ids])
    yield _NOTES.c.client_id.in_(select(_READ_NOW.c.client_id))
    connection.execute(DropTable(_READ_NOW))


def _record_readings(connection: Connection, writer: TableWriter, notes: NotesPull) -> None:
    rows = [
        {
            "tenant_id": writer.lease.tenant_id,
            "client_id": candidate.client_id,
            "read_at": notes.pull.started_at,
            "run_id": writer.run_id,
            "contact_modified_at": candidate.modified_at,
            "answer_hash": answer_hash,
        }
        for candidate, answer_hash in notes.read
    ]
    # The rows of these were made by an earlier run, whose reading stays named.
    again = [
        {"of": candidate.client_id, "at": notes.pull.started_at, "state": candidate.modified_at, "now": utc_now()}
        for candidate in notes.same
    ]
    mine = update(_READINGS).where(
        _READINGS.c.tenant_id == writer.lease.tenant_id, _READINGS.c.client_id == bindparam("of")
    )
    renewed = mine.values(read_at=bindparam("at"), contact_modified_at=bindparam("state"), updated_at=bindparam("now"))
    for start in range(0, len(rows), 1_000):
        insert_or_update(connection, _READINGS, rows[start : start + 1_000])
    if again:
        connection.execute(renewed, again)


def _count_never_read(connection: Connection, tenant_id: int) -> int:
    never = select(_COVERAGE.c.contacts - _COVERAGE.c.contacts_read).where(_COVERAGE.c.tenant_id == tenant_id)
    return int(connection.execute(never).scalar_one())
