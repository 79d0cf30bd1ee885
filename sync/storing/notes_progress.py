"""What a run learns about reading notes: how far it got, whom to leave alone, and what a contact's date tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, exists, literal, select, update

from models import NoteEvidence, NoteFailure, NoteReading, SyncErrorKind, utc_now
from notes_rhythm import NotesRhythm, notes_rhythm
from sync.reading.notes_plan import LiveContact, next_try
from sync.reading.notes_pull import NotesPull
from sync.storing.ledger import insert_or_update
from sync.tables import MirrorTable, table_of

_READINGS: Final = table_of(NoteReading)
_FAILURES: Final = table_of(NoteFailure)
_EVIDENCE: Final = table_of(NoteEvidence)
_ZONES_APART: Final = timedelta(days=1)  # as much as a date may be off that was written in another zone
_BATCH: Final = 1_000


def rhythm_of_brand(connection: Connection, tenant_id: int) -> NotesRhythm:
    """Return how often the brand's unchanged contacts are asked, by what its notes have shown so far."""
    evidence = connection.execute(select(_EVIDENCE).where(_EVIDENCE.c.tenant_id == tenant_id)).first()
    return NotesRhythm.LEARNING if evidence is None else notes_rhythm(*_counts(evidence))


def _counts(evidence: Any) -> tuple[int, int]:
    return evidence.with_newer_date, evidence.without_newer_date


def count_new_notes(connection: Connection, tenant_id: int, mirror: MirrorTable) -> dict[str, int]:
    """Return by contact how many staged notes are new since the contact's last reading; ask before they are stored.

    What is dated well before that reading is no new note: an old one that was edited, or moved here.
    """
    pulled, table = mirror.pulled_rows, mirror.table
    known = exists(select(literal(1)).where(table.c.tenant_id == tenant_id, mirror.same_row(pulled)).correlate(pulled))
    added = (
        select(pulled.c.client_id, pulled.c.noted_at, _READINGS.c.read_at)
        .join(_READINGS, _READINGS.c.client_id == pulled.c.client_id)
        .where(_READINGS.c.tenant_id == tenant_id, ~known)
    )
    new_notes = Counter(
        note.client_id
        for note in connection.execute(added)
        if note.noted_at is None or note.noted_at > note.read_at - _ZONES_APART
    )
    return dict(new_notes)


def weigh_evidence(
    connection: Connection,
    tenant_id: int,
    notes: NotesPull,
    new_notes: Mapping[str, int],
    unexplained: Iterable[LiveContact],
    *,
    leads_known: bool,
) -> None:
    """Add what this run has shown about new notes and their contact's date.

    A new note without a newer date proves nothing yet: it may have been written after the contacts were read. The next
    run that has read them sees whether the date followed.
    """
    with_date = sum(new_notes.get(contact.client_id, 0) for contact, _ in notes.read if contact.has_newer_date)
    without = 0
    # A date can have followed only where the contacts were read since: else they are as they were, and prove nothing.
    if leads_known:
        earlier = list(unexplained)
        with_date += sum(contact.unexplained for contact in earlier if contact.has_newer_date)
        without += sum(contact.unexplained for contact in earlier if not contact.has_newer_date)
        _forget_unexplained(connection, tenant_id, earlier)
    if not with_date and not without:
        return
    evidence = connection.execute(select(_EVIDENCE).where(_EVIDENCE.c.tenant_id == tenant_id)).first()
    before = (0, 0) if evidence is None else _counts(evidence)
    row = {"with_newer_date": before[0] + with_date, "without_newer_date": before[1] + without}
    insert_or_update(connection, _EVIDENCE, [{"tenant_id": tenant_id} | row])


def _forget_unexplained(connection: Connection, tenant_id: int, contacts: Iterable[LiveContact]) -> None:
    explained = update(_READINGS).where(
        _READINGS.c.tenant_id == tenant_id, _READINGS.c.client_id == bindparam("contact")
    )
    keys = [{"contact": contact.client_id} for contact in contacts]
    if keys:
        connection.execute(explained.values(unexplained=0), keys)


def record_readings(
    connection: Connection,
    tenant_id: int,
    run_id: str,
    notes: NotesPull,
    new_notes: Mapping[str, int],
    *,
    takes_turns: bool,
) -> None:
    """Write down whose notes were read in this run, and at which state of the contact.

    Of a contact that is as it was and gave the same answer that is written once a day: how long ago it was read only
    tells then whose turn it is where not everybody is asked in each run (`takes_turns`).
    """
    read = [
        {
            "tenant_id": tenant_id,
            "client_id": contact.client_id,
            "read_at": notes.pull.started_at,
            "run_id": run_id,
            "contact_modified_at": contact.modified_at,
            "answer_hash": answer_hash,
            "unexplained": 0 if contact.has_newer_date else new_notes.get(contact.client_id, 0),
        }
        for contact, answer_hash in notes.read
    ]
    for start in range(0, len(read), _BATCH):
        insert_or_update(connection, _READINGS, read[start : start + _BATCH])
    # The rows of these were made by an earlier run, whose reading stays named.
    at = notes.pull.started_at
    same = [
        {"contact": contact.client_id, "at": at, "state": contact.modified_at, "now": utc_now()}
        for contact in notes.same
        if takes_turns or notes.not_tried or contact.changed or not contact.was_asked_today(at)
    ]
    mine = update(_READINGS).where(_READINGS.c.tenant_id == tenant_id, _READINGS.c.client_id == bindparam("contact"))
    renewed = mine.values(read_at=bindparam("at"), contact_modified_at=bindparam("state"), updated_at=bindparam("now"))
    if same:
        connection.execute(renewed, same)


def record_setbacks(connection: Connection, tenant_id: int, notes: NotesPull) -> None:
    """Let contacts step back whose notes could not be read, each time for longer; those that were read are forgiven.

    While the call itself is down nobody steps back who could be read before: it says nothing about them.
    """
    now = utc_now()
    failed = [
        contact
        for contact, failure in notes.failed
        # Who was not come to in time has done nothing, and is due in the next run.
        if failure.kind is not SyncErrorKind.RATE_LIMITED and not (notes.call_is_down and contact.was_readable)
    ]
    setbacks = [
        {
            "tenant_id": tenant_id,
            "client_id": contact.client_id,
            "failures": contact.failures + 1,
            "retry_at": next_try(contact.failures + 1, now),
            "contact_modified_at": contact.modified_at,
        }
        for contact in (*failed, *notes.unreadable)
    ]
    insert_or_update(connection, _FAILURES, setbacks)
    read = (*(contact for contact, _ in notes.read), *notes.same)
    forgiven = [{"contact": contact.client_id} for contact in read if contact.failures]
    mine = delete(_FAILURES).where(_FAILURES.c.tenant_id == tenant_id, _FAILURES.c.client_id == bindparam("contact"))
    if forgiven:
        connection.execute(mine, forgiven)
