"""How every brand's data stands, brands in trouble first: a handful of set-based questions over all brands at once.

Only `AgencySession` can ask them. What a brand's row shows comes from its last *finished* run; a run that is under way
or asked for is its `ongoing` sync.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select as select_columns
from sqlmodel import col

from dash_portal.agency.health.ages import AGE_MEMORY, BrandAges
from dash_portal.agency.health.runs import NO_RUNS, RUN_MEMORY, RecentRuns, RunOutcome, RunSummary
from dash_portal.agency.health.state import TROUBLE_ORDER, BrandState, brand_state, worst_error
from dash_portal.agency.words import empty_fields_words
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
class OngoingSync:
    """What is going on for a brand right now. `by` names who asked, where somebody did; `since` is UTC."""

    running: bool
    since: datetime
    by: str | None
    accepts: bool = False


@dataclass(frozen=True, slots=True)
class BrandHealth:
    """One brand's row. `error_kind` is what explains its last run best, `held_back` what waits for a decision.

    `last_run` is the last that has finished, `outcome` what it did. `pill` are the state's words, with the field
    that is not understood where that is all there is to say.
    """

    tenant_id: int
    slug: str
    name: str
    timezone: str
    state: BrandState
    pill: str
    freshness: Freshness
    last_run: RunSummary | None
    outcome: RunOutcome | None
    recent: RecentRuns
    ongoing: OngoingSync | None
    error_kind: str | None
    held_back: tuple[Resource, ...]

    @property
    def is_suspended(self) -> bool:
        """Tell whether the brand is neither synced nor shown."""
        return self.state is BrandState.SUSPENDED

    @property
    def notes_remaining(self) -> int | None:
        """Of how many contacts the notes were never read; None where no run has counted them."""
        resources = () if self.outcome is None else self.outcome.resources
        return next((outcome.remaining for outcome in resources if outcome.resource is Resource.NOTES), None)


def sync_health(session: AgencySession, now: datetime, sync_cron: str) -> tuple[BrandHealth, ...]:
    """Return every brand's row: trouble first, then by name."""
    return tuple(sorted(_rows(session, None, now, sync_cron), key=_trouble_first))


def brand_health(session: AgencySession, tenant_id: int, now: datetime, sync_cron: str) -> BrandHealth:
    """Return the row of one brand, which must exist."""
    return next(_rows(session, tenant_id, now, sync_cron))


def _rows(session: AgencySession, only: int | None, now: datetime, sync_cron: str) -> Iterator[BrandHealth]:
    """Yield the rows of all brands, or of the one named."""
    recent = RUN_MEMORY.recent(session, only)
    outcomes = _last_outcomes(session, recent)
    ages, ongoing = AGE_MEMORY.ages(session, only), _ongoing_syncs(session, recent, only, now)
    brands = select_columns(
        col(Tenant.id), col(Tenant.slug), col(Tenant.name), col(Tenant.timezone), col(Tenant.status)
    )
    for tenant in session.execute(_narrowed(brands, col(Tenant.id), only)):
        yield _health(
            tenant,
            recent=recent.get(tenant.id, NO_RUNS),
            outcome=outcomes.get(tenant.id),
            ages=ages.get(tenant.id, {}),
            ongoing=ongoing.get(tenant.id),
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
    recent: RecentRuns,
    outcome: RunOutcome | None,
    ages: BrandAges,
    ongoing: OngoingSync | None,
    now: datetime,
    sync_cron: str,
) -> BrandHealth:
    listed = [ages.get(resource) for resource in Resource]
    freshness = freshness_of(listed, now, sync_cron, tenant.slug)
    held_back = tuple(age.resource for age in listed if age is not None and age.last_status is ResourceStatus.HELD_BACK)
    ended_well = recent.finished is None or recent.finished.status is RunStatus.SUCCESS
    error_kinds = frozenset() if outcome is None or ended_well else outcome.error_kinds
    state = brand_state(
        suspended=tenant.status is TenantStatus.SUSPENDED,
        last_status=None if recent.finished is None else recent.finished.status,
        error_kinds=error_kinds,
        holds_back=bool(held_back),
        freshness=freshness,
    )
    return BrandHealth(
        tenant_id=tenant.id,
        slug=tenant.slug,
        name=tenant.name,
        timezone=tenant.timezone,
        state=state,
        pill=_pill(state, outcome),
        freshness=freshness,
        last_run=recent.finished,
        outcome=outcome,
        recent=recent,
        ongoing=ongoing,
        error_kind=worst_error(error_kinds) if state.is_trouble else None,
        held_back=held_back,
    )


def _pill(state: BrandState, outcome: RunOutcome | None) -> str:
    """Return the state in words, naming the field where one is all that is not understood."""
    empty_fields = () if outcome is None else outcome.empty_fields
    if state is not BrandState.NOT_UNDERSTOOD or not empty_fields:
        return state.words
    return f"Partly: {empty_fields_words(empty_fields)}"


def _last_outcomes(session: AgencySession, recent: Mapping[int, RecentRuns]) -> dict[int, RunOutcome]:
    """Return what each brand's last finished run did."""
    keys = [(tenant_id, runs.finished.run_id) for tenant_id, runs in recent.items() if runs.finished is not None]
    return {tenant_id: outcome for (tenant_id, _), outcome in RUN_MEMORY.outcomes(session, keys).items()}


def _ongoing_syncs(
    session: AgencySession, recent: Mapping[int, RecentRuns], only: int | None, now: datetime
) -> dict[int, OngoingSync]:
    """Return what is under way (the run's lease is held) or asked for (a request waits), and who asked for it."""
    ongoing = _open_requests(session, only)
    for lease in _held_leases(session, only, now):
        run = recent.get(lease.tenant_id, NO_RUNS).running
        if run is None or run.run_id != lease.run_id:
            continue
        request = ongoing.get(lease.tenant_id) if run.trigger is Trigger.MANUAL else None
        ongoing[lease.tenant_id] = OngoingSync(
            running=True,
            since=run.started_at,
            by=request.by if request else None,
            accepts=request.accepts if request else False,
        )
    return ongoing


def _open_requests(session: AgencySession, only: int | None) -> dict[int, OngoingSync]:
    """Return each brand's oldest request that is not done yet."""
    question = (
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
    return {
        row.tenant_id: OngoingSync(running=False, since=row.created_at, by=row.name or row.email, accepts=row.accept)
        for row in session.execute(_narrowed(question, col(SyncRequest.tenant_id), only))
    }


def _held_leases(session: AgencySession, only: int | None, now: datetime) -> Any:
    question = select_columns(col(SyncLease.tenant_id), col(SyncLease.run_id)).where(col(SyncLease.expires_at) > now)
    return session.execute(_narrowed(question, col(SyncLease.tenant_id), only)).all()
