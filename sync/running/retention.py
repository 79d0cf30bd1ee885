"""How long raw snapshots are kept, and their pruning in small batches.

Everything that a run of the last days was answered, then what each resource stood on at the end of a day for longer,
and always what it stands on. An answer stands until another one landed in its place: of a list the one at its position,
of notes the contact's next one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, exists, func, select, true, tuple_

from database import brand_transaction
from models import RawBody, RawSnapshot, Resource, utc_now
from settings import SyncSettings
from standing_answers import is_replaced
from sync.lease import Lease, take_lease
from sync.running.runs import abandon_dead_runs
from sync.tables import table_of

_SNAPSHOTS: Final = table_of(RawSnapshot)
_BODIES: Final = table_of(RawBody)
_BATCH: Final = 500
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class KeptPull:
    """One resource of one run as it stands in the snapshots: when its first and last answer came, and if it landed.

    `is_complete`: it has all its answers itself, where another pull's may be in part those of the pulls before it.
    """

    run_id: str
    resource: Resource
    read_at: datetime
    whole: bool
    is_complete: bool = True
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Forgettable:
    """A pull that need not be kept any longer, save the answers that stood until `needed_at`; all of it if None."""

    pull: KeptPull
    needed_at: datetime | None = None


def pulls_to_forget(pulls: Iterable[KeptPull], now: datetime, *, days: int, daily_days: int) -> list[Forgettable]:
    """Return the pulls that need not be kept any longer."""
    forgotten = []
    # From the newest on: until when a pull stood, and whether one that builds on it is kept, the later ones tell.
    later_of: dict[Resource, KeptPull] = {}
    needed_of: dict[Resource, datetime | None] = {}
    for pull in sorted(pulls, key=lambda pull: pull.read_at, reverse=True):
        later, needed_at = later_of.get(pull.resource), needed_of.get(pull.resource)
        is_kept = now - pull.read_at <= timedelta(days=days)
        if pull.whole:
            is_kept = later is None or _is_wanted(pull, later, now, days=days, daily_days=daily_days)
            needed_here = (pull.ended_at or pull.read_at) if is_kept else needed_at
            later_of[pull.resource], needed_of[pull.resource] = pull, None if pull.is_complete else needed_here
        if not is_kept:
            forgotten.append(Forgettable(pull, needed_at if pull.whole else None))
    return forgotten


def _is_wanted(pull: KeptPull, later: KeptPull, now: datetime, *, days: int, daily_days: int) -> bool:
    """Tell whether a pull stood within the last days, or at the end of one of the days before them."""
    stood_overnight = pull.read_at.date() != later.read_at.date()
    return now - later.read_at <= timedelta(days=daily_days if stood_overnight else days)


def prune_brand(engine: Engine, settings: SyncSettings, tenant_id: int, worker: str) -> int:
    """Forget what need not be kept of a brand's snapshots; return how many were forgotten.

    Works under the brand's lease, so that no run counts on a body that goes; 0 where the brand is busy.
    """
    now = utc_now()
    stood_lately = now - timedelta(days=settings.snapshot_keep_days)
    with brand_transaction(engine, tenant_id) as connection:
        forgotten = pulls_to_forget(
            _pulls(connection, tenant_id),
            now,
            days=settings.snapshot_keep_days,
            daily_days=settings.snapshot_keep_daily_days,
        )
        # Most old pulls are kept in part: only where something is left to go the brand is taken and written to.
        answers = [these for these in _answers_to_forget(tenant_id, forgotten, stood_lately) if _any(connection, these)]
        if not answers:
            return 0
        lease = take_lease(connection, tenant_id, worker, settings.sync_lease_seconds, None)
        if lease is None:
            return 0
        abandon_dead_runs(connection, tenant_id)
    count = sum(_forget(engine, lease, these) for these in answers)
    while _forget_bodies(engine, lease):
        pass
    with brand_transaction(engine, tenant_id) as connection:
        lease.release(connection)
    log.info("snapshots_pruned", count=count)
    return count


def _pulls(connection: Connection, tenant_id: int) -> list[KeptPull]:
    grouped = (
        select(
            _SNAPSHOTS.c.run_id,
            _SNAPSHOTS.c.resource,
            func.min(_SNAPSHOTS.c.fetched_at).label("read_at"),
            func.max(_SNAPSHOTS.c.fetched_at).label("ended_at"),
            func.count().filter(_SNAPSHOTS.c.whole).label("whole"),
            func.count(_SNAPSHOTS.c.pull_answers).label("leaning"),
        )
        .where(_SNAPSHOTS.c.tenant_id == tenant_id)
        .group_by(_SNAPSHOTS.c.run_id, _SNAPSHOTS.c.resource)
    )
    return [
        KeptPull(row.run_id, row.resource, row.read_at, bool(row.whole), not row.leaning, row.ended_at)
        for row in connection.execute(grouped)
    ]


def _answers_to_forget(
    tenant_id: int, forgotten: Iterable[Forgettable], stood_lately: datetime
) -> Iterator[ColumnElement[bool]]:
    """Yield conditions for the answers of these pulls, but for those that still stand or that a kept pull builds on."""
    alike: dict[tuple[Resource, datetime | None], list[str]] = defaultdict(list)
    for gone in forgotten:
        alike[gone.pull.resource, gone.needed_at].append(gone.pull.run_id)
    for (resource, needed_at), run_ids in alike.items():
        goes: ColumnElement[bool] = true()
        if resource is Resource.NOTES:
            goes = ~_SNAPSHOTS.c.whole | is_replaced(_SNAPSHOTS.c.request, stood_lately)
        elif needed_at is not None:
            goes = ~_SNAPSHOTS.c.whole | is_replaced(_SNAPSHOTS.c.position, needed_at)
        mine = and_(_SNAPSHOTS.c.tenant_id == tenant_id, _SNAPSHOTS.c.resource == resource, goes)
        for start in range(0, len(run_ids), _BATCH):
            yield and_(mine, _SNAPSHOTS.c.run_id.in_(run_ids[start : start + _BATCH]))


def _any(connection: Connection, these: ColumnElement[bool]) -> bool:
    return connection.execute(select(_SNAPSHOTS.c.position).where(these).limit(1)).first() is not None


def _forget(engine: Engine, lease: Lease, these: ColumnElement[bool]) -> int:
    """Forget answers, batch by batch; return how many."""
    key = tuple_(*_SNAPSHOTS.primary_key)
    some = select(*_SNAPSHOTS.primary_key).where(these).limit(_BATCH)
    count = 0
    while True:
        with brand_transaction(engine, lease.tenant_id) as connection:
            lease.hold(connection)
            gone = connection.execute(delete(_SNAPSHOTS).where(key.in_(some))).rowcount
        if gone == 0:
            return count
        count += gone


def _forget_bodies(engine: Engine, lease: Lease) -> int:
    """Forget a batch of bodies that no snapshot names any longer."""
    named = exists().where(_SNAPSHOTS.c.tenant_id == _BODIES.c.tenant_id, _SNAPSHOTS.c.sha256 == _BODIES.c.sha256)
    orphans = select(_BODIES.c.sha256).where(_BODIES.c.tenant_id == lease.tenant_id, ~named).limit(_BATCH)
    with brand_transaction(engine, lease.tenant_id) as connection:
        lease.hold(connection)
        hashes = list(connection.scalars(orphans))
        if hashes:
            mine = and_(_BODIES.c.tenant_id == lease.tenant_id, _BODIES.c.sha256.in_(hashes))
            connection.execute(delete(_BODIES).where(mine))
    return len(hashes)
