"""How every brand's data stands, brands in trouble first: a handful of set-based questions over all brands at once.

Only `AgencySession` can ask them. What a brand's row shows comes from its last *finished* run; a run that is under way
or asked for is its `activity`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select as select_columns
from sqlmodel import col, select

from dash_portal.agency.brand_ages import BrandAges, brand_ages
from dash_portal.agency.brand_state import TROUBLE_ORDER, BrandState, brand_state, worst_error
from dash_portal.agency.finished_runs import FINISHED_RUNS, Outcome
from dash_portal.agency.latest_runs import KNOWN_RUNS, NO_TREND, LatestRuns, Trend
from dash_portal.freshness import Freshness, freshness_of
from database import AgencySession
from models import (
    OPEN_REQUESTS,
    Resource,
    ResourceStatus,
    RunStatus,
    SyncLease,
    SyncRequest,
    Tenant,
    TenantStatus,
    Trigger,
    User,
)


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last finished run of a brand. Times are UTC; `seconds` is how long it took."""

    run_id: str
    status: RunStatus
    trigger: Trigger
    started_at: datetime
    seconds: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Activity:
    """What is going on for a brand right now. `by` names who asked, where somebody did; `since` is UTC."""

    running: bool
    since: datetime
    by: str | None
    accepts: bool = False


@dataclass(frozen=True, slots=True)
class BrandHealth:
    """One brand's row. `error_kind` is what explains its last run best, `held_back` what waits for a decision."""

    tenant_id: int
    slug: str
    name: str
    timezone: str
    state: BrandState
    freshness: Freshness
    last_run: LastRun | None
    activity: Activity | None
    trend: Trend
    error_kind: str | None
    held_back: tuple[Resource, ...]
    notes_remaining: int | None

    @property
    def is_suspended(self) -> bool:
        """Tell whether the brand is neither synced nor shown."""
        return self.state is BrandState.SUSPENDED


def sync_health(session: AgencySession, now: datetime, sync_cron: str) -> tuple[BrandHealth, ...]:
    """Return every brand's row: trouble first, then by name."""
    return tuple(sorted(_rows(session, None, now, sync_cron), key=_trouble_first))


def brand_health(session: AgencySession, slug: str, now: datetime, sync_cron: str) -> BrandHealth | None:
    """Return one brand's row, or None where there is no such brand."""
    tenant_id = session.exec(select(Tenant.id).where(Tenant.slug == slug)).one_or_none()
    return None if tenant_id is None else next(_rows(session, tenant_id, now, sync_cron), None)


def _rows(session: AgencySession, only: int | None, now: datetime, sync_cron: str) -> Iterator[BrandHealth]:
    """Yield the rows of all brands, or of the one named."""
    latest = KNOWN_RUNS.latest(session, only)
    last_runs = _last_runs(session, latest)
    ages, activities = brand_ages(session, only), _activities(session, latest, only, now)
    brands = select_columns(
        col(Tenant.id), col(Tenant.slug), col(Tenant.name), col(Tenant.timezone), col(Tenant.status)
    )
    for tenant in session.execute(_narrowed(brands, col(Tenant.id), only)):
        tenant_id: int = tenant.id or 0
        yield _health(
            tenant,
            last=last_runs.get(tenant_id, (None, frozenset())),
            ages=ages.get(tenant_id, {}),
            activity=activities.get(tenant_id),
            trend=latest[tenant_id].trend if tenant_id in latest else NO_TREND,
            now=now,
            sync_cron=sync_cron,
        )


def _narrowed(question: Any, tenant_id: Any, only: int | None) -> Any:
    return question if only is None else question.where(tenant_id == only)


def _trouble_first(row: BrandHealth) -> tuple[int, str, str]:
    return TROUBLE_ORDER[row.state], row.name.casefold(), row.slug


def _health(
    tenant: Any,
    *,
    last: tuple[LastRun | None, frozenset[str]],
    ages: BrandAges,
    activity: Activity | None,
    trend: Trend,
    now: datetime,
    sync_cron: str,
) -> BrandHealth:
    tenant_id, slug, name, timezone, status = tenant
    last_run, kinds = last
    freshness = freshness_of([ages.get(resource) for resource in Resource], now, sync_cron, slug)
    held_back = tuple(one.resource for one in ages.values() if one.last_status is ResourceStatus.HELD_BACK)
    state = brand_state(
        suspended=status is TenantStatus.SUSPENDED,
        last_status=None if last_run is None else last_run.status,
        error_kinds=kinds,
        holds_back=bool(held_back),
        freshness=freshness,
    )
    return BrandHealth(
        tenant_id=tenant_id or 0,
        slug=slug,
        name=name,
        timezone=timezone,
        state=state,
        freshness=freshness,
        last_run=last_run,
        activity=activity,
        trend=trend,
        error_kind=worst_error(kinds) if state.is_trouble else None,
        held_back=held_back,
        notes_remaining=_notes_remaining(last_run),
    )


def _notes_remaining(last_run: LastRun | None) -> int | None:
    """Return of how many contacts the notes were never read; None where no run has said."""
    results = last_run.outcome.results if last_run is not None else ()
    return next((result.remaining for result in results if result.resource is Resource.NOTES), None)


def _last_runs(session: AgencySession, latest: Mapping[int, LatestRuns]) -> dict[int, tuple[LastRun, frozenset[str]]]:
    """Return each brand's last finished run with its results, and the kinds of error it met."""
    finished = {tenant_id: runs.finished for tenant_id, runs in latest.items() if runs.finished is not None}
    outcomes = FINISHED_RUNS.outcomes(session, [(tenant_id, run.run_id) for tenant_id, run in finished.items()])
    found = {}
    for tenant_id, run in finished.items():
        outcome = outcomes[tenant_id, run.run_id]
        last = LastRun(run.run_id, run.status, run.trigger, run.started_at, run.seconds, outcome)
        found[tenant_id] = (last, outcome.error_kinds)
    return found


def _activities(
    session: AgencySession, latest: Mapping[int, LatestRuns], only: int | None, now: datetime
) -> dict[int, Activity]:
    """Return what is under way (the run's lease is held) or asked for (a request waits), and who asked for it."""
    asked = {}
    requests: Any = (
        select_columns(
            col(SyncRequest.tenant_id),
            col(SyncRequest.created_at),
            col(SyncRequest.accept),
            col(User.name),
            col(User.email),
        )
        .outerjoin(User, col(User.id) == SyncRequest.requested_by)
        .where(col(SyncRequest.status).in_(OPEN_REQUESTS))
        .order_by(col(SyncRequest.created_at).desc())
    )
    for tenant_id, since, accepts, name, email in session.execute(
        _narrowed(requests, col(SyncRequest.tenant_id), only)
    ):
        asked[tenant_id] = Activity(running=False, since=since, by=name or email, accepts=accepts)
    leases = select_columns(col(SyncLease.tenant_id), col(SyncLease.run_id)).where(col(SyncLease.expires_at) > now)
    for tenant_id, run_id in session.execute(_narrowed(leases, col(SyncLease.tenant_id), only)).all():
        run = latest[tenant_id].running if tenant_id in latest else None
        if run is None or run.run_id != run_id:
            continue
        request = asked.get(tenant_id) if run.trigger is Trigger.MANUAL else None
        asked[tenant_id] = Activity(
            running=True,
            since=run.started_at,
            by=request.by if request else None,
            accepts=request.accepts if request else False,
        )
    return asked
