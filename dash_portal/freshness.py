"""How old what a reader sees is: counted from the start of the last whole read, the oldest resource deciding."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import select as select_columns
from sqlmodel import col, select

from database import BrandSession
from models import Resource, ResourceFreshness, ResourceStatus, RunStatus, SyncError, SyncErrorKind, SyncRun
from timetable import next_run, slot_after, slot_before
from watching import counted_from

_LEEWAY: Final = 0.25
"""The share of the shorter pause around a sync that it may take until it is called overdue."""

_GOOD: Final = frozenset({ResourceStatus.SUCCESS, ResourceStatus.PARTIAL, ResourceStatus.UNAVAILABLE})

REFUSALS: Final = (SyncErrorKind.TOKEN_REFUSED, SyncErrorKind.KEY_REFUSED, SyncErrorKind.KEY_UNREADABLE)
"""The errors that say that a brand's account can't be opened: somebody of the agency has to mend that."""


class Mood(StrEnum):
    """How much the reader should think about the age of what is shown.

    `ageing`: the next sync is overdue; `stale`: a banner says so; `waiting`: nothing was read yet.
    """

    FRESH = "fresh"
    AGEING = "ageing"
    STALE = "stale"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class ResourceAge:
    """One resource of a brand: when its last whole read began, and how the last attempt ended."""

    resource: Resource
    whole_read_at: datetime | None
    last_status: ResourceStatus
    last_attempt_at: datetime

    @property
    def failed(self) -> bool:
        """Whether the last attempt brought nothing.

        A part is no failure: notes are read in portions, and a list that holds something that is not understood has
        landed whole. What it lacks is for the agency to mend.
        """
        return self.last_status not in _GOOD

    @property
    def unavailable(self) -> bool:
        """Whether the account does not offer this resource at all."""
        return self.last_status is ResourceStatus.UNAVAILABLE

    @property
    def counted_from(self) -> datetime | None:
        """From when the age counts (`watching.counted_from`)."""
        return counted_from(self.whole_read_at, self.last_status, self.last_attempt_at)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh a set of resources is at a moment. Times are UTC; `read_at` is None while something was never read.

    `ageing_at` and `stale_at` are when the badge turns amber and red, should no sync land before. `failed`: the last
    sync brought nothing; `refusal` says why, where the brand's account can't be opened.
    """

    read_at: datetime | None
    ageing_at: datetime | None
    stale_at: datetime | None
    next_sync_at: datetime
    failed: bool
    unavailable: bool
    now: datetime
    refusal: SyncErrorKind | None = None

    @property
    def age_seconds(self) -> float | None:
        """The age of the oldest of the resources, in seconds."""
        return None if self.read_at is None else max(0.0, (self.now - self.read_at).total_seconds())

    @property
    def mood(self) -> Mood:
        """How much the reader should think about it."""
        if self.read_at is None or self.stale_at is None or self.ageing_at is None:
            return Mood.WAITING
        if self.now > self.stale_at:
            return Mood.STALE
        return Mood.AGEING if self.failed or self.now > self.ageing_at else Mood.FRESH

    @property
    def stale(self) -> bool:
        """Whether a banner must say how old the data is: beyond two intervals, or after a failed attempt."""
        return self.failed or self.mood is Mood.STALE


@dataclass(frozen=True, slots=True)
class ResourceSyncStatus:
    """How one resource stands (times in UTC): how its last attempt ended, and when its last whole read began."""

    status: str
    failed: bool
    whole_read_at: str | None
    last_attempt_at: str | None
    age_seconds: int | None


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """How a brand stands (times in UTC): its last run (`never`: none yet), and how old the oldest of its data is."""

    status: str
    last_sync_at: str | None
    age_seconds: int | None
    stale: bool
    next_sync_at: str | None
    data_version: int
    resources: dict[str, ResourceSyncStatus]


@dataclass(frozen=True, slots=True)
class BrandFreshness:
    """How fresh a brand is as a whole, and resource by resource."""

    overall: Freshness
    resources: tuple[ResourceAge, ...]
    last_run: RunStatus | None
    data_version: int

    def status(self) -> SyncStatus:
        """Return it as the API tells it."""
        age_seconds = self.overall.age_seconds
        return SyncStatus(
            status="never" if self.last_run is None else self.last_run.value,
            last_sync_at=_iso(self.overall.read_at),
            age_seconds=None if age_seconds is None else int(age_seconds),
            stale=self.overall.stale,
            next_sync_at=_iso(self.overall.next_sync_at),
            data_version=self.data_version,
            resources={
                age.resource.value: ResourceSyncStatus(
                    status=age.last_status.value,
                    failed=age.failed,
                    whole_read_at=_iso(age.whole_read_at),
                    last_attempt_at=_iso(age.last_attempt_at),
                    age_seconds=self._seconds(age),
                )
                for age in self.resources
            },
        )

    def _seconds(self, age: ResourceAge) -> int | None:
        start = age.counted_from
        return None if start is None else max(0, int((self.overall.now - start).total_seconds()))


