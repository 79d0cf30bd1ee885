"""Runs begin and end here: with a lease, once per slot, and never "in progress" for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, Engine, func, insert, select, update

from database import agency_transaction, brand_transaction, database_now
from models import ResourceStatus, RunStatus, SyncLease, SyncRun, Tenant, TenantStatus, Trigger, new_id, utc_now
from sync.lease import Lease, is_free, take_lease
from sync.tables import table_of
from time_zones import find_zone, zone_of

_RUNS: Final = table_of(SyncRun)
_LEASES: Final = table_of(SyncLease)
_TENANTS: Final = table_of(Tenant)
_LANDED: Final = frozenset({ResourceStatus.SUCCESS, ResourceStatus.PARTIAL})
_CALM: Final = frozenset({ResourceStatus.SUCCESS, ResourceStatus.UNAVAILABLE})
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BrandAccount:
    """What a sync needs to know of a brand. The web key is still encrypted."""

    tenant_id: int
    slug: str
    zone: ZoneInfo
    web_key_encrypted: str


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Why a run is wanted. `slot_at` is the scheduled time it stands for, `missed_slots` those nobody ran before it."""

    trigger: Trigger
    slot_at: datetime | None = None
    missed_slots: int = 0
    accept: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """What a brand's runs tell: the latest slot that was run, and how the latest runs ended, newest first."""

    last_slot: datetime | None = None
    latest: tuple[RunStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class StartedRun:
    """A run that has begun, and the lease that lets it write."""

    run_id: str
    lease: Lease


def active_brands(engine: Engine, slug: str | None = None) -> list[BrandAccount]:
    """Return the brands that are synced, by name; only the one named `slug` where it is given."""
    brands = select(_TENANTS).where(_TENANTS.c.status == TenantStatus.ACTIVE).order_by(_TENANTS.c.slug)
    if slug is not None:
        brands = brands.where(_TENANTS.c.slug == slug)
    with agency_transaction(engine, writes=False) as connection:
        rows = connection.execute(brands).all()
    return [BrandAccount(row.id, row.slug, _zone(row.timezone, row.slug), row.web_key_encrypted) for row in rows]


def as_it_is_now(engine: Engine, brand: BrandAccount) -> BrandAccount:
    """Return the brand with the web key and the zone of this moment: both may change while its run waits for its turn.

    Who replaces a refused key asks for a sync too, and that run must not go with the old one.
    """
    return next(iter(active_brands(engine, brand.slug)), brand)


def _zone(name: str, slug: str) -> ZoneInfo:
    if find_zone(name) is None:
        log.warning("unknown_timezone", brand=slug, timezone=name, instead="UTC")
    return zone_of(name)


def start_run(
    engine: Engine, tenant_id: int, worker: str, lease_seconds: float, run_request: RunRequest
) -> StartedRun | None:
    """Take the brand and begin a run. None where another worker has the brand, or its slot was run already.

    A run that still says "running" although its lease is free has crashed: it becomes abandoned here.
    """
    run_id = new_id()
    with brand_transaction(engine, tenant_id) as connection:
        lease = take_lease(connection, tenant_id, worker, lease_seconds, run_id)
        if lease is None:
            return None
        abandon_dead_runs(connection, tenant_id)
        if not _is_wanted(connection, tenant_id, run_request):
            lease.release(connection)
            return None
        now = utc_now()
        connection.execute(
            insert(_RUNS).values(
                tenant_id=tenant_id,
                run_id=run_id,
                status=RunStatus.RUNNING,
                trigger=run_request.trigger,
                slot_at=run_request.slot_at,
                started_at=now,
                worker=worker,
                missed_slots=run_request.missed_slots,
                created_at=now,
                updated_at=now,
            )
        )
    return StartedRun(run_id, lease)


def abandon_dead_runs(connection: Connection, tenant_id: int) -> None:
    """Mark the brand's running runs abandoned: whoever holds the lease knows that nobody works on them."""
    dead = update(_RUNS).where(_RUNS.c.tenant_id == tenant_id, _RUNS.c.status == RunStatus.RUNNING)
    now = utc_now()
    count = connection.execute(dead.values(status=RunStatus.ABANDONED, finished_at=now, updated_at=now)).rowcount
    if count:
        log.warning("run_abandoned", count=count)


def _is_wanted(connection: Connection, tenant_id: int, run_request: RunRequest) -> bool:
    """Tell, under the lease, whether the run is still to be made: nobody ran its slot or caught up before."""
    if run_request.slot_at is not None:
        slot = (
            select(_RUNS.c.run_id)
            .where(
                _RUNS.c.tenant_id == tenant_id,
                _RUNS.c.slot_at.between(run_request.slot_at, database_now(connection)),
            )
            .limit(1)
        )
        return connection.execute(slot).first() is None
    if run_request.trigger is Trigger.CATCH_UP:
        return last_status(connection, tenant_id) is RunStatus.ABANDONED
    return True


def last_status(connection: Connection, tenant_id: int) -> RunStatus | None:
    """Return how the brand's latest run stands; None where it never had one."""
    begun = (_RUNS.c.tenant_id == tenant_id, _RUNS.c.started_at <= database_now(connection))
    latest = select(_RUNS.c.status).where(*begun).order_by(_RUNS.c.started_at.desc()).limit(1)
    status: RunStatus | None = connection.scalar(latest)
    return status


def finish_run(engine: Engine, run: StartedRun, status: RunStatus) -> None:
    """Write how the run ended and give the brand back. Raises LeaseLostError where it is no longer ours."""
    with brand_transaction(engine, run.lease.tenant_id) as connection:
        run.lease.hold(connection)
        mine = update(_RUNS).where(_RUNS.c.tenant_id == run.lease.tenant_id, _RUNS.c.run_id == run.run_id)
        now = utc_now()
        connection.execute(mine.values(status=status, finished_at=now, updated_at=now))
        run.lease.release(connection)


def run_status(statuses: Sequence[ResourceStatus]) -> RunStatus:
    """Return how a run ended by how its resources did; a call that the account does not offer spoils nothing."""
    if statuses and all(status in _CALM for status in statuses) and any(status in _LANDED for status in statuses):
        return RunStatus.SUCCESS
    if any(status in _LANDED for status in statuses):
        return RunStatus.PARTIAL
    return RunStatus.FAILED


def histories(connection: Connection, crashes: int) -> dict[int, History]:
    """Return what each brand's runs tell; how the latest `crashes` ended only where the very latest was cut off.

    Slots in which a brand was suspended count as run: nobody has missed them. Slots and starts from the future, which
    a clock left behind that was ahead for a while, count for nothing: a brand would wait for them, or be caught up
    with again and again because its latest run is always the one that was cut off then.
    """
    now = database_now(connection)
    mine, begun = _RUNS.c.tenant_id == _TENANTS.c.id, _RUNS.c.started_at <= now
    last_slot = select(func.max(_RUNS.c.slot_at)).where(mine, _RUNS.c.slot_at <= now).scalar_subquery()
    latest = select(_RUNS.c.status).where(mine, begun).order_by(_RUNS.c.started_at.desc()).limit(1).scalar_subquery()
    by_brand = {}
    brands = select(_TENANTS.c.id, _TENANTS.c.active_since, last_slot.label("slot"), latest.label("status"))
    for brand in connection.execute(brands).all():
        statuses = (brand.status,) if brand.status else ()
        if brand.status == RunStatus.ABANDONED:
            own = select(_RUNS.c.status).where(_RUNS.c.tenant_id == brand.id, begun)
            statuses = tuple(connection.scalars(own.order_by(_RUNS.c.started_at.desc()).limit(crashes)))
        last = max(brand.slot, brand.active_since or brand.slot) if brand.slot else None
        by_brand[brand.id] = History(last, statuses)
    return by_brand


def brands_of_crashed_runs(connection: Connection) -> list[int]:
    """Return the brands whose lease ran out in the middle of a run."""
    crashed = select(_LEASES.c.tenant_id).where(_LEASES.c.run_id.is_not(None), is_free(connection))
    # Whose lease is locked is at work: a long list is being stored, and renews it at its end.
    crashed = crashed.with_for_update(skip_locked=True)
    return list(connection.scalars(crashed))
