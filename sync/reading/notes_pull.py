"""Notes of many contacts: one call each, a few at once; one that fails doesn't stop the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from models import SyncErrorKind
from sync.api.clienttether import Answer
from sync.failures import OutOfPatienceError, PullError
from sync.mapping.note_ids import identified, says_anything
from sync.mapping.records import NOTES
from sync.mapping.rows import note_row
from sync.mapping.rules import answer_hash
from sync.mapping.wire_record import FieldIssue
from sync.reading.note_histories import HistoryNotes, HistoryReader, count_different, own_id
from sync.reading.notes_plan import LiveContact, NotesPlan
from sync.reading.pull import Pull, read_records
from sync.reading.snapshots import SnapshotWriter

_DOUBTFUL: Final = 3  # failures in a row after which contacts are asked that could be read before
_NOBODY_KNOWN: Final = 20  # failures in a row that end a run of a brand of which no contact was ever read
_ACCESS: Final = frozenset({SyncErrorKind.TOKEN_REFUSED, SyncErrorKind.KEY_REFUSED})


@dataclass
class NotesPull:
    """What one run read of notes.

    `read`: whose were read whole, with the hash of the answer; `same`: whose answer is the one their rows were made
    from; `short`: of whose notes fewer came than there are said to be, and how many of how many; `unreadable`: whose
    hold a record that can't be understood; `failed`: whose could not be read, and why; `not_tried`: how many were not
    come to; `call_is_down`: the failures are the call's and not the contacts'.
    """

    pull: Pull
    read: list[tuple[LiveContact, str | None]] = field(default_factory=list)
    same: list[LiveContact] = field(default_factory=list)
    same_rows: int = 0
    short: dict[str, tuple[int, int]] = field(default_factory=dict)
    totals_that_fit: int = 0
    unreadable: list[LiveContact] = field(default_factory=list)
    failed: list[tuple[LiveContact, PullError]] = field(default_factory=list)
    not_tried: int = 0
    call_is_down: bool = False
    bad_positions: list[int] = field(default_factory=list)

    @property
    def believed_short(self) -> dict[str, tuple[int, int]]:
        """Whose notes are not all given, as far as this call's totals can be believed.

        Where most totals fit nothing, they count something else (the account's notes, say) and prove nothing.
        """
        return self.short if len(self.short) <= max(self.totals_that_fit, 3) else {}

    def take(self, contact: LiveContact, answers: Sequence[Answer], zone: ZoneInfo, positions: Sequence[int]) -> None:
        """Turn a contact's answers into rows. With a record that can't be read, the contact stays due."""
        pull = self.pull
        pull.pages += len(answers)
        self._hold_against_total(contact, answers)
        this_answer = answer_hash(answers, zone, pull.names)
        if this_answer == contact.answer_hash:
            # The same bytes, read by the same rules in the same zone, would make the rows that are there already.
            rows = sum(len(answer.envelope.rows) for answer in answers)
            pull.fetched += rows
            self.same_rows += rows
            self.same.append(contact)
            return
        raws = [raw for answer in answers for raw in answer.envelope.rows]
        readable = [raw for raw in raws if isinstance(raw, dict)]
        issues = pull.reading.issues.count
        named = [(own_id(raw, pull.reading.id_names) or "", raw) for raw in readable]
        records = [record for record in read_records(NOTES, named, pull) if says_anything(record)]
        notes = identified(contact.client_id, records)
        unreadable = len(raws) - len(records)
        pull.fetched += len(raws)
        pull.rejected += [FieldIssue("", "", "the record is no object, or says nothing")] * unreadable
        pull.spool.add([pull.mirror.pack(note_row(note, contact.client_id, zone)) for note in notes])
        if unreadable:
            self.unreadable.append(contact)
            # Of a contact that was never read no rows can suffer: a replay may build on the answer, once a field file
            # says where things stand.
            self.bad_positions += () if contact.never_read else positions
        else:
            # Of an answer with something odd no hash is kept: it is read, and what is odd of it told, in every run.
            plain = len(notes) == len(raws) and pull.reading.issues.count == issues
            self.read.append((contact, this_answer if plain else None))

    def let_unreadable_be(self) -> None:
        """Count contacts as read although some of their records can't be: someone has accepted so many of them."""
        self.read += [(contact, None) for contact in self.unreadable]
        self.unreadable = []

    def _hold_against_total(self, contact: LiveContact, answers: Sequence[Answer]) -> None:
        totals = [answer.envelope.total for answer in answers if answer.envelope.total is not None]
        if not totals:
            return
        received = sum(len(answer.envelope.rows) for answer in answers)
        if max(totals) > received:
            self.short[contact.client_id] = (count_different(answers), max(totals))
        elif received:
            self.totals_that_fit += 1


class _Outage:
    """Whether failures are those of contacts or of the call itself: told by contacts that could be read before."""

    def __init__(self, witnesses: Sequence[LiveContact]) -> None:
        self._witnesses = witnesses
        self._in_a_row = 0
        self._were_readable: set[str] = set()

    def note_success(self) -> None:
        """Take note that the call works."""
        self._in_a_row = 0
        self._were_readable.clear()

    def note_failure(self, contact: LiveContact, failure: PullError) -> Sequence[LiveContact]:
        """Take note of a failure; return whom to ask next in order to see whose fault it is."""
        self._in_a_row += 1
        if contact.was_readable:
            self._were_readable.add(contact.client_id)
        is_doubtful = self._in_a_row == (1 if failure.kind in _ACCESS else _DOUBTFUL)
        return self._witnesses if is_doubtful or self._in_a_row % _NOBODY_KNOWN == 0 else ()

    def is_certain(self, failure: PullError) -> bool:
        """Tell whether it is the call: contacts fail that differ and could be read before, or nobody ever could be."""
        # What is refused to one may be refused to all: two contacts tell, where a server that stumbles gets three.
        several = _DOUBTFUL - 1 if failure.kind in _ACCESS else _DOUBTFUL
        if not self._witnesses:
            return self._in_a_row >= (several if failure.kind in _ACCESS else _NOBODY_KNOWN)
        return self._in_a_row >= several and len(self._were_readable) >= min(several, len(self._witnesses))


def pull_notes(
    ask: HistoryNotes,
    plan: NotesPlan,
    pull: Pull,
    zone: ZoneInfo,
    *,
    snapshots: SnapshotWriter,
    pool: ThreadPoolExecutor,
    in_flight: int,
    raise_if_stopped: Callable[[], None],
) -> NotesPull:
    """Read the notes of the contacts that are due, in order, `in_flight` at once.

    A contact that fails stops nobody; the reading ends early only where the call itself is down. Raises what
    `raise_if_stopped` raises.
    """
    notes = NotesPull(pull)
    outage, waiting = _Outage(plan.witnesses), _Waiting(plan.due)
    histories = HistoryReader(ask)
    failures: dict[str, tuple[LiveContact, PullError]] = {}
    read: set[str] = set()
    for contact, future in _ahead(histories, waiting, pool=pool, in_flight=in_flight):
        raise_if_stopped()
        try:
            answers = future.result()
        except PullError as failure:
            snapshots.keep_unread(failure)
            if contact.client_id not in read:
                failures[contact.client_id] = (contact, failure)
            if isinstance(failure, OutOfPatienceError):
                notes.call_is_down = True  # for this run, and by no contact's fault: those left are due in the next
                break
            waiting.ask_next(outage.note_failure(contact, failure))
            if outage.is_certain(failure):
                notes.call_is_down = True
                break
            continue
        outage.note_success()
        failures.pop(contact.client_id, None)
        if contact.client_id not in read:  # a witness may be asked more than once
            read.add(contact.client_id)
            positions = snapshots.keep_together(answers)
            notes.take(contact, answers, zone, positions)
    notes.failed = [(contact, _own_fault(failure, notes)) for contact, failure in failures.values()]
    notes.not_tried = waiting.left
    return notes


def _own_fault(failure: PullError, notes: NotesPull) -> PullError:
    """Return a refusal as the contact's own where others were let in: the brand's access is not refused."""
    if failure.kind not in _ACCESS or notes.call_is_down:
        return failure
    message = "ClientTether refuses this contact's notes"
    return PullError(SyncErrorKind.REFUSED, message, http_status=failure.http_status, result_code=failure.result_code)


class _Waiting:
    """The contacts that are still to be asked, each once; some may be moved to the front."""

    def __init__(self, due: Iterable[LiveContact]) -> None:
        self._queue = deque(due)
        self._begun: set[str] = set()

    @property
    def left(self) -> int:
        """How many were not come to."""
        return sum(contact.client_id not in self._begun for contact in self._queue)

    def ask_next(self, contacts: Iterable[LiveContact]) -> None:
        """Put these before all others, even where they were asked before."""
        for contact in contacts:
            self._begun.discard(contact.client_id)
            self._queue.appendleft(contact)

    def pop(self) -> LiveContact | None:
        """Return the next one; None where there is none."""
        while self._queue:
            contact = self._queue.popleft()
            if contact.client_id not in self._begun:
                self._begun.add(contact.client_id)
                return contact
        return None


def _ahead(
    histories: HistoryReader,
    waiting: _Waiting,
    *,
    pool: ThreadPoolExecutor,
    in_flight: int,
) -> Iterator[tuple[LiveContact, Future[list[Answer]]]]:
    """Yield each contact with the reading of its notes, keeping a few readings under way."""
    under_way: deque[tuple[LiveContact, Future[list[Answer]]]] = deque()
    try:
        while True:
            while len(under_way) < in_flight and (contact := waiting.pop()) is not None:
                under_way.append((contact, pool.submit(copy_context().run, histories.read, contact.client_id)))
            if not under_way:
                return
            yield under_way.popleft()
    finally:
        for _, future in under_way:
            future.cancel()
