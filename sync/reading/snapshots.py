"""Raw bodies in: what came over the wire, kept exactly, each different body once per brand.

An answer that is just the one that stands is not kept again: most answers of most runs are, and a row for each of them
would be most of what a database writes. A list's answers are compared place by place; those about a contact's
notes by what was asked, all of them together, as they are replayed together. Of a pull that does not land all are
kept, equal ones too: then it is wanted what came, in its order.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from database import brand_transaction
from models import RawBody, RawSnapshot, Resource, utc_now
from sync.api.clienttether import Answer
from sync.api.envelope import Envelope
from sync.failures import PullError
from sync.lease import Lease
from sync.reading.kept_answers import StandingAnswer, contact_of, standing_list, standing_notes
from sync.tables import table_of

_BODIES: Final = table_of(RawBody)
_SNAPSHOTS: Final = table_of(RawSnapshot)
_BATCH_BYTES: Final = 4_000_000
_BATCH_ANSWERS: Final = 200
_QUICK: Final = 1  # zlib's level: a third larger than the best, five times as fast


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An answer on its way: its position in the run and in its reading, and whether it was understood.

    `together`: the position of the first of the answers that are kept or left out together, a contact's notes.
    """

    position: int
    place: int
    answer: Answer
    understood: bool
    together: int

    def is_just(self, standing: StandingAnswer | None) -> bool:
        answer = self.answer
        came = (_request(answer), answer.sha256, _charset(answer))
        return standing is not None and self.understood and came == standing.content


def _request(answer: Answer) -> str:
    return answer.request[:500]  # as wide as its column


def _charset(answer: Answer) -> str | None:
    return answer.charset and answer.charset[:40]


@dataclass(frozen=True, slots=True)
class KeptReading:
    """What became of the answers of a run's last reading of a resource, whose positions begin at `since`.

    `as_before`: how many need no row of their own should it land. `unwritten`: rows of answers that are as before and
    are to be written all the same, because the others do not fit to them. `pull_answers`: how many there were in all,
    where earlier ones stand for some of a list's. `bodies_stored`: how many bodies no earlier run had brought.
    """

    since: int = 0
    as_before: int = 0
    unwritten: Sequence[dict[str, Any]] = ()
    pull_answers: int | None = None
    bodies_stored: int = 0


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
        self._count = self._since = 0
        self._standing: list[StandingAnswer] | None = None
        self._as_before: list[dict[str, Any]] = []
        self._asked_otherwise = False
        self._bodies_stored = 0

    def begin_reading(self) -> None:
        """Begin a list's reading, its first or, where it moved, another one."""
        self._finish_writing()
        self._since, self._asked_otherwise = self._count, False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep also the last answers of a reading: handed to the writer at its end, and written if it ends badly."""
        try:
            yield
        except BaseException:
            self._finish()
            self._writer.submit(copy_context().run, self._keep_all).result()
            raise
        if self._waiting:
            self._begin_writing()

    @contextmanager
    def landing(self) -> Iterator[KeptReading]:
        """Yield what was kept once it is written; where it may not land after all, keep also what is as before.

        Raises what writing a batch raised: LeaseLostError where another worker has the brand.
        """
        self._finish()
        try:
            yield self._kept()
        except PullError:
            self._keep_all()
            raise

    def keep(self, answer: Answer) -> int:
        """Keep an answer; return its position among the run's answers for this resource.

        Raises what writing an earlier batch raised, LeaseLostError among it.
        """
        (position,) = self.keep_together([answer])
        return position

    def keep_together(self, answers: Sequence[Answer]) -> list[int]:
        """Keep all that was answered about one contact's notes; return the positions. Raises as `keep` does."""
        together = self._count
        positions = [self._wait(answer, together=together) for answer in answers]
        self._write_if_many()
        return positions

    def keep_unread(self, failure: PullError) -> None:
        """Keep the beginning of the answer that a failure was about, where there was one that nobody understood."""
        unread = failure.unread
        if unread is not None:
            answer = Answer(unread.request, unread.fetched_at, unread.body, Envelope([], None))
            self._wait(answer, together=self._count, understood=False)
            self._write_if_many()

    def _wait(self, answer: Answer, *, together: int, understood: bool = True) -> int:
        position = self._count
        self._waiting.append(_Waiting(position, position - self._since, answer, understood, together))
        self._waiting_bytes += len(answer.body)
        self._count += 1
        return position

    def _write_if_many(self) -> None:
        if self._waiting_bytes > _BATCH_BYTES or len(self._waiting) >= _BATCH_ANSWERS:
            self._begin_writing()

    def _kept(self) -> KeptReading:
        rows = [row for row in self._as_before if row["position"] >= self._since]
        if self._resource is Resource.NOTES:
            return KeptReading(self._since, len(rows), bodies_stored=self._bodies_stored)
        standing, count = self._standing or [], self._count - self._since
        if count == len(standing) == len(rows):
            return KeptReading(self._since, count, bodies_stored=self._bodies_stored)
        # Earlier answers can stand for some of these only where each has its place among them: later ones go by that.
        in_place = self._since == 0 and [answer.position for answer in standing] == list(range(count))
        if rows and in_place and not self._asked_otherwise:
            return KeptReading(0, len(rows), pull_answers=count, bodies_stored=self._bodies_stored)
        return KeptReading(self._since, 0, unwritten=rows, bodies_stored=self._bodies_stored)

    def _finish(self) -> None:
        if self._waiting:
            self._begin_writing()
        self._finish_writing()

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
            as_before = self._find_as_before(connection, batch)
            fresh = [waiting for waiting in batch if waiting.position not in as_before]
            self._as_before += [self._row(waiting) for waiting in batch if waiting.position in as_before]
            if fresh:
                self._write(connection, fresh)

    def _find_as_before(self, connection: Connection, batch: Sequence[_Waiting]) -> set[int]:
        """Return the positions of answers that are just the ones that stand."""
        tenant_id = self._lease.tenant_id
        if self._resource is Resource.NOTES:
            return _notes_as_before(connection, tenant_id, batch)
        if self._standing is None:
            self._standing = standing_list(connection, tenant_id, self._resource)
        positions = set()
        for waiting in batch:
            standing = self._standing[waiting.place] if waiting.place < len(self._standing) else None
            if standing is None or standing.request != _request(waiting.answer):
                self._asked_otherwise = True
            elif waiting.is_just(standing):
                positions.add(waiting.position)
        return positions

    def _write(self, connection: Connection, batch: Sequence[_Waiting]) -> None:
        tenant_id, now = self._lease.tenant_id, utc_now()
        # A body may still be known, as an earlier answer's: it is compressed only once it is known to be new.
        bodies = {waiting.answer.sha256: waiting.answer.body for waiting in batch}
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
        connection.execute(insert(_SNAPSHOTS), [self._row(waiting) for waiting in batch])

    def _row(self, waiting: _Waiting) -> dict[str, Any]:
        answer, now = waiting.answer, utc_now()
        return {
            "tenant_id": self._lease.tenant_id,
            "created_at": now,
            "updated_at": now,
            "run_id": self._run_id,
            "resource": self._resource,
            "position": waiting.position,
            "request": _request(answer),
            "fetched_at": answer.fetched_at,
            "record_count": len(answer.envelope.rows),
            "sha256": answer.sha256,
            "whole": False,
            "understood": waiting.understood,
            "charset": _charset(answer),
            "pull_answers": None,
        }

    def _keep_all(self) -> None:
        """Write also the answers that are as before: what came does not stand."""
        rows, self._as_before = self._as_before, []
        if rows:
            with brand_transaction(self._engine, self._lease.tenant_id) as connection:
                self._lease.hold(connection)
                connection.execute(insert(_SNAPSHOTS), rows)


