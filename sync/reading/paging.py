"""Whole lists out of pages: in order, without doubles, by what the server answers and not by what it promises.

A list ends where nothing new follows. How long a page is, what `offset` counts and whether the call pages at all is
seen from the answers, and remembered (`sync.reading.habits`).
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from call_habits import CallHabits
from models import OffsetUnit, SyncErrorKind
from sync.api.clienttether import Answer
from sync.api.parameters import PAGE_SIZE
from sync.failures import MovedError, PullError
from sync.mapping.records import UnreadableRecordError, content_of, record_id
from sync.reading.totals import ListEvidence

AskFrom = Callable[[int], Answer]
_USUAL_LENGTHS: Final = frozenset({*range(10, PAGE_SIZE + 1, 10), *range(25, PAGE_SIZE + 1, 25), 200, 250, 500, 1_000})
_LIKELY_LENGTHS: Final = (PAGE_SIZE // 2, PAGE_SIZE)
_MOST_BARREN_PAGES: Final = 20
_REFUSED: Final = frozenset({SyncErrorKind.REFUSED, SyncErrorKind.UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class RecordKey:
    """What tells one record of a list from another: its id, and where several share one, the fields of `apart_by`."""

    id_names: tuple[str, ...]
    apart_by: tuple[str, ...] = ()

    def of(self, raw: Any) -> tuple[str, str]:
        """Return a row's id and its key. Raises UnreadableRecordError where it has no usable id."""
        identity = record_id(raw, self.id_names)
        if not self.apart_by:
            return identity, identity
        return identity, f"{identity} {content_of([raw.get(name) for name in self.apart_by])}"


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page: the answer, its rows (by id) that no earlier page had, and why others can't be read."""

    answer: Answer
    fresh: list[tuple[str, dict[str, Any]]]
    unreadable: list[UnreadableRecordError]

    @property
    def size(self) -> int:
        """How many rows came, doubles and unreadable ones included."""
        return len(self.answer.envelope.rows)


class _Arrivals:
    """What has arrived so far: which records, which totals, how long the longest page was."""

    def __init__(self, key: RecordKey) -> None:
        self._key = key
        # Keys and hashes alone: rows go on as they come, so that memory does not grow with how wide they are.
        self._seen: set[str] = set()
        self._unreadable_contents: set[int] = set()
        self._unreadable = 0
        self._barren_pages = 0
        self._content = hashlib.sha256()
        self.totals: list[int] = []
        self.longest = 0

    @property
    def received(self) -> int:
        """How many records have arrived, doubles counted once."""
        return len(self._seen) + self._unreadable

    @property
    def evidence(self) -> ListEvidence:
        """What there is to judge the list by."""
        return ListEvidence(self.received, tuple(self.totals), self._content.hexdigest())

    def take(self, answer: Answer, *, is_first: bool) -> ListPage:
        """Sort out one page. Raises PullError (NOT_UNDERSTOOD) where its rows are no records and no code says so."""
        envelope = answer.envelope
        fresh: list[tuple[str, dict[str, Any]]] = []
        unreadable: list[UnreadableRecordError] = []
        contents: set[int] = set()
        keys: list[str] = []
        for raw in envelope.rows:
            try:
                identity, key = self._key.of(raw)
            except UnreadableRecordError as reason:
                unreadable.append(reason)
                contents.add(hash(content_of(raw)))
                continue
            if key not in self._seen:
                self._seen.add(key)
                keys.append(key)
                fresh.append((identity, raw))
        # Which records came, in order: by this two readings of a list at rest are known to be the same (`totals.py`).
        self._content.update("\0".join([*keys, ""]).encode("utf-8", "replace"))
        if unreadable and len(unreadable) == len(envelope.rows) and not envelope.confirmed:
            raise PullError(SyncErrorKind.NOT_UNDERSTOOD, "the answer has no result code, and its rows are no records")
        if not fresh and contents <= self._unreadable_contents:
            unreadable = []  # the very page again: what can't be read of it was counted
        self._unreadable_contents |= contents
        self._unreadable += len(unreadable)
        self._barren_pages = self._barren_pages + 1 if unreadable and not fresh else 0
        if self._barren_pages > _MOST_BARREN_PAGES:
            raise PullError(SyncErrorKind.INCOMPLETE, "page after page holds no record that can be understood")
        # Behind the end of a list some servers give a total of 0: that of an empty page says nothing of the list.
        if envelope.total is not None and (envelope.rows or is_first):
            self.totals.append(envelope.total)
        self.longest = max(self.longest, len(envelope.rows))
        return ListPage(answer, fresh, unreadable)

    def overlap(self, answer: Answer) -> int:
        """Return how many rows of an answer have come before, be they readable or not."""
        known = 0
        for raw in answer.envelope.rows:
            try:
                known += self._key.of(raw)[1] in self._seen
            except UnreadableRecordError:
                known += hash(content_of(raw)) in self._unreadable_contents
        return known


