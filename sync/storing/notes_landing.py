"""Notes land: those of the contacts that were read whole, with how far the reading has got."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import starmap
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Select,
    String,
    Table,
    and_,
    exists,
    false,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.schema import CreateTable, DropTable

from database import brand_transaction
from models import (
    HotListItem,
    Lead,
    Note,
    NoteCoverage,
    NoteFailure,
    NoteReading,
    PipelineStage,
    Resource,
    ResourceFreshness,
    ResourceStatus,
    SyncErrorKind,
    utc_now,
)
from notes_rhythm import LIVELY_DAYS, NotesRhythm
from sync.failures import PullError
from sync.reading.notes_plan import LiveContact, NotesPlan, plan_notes
from sync.reading.notes_pull import NotesPull
from sync.reading.pull import is_suspiciously_unreadable
from sync.reading.snapshots import mark_whole
from sync.storing.guard import raise_if_removing_too_much
from sync.storing.landing import TableWriter
from sync.storing.ledger import ResourceResult, raise_data_version, record_failure
from sync.storing.notes_progress import (
    count_new_notes,
    record_readings,
    record_setbacks,
    rhythm_of_brand,
    weigh_evidence,
)
from sync.storing.store import Counts, staged, upsert
from sync.storing.summaries import write_summaries
from sync.storing.unchanged import count_if_unchanged
from sync.tables import table_of

_LEADS: Final = table_of(Lead)
_STAGES: Final = table_of(PipelineStage)
_READINGS: Final = table_of(NoteReading)
_NOTES: Final = table_of(Note)
_HOT: Final = table_of(HotListItem)
_FAILURES: Final = table_of(NoteFailure)
_COVERAGE: Final = table_of(NoteCoverage)
_FRESHNESS: Final = table_of(ResourceFreshness)
_MOST_ERRORS: Final = 20
_FEW: Final = 500  # contacts that a statement names one by one: a temporary table is dearer (`unchanged.py`)
_READ_NOW: Final = Table(
    "contacts_read_now", MetaData(), Column("client_id", String, primary_key=True), prefixes=["TEMPORARY"]
)


def plan_of_brand(writer: TableWriter, budget: int) -> NotesPlan:
    """Return whose notes this run is to read."""
    tenant_id, now = writer.lease.tenant_id, utc_now()
    with brand_transaction(writer.engine, tenant_id, writes=False) as connection:
        rhythm = rhythm_of_brand(connection, tenant_id)
        # Only one rhythm asks who is lively: it is dear to find out, and needless for the others.
        lively = _is_lively(tenant_id, now) if rhythm is NotesRhythm.EACH_RUN else false()
        rows = connection.execution_options(yield_per=2_000).execute(_contacts(tenant_id, lively))
        return plan_notes(starmap(LiveContact, rows), budget, rhythm, now)


def _contacts(tenant_id: int, lively: ColumnElement[bool]) -> Select[Any]:
    """Return the statement of the brand's live contacts, each row the values of a LiveContact in their order."""
    reading = and_(_READINGS.c.tenant_id == _LEADS.c.tenant_id, _READINGS.c.client_id == _LEADS.c.client_id)
    failure = and_(_FAILURES.c.tenant_id == _LEADS.c.tenant_id, _FAILURES.c.client_id == _LEADS.c.client_id)
    stage = and_(
        _STAGES.c.tenant_id == _LEADS.c.tenant_id,
        _STAGES.c.contact_type == _LEADS.c.contact_type,
        _STAGES.c.stage_key == _LEADS.c.stage_key,
        _STAGES.c.removed_at.is_(None),
    )
    values: dict[str, ColumnElement[Any]] = {
        "client_id": _LEADS.c.client_id,
        "contact_type": _LEADS.c.contact_type,
        "active": func.coalesce(_STAGES.c.active, False),
        "modified_at": _LEADS.c.last_modified_at,
        "read_at": _READINGS.c.read_at,
        "read_state": _READINGS.c.contact_modified_at,
        "answer_hash": _READINGS.c.answer_hash,
        "lively": lively,
        "unexplained": func.coalesce(_READINGS.c.unexplained, 0),
        "failures": func.coalesce(_FAILURES.c.failures, 0),
        "retry_at": _FAILURES.c.retry_at,
        "failed_state": _FAILURES.c.contact_modified_at,
    }
    # In the order of the tuple's own fields: a row becomes one as it is, which for each contact of a brand matters.
    return (
        select(*(values[name].label(name) for name in LiveContact._fields))
        .select_from(_LEADS.outerjoin(_READINGS, reading).outerjoin(_FAILURES, failure).outerjoin(_STAGES, stage))
        .where(_LEADS.c.tenant_id == tenant_id, _LEADS.c.removed_at.is_(None))
    )


