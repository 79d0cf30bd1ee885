"""Whole lists out of pages: in order, without doubles, and never a part of a list as if it were all of it."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from models import SyncErrorKind
from sync.api.clienttether import Answer
from sync.api.parameters import PAGE_SIZE
from sync.failures import MovedError, PullError
from sync.mapping.records import UnreadableRecordError, record_id

AskFrom = Callable[[int], Answer]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the answer, its rows (by id) that no earlier page had, and why others can't be read."""

    answer: Answer
    fresh: list[tuple[str, dict[str, Any]]]
    unreadable: list[UnreadableRecordError]


class _Count:
    """What has arrived so far, held against what the answers say there is."""

    def __init__(self, id_names: tuple[str, ...], most_rows: int, apart_by: tuple[str, ...] = ()) -> None:
        self._id_names = id_names
        self._apart_by = apart_by
        self._most_rows = most_rows
        self._seen: set[object] = set()
        self._unreadable = 0
        self._first_total: int | None = None
        self.largest_total: int | None = None
        self._shrunk = False

    @property
    def received(self) -> int:
        """How many records have arrived, doubles counted once."""
        return len(self._seen) + self._unreadable

    def page(self, answer: Answer, offset: int) -> Page:
        """Sort out one page. Raises PullError when it repeats what has come before, or the list has no end."""
        envelope = answer.envelope
        if envelope.total is not None and (envelope.rows or offset == 0):
            self._note_total(envelope.total)
        fresh: list[tuple[str, dict[str, Any]]] = []
        unreadable: list[UnreadableRecordError] = []
        for raw in envelope.rows:
            try:
                identity = record_id(raw, self._id_names)
            except UnreadableRecordError as reason:
                unreadable.append(reason)
                continue
            key = (identity, *(repr(raw.get(name)) for name in self._apart_by)) if self._apart_by else identity
            if key not in self._seen:
                self._seen.add(key)
                fresh.append((identity, raw))
        self._unreadable += len(unreadable)
        if offset and len(envelope.rows) >= PAGE_SIZE and not fresh and not unreadable:
            raise PullError(SyncErrorKind.INCOMPLETE, "the same page came again: the list can't be read to its end")
        if self.received > self._most_rows:
            raise PullError(SyncErrorKind.INCOMPLETE, "the list does not end")
        return Page(answer, fresh, unreadable)

    def _note_total(self, total: int) -> None:
        if self._first_total is None:
            self._first_total = self.largest_total = total
        self.largest_total = max(self.largest_total or 0, total)
        self._shrunk = self._shrunk or total < self._first_total

    def has_all(self) -> bool:
        """Tell whether everything that is said to exist has arrived."""
        return self.largest_total is not None and self.received == self.largest_total

    def check(self) -> None:
        """Raise PullError unless the ended list is whole.

        A list that grew while it was read is whole when all that was there at the start has come: new rows only push
        others to later pages. One that shrank may have lost a row between two pages.
        """
        first = self._first_total
        if first is None:
            return
        if self._shrunk:
            raise MovedError("records went while the list was read")
        if self.largest_total != first:
            if self.received < first:
                raise MovedError("records came and went while the list was read")
        elif self.received != first:
            message = f"the list ended after {self.received} of {first} records"
            raise PullError(SyncErrorKind.INCOMPLETE, message)


def whole_list(
    ask: AskFrom,
    id_names: tuple[str, ...],
    *,
    pool: ThreadPoolExecutor,
    in_flight: int,
    most_rows: int,
    apart_by: tuple[str, ...] = (),
) -> Iterator[Page]:
    """Yield a list's pages in order, asking ahead for `in_flight` of them. All of it counts only once it has ended.

    Records of one id are several where they differ in a field of `apart_by` (an appointment that recurs). Raises
    PullError from any call, and INCOMPLETE where the list did not arrive whole.
    """
    count = _Count(id_names, most_rows, apart_by)
    offset, answer = 0, ask(0)
    ahead: deque[tuple[int, Future[Answer]]] = deque()
    try:
        while True:
            yield count.page(answer, offset)
            size = len(answer.envelope.rows)
            if size < PAGE_SIZE or count.has_all():
                break
            if not ahead:
                offset = max(offset + PAGE_SIZE, offset + size)
            _ask_ahead(ask, ahead, offset, count.largest_total, pool=pool, in_flight=in_flight)
            offset, future = ahead.popleft()
            answer = future.result()
    finally:
        for _, future in ahead:
            future.cancel()
    count.check()


def pages_of(answers: Iterable[Answer], id_names: tuple[str, ...], apart_by: tuple[str, ...] = ()) -> Iterator[Page]:
    """Yield the pages of a list that is known to be whole, in the order they came."""
    count = _Count(id_names, sys.maxsize, apart_by)
    for answer in answers:
        yield count.page(answer, 0)


def _ask_ahead(
    ask: AskFrom,
    ahead: deque[tuple[int, Future[Answer]]],
    offset: int,
    total: int | None,
    *,
    pool: ThreadPoolExecutor,
    in_flight: int,
) -> None:
    """Fill up the calls in flight; beyond the rows that are said to exist, one page at a time."""
    following = ahead[-1][0] + PAGE_SIZE if ahead else offset
    while len(ahead) < in_flight and (not ahead or total is None or following < total):
        ahead.append((following, pool.submit(copy_context().run, ask, following)))
        following += PAGE_SIZE
