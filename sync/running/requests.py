"""What people ask the worker for: "sync now" rows of the portal, claimed by one worker, answered, never stuck."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, and_, or_, select, update

from database import agency_transaction, brand_transaction
from models import RequestStatus, RunStatus, SyncRequest, SyncRun, Tenant, TenantStatus, utc_now
from sync.tables import table_of

_REQUESTS: Final = table_of(SyncRequest)
_RUNS: Final = table_of(SyncRun)
_TENANTS: Final = table_of(Tenant)
_CLAIM_LASTS: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Claim:
    """All that is asked for a brand at this moment: one run answers every request."""

    tenant_id: int
    request_ids: tuple[str, ...]
    accept: bool


def brands_asked_for(engine: Engine) -> list[int]:
    """Return the active brands that somebody wants synced now, the longest waiting first."""
    free_stuck_requests(engine)
    waiting = (
        select(_REQUESTS.c.tenant_id)
        .join(_TENANTS, _TENANTS.c.id == _REQUESTS.c.tenant_id)
        .where(_REQUESTS.c.status == RequestStatus.QUEUED, _TENANTS.c.status == TenantStatus.ACTIVE)
        .order_by(_REQUESTS.c.created_at)
    )
    with agency_transaction(engine, writes=False) as connection:
        return list(dict.fromkeys(connection.scalars(waiting)))


def claim(engine: Engine, tenant_id: int) -> Claim | None:
    """Take all of a brand's waiting requests; None where another worker was quicker."""
    mine = and_(_REQUESTS.c.tenant_id == tenant_id, _REQUESTS.c.status == RequestStatus.QUEUED)
    now = utc_now()
    taking = update(_REQUESTS).where(mine).values(status=RequestStatus.RUNNING, picked_at=now, updated_at=now)
    with brand_transaction(engine, tenant_id) as connection:
        rows = connection.execute(taking.returning(_REQUESTS.c.request_id, _REQUESTS.c.accept)).all()
    if not rows:
        return None
    return Claim(tenant_id, tuple(row.request_id for row in rows), any(row.accept for row in rows))


def bind_to_run(engine: Engine, claimed: Claim, run_id: str) -> None:
    """Say which run answers the requests."""
    _change(engine, claimed, run_id=run_id)


def put_back(engine: Engine, claimed: Claim) -> None:
    """Let the requests wait on: the brand is busy."""
    _change(engine, claimed, status=RequestStatus.QUEUED, picked_at=None, run_id=None)


def settle(engine: Engine, claimed: Claim) -> None:
    """Say that the requests are answered."""
    _change(engine, claimed, status=RequestStatus.DONE, finished_at=utc_now())


def _change(engine: Engine, claimed: Claim, **values: object) -> None:
    mine = and_(_REQUESTS.c.tenant_id == claimed.tenant_id, _REQUESTS.c.request_id.in_(claimed.request_ids))
    with brand_transaction(engine, claimed.tenant_id) as connection:
        connection.execute(update(_REQUESTS).where(mine).values(**values, updated_at=utc_now()))


def free_stuck_requests(engine: Engine) -> None:
    """Queue again what a worker claimed and then died over."""
    run = and_(_RUNS.c.tenant_id == _REQUESTS.c.tenant_id, _RUNS.c.run_id == _REQUESTS.c.run_id)
    cut_off = select(_RUNS.c.run_id).where(run, _RUNS.c.status == RunStatus.ABANDONED).exists()
    answered = select(_RUNS.c.run_id).where(run, _RUNS.c.finished_at.is_not(None)).exists()
    running = _REQUESTS.c.status == RequestStatus.RUNNING
    now = utc_now()
    lately = _REQUESTS.c.picked_at.between(now - _CLAIM_LASTS, now + _CLAIM_LASTS)
    never_begun = and_(_REQUESTS.c.run_id.is_(None), ~lately)
    again = {"status": RequestStatus.QUEUED, "run_id": None, "picked_at": None, "updated_at": utc_now()}
    done = {"status": RequestStatus.DONE, "finished_at": utc_now(), "updated_at": utc_now()}
    stuck = select(_REQUESTS.c.request_id).where(running).limit(1)
    with agency_transaction(engine, writes=False) as connection:
        if connection.execute(stuck).first() is None:
            return
    with agency_transaction(engine) as connection:
        connection.execute(update(_REQUESTS).where(running, or_(cut_off, never_begun)).values(**again))
        connection.execute(update(_REQUESTS).where(running, answered).values(**done))
