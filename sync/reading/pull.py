"""One resource on its way from answers to packed rows: what arrived, what was odd, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from call_habits import CallHabits
from models import Resource, SyncErrorKind, utc_now
from sync.failures import MovedError, PullError
from sync.mapping.field_names import AS_DOCUMENTED, FieldNames
from sync.mapping.records import KINDS, RecordKind
from sync.mapping.stage_names import StageNames
from sync.mapping.wire_record import FieldIssue, FieldReading
from sync.reading.habits import SEVERAL_RUNS, HabitMemory
from sync.reading.paging import AskFrom, ListPage, ListReading, RecordKey
from sync.reading.resources import Batches, ListResource
from sync.reading.snapshots import KeptReading, SnapshotWriter
from sync.reading.spool import Spool
from sync.reading.totals import ListEvidence, ListJudgement, Verdict, judge_list
from sync.tables import MirrorTable, Row

_READINGS: Final = 3  # a busy list is rarely caught moving twice; thrice means that it never rests
_SUSPICIOUS_SHARE: Final = 20
_SUSPICIOUS_COUNT: Final = 10


@dataclass
class Pull:
    """What one reading of a resource brought. `started_at` is when its first page was asked for (UTC).

    `names`: where fields have other wire names than the documented ones; `stages`: the account's, once they are known.
    """

    resource: Resource
    mirror: MirrorTable
    spool: Spool
    started_at: datetime = field(default_factory=utc_now)
    pages: int = 0
    fetched: int = 0
    rejected: list[FieldIssue] = field(default_factory=list)
    kept: KeptReading = field(default_factory=KeptReading)
    names: FieldNames = AS_DOCUMENTED
    stages: StageNames | None = None
    reading: FieldReading = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing read."""
        self.reading = KINDS[self.resource].reading(self.names, self.stages)

    def begin_anew(self) -> None:
        """Forget what an earlier reading brought."""
        self.spool.clear()
        self.started_at = utc_now()
        self.pages = self.fetched = 0
        self.rejected.clear()
        self.reading.clear()

    def count(self, page: ListPage) -> None:
        """Take note of a page: its size, and what of it can't be read."""
        self.pages += 1
        self.fetched += len(page.answer.envelope.rows)
        self.rejected += [FieldIssue(reason.record_id, "", str(reason)) for reason in page.unreadable]

    @property
    def is_mostly_unreadable(self) -> bool:
        """Whether more than a twentieth of the records, and more than ten, can't be understood."""
        return is_suspiciously_unreadable(len(self.rejected), self.fetched)


def is_suspiciously_unreadable(rejected: int, fetched: int) -> bool:
    """Tell whether more than a twentieth of the records, and more than ten, can't be understood."""
    return rejected > _SUSPICIOUS_COUNT and rejected * _SUSPICIOUS_SHARE > fetched


def read_records(kind: RecordKind, fresh: Sequence[tuple[str, dict[str, Any]]], pull: Pull) -> list[Any]:
    """Return the typed records of a page's rows; what fields said, odd ones and unknown ones are noted on the pull."""
    pull.reading.note_unknown(raw for _, raw in fresh)
    return kind.read_rows(fresh, pull.reading)


def fill(pull: Pull, list_resource: ListResource, pages: Iterable[ListPage], zone: ZoneInfo) -> None:
    """Turn a list's pages into packed rows on the pull's spool."""
    seen: set[tuple[Any, ...]] | None = set() if list_resource.records.occurrence_field else None

    def make_rows(batches: Batches) -> None:
        for rows in list_resource.rows(batches, zone):
            pull.spool.add([pull.mirror.pack(row) for row in _each_once(rows, pull.mirror, seen)])

    with Spool() as held:
        for page in pages:
            pull.count(page)
            records = read_records(list_resource.records, page.fresh, pull)
            if list_resource.after_the_end:
                held.add(records)
            else:
                make_rows(partial(iter, [records]))
        if list_resource.after_the_end:
            make_rows(held.batches)


def _each_once(rows: list[Row], mirror: MirrorTable, seen: set[tuple[Any, ...]] | None) -> list[Row]:
    """Return the rows whose keys were not there before: two spellings of one start are one occurrence."""
    if seen is None:
        return rows
    fresh = []
    for row in rows:
        key = tuple(row[name] for name in mirror.keys)
        if key not in seen:
            seen.add(key)
            fresh.append(row)
    return fresh


