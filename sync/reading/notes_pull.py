"""Notes of many contacts: one call each, a few at once; one that fails doesn't stop the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from models import SyncErrorKind
from sync.api.clienttether import Answer
from sync.api.parameters import PAGE_SIZE
from sync.failures import PullError
from sync.mapping.note_ids import identified, says_anything
from sync.mapping.records import NOTES, UnreadableRecordError, record_id
from sync.mapping.rows import note_row
from sync.mapping.rules import answer_hash
from sync.mapping.wire_record import FieldIssue
from sync.reading.notes_plan import NoteCandidate
from sync.reading.pull import Pull, read_records
from sync.reading.snapshots import SnapshotWriter

_MOST_PAGES: Final = 100
_GIVE_UP_AFTER: Final = 3  # contacts in a row that can't be read: the call itself is down
_HOPELESS: Final = frozenset({SyncErrorKind.TOKEN_REFUSED, SyncErrorKind.KEY_REFUSED})

HistoryNotes = Callable[[str, int], Answer]


@dataclass
class NotesPull:
    """What one run read of notes.

    `read`: whose were read whole, with the hash of the answer; `same`: whose answer is the one their rows were made
    from; `failed`: whose could not be read, and why; `not_tried`: how many were not come to.
    """

    pull: Pull
    read: list[tuple[NoteCandidate, str | None]] = field(default_factory=list)
    same: list[NoteCandidate] = field(default_factory=list)
    same_rows: int = 0
    failed: list[tuple[NoteCandidate, PullError]] = field(default_factory=list)
    not_tried: int = 0
    bad_positions: list[int] = field(default_factory=list)

    def take(
        self, candidate: NoteCandidate, answers: Sequence[Answer], zone: ZoneInfo, positions: Sequence[int]
    ) -> None:
        """Turn a contact's answers into rows. With a record that can't be read, the contact stays due."""
        pull = self.pull
        pull.pages += len(answers)
        this_answer = answer_hash(answers, zone, pull.names)
        if this_answer == candidate.answer_hash:
            rows = sum(len(answer.envelope.rows) for answer in answers)
            pull.fetched += rows
            self.same_rows += rows
            self.same.append(candidate)
            return
        raws = [raw for answer in answers for raw in answer.envelope.rows]
        readable = [raw for raw in raws if isinstance(raw, dict)]
        issues = len(pull.reading.issues)
        named = [(_own_id(raw, pull.reading.id_names) or "", raw) for raw in readable]
        records = [record for record in read_records(NOTES, named, pull) if says_anything(record)]
        notes = identified(candidate.client_id, records)
        unreadable = len(raws) - len(records)
        pull.fetched += len(raws)
        pull.rejected += [FieldIssue("", "", "the record is no object, or says nothing")] * unreadable
        pull.spool.add([pull.mirror.pack(note_row(note, candidate.client_id, zone)) for note in notes])
        if unreadable:
            # Of a contact that was never read no rows can suffer: a replay may build on the answer, once a field file
            # says where things stand.
            self.bad_positions += () if candidate.never_read else positions
        else:
            plain = len(notes) == len(raws) and len(pull.reading.issues) == issues
            self.read.append((candidate, this_answer if plain else None))


def read_notes(ask: HistoryNotes, client_id: str) -> list[Answer]:
    """Return a contact's notes, usually one answer; more where the first says that it is not all of them.

    Raises PullError (INCOMPLETE) where fewer arrive than there are said to be.
    """
    answers = [ask(client_id, 0)]
    received = len(answers[0].envelope.rows)
    total = answers[0].envelope.total
    if received == total or (total is None and not _may_go_on(answers[0])):
        return answers
    seen = _ids(answers[0])
    while (total is not None and received < total) or (total is None and _may_go_on(answers[-1])):
        if len(answers) >= _MOST_PAGES:
            raise PullError(SyncErrorKind.INCOMPLETE, "the list of notes does not end")
        answer = ask(client_id, received)
        new = _ids(answer) - seen
        if not new:
            break  # nothing follows, or the call always answers with everything
        seen |= new
        answers.append(answer)
        received += len(answer.envelope.rows)
    if total is not None and received != total:
        raise PullError(SyncErrorKind.INCOMPLETE, "fewer notes arrived than there are")
    return answers


def _may_go_on(answer: Answer) -> bool:
    rows = len(answer.envelope.rows)
    return rows > 0 and rows % PAGE_SIZE == 0


def _ids(answer: Answer) -> set[str]:
    return {_own_id(raw, NOTES.id_names) or repr(raw) for raw in answer.envelope.rows}


def _own_id(raw: Any, names: tuple[str, ...]) -> str | None:
    """Return the id that a note came with; None where it has none that could be one."""
    try:
        identity = record_id(raw, names)
    except UnreadableRecordError:
        return None
    return None if identity == "0" else identity


def pull_notes(
    ask: HistoryNotes,
    due: Sequence[NoteCandidate],
    pull: Pull,
    zone: ZoneInfo,
    *,
    snapshots: SnapshotWriter,
    pool: ThreadPoolExecutor,
    in_flight: int,
    raise_if_stopped: Callable[[], None],
) -> NotesPull:
    """Read the notes of the contacts that are due, in order, `in_flight` at once.

    Ends early where the call itself seems down; refused access ends it at once. Raises what `raise_if_stopped` raises.
    """
    notes = NotesPull(pull, not_tried=len(due))
    in_a_row = 0
    for candidate, future in _ahead(partial(_read_of, ask), due, pool=pool, in_flight=in_flight):
        raise_if_stopped()
        notes.not_tried -= 1
        try:
            answers = future.result()
        except PullError as failure:
            notes.failed.append((candidate, failure))
            snapshots.keep_unread(failure)
            in_a_row += 1
            if in_a_row >= _GIVE_UP_AFTER or failure.kind in _HOPELESS:
                break
            continue
        in_a_row = 0
        positions = [snapshots.keep(answer) for answer in answers]
        notes.take(candidate, answers, zone, positions)
    snapshots.flush()
    pull.bodies_stored = snapshots.bodies_stored
    return notes


def _read_of(ask: HistoryNotes, candidate: NoteCandidate) -> list[Answer]:
    return read_notes(ask, candidate.client_id)


def _ahead(
    read: Callable[[NoteCandidate], list[Answer]],
    due: Sequence[NoteCandidate],
    *,
    pool: ThreadPoolExecutor,
    in_flight: int,
) -> Iterator[tuple[NoteCandidate, Future[list[Answer]]]]:
    """Yield each contact with the reading of its notes, keeping a few readings under way."""
    under_way: deque[tuple[NoteCandidate, Future[list[Answer]]]] = deque()
    waiting = iter(due)
    try:
        while True:
            while len(under_way) < in_flight and (candidate := next(waiting, None)) is not None:
                under_way.append((candidate, pool.submit(copy_context().run, read, candidate)))
            if not under_way:
                return
            yield under_way.popleft()
    finally:
        for _, future in under_way:
            future.cancel()