def _is_lively(tenant_id: int, now: datetime) -> ColumnElement[bool]:
    """Return the condition for contacts of the hot list, and for those that were noted lately.

    A deal may name no contact: who stands in a stage of the hot list counts as well.
    """
    hot = (_HOT.c.tenant_id == tenant_id, _HOT.c.removed_at.is_(None))
    noted_lately = exists().where(
        _NOTES.c.tenant_id == tenant_id,
        _NOTES.c.client_id == _LEADS.c.client_id,
        _NOTES.c.removed_at.is_(None),
        _NOTES.c.noted_at > now - timedelta(days=LIVELY_DAYS),
    )
    return or_(
        _LEADS.c.client_id.in_(select(_HOT.c.client_id).where(*hot, _HOT.c.client_id.is_not(None))),
        _LEADS.c.stage_key.in_(select(_HOT.c.stage_key).where(*hot)),
        noted_lately,
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
        reports = writer.judge_fields(connection, pull)
        # What is short is not all there is: a row that did not come with it may be there still.
        whole = [contact.client_id for contact, _ in notes.read if contact.client_id not in notes.believed_short]
        with _named(connection, whole) as scope:
            counts, new_notes = _write_notes(connection, writer, notes, scope)
        counts = replace(counts, unchanged=counts.unchanged + notes.same_rows)
        has_news = writer.unreadable_are_news(connection, pull)
        if not writer.replaying:
            if not has_news:  # after the rows: a missing one may still be the one that can't be read
                notes.let_unreadable_be()
            weigh_evidence(connection, tenant_id, notes, new_notes, plan.unexplained, leads_known=leads_known)
            record_setbacks(connection, tenant_id, notes)
        # Before the summaries, one of which counts the contacts that were read.
        record_readings(connection, tenant_id, writer.run_id, notes, new_notes, takes_turns=plan.takes_turns)
        if write_summaries(connection, tenant_id, writer.zone, pull.resource) or counts.changed:
            raise_data_version(connection, tenant_id)
        if not writer.replaying:
            mark_whole(connection, tenant_id, writer.run_id, pull.resource, pull.kept, but=notes.bad_positions)
        status = notes_status(notes, plan, leads_known=leads_known, unreadable_are_news=has_news)
        result = ResourceResult(
            pull.resource,
            status,
            pull.started_at,
            pull.pages,
            pull.fetched,
            len(pull.rejected),
            remaining=_count_never_read(connection, tenant_id),
            whole=status is ResourceStatus.PARTIAL and is_as_read(notes, plan, leads_known=leads_known),
            answers_as_before=pull.kept.as_before,
            bodies_stored=pull.kept.bodies_stored,
            counts=counts,
            seconds=time.monotonic() - began,
        )
        writer.conclude(connection, pull, result, reports)
        record_failed_contacts(connection, writer, notes)
        writer.lease.hold(connection)  # once more: see Lease.hold
    return result


def _write_notes(
    connection: Connection, writer: TableWriter, notes: NotesPull, scope: ColumnElement[bool]
) -> tuple[Counts, dict[str, int]]:
    """Change the table of notes; return what changed, and by contact how many notes are new."""
    pull, tenant_id = notes.pull, writer.lease.tenant_id
    if not notes.believed_short:  # of whose notes all came, all rows are looked at, and no others
        same = count_if_unchanged(connection, pull.mirror, tenant_id, pull.spool.batches, within=scope)
        if same is not None:
            return Counts(unchanged=same), {}
    with staged(connection, pull.mirror, tenant_id, pull.spool.batches) as staging:
        if not writer.accept and not staging.table_was_empty:
            # One contact whose notes are all gone is somebody tidying up. When every contact that was read has lost
            # all of its notes, and there are several, it is the call that answers with nothing.
            may_empty = len(notes.read) <= 1
            raise_if_removing_too_much(connection, pull, tenant_id, scope, may_empty=may_empty)
        is_first = staging.table_was_empty or writer.replaying
        new_notes = {} if is_first else count_new_notes(connection, tenant_id, pull.mirror)
        return upsert(connection, pull.mirror, tenant_id, utc_now(), staging=staging, scope=scope), new_notes


def notes_status(notes: NotesPull, plan: NotesPlan, *, leads_known: bool, unreadable_are_news: bool) -> ResourceStatus:
    """Return how the reading of notes ended.

    A backfill that is still under way is a success. Changed contacts that had to wait, some that failed or step back, a
    history that was not given whole, records that can't be read and that nobody has accepted, or leads that could not
    be read in this run (`leads_known`) make it partial: the notes shown are then known to be behind.
    """
    kinds = {failure.kind for _, failure in notes.failed}
    if notes.failed and not notes.read and not notes.same and (notes.call_is_down or not plan.witnesses):
        return ResourceStatus.UNAVAILABLE if kinds == {SyncErrorKind.UNAVAILABLE} else ResourceStatus.FAILED
    is_behind = not leads_known or notes.not_tried or plan.changed_waiting or unreadable_are_news
    is_odd = notes.failed or plan.stepped_back or notes.believed_short
    return ResourceStatus.PARTIAL if is_behind or is_odd else ResourceStatus.SUCCESS


def is_as_read(notes: NotesPull, plan: NotesPlan, *, leads_known: bool) -> bool:
    """Tell whether the notes are as fresh as this run, save those of single contacts that can't be read.

    A few bad neighbours are for the agency to mend; they make nobody else's notes old.
    """
    apart = len(notes.failed) + len(notes.unreadable) + plan.stepped_back
    everyone_else = leads_known and not notes.call_is_down and not notes.not_tried and not plan.changed_waiting
    return everyone_else and not is_suspiciously_unreadable(apart, plan.contacts)


def record_failed_contacts(connection: Connection, writer: TableWriter, notes: NotesPull) -> None:
    """Write down whose notes could not be read: the first twenty, and how many more."""
    tenant_id, run_id, resource = writer.lease.tenant_id, writer.run_id, notes.pull.resource
    for contact, failure in notes.failed[:_MOST_ERRORS]:
        record_failure(connection, tenant_id, run_id, resource, failure, record=contact.client_id)
    more = len(notes.failed) - _MOST_ERRORS
    if more > 0:
        others = PullError(notes.failed[-1][1].kind, f"the notes of {more} more contacts can't be read")
        record_failure(connection, tenant_id, run_id, resource, others)
    for client_id, (arrived, total) in list(notes.believed_short.items())[:_MOST_ERRORS]:
        reason = f"ClientTether gives {arrived} of this contact's {total} notes: they are kept as far as they go"
        short = PullError(SyncErrorKind.INCOMPLETE, reason)
        record_failure(connection, tenant_id, run_id, resource, short, record=client_id)


@contextmanager
def _named(connection: Connection, client_ids: Sequence[str]) -> Iterator[ColumnElement[bool]]:
    """Yield the condition for notes of these contacts, however many they are."""
    if len(client_ids) <= _FEW:
        yield _NOTES.c.client_id.in_(client_ids)
        return
    # A first backfill names thousands of contacts: more than either database takes as parameters of one statement.
    connection.execute(DropTable(_READ_NOW, if_exists=True))
    connection.execute(CreateTable(_READ_NOW))
    connection.execute(insert(_READ_NOW), [{"client_id": client_id} for client_id in client_ids])
    yield _NOTES.c.client_id.in_(select(_READ_NOW.c.client_id))
    connection.execute(DropTable(_READ_NOW))


def _count_never_read(connection: Connection, tenant_id: int) -> int:
    never = select(_COVERAGE.c.contacts - _COVERAGE.c.contacts_read).where(_COVERAGE.c.tenant_id == tenant_id)
    return int(connection.execute(never).scalar_one())