def page_freshness(
    session: BrandSession, resources: Iterable[Resource], now: datetime, sync_cron: str, slug: str
) -> Freshness:
    """Return how fresh the resources behind a page are."""
    ages = _read_ages(session)
    fresh = freshness_of([ages.get(resource) for resource in resources], now, sync_cron, slug)
    # Most pages are fresh, and need not ask. A sync that can't even begin leaves no mark on a resource but its age.
    return fresh if fresh.mood is Mood.FRESH else explained(fresh, *_last_end(session))


def explained(fresh: Freshness, last_status: RunStatus | None, error_kinds: Collection[str]) -> Freshness:
    """Return the freshness with what is wrong with the last finished sync: how it ended, and its kinds of error."""
    refusal = next((kind for kind in REFUSALS if kind.value in error_kinds), None)
    if last_status is None or last_status is RunStatus.SUCCESS:
        return fresh
    if refusal is not None:
        return replace(fresh, failed=True, refusal=refusal)
    never_read = fresh.read_at is None and last_status in {RunStatus.FAILED, RunStatus.ABANDONED}
    return replace(fresh, failed=fresh.failed or never_read)


def _last_end(session: BrandSession) -> tuple[RunStatus | None, Collection[str]]:
    """Return how the brand's last finished sync ended, and the kinds of its errors."""
    finished = select(SyncRun).where(col(SyncRun.finished_at).is_not(None))
    run = session.exec(finished.order_by(col(SyncRun.started_at).desc()).limit(1)).first()
    if run is None:
        return None, ()
    return run.status, session.exec(select(SyncError.kind).where(SyncError.run_id == run.run_id).distinct()).all()


def brand_freshness(
    session: BrandSession, now: datetime, sync_cron: str, slug: str, *, data_version: int
) -> BrandFreshness:
    """Return how fresh everything of a brand is, and how its last run stands."""
    ages = _read_ages(session)
    last_run = session.exec(select(SyncRun.status).order_by(col(SyncRun.started_at).desc()).limit(1)).first()
    return BrandFreshness(
        overall=freshness_of([ages.get(resource) for resource in Resource], now, sync_cron, slug),
        resources=tuple(ages[resource] for resource in Resource if resource in ages),
        last_run=None if last_run is None else RunStatus(last_run),
        data_version=data_version,
    )


def _read_ages(session: BrandSession) -> Mapping[Resource, ResourceAge]:
    return {row.resource: age_of(row) for row in session.execute(AGES)}


AGES: Final = select_columns(
    col(ResourceFreshness.tenant_id),
    col(ResourceFreshness.resource),
    col(ResourceFreshness.whole_read_at),
    col(ResourceFreshness.last_status),
    col(ResourceFreshness.last_attempt_at),
)
"""What the ages of resources are made of, with whose they are: a session of a brand gets its own only."""


def age_of(row: Any) -> ResourceAge:
    """Return the age in a row of `AGES`."""
    return ResourceAge(row.resource, row.whole_read_at, row.last_status, row.last_attempt_at)


def freshness_of(ages: Iterable[ResourceAge | None], now: datetime, sync_cron: str, slug: str) -> Freshness:
    """Return how fresh a set of a brand's resources is (None: never attempted); the oldest decides."""
    listed = list(ages)
    starts = [None if age is None else age.counted_from for age in listed]
    known = [start for start in starts if start is not None]
    read_at = min(known) if known and len(known) == len(starts) else None
    ageing_at, stale_at = (None, None) if read_at is None else _ages_at(sync_cron, read_at)
    return Freshness(
        read_at=read_at,
        ageing_at=ageing_at,
        stale_at=stale_at,
        next_sync_at=next_run(sync_cron, slug, now),
        failed=any(age is not None and age.failed for age in listed),
        unavailable=any(age is not None and age.unavailable for age in listed),
        now=now,
    )


def _ages_at(sync_cron: str, read_at: datetime) -> tuple[datetime, datetime]:
    """Return when data of this read is ageing, and when it is stale.

    Both count scheduled syncs, not hours: one is overdue when it did not come, and no page is out of date on a Monday
    morning for a weekend in which none was due. In an even rhythm they are 1.25 and 2 intervals after the read.
    """
    to_first, to_second = _pauses(sync_cron, read_at.astimezone(UTC).replace(second=0, microsecond=0))
    leeway = _LEEWAY * min(to_first, to_second)
    return read_at + to_first + leeway, read_at + to_first + to_second


@lru_cache(maxsize=4096)
def _pauses(sync_cron: str, minute: datetime) -> tuple[timedelta, timedelta]:
    """Return how long after the slot that a read belongs to the next one is, and the one after that."""
    slot, first = slot_before(sync_cron, minute), slot_after(sync_cron, minute)
    return first - slot, slot_after(sync_cron, first) - first


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