@dataclass(frozen=True)
class ListReader:
    """What every reading of a list needs: who is asked, how many calls at once, and what ends a reading early.

    `raise_if_stopped` is asked between two pages; a list of more than `most_rows` counts as endless.
    """

    list_resource: ListResource
    ask: AskFrom
    zone: ZoneInfo
    snapshots: SnapshotWriter
    pool: ThreadPoolExecutor
    in_flight: int
    most_rows: int
    raise_if_stopped: Callable[[], None]

    def pages(self, reading: ListReading) -> Iterator[ListPage]:
        """Yield a reading's pages, each kept as a snapshot."""
        for page in reading.pages():
            self.raise_if_stopped()
            self.snapshots.keep(page.answer)
            yield page


def pull_list(reader: ListReader, pull: Pull, memory: HabitMemory, *, accept: bool) -> CallHabits:
    """Read a whole list; return what its call taught about itself, to be kept with what was read.

    A list that moved while it was read is read again, at last page after page; so is one with fewer records than its
    total says. Raises PullError when the list can't be had whole: INCOMPLETE, and HELD_BACK where it has stood so over
    several runs, or where nobody can tell; then `accept` lets that in, from now on.
    """
    habits, earlier = memory.known, None
    for attempt in range(1, _READINGS + 1):
        is_last = attempt == _READINGS
        # The last reading asks page after page: the less time passes, the less can move under it, but a page that is
        # asked for early shows the list as it was before the pages in front of it.
        in_flight = 1 if is_last else reader.in_flight
        evidence, judgement = _read_once(reader, pull, habits, earlier, in_flight=in_flight, accept=accept)
        habits = judgement.habits
        if judgement.verdict is Verdict.WHOLE:
            return habits
        is_known = judgement.verdict is Verdict.SURPLUS and judgement.surplus == memory.known.surplus
        if is_last or is_known or (judgement.verdict is Verdict.SURPLUS and evidence == earlier):
            break
        habits, earlier = _with_what_is_learned_of_paging(memory.known, habits), evidence
    if judgement.verdict is Verdict.MOVED:
        raise MovedError(judgement.reason)
    return _settle_surplus(judgement, memory, accept=accept)


def _read_once(
    reader: ListReader,
    pull: Pull,
    habits: CallHabits,
    earlier: ListEvidence | None,
    *,
    in_flight: int,
    accept: bool,
) -> tuple[ListEvidence, ListJudgement]:
    """Read the list once from its first page to its end, and judge what came."""
    pull.begin_anew()
    reader.snapshots.begin_reading()
    reading = ListReading(
        reader.ask,
        record_key(reader.list_resource, pull.reading),
        habits,
        pool=reader.pool,
        in_flight=in_flight,
        most_rows=reader.most_rows,
        accept_repeated=accept,
    )
    try:
        fill(pull, reader.list_resource, reader.pages(reading), reader.zone)
    except MovedError as moved:
        return reading.evidence, ListJudgement(Verdict.MOVED, reading.habits, moved.message)
    except PullError as failure:
        reader.snapshots.keep_unread(failure)
        raise
    if pull.rejected and len(pull.rejected) == pull.fetched and not pull.is_mostly_unreadable:
        raise PullError(SyncErrorKind.NOT_UNDERSTOOD, f"none of the records can be read: {pull.rejected[0].reason}")
    return reading.evidence, judge_list(reading.evidence, reading.habits, earlier)


def _with_what_is_learned_of_paging(known: CallHabits, learned: CallHabits) -> CallHabits:
    """Return the habits for another reading: how the call pages is known now, what its total is worth is still open."""
    return replace(
        known,
        page_length=learned.page_length,
        offset_unit=learned.offset_unit,
        ignores_paging=learned.ignores_paging,
    )


def _settle_surplus(judgement: ListJudgement, memory: HabitMemory, *, accept: bool) -> CallHabits:
    """Raise PullError for a list that ended properly with fewer records than are counted, unless that is let in.

    Once is a list that was cut short. The same difference over several runs is a habit of the account: records that
    it counts and does not show, or counts twice. Nobody can tell from here which, so a person is asked.
    """
    habits = judgement.habits
    is_lasting = habits.surplus_runs >= SEVERAL_RUNS
    if is_lasting and accept:
        return habits.with_accepted_surplus()
    memory.keep(habits)
    if is_lasting:
        reason = (
            f"held back until someone confirms it: {judgement.reason}, by the same difference in each of the last "
            f"{habits.surplus_runs} runs (hidden records, or doubles)"
        )
        raise PullError(SyncErrorKind.HELD_BACK, reason)
    raise PullError(SyncErrorKind.INCOMPLETE, judgement.reason)


def record_key(list_resource: ListResource, reading: FieldReading) -> RecordKey:
    """Return what tells one record of the list from another, by the wire names that this reading goes by."""
    return RecordKey(reading.id_names, list_resource.records.apart_by(reading))
