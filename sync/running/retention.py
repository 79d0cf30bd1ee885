"""How long raw snapshots are kept, and their pruning in small batches.

Everything for some days, then each resource's last whole pull of a day for longer, and always its last whole pull. For
notes, which are read contact by contact, the last whole answer of each contact stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection, Engine, and_, delete, exists, func, select

from database import brand_transaction
from models import RawBody, RawSnapshot, Resource, utc_now
from settings import SyncSettings
from sync.lease import Lease, take_lease
from sync.running.runs import abandon_dead_runs
from sync.tables import table_of

_SNAPSHOTS: Final = table_of(RawSnapshot)
_BODIES: Final = table_of(RawBody)
_BATCH: Final = 500
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class KeptPull:
    """One resource of one run as it stands in the snapshots: when it was read, and whether it landed whole."""

    run_id: str
    resource: Resource
    read_at: datetime
    whole: bool


def pulls_to_forget(pulls: Iterable[KeptPull], now: datetime, *, days: int, daily_days: int) -> list[KeptPull]:
    """Return the pulls that need not be kept any longer."""
    newest_first = sorted(pulls, key=lambda pull: pull.read_at, reverse=True)
    spoken_for: set[tuple[Resource, object]] = set()
    forgotten = []
    for pull in newest_first:
        age = now - pull.read_at
        is_latest = pull.whole and (pull.resource, "latest") not in spoken_for
        is_daily = pull.whole and (pull.resource, pull.read_at.date()) not in spoken_for
        if pull.whole:
            spoken_for |= {(pull.resource, "latest"), (pull.resource, pull.read_at.date())}
        if age <= timedelta(days=days) or is_latest or (is_daily and age <= timedelta(days=daily_days)):
            continue
        forgotten.append(pull)
    return forgotten


def prune_brand(engine: Engine, settings: SyncSettings, tenant_id: int, worker: str) -> int:
    """Forget what need not be kept of a brand's snapshots; return how many were forgotten.

    Works under the brand's lease, so that no run counts on a body that goes; 0 where the brand is busy.
    """
    with brand_transaction(engine, tenant_id) as connection:
        forgotten = pulls_to_forget(
            _pulls(connection, tenant_id),
            utc_now(),
            days=settings.snapshot_keep_days,
            daily_days=settings.snapshot_keep_daily_days,
        )
        if not forgotten:
            return 0
        lease = take_lease(connection, tenant_id, worker, settings.sync_lease_seconds, None)
        if lease is None:
            return 0
        abandon_dead_runs(connection, tenant_id)
    count = sum(_forget(engine, lease, pull) for pull in forgotten)
    while _forget_bodies(engine, lease):
        pass
    with brand_transaction(engine, tenant_id) as connection:
        lease.release(connection)
    if count:
        log.info("snapshots_pruned", count=count)
    return count


def _pulls(connection: Connection, tenant_id: int) -> list[KeptPull]:
    grouped = (
        select(
            _SNAPSHOTS.c.run_id,
            _SNAPSHOTS.c.resource,
            func.min(_SNAPSHOTS.c.fetched_at).label("read_at"),
            func.count().filter(_SNAPSHOTS.c.whole).label("whole"),
        )
        .where(_SNAPSHOTS.c.tenant_id == tenant_id)
        .group_by(_SNAPSHOTS.c.run_id, _SNAPSHOTS.c.resource)
    )
    return [KeptPull(row.run_id, row.resource, row.read_at, bool(row.whole)) for row in connection.execute(grouped)]


def _forget(engine: Engine, lease: Lease, pull: KeptPull) -> int:
    """Forget a pull's snapshots, batch by batch; of notes, those that a later whole answer for the contact replaces."""
    later = _SNAPSHOTS.alias("later")
    replaced = exists().where(
        later.c.tenant_id == _SNAPSHOTS.c.tenant_id,
        later.c.resource == _SNAPSHOTS.c.resource,
        later.c.request == _SNAPSHOTS.c.request,
        later.c.fetched_at > _SNAPSHOTS.c.fetched_at,
        later.c.whole,
    )
    mine = and_(
        _SNAPSHOTS.c.tenant_id == lease.tenant_id,
        _SNAPSHOTS.c.run_id == pull.run_id,
        _SNAPSHOTS.c.resource == pull.resource,
    )
    if pull.resource is Resource.NOTES:
        mine = and_(mine, ~_SNAPSHOTS.c.whole | replaced)
    count = 0
    while True:
        some = select(_SNAPSHOTS.c.position).where(mine).limit(_BATCH)
        with brand_transaction(engine, lease.tenant_id) as connection:
            lease.hold(connection)
            positions = list(connection.scalars(some))
            if not positions:
                return count
            these = delete(_SNAPSHOTS).where(mine, _SNAPSHOTS.c.position.in_(positions))
            count += connection.execute(these).rowcount


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
