"""The exact answers of a run, for the agency's eyes: listed, searched, pretty-printed. Every look is audited.

Those that a run was given just as before belong to the run that brought them first (`standing_answers.py`).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.rights import require_right
from dash_portal.accounts.rights_table import Capability
from dash_portal.agency.paging import ShownPage, shown_page
from database import AgencySession
from models import RawBody, RawSnapshot, Resource
from standing_answers import answers_of_run

LONGEST_SHOWN: Final = 400_000
_MOST_SEARCHED_BYTES: Final = 60_000_000
_MOST_FOUND: Final = 200


@dataclass(frozen=True, slots=True)
class SnapshotLine:
    """One answer without its body, and the run that brought it. `size` is in bytes as it came over the wire."""

    run_id: str
    resource: Resource
    position: int
    request: str
    fetched_at: datetime
    record_count: int
    size: int
    whole: bool
    understood: bool
    hits: int | None = None


@dataclass(frozen=True, slots=True)
class SnapshotPage:
    """One page of a run's answers. `cut_short`: a search had to stop before it had read all of them."""

    lines: tuple[SnapshotLine, ...]
    page: ShownPage
    cut_short: bool = False


@dataclass(frozen=True, slots=True)
class SnapshotBody:
    """One answer to look at: its exact bytes, and the same laid out for reading."""

    line: SnapshotLine
    body: bytes
    text: str
    is_json: bool
    cut_short: bool


def list_snapshots(session: AgencySession, tenant_id: int, run_id: str, *, page: int) -> SnapshotPage:
    """Return one page of what a run received."""
    of_run = answers_of_run(session.connection(), tenant_id, run_id)
    total = session.exec(select(func.count()).select_from(RawSnapshot).where(of_run)).one()
    shown = shown_page(total, page)
    lines = _lines(session, of_run, first=shown.before, most=shown.per_page)
    return SnapshotPage(tuple(lines), shown)


def search_snapshots(session: AgencySession, tenant_id: int, run_id: str, *, words: str, actor: Actor) -> SnapshotPage:
    """Return the answers of a run that hold the words, whatever their case; audited."""
    require_right(actor, Capability.RAW_ANSWERS)
    record(session, AuditAction.SNAPSHOTS_SEARCHED, actor, tenant_id=tenant_id, run=run_id)
    wanted, lines, searched_bytes = words.casefold(), [], 0
    for line, body in _with_bodies(session, answers_of_run(session.connection(), tenant_id, run_id)):
        searched_bytes += len(body)
        hits = _readable(body)[0].casefold().count(wanted)
        if hits:
            lines.append(replace(line, hits=hits))
        if searched_bytes > _MOST_SEARCHED_BYTES or len(lines) >= _MOST_FOUND:
            return _found(lines, cut_short=True)
    return _found(lines)


def _found(lines: Sequence[SnapshotLine], *, cut_short: bool = False) -> SnapshotPage:
    return SnapshotPage(tuple(lines), shown_page(len(lines), per_page=_MOST_FOUND), cut_short)


def look_at_snapshot(
    session: AgencySession,
    tenant_id: int,
    run_id: str,
    resource: Resource,
    position: int,
    *,
    actor: Actor,
    download: bool = False,
) -> SnapshotBody | None:
    """Return one answer with its body, or None where it is no longer kept; audited."""
    require_right(actor, Capability.RAW_ANSWERS)
    this_one = and_(
        col(RawSnapshot.tenant_id) == tenant_id,
        col(RawSnapshot.run_id) == run_id,
        col(RawSnapshot.resource) == resource,
        col(RawSnapshot.position) == position,
    )
    row = session.execute(_question(this_one).add_columns(RawBody.body)).first()
    if row is None:
        return None
    body = zlib.decompress(row.body)
    text, is_json = _readable(body)
    action = AuditAction.SNAPSHOT_DOWNLOADED if download else AuditAction.SNAPSHOT_VIEWED
    record(session, action, actor, tenant_id=tenant_id, run=run_id, resource=resource.value, position=position)
    return SnapshotBody(_line(row), body, text[:LONGEST_SHOWN], is_json, len(text) > LONGEST_SHOWN)


def _question(which: ColumnElement[bool]) -> Any:
    return (
        select_columns(
            col(RawSnapshot.run_id),
            col(RawSnapshot.resource),
            col(RawSnapshot.position),
            col(RawSnapshot.request),
            col(RawSnapshot.fetched_at),
            col(RawSnapshot.record_count),
            col(RawBody.size),
            col(RawSnapshot.whole),
            col(RawSnapshot.understood),
        )
        .join(RawBody, (col(RawBody.tenant_id) == RawSnapshot.tenant_id) & (col(RawBody.sha256) == RawSnapshot.sha256))
        .where(which)
        .order_by(col(RawSnapshot.resource), col(RawSnapshot.position), col(RawSnapshot.fetched_at))
    )


def _lines(session: AgencySession, which: ColumnElement[bool], *, first: int, most: int) -> Iterator[SnapshotLine]:
    for row in session.execute(_question(which).offset(first).limit(most)):
        yield _line(row)


def _with_bodies(session: AgencySession, which: ColumnElement[bool]) -> Iterator[tuple[SnapshotLine, bytes]]:
    question = _question(which).add_columns(RawBody.body).execution_options(yield_per=20)
    for row in session.execute(question):
        yield _line(row), zlib.decompress(row.body)


def _line(row: Any) -> SnapshotLine:
    return SnapshotLine(
        run_id=row.run_id,
        resource=row.resource,
        position=row.position,
        request=row.request,
        fetched_at=row.fetched_at,
        record_count=row.record_count,
        size=row.size,
        whole=row.whole,
        understood=row.understood,
    )


def _readable(body: bytes) -> tuple[str, bool]:
    """Lay JSON out for reading; anything else as it is. Tell which it was."""
    text = body.decode("utf-8-sig", errors="replace")
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False), True
    except (ValueError, RecursionError):
        return text, False
