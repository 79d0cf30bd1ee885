"""Raw bodies in, raw bodies out: what came over the wire, kept exactly, each different body once per brand."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, insert, select, update

from database import brand_transaction
from models import RawBody, RawSnapshot, Resource, utc_now
from sync.api.clienttether import Answer
from sync.api.envelope import NOBODY, Envelope, read_envelope
from sync.failures import PullError
from sync.lease import Lease
from sync.tables import table_of

_BODIES: Final = table_of(RawBody)
_SNAPSHOTS: Final = table_of(RawSnapshot)
_BATCH_BYTES: Final = 4_000_000
_BATCH_ANSWERS: Final = 200
_QUICK: Final = 1  # zlib's level: a third larger than the best, five times as fast

_Waiting = tuple[int, Answer, bool]  # its position, and whether it was understood


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


class SnapshotWriter:
    """Keeps the answers of one resource of one run as they come, in small transactions of its own.

    What is written here survives a pull that ends badly: that is when it is wanted. It is written by `writer`, one
    batch at a time, while the next answers are read: compressing them and waiting for the database leave Python to
    others.
    """

    def __init__(self, engine: Engine, lease: Lease, run_id: str, resource: Resource, writer: Executor) -> None:
        self._engine, self._lease, self._run_id, self._resource = engine, lease, run_id, resource
        self._writer = writer
        self._under_way: Future[None] | None = None
        self._waiting: list[_Waiting] = []
        self._waiting_bytes = 0
        self.count = 0
        self._bodies_stored = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep also the last answers of a reading: handed to the writer at its end, and written if it ends badly."""
        try:
            yield
        except BaseException:
            self.flush()
            raise
        if self._waiting:
            self._begin_writing()

    def keep(self, answer: Answer) -> int:
        """Keep an answer; return its position among the run's answers for this resource.

        Raises what writing an earlier batch raised, LeaseLostError among it.
        """
        return self._keep(answer, understood=True)

    def keep_unread(self, failure: PullError) -> None:
        """Keep the beginning of the answer that a failure was about, where there was one that nobody understood."""
        unread = failure.unread
        if unread is not None:
            self._keep(Answer(unread.request, unread.fetched_at, unread.body, Envelope([], None)), understood=False)

    def _keep(self, answer: Answer, *, understood: bool) -> int:
        position = self.count
        self._waiting.append((position, answer, understood))
        self._waiting_bytes += len(answer.body)
        self.count += 1
        if self._waiting_bytes > _BATCH_BYTES or len(self._waiting) >= _BATCH_ANSWERS:
            self._begin_writing()
        return position

    def flush(self) -> int:
        """Write what is waiting; once it is, return how many bodies were new in all.

        Raises what writing a batch raised: LeaseLostError where another worker has the brand.
        """
        if self._waiting:
            self._begin_writing()
        self._finish_writing()
        return self._bodies_stored

    def _begin_writing(self) -> None:
        self._finish_writing()
        batch, self._waiting, self._waiting_bytes = self._waiting, [], 0
        self._under_way = self._writer.submit(copy_context().run, self._store, batch)

    def _finish_writing(self) -> None:
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.result()

    def _store(self, batch: Sequence[_Waiting]) -> None:
        with brand_transaction(self._engine, self._lease.tenant_id) as connection:
            self._lease.hold(connection)
            self._write(connection, batch)

    def _write(self, connection: Connection, batch: Sequence[_Waiting]) -> None:
        tenant_id, now = self._lease.tenant_id, utc_now()
        # Most answers of most runs are as they were: a body is compressed only once it is known to be new.
        bodies = {answer.sha256: answer.body for _, answer, _ in batch}
        known = select(_BODIES.c.sha256).where(_BODIES.c.tenant_id == tenant_id, _BODIES.c.sha256.in_(bodies))
        for sha256 in connection.scalars(known):
            del bodies[sha256]
        stamps = {"tenant_id": tenant_id, "created_at": now, "updated_at": now}
        if bodies:
            packed = [
                {**stamps, "sha256": sha256, "body": zlib.compress(body, _QUICK), "size": len(body)}
                for sha256, body in bodies.items()
            ]
            connection.execute(insert(_BODIES), packed)
            self._bodies_stored += len(packed)
        rows = [
            {
                **stamps,
                "run_id": self._run_id,
                "resource": self._resource,
                "position": position,
                "request": answer.request[:500],  # as wide as its column
                "fetched_at": answer.fetched_at,
                "record_count": len(answer.envelope.rows),
                "sha256": answer.sha256,
                "whole": False,
                "understood": understood,
                "charset": answer.charset and answer.charset[:40],
            }
            for position, answer, understood in batch
        ]
        connection.execute(insert(_SNAPSHOTS), rows)


