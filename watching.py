"""What there is to watch: which brands are late, and whether a worker lives. Both wings tell it, by one rule.

It is asked of `resource_freshness`, a few rows a brand, never of the run history: so it costs the same after years.
All times are UTC and the database's own, so that no machine's clock makes a brand late.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, select
from sqlmodel import col

from database import database_now
from models import (
    WORKER_DEAD_AFTER,
    Resource,
    ResourceFreshness,
    ResourceStatus,
    Tenant,
    TenantStatus,
    WorkerHeartbeat,
)
from timetable import slots_back


@dataclass(frozen=True, slots=True)
class ReadAge:
    """From when the age of one resource of an active brand counts; `resource` None: nothing was ever attempted.

    `whole_read_at` is the start of the last whole read, if there was one.
    """

    slug: str
    resource: Resource | None
    counted_from: datetime
    whole_read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Watch:
    """How all brands stand at a moment. `late` names each late brand once, by the resource that is oldest."""

    now: datetime
    ages: tuple[ReadAge, ...]
    late: tuple[ReadAge, ...]
    workers: tuple[str, ...]

    @property
    def causes(self) -> tuple[str, ...]:
        """What is amiss, in plain words; nothing where all is well."""
        late = [f"{age.slug} is late: {_since(age)}" for age in self.late]
        return (*(() if self.workers else ("no worker is alive",)), *late)


def _since(age: ReadAge) -> str:
    resource = "nothing" if age.resource is None else age.resource.value
    if age.whole_read_at is None:
        return f"{resource} was ever read whole" if age.resource is None else f"{resource} was never read whole"
    return f"{resource} was last read whole at {age.whole_read_at:%Y-%m-%d %H:%M} UTC"


def counted_from(
    whole_read_at: datetime | None, last_status: ResourceStatus, last_attempt_at: datetime
) -> datetime | None:
    """Return from when a resource's age counts; None where it was never read.

    Until a whole read is known, notes count from their last portion; and that a call is not offered is an answer as
    fresh as the attempt that found it out.
    """
    is_portion = whole_read_at is None and last_status is ResourceStatus.PARTIAL
    return last_attempt_at if is_portion or last_status is ResourceStatus.UNAVAILABLE else whole_read_at


def look(connection: Connection, cron: str, late_after_slots: int) -> Watch:
    """Return how all brands stand. The transaction must speak for the agency."""
    now = database_now(connection)
    ages = _ages(connection, now)
    return Watch(now, ages, late_brands(ages, slots_back(cron, now, late_after_slots)), living_workers(connection))


def late_brands(ages: Iterable[ReadAge], late_before: datetime) -> tuple[ReadAge, ...]:
    """Return the oldest resource of each brand that has one older than that; each brand's ages stand together."""
    oldest = (min(own, key=lambda age: age.counted_from) for _, own in groupby(ages, key=lambda age: age.slug))
    return tuple(age for age in oldest if age.counted_from < late_before)


def living_workers(connection: Connection) -> tuple[str, ...]:
    """Return the names of the workers that are alive, in order."""
    now = database_now(connection)
    lately = _BEAT_AT.between(now - WORKER_DEAD_AFTER, now + WORKER_DEAD_AFTER)  # later: by a clock that was ahead
    beats = (col(WorkerHeartbeat.stopped_at).is_(None), lately)
    return tuple(connection.scalars(select(col(WorkerHeartbeat.worker)).where(*beats).order_by("worker")))


_BEAT_AT: Final = col(WorkerHeartbeat.beat_at)
_AGES: Final = (
    select(
        col(Tenant.slug),
        col(Tenant.created_at),
        col(Tenant.active_since),
        col(ResourceFreshness.resource),
        col(ResourceFreshness.whole_read_at),
        col(ResourceFreshness.last_status),
        col(ResourceFreshness.last_attempt_at),
    )
    .join_from(Tenant, ResourceFreshness, col(ResourceFreshness.tenant_id) == Tenant.id, isouter=True)
    .where(col(Tenant.status) == TenantStatus.ACTIVE)
    .order_by(col(Tenant.slug), col(ResourceFreshness.resource))
)


def _ages(connection: Connection, now: datetime) -> tuple[ReadAge, ...]:
    ages = []
    for row in connection.execute(_AGES):
        active_since = row.active_since or row.created_at  # nobody was to read the brand before
        start = None
        if row.resource is not None:
            start = counted_from(row.whole_read_at, row.last_status, row.last_attempt_at)
            start = start if start is not None and start <= now else None  # by a clock that was ahead
        ages.append(ReadAge(row.slug, row.resource, max(start or active_since, active_since), row.whole_read_at))
    return tuple(ages)
