"""How every brand's data stands, brands in trouble first: a handful of set-based questions over all brands at once.

Only `AgencySession` can ask them. What a brand's row shows comes from its last *finished* run; a run that is under way
or asked for is its `ongoing` sync.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select as select_columns
from sqlmodel import col

from dash_portal.agency.health.ages import AGE_MEMORY, NO_AGES, BrandAges
from dash_portal.agency.health.runs import (
    NO_RUNS,
    NONE_RECENT,
    RUN_MEMORY,
    LastRuns,
    RecentRuns,
    RunOutcome,
    RunSummary,
    last_runs,
    read_summaries,
)
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

    `pill` are the state's words, with the field that is not understood where that is all there is to say; `last` names
    its last runs. What the last that has finished did, the `outcome`, and the `recent` runs are there `with_runs` only:
    of a thousand brands, a page shows a few.
    """

    tenant_id: int
    slug: str
    name: str
    timezone: str
    state: BrandState
    pill: str
    freshness: Freshness
    last: LastRuns
    error_kind: str | None
    held_back: tuple[Resource, ...]
    ongoing: OngoingSync | None = None
    outcome: RunOutcome | None = None
    recent: RecentRuns = NONE_RECENT

    @property
    def is_suspended(self) -> bool:
        """Tell whether the brand is neither synced nor shown."""
        return self.state is BrandState.SUSPENDED

    @property
    def last_run(self) -> RunSummary | None:
        """The last run that has finished."""
        return None if self.outcome is None else self.outcome.run

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
    row = next(_rows(session, tenant_id, now, sync_cron))
    return with_runs(session, [row])[0]


def with_runs(session: AgencySession, brands: Sequence[BrandHealth]) -> list[BrandHealth]:
    """Return these brands' rows with what their last finished run did, and their last 24 runs."""
    outcomes = _outcomes(session, {brand.tenant_id: brand.last for brand in brands})
    return [
        replace(
            brand,
            outcome=outcomes.get(brand.tenant_id),
            recent=RUN_MEMORY.recent(session, brand.tenant_id, brand.last),
        )
        for brand in brands
    ]


def _rows(session: AgencySession, only: int | None, now: datetime, sync_cron: str) -> Iterator[BrandHealth]:
    """Yield the rows of all brands, or of the one named."""
    last = last_runs(session, only)
    went_wrong = {tenant_id: runs for tenant_id, runs in last.items() if runs.status is not RunStatus.SUCCESS}
    outcomes = _outcomes(session, went_wrong)
    ages, ongoing = AGE_MEMORY.ages(session, only), _ongoing_syncs(session, last, only, now)
    brands = select_columns(
        col(Tenant.id), col(Tenant.slug), col(Tenant.name), col(Tenant.timezone), col(Tenant.status)
    )
    for tenant in session.execute(_narrowed(brands, col(Tenant.id), only)):
        health = _HEALTH_MEMORY.health(
            tenant,
            last=last.get(tenant.id, NO_RUNS),
            trouble=outcomes.get(tenant.id),
            ages=ages.get(tenant.id, NO_AGES),
            now=now,
            sync_cron=sync_cron,
        )
        yield replace(health, ongoing=ongoing[tenant.id]) if tenant.id in ongoing else health


def _narrowed(question: Any, tenant_id: Any, only: int | None) -> Any:
    return question if only is None else question.where(tenant_id == only)


def _trouble_first(row: BrandHealth) -> tuple[int, str, str]:
    return TROUBLE_ORDER[row.state], row.name.casefold(), row.slug


class _HealthMemory:
    """How each brand stands, kept until it has news or its age tells otherwise: of a thousand, few do in a minute."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[tuple[Any, ...], datetime, BrandHealth]] = {}

    def health(self, tenant: Any, *, now: datetime, **news: Any) -> BrandHealth:
        """Return how a brand stands, which follows from what is known of it (`news`) and from the time alone."""
        seen = (*tenant, *news.values())
        known = self._known.get(tenant.id)
        if known is not None and known[0] == seen and known[2].freshness.now <= now < known[1]:
            return known[2]
        health = _health(tenant, now=now, **news)
        self._known[tenant.id] = (seen, _stands_until(health.freshness), health)
        return health


_HEALTH_MEMORY: Final = _HealthMemory()


def _stands_until(freshness: Freshness) -> datetime:
    """Return the next moment at which the clock alone makes something else of a brand's freshness."""
    moments = (freshness.ageing_at, freshness.stale_at, freshness.next_sync_at)
    return min((moment for moment in moments if moment is not None and moment >= freshness.now), default=freshness.now)


def _health(
    tenant: Any,
    *,
    last: LastRuns,
    trouble: RunOutcome | None,
    ages: BrandAges,
    now: datetime,
    sync_cron: str,
) -> BrandHealth:
    listed = [ages.get(resource) for resource in Resource]
    freshness = freshness_of(listed, now, sync_cron, tenant.slug)
    held_back = tuple(age.resource for age in listed if age is not None and age.last_status is ResourceStatus.HELD_BACK)
    error_kinds = frozenset() if trouble is None else trouble.error_kinds
    state = brand_state(
        suspended=tenant.status is TenantStatus.SUSPENDED,
        last_status=last.status,
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
        pill=_pill(state, trouble),
        freshness=freshness,
        last=last,
        error_kind=worst_error(error_kinds) if state.is_trouble else None,
        held_back=held_back,
    )


def _pill(state: BrandState, trouble: RunOutcome | None) -> str:
    """Return the state in words, naming the field where one is all that is not understood."""
    empty_fields = () if trouble is None else trouble.empty_fields
    if state is not BrandState.NOT_UNDERSTOOD or not empty_fields:
        return state.words
    return f"Partly: {empty_fields_words(empty_fields)}"


def _outcomes(session: AgencySession, last: Mapping[int, LastRuns]) -> dict[int, RunOutcome]:
    """Return what each of these brands' last finished run did."""
    keys = [(tenant_id, runs.finished) for tenant_id, runs in last.items() if runs.finished is not None]
    return {tenant_id: outcome for (tenant_id, _), outcome in RUN_MEMORY.outcomes(session, keys).items()}


def _ongoing_syncs(
    session: AgencySession, last: Mapping[int, LastRuns], only: int | None, now: datetime
) -> dict[int, OngoingSync]:
    """Return what is under way (the run's lease is held) or asked for (a request waits), and who asked for it."""
    ongoing = _open_requests(session, only)
    running = [(tenant_id, runs.running) for tenant_id, runs in last.items() if runs.running is not None]
    under_way = read_summaries(session, running)
    for lease in _held_leases(session, only, now):
        run = under_way.get((lease.tenant_id, lease.run_id))
        if run is None:
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