class ListReading:
    """One reading of a list, from its first page to its end. Afterwards it tells what came, and what was learned."""

    def __init__(
        self,
        ask: AskFrom,
        key: RecordKey,
        habits: CallHabits,
        *,
        pool: ThreadPoolExecutor,
        in_flight: int,
        most_rows: int,
        accept_repeated: bool = False,
    ) -> None:
        """Begin. `accept_repeated`: someone has said that a call whose first page always comes again gives all."""
        self._accept_repeated = accept_repeated
        self._ask, self._pool, self._in_flight, self._most_rows = ask, pool, in_flight, most_rows
        self._known = habits
        self._unit, self._ignores_paging = habits.offset_unit, habits.ignores_paging
        self._arrivals = _Arrivals(key)
        self._followed = 0  # the longest page that another one followed: so long a page is, where it is full
        self._pages = 0

    @property
    def evidence(self) -> ListEvidence:
        """What there is to judge the list by."""
        return self._arrivals.evidence

    @property
    def habits(self) -> CallHabits:
        """What is known of the call by now."""
        longest = max(self._known.page_length, self._arrivals.longest)
        return replace(self._known, page_length=longest, offset_unit=self._unit, ignores_paging=self._ignores_paging)

    def pages(self) -> Iterator[ListPage]:
        """Yield the list's pages in order, asking ahead; all of it counts only once it has ended.

        Raises PullError from any call, INCOMPLETE where the list can't be read to its end, HELD_BACK where nobody can
        tell whether it was, and MovedError where `offset` counts something else than it used to.
        """
        first = self._take(self._ask(1 if self._unit is OffsetUnit.PAGES_FROM_ONE else 0))
        if first.size == 0:
            self._raise_if_more_is_said(first)
            self._raise_if_others_follow(PAGE_SIZE if self._counts_rows else 2, deque())
        yield first
        if self._has_ended(first):
            return
        # Of a call that has always given all at once nothing is asked again, unless its list is now as long as a page.
        if self._unit is None and (_is_page_long(first.size) or not self._ignores_paging):
            yield from self._find_unit(first)
        yield from self._follow(first)
        if self._pages == 1 and self._may_count_pages_now(first):
            yield from self._find_unit(first)
            if self._unit is not OffsetUnit.ROWS:
                yield from self._follow(first)

    def _take(self, answer: Answer) -> ListPage:
        page = self._arrivals.take(answer, is_first=self._pages == 0)
        if page.fresh or page.unreadable or self._pages == 0:
            self._pages += 1
        if self._arrivals.received > self._most_rows:
            raise PullError(SyncErrorKind.INCOMPLETE, "the list does not end")
        return page

    def _total_agrees(self) -> bool:
        """Tell whether a total that has not proven wrong says that everything is here."""
        totals = self._arrivals.totals
        return bool(totals) and not self._known.totals_are_wrong and totals[-1] == self._arrivals.received

    def _has_ended(self, page: ListPage) -> bool:
        """Tell whether nothing can follow a page: it is empty, or it is short and the total agrees.

        Short is what is shorter than a page that came before, in this run or another: our own limit says nothing of
        how long a page is, as the server may have a smaller one. And a total alone ends nothing, since it may count
        the page: without both, one more page is asked for.
        """
        if page.size == 0:
            return True
        is_short = page.size < max(self._known.page_length, self._arrivals.longest)
        return is_short and self._total_agrees() and not page.answer.envelope.says_more

    def _find_unit(self, first: ListPage) -> Iterator[ListPage]:
        """See what `offset` counts, by asking for a page that overlaps the first one only if it counts rows."""
        for offset, unit in ((1, OffsetUnit.PAGES), (2, OffsetUnit.PAGES_FROM_ONE)):
            try:
                answer = self._ask(offset)
            except PullError as refusal:
                if refusal.kind in _REFUSED:
                    return  # an offset that is no multiple of the limit is not to everyone's liking
                raise
            if not answer.envelope.rows:
                return
            if answer.envelope.rows == first.answer.envelope.rows:
                continue  # pages may be counted from one, rows may have been added, or paging is ignored
            # Half, not all: rows may come and go between two calls.
            if self._arrivals.overlap(answer) * 2 >= len(answer.envelope.rows):
                self._unit = OffsetUnit.ROWS
                return
            self._unit = unit
            yield self._take(answer)
            return

    def _may_count_pages_now(self, first: ListPage) -> bool:
        """Tell whether a call that counted rows may count pages by now: its list ended just behind a full page."""
        is_as_before = self._unit is self._known.offset_unit is OffsetUnit.ROWS
        is_full = _is_page_long(first.size) and first.size >= self._known.page_length
        return is_as_before and is_full and not self._total_agrees()

    def _follow(self, last: ListPage) -> Iterator[ListPage]:
        """Yield what follows the pages that were read, until nothing new follows."""
        ahead: deque[tuple[int, Future[Answer]]] = deque()
        offset, stride = self._offset_behind(0, last), last.size
        try:
            while True:
                self._ask_ahead(ahead, offset, stride if self._counts_rows else 1, is_full=self._is_full(last))
                offset, future = ahead.popleft()
                try:
                    page = self._take(future.result())
                except PullError as refusal:
                    if refusal.kind in _REFUSED and self._total_agrees():
                        return  # some servers have no page behind the last one to show
                    raise
                if not (page.fresh or page.unreadable):
                    self._raise_if_more_is_said(page)
                    self._raise_if_repeated(page, last)
                    if page.size == 0 and self._is_cut(last):
                        self._raise_if_others_follow(offset + (stride if self._counts_rows else 1), ahead)
                    return
                self._raise_if_unit_changed(page)
                self._followed = max(self._followed, last.size)
                yield page
                if self._has_ended(page):
                    return
                if self._counts_rows and page.size < stride:
                    # What was asked ahead took pages for longer than this one: rows between may have been left out.
                    _cancel(ahead)
                    stride = page.size
                offset, last = self._offset_behind(offset, page), page
        finally:
            _cancel(ahead)

    @property
    def _counts_rows(self) -> bool:
        return self._unit in {None, OffsetUnit.ROWS}

    def _offset_behind(self, offset: int, page: ListPage) -> int:
        if self._counts_rows:
            return offset + page.size
        # Pages that were read are counted, whichever of them the question for the unit has brought.
        return self._pages + (self._unit is OffsetUnit.PAGES_FROM_ONE)

    def _is_full(self, page: ListPage) -> bool:
        """Tell whether a page is as long as pages get, so that others are likely to follow."""
        return page.size >= self._followed if self._followed else page.size == PAGE_SIZE

    def _ask_ahead(self, ahead: deque[tuple[int, Future[Answer]]], offset: int, stride: int, *, is_full: bool) -> None:
        """Fill up the calls in flight; beyond the rows that are said to exist, one page at a time."""
        announced = max([] if self._known.totals_are_wrong else self._arrivals.totals, default=None)
        following = ahead[-1][0] + stride if ahead else offset
        while len(ahead) < self._in_flight:
            rows_before = following if self._counts_rows else following * self._arrivals.longest
            is_likely = is_full if announced is None else rows_before <= announced
            if ahead and not is_likely:
                return
            # In a copy of the context, which gives run and brand to the log lines of the pool's threads.
            ahead.append((following, self._pool.submit(copy_context().run, self._ask, following)))
            following += stride

    def _raise_if_more_is_said(self, page: ListPage) -> None:
        """Raise PullError where a page that brings nothing new says that others follow it: they can't be had so."""
        if page.answer.envelope.says_more and not self._total_agrees():
            reason = "the answer says that more follows, but it does not come: is the list paged otherwise?"
            raise PullError(SyncErrorKind.INCOMPLETE, reason)

    def _raise_if_repeated(self, page: ListPage, last: ListPage) -> None:
        """Raise PullError where a page that came before may hide the rest of the list; `last` is what was new last.

        A call that does not page at all answers with everything again, and that is the end of it. A server that knows
        our parameters by other names answers with its first page again, which looks just so. Where no total tells the
        two apart, what is as long as a page would be is held back until someone says that it is the whole list. Behind
        a page that is shorter than one before it, the list has ended, and begins anew.
        """
        is_everything = self._pages == 1 and page.size == self._arrivals.longest > 0
        if self._arrivals.totals and not self._known.totals_are_wrong:
            self._ignores_paging = self._ignores_paging or (is_everything and self._total_agrees())
            return
        if page.size and not self._ignores_paging:
            self._raise_if_pages_begin_elsewhere()
        is_full = (_is_page_long(page.size) or 0 < self._followed <= page.size) and last.size >= self._followed
        if page.size and is_full and not (is_everything and (self._ignores_paging or self._accept_repeated)):
            if is_everything:
                reason = f"every page is the same {page.size} records, and no total says whether that is all"
                raise PullError(SyncErrorKind.HELD_BACK, f"held back until someone confirms it: {reason}")
            raise PullError(SyncErrorKind.INCOMPLETE, "the same page came again: the list can't be read to its end")
        self._ignores_paging = self._ignores_paging or is_everything

    def _is_cut(self, page: ListPage) -> bool:
        """Tell whether a page may be as long as it is because pages get no longer."""
        return _is_page_long(page.size) if self._followed == 0 else page.size >= self._followed

    def _raise_if_others_follow(self, offset: int, ahead: deque[tuple[int, Future[Answer]]]) -> None:
        """Raise PullError where more comes behind an empty page: it was no end, all its records are hidden.

        A total that can be believed tells that by itself; without one, one page more is asked for.
        """
        if self._arrivals.totals and not self._known.totals_are_wrong:
            return
        if self._holds_others(lambda: ahead.popleft()[1].result() if ahead else self._ask(offset)):
            reason = "a page is empty, and others follow it: the list can't be read to its end"
            raise PullError(SyncErrorKind.INCOMPLETE, reason)

    def _raise_if_pages_begin_elsewhere(self) -> None:
        """Raise PullError where more comes from where the next page of a usual length would begin.

        A server that counts in whole pages, and leaves rows out of a page once it is cut, has nothing new at the row
        behind a page of 99: it answers with that page again, or with its first.
        """
        received = self._arrivals.received
        if not self._counts_rows:
            return
        for offset in sorted({-(-received // length) * length for length in _LIKELY_LENGTHS} - {received}):
            if self._holds_others(partial(self._ask, offset)):
                reason = "a page came again, and others follow it: the list can't be read to its end"
                raise PullError(SyncErrorKind.INCOMPLETE, reason)

    def _holds_others(self, ask: Callable[[], Answer]) -> bool:
        """Tell whether an answer has rows that have not come before; one that is refused has none."""
        try:
            answer = ask()
        except PullError as refusal:
            if refusal.kind in _REFUSED:
                return False
            raise
        return self._arrivals.overlap(answer) < len(answer.envelope.rows)

    def _raise_if_unit_changed(self, page: ListPage) -> None:
        """Raise MovedError where a call that counted pages brings mostly rows that came before: it counts rows now."""
        if not self._counts_rows and len(page.fresh) * 2 < page.size - len(page.unreadable):
            self._unit = None
            raise MovedError("the call counts its pages otherwise than before")


def _is_page_long(size: int) -> bool:
    """Tell whether a page may well be so long because its length is bounded: at our limit or a usual one."""
    return size in _USUAL_LENGTHS


def _cancel(ahead: deque[tuple[int, Future[Answer]]]) -> None:
    while ahead:
        ahead.pop()[1].cancel()


def pages_of(answers: Iterable[Answer], key: RecordKey) -> Iterator[ListPage]:
    """Yield the pages of a list that is known to be whole, in the order they came."""
    arrivals = _Arrivals(key)
    for answer in answers:
        yield arrivals.take(answer, is_first=False)
