"""One resource on its way from answers to packed rows: what arrived, what was odd, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from models import Resource, utc_now
from sync.failures import MovedError, PullError
from sync.mapping.field_names import AS_DOCUMENTED, FieldNames
from sync.mapping.records import KINDS, RecordKind
from sync.mapping.stage_names import StageNames
from sync.mapping.wire_record import FieldIssue, FieldReading
from sync.reading.paging import AskFrom, Page, whole_list
from sync.reading.resources import ListResource
from sync.reading.snapshots import SnapshotWriter
from sync.reading.spool import Spool
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
    first_position: int = 0
    pages: int = 0
    fetched: int = 0
    rejected: list[FieldIssue] = field(default_factory=list)
    bodies_stored: int = 0
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

    def count(self, page: Page) -> None:
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


def fill(pull: Pull, list_resource: ListResource, pages: Iterable[Page], zone: ZoneInfo) -> None:
    """Turn a list's pages into packed rows on the pull's spool."""
    every_record: list[Any] = []
    seen: set[tuple[Any, ...]] | None = set() if list_resource.records.occurrence_field else None
    for page in pages:
        pull.count(page)
        records = read_records(list_resource.records, page.fresh, pull)
        if list_resource.at_once:
            every_record += records
        else:
            rows = _each_once(list_resource.rows(records, zone), pull.mirror, seen)
            pull.spool.add([pull.mirror.pack(row) for row in rows])
    if list_resource.at_once:
        pull.spool.add([pull.mirror.pack(row) for row in list_resource.rows(every_record, zone)])


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


def pull_list(
    list_resource: ListResource,
    ask: AskFrom,
    pull: Pull,
    zone: ZoneInfo,
    *,
    snapshots: SnapshotWriter,
    pool: ThreadPoolExecutor,
    in_flight: int,
    most_rows: int,
    raise_if_stopped: Callable[[], None],
) -> None:
    """Read a whole list; every answer is kept as a snapshot. `raise_if_stopped` is asked between two pages.

    A list that moved while it was read is read again, at last page after page. Raises PullError when the list can't be
    had whole.
    """

    def keep(page: Page) -> Page:
        raise_if_stopped()
        snapshots.keep(page.answer)
        return page

    for reading in range(1, _READINGS + 1):
        last = reading == _READINGS
        pull.begin_anew()
        pull.first_position = snapshots.count
        # The last reading asks page after page: the less time passes, the less can move under it, but a page that is
        # asked for early shows the list as it was before the pages in front of it.
        ahead = 1 if last else in_flight
        pages = whole_list(
            ask,
            pull.reading.id_names,
            pool=pool,
            in_flight=ahead,
            most_rows=most_rows,
            apart_by=list_resource.records.apart_by(pull.reading),
        )
        try:
            fill(pull, list_resource, map(keep, pages), zone)
        except MovedError:
            if last:
                raise
        except PullError as failure:
            snapshots.keep_unread(failure)
            raise
        else:
            return
        finally:
            snapshots.flush()
            pull.bodies_stored = snapshots.bodies_stored
