"""Remove a contact from a brand's tables and from its kept raw answers, as the contact may ask.

Of an answer nothing can be cut out: it is kept exactly as it came, or not at all. So of a list that names the contact
every kept pull goes, as an answer may stand for that of many pulls; the next sync keeps its own answers.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, false, func, or_, select

from models import (
    HotListItem,
    Lead,
    Note,
    NoteFailure,
    NoteReading,
    PipelineItem,
    PipelineStageChange,
    RawBody,
    RawSnapshot,
    Resource,
    ScheduledActivity,
    SyncError,
)
from sync.lease import Lease
from sync.storing.ledger import raise_data_version
from sync.storing.summaries import write_summaries
from sync.tables import table_of

_LEADS: Final = table_of(Lead)
_DEALS: Final = table_of(PipelineItem)
_SNAPSHOTS: Final = table_of(RawSnapshot)
_BODIES: Final = table_of(RawBody)
_BY_CONTACT: Final = tuple(
    table_of(model) for model in (Note, NoteReading, NoteFailure, HotListItem, ScheduledActivity, PipelineItem, Lead)
)
_STAGE_CHANGES: Final = table_of(PipelineStageChange)
_ERRORS: Final = table_of(SyncError)
_PORTION: Final = 200


@dataclass(frozen=True, slots=True)
class Erased:
    """How many contacts were removed, in how many rows, and how many raw answers with them."""

    contacts: int = 0
    rows: int = 0
    answers: int = 0


def erase_contact(connection: Connection, lease: Lease, zone: ZoneInfo, contact: str) -> Erased:
    """Remove the contacts with this e-mail address or this id within a transaction that speaks for their brand.

    Raises LeaseLostError where another worker has taken the brand over.
    """
    lease.hold(connection)
    tenant_id = lease.tenant_id
    mine = and_(_LEADS.c.tenant_id == tenant_id, or_(_LEADS.c.client_id == contact, _is_address(contact)))
    leads = connection.execute(select(_LEADS.c.client_id, _LEADS.c.email).where(mine)).all()
    ids = sorted({row.client_id for row in leads})
    rows = _erase_rows(connection, tenant_id, ids) if ids else 0
    words = {contact, *ids, *(row.email for row in leads if row.email)}
    answers = _erase_answers(connection, tenant_id, sorted(words))
    if rows:
        write_summaries(connection, tenant_id, zone)
        raise_data_version(connection, tenant_id)
    lease.hold(connection)
    return Erased(len(ids), rows, answers)


def _is_address(contact: str) -> ColumnElement[bool]:
    return func.lower(_LEADS.c.email) == contact.lower() if "@" in contact else false()


def _erase_rows(connection: Connection, tenant_id: int, ids: Sequence[str]) -> int:
    deals = select(_DEALS.c.opportunity_id).where(_DEALS.c.tenant_id == tenant_id, _DEALS.c.client_id.in_(ids))
    changes = delete(_STAGE_CHANGES).where(
        _STAGE_CHANGES.c.tenant_id == tenant_id, _STAGE_CHANGES.c.opportunity_id.in_(deals)
    )
    count = connection.execute(changes).rowcount
    errors = delete(_ERRORS).where(_ERRORS.c.tenant_id == tenant_id, _ERRORS.c.record_id.in_(ids))
    count += connection.execute(errors).rowcount
    for table in _BY_CONTACT:
        named = (table.c.tenant_id == tenant_id, table.c.client_id.in_(ids))
        count += connection.execute(delete(table).where(*named)).rowcount
    return count


def _erase_answers(connection: Connection, tenant_id: int, words: Sequence[str]) -> int:
    """Remove each list with an answer that holds one of the words; of notes, which are read by contact, the answer."""
    spelled = b"|".join(re.escape(word.encode()) for word in words)
    pattern = re.compile(rb"(?<![\w.@-])(?:" + spelled + rb")(?![\w@-])", re.IGNORECASE)
    count = _forget_notes_asked_for(connection, tenant_id, pattern)
    hashes = list(_bodies_with(connection, tenant_id, pattern))
    for start in range(0, len(hashes), _PORTION):
        named = and_(_SNAPSHOTS.c.tenant_id == tenant_id, _SNAPSHOTS.c.sha256.in_(hashes[start : start + _PORTION]))
        lists = select(_SNAPSHOTS.c.resource).where(named, _SNAPSHOTS.c.resource != Resource.NOTES).distinct()
        for resource in connection.scalars(lists).all():
            of_list = and_(_SNAPSHOTS.c.tenant_id == tenant_id, _SNAPSHOTS.c.resource == resource)
            count += connection.execute(delete(_SNAPSHOTS).where(of_list)).rowcount
        count += connection.execute(delete(_SNAPSHOTS).where(named)).rowcount
    still_named = exists().where(_SNAPSHOTS.c.tenant_id == _BODIES.c.tenant_id, _SNAPSHOTS.c.sha256 == _BODIES.c.sha256)
    connection.execute(delete(_BODIES).where(_BODIES.c.tenant_id == tenant_id, ~still_named))
    return count


def _forget_notes_asked_for(connection: Connection, tenant_id: int, pattern: re.Pattern[bytes]) -> int:
    """Remove what was answered about the contacts' own notes: an empty answer names nobody, but its request does."""
    notes = and_(_SNAPSHOTS.c.tenant_id == tenant_id, _SNAPSHOTS.c.resource == Resource.NOTES)
    requests = connection.scalars(select(_SNAPSHOTS.c.request).where(notes).distinct()).all()
    own = [request for request in requests if pattern.search(request.encode())]
    count = 0
    for start in range(0, len(own), _PORTION):
        portion = _SNAPSHOTS.c.request.in_(own[start : start + _PORTION])
        count += connection.execute(delete(_SNAPSHOTS).where(notes, portion)).rowcount
    return count


def _bodies_with(connection: Connection, tenant_id: int, pattern: re.Pattern[bytes]) -> Iterator[str]:
    """Yield the hashes of the bodies that hold one of the words, not as a part of a longer one."""
    kept = select(_BODIES.c.sha256, _BODIES.c.body).where(_BODIES.c.tenant_id == tenant_id)
    for sha256, body in connection.execute(kept.execution_options(yield_per=50)):
        if pattern.search(zlib.decompress(body)):
            yield sha256
