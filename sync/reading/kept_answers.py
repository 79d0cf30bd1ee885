"""Kept answers, found again: listed, with their bodies, and those that stand, for the next ones to be held against."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from sqlalchemy import ColumnElement, Connection, and_, func, select, tuple_

from models import RawBody, RawSnapshot, Resource
from standing_answers import answers_of_run, landed_answers, list_stands
from sync.api.clienttether import Answer
from sync.api.envelope import NOBODY, read_envelope
from sync.tables import table_of

_BODIES: Final = table_of(RawBody)
_SNAPSHOTS: Final = table_of(RawSnapshot)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A kept answer, without its body."""

    run_id: str
    resource: Resource
    position: int
    request: str
    fetched_at: datetime
    record_count: int
    sha256: str
    whole: bool
    understood: bool = True
    charset: str | None = None


@dataclass(frozen=True, slots=True)
class StandingAnswer:
    """What tells whether an answer is the one that stands: its place, what was asked, and what came.

    Of notes also the run that brought it and what came next in it, as several answers may be one contact's.
    """

    position: int
    request: str
    sha256: str
    charset: str | None
    run_id: str = ""
    next_request: str | None = None

    @property
    def content(self) -> tuple[str, str, str | None]:
        """What two equal answers have in common, wherever they stand."""
        return self.request, self.sha256, self.charset


def standing_list(connection: Connection, tenant_id: int, resource: Resource) -> list[StandingAnswer]:
    """Return the answers that a list stands on, in their order; none where it was never read whole."""
    stands = list_stands(connection, tenant_id, resource)
    if stands is None:
        return []
    columns = (_SNAPSHOTS.c.position, _SNAPSHOTS.c.request, _SNAPSHOTS.c.sha256, _SNAPSHOTS.c.charset)
    rows = connection.execute(select(*columns).where(stands).order_by(_SNAPSHOTS.c.position))
    return [StandingAnswer(*row) for row in rows]


def standing_notes(connection: Connection, tenant_id: int, requests: Sequence[str]) -> dict[str, StandingAnswer]:
    """Return by request the last answer about notes that landed."""
    following = _SNAPSHOTS.alias("following")
    next_one = and_(
        following.c.tenant_id == _SNAPSHOTS.c.tenant_id,
        following.c.run_id == _SNAPSHOTS.c.run_id,
        following.c.resource == _SNAPSHOTS.c.resource,
        following.c.position == _SNAPSHOTS.c.position + 1,
        following.c.whole,
    )
    of_notes = and_(landed_answers(tenant_id, Resource.NOTES), _SNAPSHOTS.c.request.in_(requests))
    newest = (
        select(_SNAPSHOTS.c.request, func.max(_SNAPSHOTS.c.fetched_at)).where(of_notes).group_by(_SNAPSHOTS.c.request)
    )
    last = (
        select(
            _SNAPSHOTS.c.position,
            _SNAPSHOTS.c.request,
            _SNAPSHOTS.c.sha256,
            _SNAPSHOTS.c.charset,
            _SNAPSHOTS.c.run_id,
            following.c.request.label("next_request"),
        )
        .select_from(_SNAPSHOTS.outerjoin(following, next_one))
        .where(of_notes, tuple_(_SNAPSHOTS.c.request, _SNAPSHOTS.c.fetched_at).in_(newest))
    )
    return {row.request: StandingAnswer(*row) for row in connection.execute(last)}


def contact_of(request: str) -> str:
    """Return the contact whose notes a request asks for."""
    return unquote(urlsplit(request).path.rpartition("/")[2])


def answer_of(snapshot: Snapshot, body: bytes) -> Answer:
    """Return a kept answer as it was when it came. Raises PullError where this release understands it otherwise.

    An empty body that landed can only have come with HTTP 204.
    """
    envelope = read_envelope(body, snapshot.charset) if body else NOBODY
    return Answer(snapshot.request, snapshot.fetched_at, body, envelope, snapshot.charset)


def list_snapshots(connection: Connection, tenant_id: int, *, run_id: str | None, most: int) -> list[Snapshot]:
    """Return the kept answers of a brand, newest first; those that a run got where `run_id` names it."""
    kept = select(_SNAPSHOTS).where(_SNAPSHOTS.c.tenant_id == tenant_id)
    if run_id is not None:
        kept = kept.where(answers_of_run(connection, tenant_id, run_id))
    order = (_SNAPSHOTS.c.fetched_at.desc(), _SNAPSHOTS.c.resource, _SNAPSHOTS.c.position.desc())
    return [_snapshot(row) for row in connection.execute(kept.order_by(*order).limit(most))]


def read_body(connection: Connection, tenant_id: int, sha256: str) -> bytes | None:
    """Return the exact body with this hash; a unique beginning of the hash will do. None where there is none."""
    # Two are asked for, so that a beginning which several hashes share is seen, and answered with none of them.
    named_so = (_BODIES.c.tenant_id == tenant_id, _BODIES.c.sha256.startswith(sha256))
    bodies = connection.scalars(select(_BODIES.c.body).where(*named_so).limit(2)).all()
    return zlib.decompress(bodies[0]) if len(bodies) == 1 else None


def whole_notes(tenant_id: int, run_id: str) -> ColumnElement[bool]:
    """Return the condition for the answers about notes that a run brought and that landed."""
    return and_(landed_answers(tenant_id, Resource.NOTES), _SNAPSHOTS.c.run_id == run_id)


def with_bodies(connection: Connection, which: ColumnElement[bool]) -> Iterator[tuple[Snapshot, bytes]]:
    """Yield kept answers by their positions, with their bodies."""
    body_of_snapshot = (_SNAPSHOTS.c.tenant_id == _BODIES.c.tenant_id) & (_SNAPSHOTS.c.sha256 == _BODIES.c.sha256)
    answers = (
        select(_SNAPSHOTS, _BODIES.c.body).join(_BODIES, body_of_snapshot).where(which).order_by(_SNAPSHOTS.c.position)
    )
    for row in connection.execution_options(yield_per=50).execute(answers):
        yield _snapshot(row), zlib.decompress(row.body)


def _snapshot(row: Any) -> Snapshot:
    return Snapshot(
        row.run_id,
        row.resource,
        row.position,
        row.request,
        row.fetched_at,
        row.record_count,
        row.sha256,
        row.whole,
        row.understood,
        row.charset,
    )