def _notes_as_before(connection: Connection, tenant_id: int, batch: Sequence[_Waiting]) -> set[int]:
    """Return the positions of the answers of contacts all of whose notes came just as they stand."""
    standing = standing_notes(connection, tenant_id, [_request(waiting.answer) for waiting in batch])
    positions: set[int] = set()
    for _, group in groupby(batch, key=attrgetter("together")):
        history = list(group)
        if _stands(history, [standing.get(_request(waiting.answer)) for waiting in history]):
            positions.update(waiting.position for waiting in history)
    return positions


def _stands(history: Sequence[_Waiting], standing: Sequence[StandingAnswer | None]) -> bool:
    """Tell whether a contact's answers are the ones that stand for it: each as before, and none more or less."""
    first, last = standing[0], standing[-1]
    if first is None or last is None:
        return False
    are_one_pull = all(
        stands is not None and (stands.run_id, stands.position) == (first.run_id, first.position + place)
        for place, stands in enumerate(standing)
    )
    goes_on = last.next_request is not None and contact_of(last.next_request) == contact_of(last.request)
    same = all(waiting.is_just(stands) for waiting, stands in zip(history, standing, strict=True))
    return are_one_pull and not goes_on and same


_OF_PULL: Final = update(_SNAPSHOTS).where(
    _SNAPSHOTS.c.tenant_id == bindparam("brand"),
    _SNAPSHOTS.c.run_id == bindparam("run"),
    _SNAPSHOTS.c.resource == bindparam("of"),
    _SNAPSHOTS.c.understood,
)
_LANDING: Final = _OF_PULL.where(_SNAPSHOTS.c.position >= bindparam("since")).values(
    whole=True, pull_answers=bindparam("answers", type_=_SNAPSHOTS.c.pull_answers.type)
)


def mark_whole(
    connection: Connection, tenant_id: int, run_id: str, resource: Resource, kept: KeptReading, but: Sequence[int] = ()
) -> None:
    """Say that the answers of a run's last reading of a resource landed, save those at the positions `but`."""
    if kept.unwritten:
        connection.execute(insert(_SNAPSHOTS), kept.unwritten)
    pull = {"brand": tenant_id, "run": run_id, "of": resource}
    connection.execute(_LANDING, pull | {"since": kept.since, "answers": kept.pull_answers})
    for start in range(0, len(but), 500):
        # In portions: both databases bound how many values a statement may carry.
        portion = but[start : start + 500]
        connection.execute(_OF_PULL.where(_SNAPSHOTS.c.position.in_(portion)).values(whole=False), pull)