def mark_whole(
    connection: Connection, tenant_id: int, run_id: str, resource: Resource, *, since: int = 0, but: Sequence[int] = ()
) -> None:
    """Say that the resource's answers of this run landed, from position `since` on, save those `but`."""
    of_this_pull = update(_SNAPSHOTS).where(
        _SNAPSHOTS.c.tenant_id == tenant_id,
        _SNAPSHOTS.c.run_id == run_id,
        _SNAPSHOTS.c.resource == resource,
        _SNAPSHOTS.c.understood,
    )
    connection.execute(of_this_pull.where(_SNAPSHOTS.c.position >= since).values(whole=True))
    for start in range(0, len(but), 500):
        # In portions: both databases bound how many values a statement may carry.
        portion = but[start : start + 500]
        connection.execute(of_this_pull.where(_SNAPSHOTS.c.position.in_(portion)).values(whole=False))


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


def answer_of(snapshot: Snapshot, body: bytes) -> Answer:
    """Return a kept answer as it was when it came. Raises PullError where this release understands it otherwise.

    An empty body that landed can only have come with HTTP 204.
    """
    envelope = read_envelope(body, snapshot.charset) if body else NOBODY
    return Answer(snapshot.request, snapshot.fetched_at, body, envelope, snapshot.charset)


def list_snapshots(connection: Connection, tenant_id: int, *, run_id: str | None, most: int) -> list[Snapshot]:
    """Return the kept answers of a brand, newest first; of one run where `run_id` names it."""
    kept = select(_SNAPSHOTS).where(_SNAPSHOTS.c.tenant_id == tenant_id)
    if run_id is not None:
        kept = kept.where(_SNAPSHOTS.c.run_id == run_id)
    order = (_SNAPSHOTS.c.fetched_at.desc(), _SNAPSHOTS.c.resource, _SNAPSHOTS.c.position.desc())
    return [_snapshot(row) for row in connection.execute(kept.order_by(*order).limit(most))]


def read_body(connection: Connection, tenant_id: int, sha256: str) -> bytes | None:
    """Return the exact body with this hash; a unique beginning of the hash will do. None where there is none."""
    # Two are asked for, so that a beginning which several hashes share is seen, and answered with none of them.
    named_so = (_BODIES.c.tenant_id == tenant_id, _BODIES.c.sha256.startswith(sha256))
    bodies = connection.scalars(select(_BODIES.c.body).where(*named_so).limit(2)).all()
    return zlib.decompress(bodies[0]) if len(bodies) == 1 else None


def whole_answers(
    connection: Connection, tenant_id: int, run_id: str, resource: Resource
) -> Iterator[tuple[Snapshot, bytes]]:
    """Yield the answers of a pull that landed, in order, with their bodies."""
    body_of_snapshot = (_SNAPSHOTS.c.tenant_id == _BODIES.c.tenant_id) & (_SNAPSHOTS.c.sha256 == _BODIES.c.sha256)
    landed = (
        select(_SNAPSHOTS, _BODIES.c.body)
        .join(_BODIES, body_of_snapshot)
        .where(
            _SNAPSHOTS.c.tenant_id == tenant_id,
            _SNAPSHOTS.c.run_id == run_id,
            _SNAPSHOTS.c.resource == resource,
            _SNAPSHOTS.c.whole,
        )
        .order_by(_SNAPSHOTS.c.position)
    )
    for row in connection.execution_options(yield_per=50).execute(landed):
        yield _snapshot(row), zlib.decompress(row.body)
