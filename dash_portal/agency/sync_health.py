"""How every brand's data stands, brands in trouble first: a handful of set-based questions over all brands at once.

Only `AgencySession` can ask them. What a brand's row shows comes from its last *finished* run; a run that is under way
or asked for is its `activity`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import String, Subquery, cast, extract, func, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from dash_portal.agency.brand_state import TROUBLE_ORDER, BrandState, brand_state, worst_error
from dash_portal.freshness import Freshness, ResourceAge, freshness_of
from database import AgencySession
from models import (
    RequestStatus,
    Resource,
    ResourceFreshness,
    ResourceStatus,
    RunStatus,
    SyncError,
    SyncErrorKind,
    SyncLease,
    SyncRequest,
    SyncRun,
    SyncRunResource,
    Tenant,
    TenantStatus,
    Trigger,
    User,
)

TREND_RUNS: Final = 24
_OPEN: Final = (RequestStatus.QUEUED, RequestStatus.RUNNING)
_ABOUT_RECORDS: Final = (SyncErrorKind.UNREADABLE_RECORD.value, SyncErrorKind.UNREADABLE_FIELD.value)


@dataclass(frozen=True, slots=True)
class ResourceResult:
    """What the last finished run did with one resource."""

    resource: Resource
    status: ResourceStatus
    fetched: int
    changed: int
    rejected: int
    remaining: int


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last finished run of a brand. Times are UTC."""

    run_id: str
    status: RunStatus
    trigger: Trigger
    started_at: datetime
    finished_at: datetime | None
    results: tuple[ResourceResult, ...]

    @property
    def changed(self) -> int:
        """How many rows it inserted, updated or removed."""
        return sum(result.changed for result in self.results)

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return None if self.finished_at is None else (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Activity:
    """What is going on for a brand right now. `by` names who asked, where somebody did; `since` is UTC."""

    running: bool
    since: datetime
    by: str | None
    accepts: bool = False


@dataclass(frozen=True, slots=True)
class TrendRun:
    """One run in the small chart of the last ones: how it ended and how long it took, in whole seconds."""

    status: RunStatus
    seconds: int


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
    trend: tuple[TrendRun, ...]
    error_kind: str | None
    held_back: tuple[Resource, ...]
    notes_remaining: int | None

    @property
    def is_suspended(self) -> bool:
        """Tell whether the brand is neither synced nor shown."""
        return self.state is BrandState.SUSPENDED


def sync_health(session: AgencySession, now: datetime, sync_cron: str) -> tuple[BrandHealth, ...]:
    """Return every brand's row: trouble first, then by name."""
    last_runs, kinds = _last_runs(session)
    ages, activities, trends = _ages(session), _activities(session, now), _trends(session)
    rows = []
    brands = select_columns(
        col(Tenant.id), col(Tenant.slug), col(Tenant.name), col(Tenant.timezone), col(Tenant.status)
    )
    for tenant in session.execute(brands):
        tenant_id: int = tenant.id or 0
        rows.append(
            _health(
                tenant,
                last_run=last_runs.get(tenant_id),
                kinds=kinds.get(tenant_id, frozenset()),
                ages=ages.get(tenant_id, {}),
                activity=activities.get(tenant_id),
                trend=trends.get(tenant_id, ()),
                now=now,
                sync_cron=sync_cron,
            )
        )
    return tuple(sorted(rows, key=_trouble_first))


def brand_health(session: AgencySession, slug: str, now: datetime, sync_cron: str) -> BrandHealth | None:
    """Return one brand's row, or None where there is no such brand."""
    return next((row for row in sync_health(session, now, sync_cron) if row.slug == slug), None)


def _trouble_first(row: BrandHealth) -> tuple[int, str, str]:
    return TROUBLE_ORDER[row.state], row.name.casefold(), row.slug


def _health(
    tenant: Any,
    *,
    last_run: LastRun | None,
    kinds: frozenset[str],
    ages: Mapping[Resource, ResourceAge],
    activity: Activity | None,
    trend: tuple[TrendRun, ...],
    now: datetime,
    sync_cron: str,
) -> BrandHealth:
    tenant_id, slug, name, timezone, status = tenant
    freshness = freshness_of([ages.get(resource) for resource in Resource], now, sync_cron)
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
    results = last_run.results if last_run is not None else ()
    return next((result.remaining for result in results if result.resource is Resource.NOTES), None)


def _last_finished() -> Subquery:
    """Return each brand with the id of its last finished run: one short walk along an index per brand."""
    last = (
        select(SyncRun.run_id)
        .where(col(SyncRun.tenant_id) == Tenant.id, col(SyncRun.status) != RunStatus.RUNNING)
        .order_by(col(SyncRun.started_at).desc())
        .limit(1)
        .correlate(Tenant)
        .scalar_subquery()
    )
    return select(col(Tenant.id).label("tenant_id"), last.label("run_id")).subquery("last_finished")


def _last_runs(session: AgencySession) -> tuple[dict[int, LastRun], dict[int, frozenset[str]]]:
    last = _last_finished()
    runs = session.execute(
        select_columns(
            col(SyncRun.tenant_id),
            col(SyncRun.run_id),
            col(SyncRun.status),
            col(SyncRun.trigger),
            col(SyncRun.started_at),
            col(SyncRun.finished_at),
        ).join(last, (col(SyncRun.tenant_id) == last.c.tenant_id) & (col(SyncRun.run_id) == last.c.run_id))
    ).all()
    keys = [(run.tenant_id, run.run_id) for run in runs]
    results = _results(session, keys)
    unwell = [(run.tenant_id, run.run_id) for run in runs if run.status is not RunStatus.SUCCESS]
    found = {
        run.tenant_id: LastRun(
            run.run_id, run.status, run.trigger, run.started_at, run.finished_at, tuple(results[run.tenant_id])
        )
        for run in runs
    }
    return found, _error_kinds(session, unwell)


def _results(session: AgencySession, runs: Iterable[tuple[int, str]]) -> dict[int, list[ResourceResult]]:
    columns = select_columns(
        col(SyncRunResource.tenant_id),
        col(SyncRunResource.resource),
        col(SyncRunResource.status),
        col(SyncRunResource.fetched),
        (col(SyncRunResource.inserted) + col(SyncRunResource.updated) + col(SyncRunResource.removed)).label("changed"),
        col(SyncRunResource.rejected),
        col(SyncRunResource.remaining),
    )
    results: dict[int, list[ResourceResult]] = defaultdict(list)
    for some in _in_portions(runs):
        chosen = tuple_(col(SyncRunResource.tenant_id), col(SyncRunResource.run_id)).in_(some)
        for row in session.execute(columns.where(chosen)):
            results[row[0]].append(ResourceResult(*row[1:]))
    order = list(Resource)
    for found in results.values():
        found.sort(key=lambda result: order.index(result.resource))
    return results


def _error_kinds(session: AgencySession, runs: Iterable[tuple[int, str]]) -> dict[int, frozenset[str]]:
    """Return what kinds of error these runs met; odd records are no reason for a run to end badly."""
    kinds: dict[int, set[str]] = defaultdict(set)
    for some in _in_portions(runs):
        question = (
            select(SyncError.tenant_id, SyncError.kind)
            .where(
                tuple_(col(SyncError.tenant_id), col(SyncError.run_id)).in_(some),
                col(SyncError.kind).not_in(_ABOUT_RECORDS),
            )
            .distinct()
        )
        for tenant_id, kind in session.exec(question):
            kinds[tenant_id].add(kind)
    return {tenant_id: frozenset(found) for tenant_id, found in kinds.items()}


def _in_portions(runs: Iterable[tuple[int, str]]) -> Iterable[list[tuple[int, str]]]:
    """Cut the list: databases bound how many values one statement takes."""
    listed = list(runs)
    return (listed[start : start + 400] for start in range(0, len(listed), 400))


def _ages(session: AgencySession) -> dict[int, dict[Resource, ResourceAge]]:
    ages: dict[int, dict[Resource, ResourceAge]] = defaultdict(dict)
    question = select_columns(
        col(ResourceFreshness.tenant_id),
        col(ResourceFreshness.resource),
        col(ResourceFreshness.whole_read_at),
        col(ResourceFreshness.last_status),
        col(ResourceFreshness.last_attempt_at),
    )
    for tenant_id, *age in session.execute(question):
        ages[tenant_id][age[0]] = ResourceAge(*age)
    return ages


def _activities(session: AgencySession, now: datetime) -> dict[int, Activity]:
    """Return what is under way (a brand's lease is held) or asked for (a request waits), and who asked for it."""
    asked = {}
    requests = (
        select_columns(
            col(SyncRequest.tenant_id),
            col(SyncRequest.created_at),
            col(SyncRequest.accept),
            col(User.name),
            col(User.email),
        )
        .outerjoin(User, col(User.id) == SyncRequest.requested_by)
        .where(col(SyncRequest.status).in_(_OPEN))
        .order_by(col(SyncRequest.created_at).desc())
    )
    for tenant_id, since, accepts, name, email in session.execute(requests):
        asked[tenant_id] = Activity(running=False, since=since, by=name or email, accepts=accepts)
    running = (
        select_columns(col(SyncRun.tenant_id), col(SyncRun.started_at), col(SyncRun.trigger))
        .join(
            SyncLease,
            (col(SyncLease.tenant_id) == SyncRun.tenant_id) & (col(SyncLease.run_id) == SyncRun.run_id),
        )
        .where(col(SyncRun.status) == RunStatus.RUNNING, col(SyncLease.expires_at) > now)
    )
    for tenant_id, since, trigger in session.execute(running):
        request = asked.get(tenant_id) if trigger is Trigger.MANUAL else None
        asked[tenant_id] = Activity(
            running=True,
            since=since,
            by=request.by if request else None,
            accepts=request.accepts if request else False,
        )
    return asked


def _trends(session: AgencySession) -> dict[int, tuple[TrendRun, ...]]:
    """Return each brand's last runs, the oldest first, packed by the database into one text per brand."""
    started = extract("epoch", col(SyncRun.started_at))
    seconds = func.coalesce(extract("epoch", col(SyncRun.finished_at)) - started, 0)
    parts = (cast(started, String), cast(col(SyncRun.status), String), cast(seconds, String))
    latest = (
        select((parts[0] + ":" + parts[1] + ":" + parts[2]).label("packed"))
        .where(col(SyncRun.tenant_id) == Tenant.id)
        .order_by(col(SyncRun.started_at).desc())
        .limit(TREND_RUNS)
        .correlate(Tenant)
        .subquery()
    )
    joined = select(func.aggregate_strings(latest.c.packed, ",")).scalar_subquery()
    packed = session.execute(select_columns(col(Tenant.id), joined))
    return {tenant_id: _unpacked(text) for tenant_id, text in packed if text}


def _unpacked(text: str) -> tuple[TrendRun, ...]:
    runs = sorted((run.split(":") for run in text.split(",")), key=lambda run: float(run[0]))
    return tuple(TrendRun(RunStatus(status), max(0, int(float(seconds)))) for _, status, seconds in runs)
