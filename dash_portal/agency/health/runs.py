"""Every brand's last runs, and what the last finished one did, read once.

A run's row changes once, from running to how it ended, and what an ended run did never changes. So each process keeps
what it has read: asked each time is only which run is a brand's latest, and how it stands.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import col

from database import AgencySession
from models import (
    Resource,
    ResourceStatus,
    RunStatus,
    SyncError,
    SyncErrorKind,
    SyncRun,
    SyncRunResource,
    Tenant,
    Trigger,
)

TREND_RUNS: Final = 24

RunKey = tuple[int, str]
"""A brand's `tenants.id` and a run's id."""

_MOST_OUTCOMES: Final = 5_000
_PORTION: Final = 400
_RESOURCE_ORDER: Final = {resource: place for place, resource in enumerate(Resource)}


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in a line. `started_at` is UTC; `seconds` is how long it took, in whole seconds, 0 while it runs."""

    run_id: str
    status: RunStatus
    trigger: Trigger
    started_at: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class LastRuns:
    """The ids of a brand's last run that has `finished`, and of the one after it that is still `running`, if any.

    `status` is how the finished one ended.
    """

    finished: str | None = None
    status: RunStatus | None = None
    running: str | None = None


NO_RUNS: Final = LastRuns()


@dataclass(frozen=True, eq=False)
class RecentRuns:
    """A brand's last runs, the oldest first; the same object until another run comes or ends.

    So what is drawn of it can be kept as well.
    """

    runs: tuple[RunSummary, ...]


NONE_RECENT: Final = RecentRuns(())


@dataclass(frozen=True, slots=True)
class ResourceOutcome:
    """What a finished run did with one resource."""

    resource: Resource
    status: ResourceStatus
    fetched: int
    changed: int
    rejected: int
    remaining: int


@dataclass(frozen=True, eq=False)
class RunOutcome:
    """A finished run: what it did, which kinds of error it met, and which core fields it found empty.

    A value here and there that is odd is no error of the run's. It is the same object for as long as it is kept, so
    that what is drawn of it can be kept as well.
    """

    run: RunSummary
    resources: tuple[ResourceOutcome, ...]
    error_kinds: frozenset[str]
    empty_fields: tuple[tuple[Resource, str], ...] = ()

    @property
    def changed(self) -> int:
        """How many rows the run inserted, updated or removed."""
        return sum(resource.changed for resource in self.resources)


def last_runs(session: AgencySession, only: int | None = None) -> dict[int, LastRuns]:
    """Return the last runs of all brands, or of the one named; a brand without any is left out."""
    latest = session.execute(_LATEST if only is None else _LATEST.where(col(Tenant.id) == only)).all()
    running = {row.id: row.run_id for row in latest if row.status is RunStatus.RUNNING}
    before = session.execute(_LAST_FINISHED.where(col(Tenant.id).in_(running))).all() if running else []
    ended = {row.id: LastRuns(row.run_id, row.status) for row in latest if row.run_id is not None}
    return ended | {row.id: LastRuns(row.run_id, row.status, running[row.id]) for row in before}


def read_summaries(session: AgencySession, runs: Sequence[RunKey]) -> dict[RunKey, RunSummary]:
    """Return these runs in a line each; one that is gone is left out."""
    question = _SUMMARY.where(_is_of(runs, SyncRun))
    return {(row.tenant_id, row.run_id): _summary(row) for row in (session.execute(question) if runs else ())}


class RunMemory:
    """What this process knows of the brands' runs."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._recent: dict[int, tuple[LastRuns, RecentRuns]] = {}
        self._outcomes: OrderedDict[RunKey, RunOutcome] = OrderedDict()
        self._lock = Lock()

    def recent(self, session: AgencySession, tenant_id: int, last: LastRuns) -> RecentRuns:
        """Return a brand's recent runs, the last of which are these: while they are the same, so are those before."""
        known = self._recent.get(tenant_id)
        if known is not None and known[0] == last:
            return known[1]
        recent = _read_recent(session, tenant_id)
        if not _may_still_end(recent):
            self._recent[tenant_id] = (last, recent)
        return recent

    def outcomes(self, session: AgencySession, runs: Sequence[RunKey]) -> dict[RunKey, RunOutcome]:
        """Return what each of these finished runs did; one that is gone is left out."""
        with self._lock:
            known = {run: self._outcomes[run] for run in runs if run in self._outcomes}
        read = _read_outcomes(session, [run for run in runs if run not in known])
        with self._lock:
            self._outcomes |= read
            for run in known:
                self._outcomes.move_to_end(run)
            while len(self._outcomes) > _MOST_OUTCOMES:
                self._outcomes.popitem(last=False)
        return known | read


RUN_MEMORY: Final = RunMemory()


def _may_still_end(recent: RecentRuns) -> bool:
    """Tell whether a run before the latest is open: the worker that was cut off in it has yet to be noticed."""
    return any(run.status is RunStatus.RUNNING for run in recent.runs[:-1])


_SUMMARY: Final = select_columns(
    col(SyncRun.tenant_id),
    col(SyncRun.run_id),
    col(SyncRun.status),
    col(SyncRun.trigger),
    col(SyncRun.started_at),
    col(SyncRun.finished_at),
)


def _last(column: Any, *which: ColumnElement[bool]) -> Any:
    """Ask for a column of the brand's last run of a kind: one step along an index."""
    return (
        select_columns(column)
        .where(col(SyncRun.tenant_id) == Tenant.id, *which)
        .order_by(col(SyncRun.started_at).desc())
        .limit(1)
        .correlate(Tenant)
        .scalar_subquery()
        .label(column.key)
    )


_FINISHED: Final = col(SyncRun.status) != RunStatus.RUNNING
_LATEST: Final = select_columns(col(Tenant.id), _last(col(SyncRun.run_id)), _last(col(SyncRun.status)))
_LAST_FINISHED: Final = select_columns(
    col(Tenant.id), _last(col(SyncRun.run_id), _FINISHED), _last(col(SyncRun.status), _FINISHED)
)
_RECENT: Final = (
    _SUMMARY.where(col(SyncRun.tenant_id) == bindparam("tenant_id"))
    .order_by(col(SyncRun.started_at).desc())
    .limit(TREND_RUNS)
)


def _read_recent(session: AgencySession, tenant_id: int) -> RecentRuns:
    """Read one brand's last runs. A statement for each brand with news is quicker than one that ranks all runs."""
    newest_first = session.execute(_RECENT, {"tenant_id": tenant_id}).all()
    return RecentRuns(tuple(_summary(row) for row in reversed(newest_first)))


def _summary(row: Any) -> RunSummary:
    took = 0.0 if row.finished_at is None else (row.finished_at - row.started_at).total_seconds()
    return RunSummary(row.run_id, row.status, row.trigger, row.started_at, max(0, int(took)))


def _read_outcomes(session: AgencySession, runs: Sequence[RunKey]) -> dict[RunKey, RunOutcome]:
    resources: dict[RunKey, list[ResourceOutcome]] = defaultdict(list)
    kinds: dict[RunKey, set[str]] = defaultdict(set)
    empty_fields: dict[RunKey, list[tuple[Resource, str]]] = defaultdict(list)
    summaries: dict[RunKey, RunSummary] = {}
    for start in range(0, len(runs), _PORTION):
        portion = runs[start : start + _PORTION]
        summaries |= read_summaries(session, portion)
        for row in session.execute(_RESOURCES.where(_is_of(portion, SyncRunResource))):
            resources[row.tenant_id, row.run_id].append(_resource_outcome(row))
        for row in session.execute(_ERRORS.where(_is_of(portion, SyncError))):
            kinds[row.tenant_id, row.run_id].add(row.kind)
            if row.kind == SyncErrorKind.EMPTY_FIELD:
                empty_fields[row.tenant_id, row.run_id].append((row.resource, row.field))
    return {
        run: RunOutcome(
            run=summary,
            resources=tuple(sorted(resources[run], key=lambda outcome: _RESOURCE_ORDER[outcome.resource])),
            error_kinds=frozenset(kinds[run]),
            empty_fields=tuple(empty_fields[run]),
        )
        for run, summary in summaries.items()
    }


def _resource_outcome(row: Any) -> ResourceOutcome:
    return ResourceOutcome(
        resource=row.resource,
        status=row.status,
        fetched=row.fetched,
        changed=row.changed,
        rejected=row.rejected,
        remaining=row.remaining,
    )


_RESOURCES: Final = select_columns(
    col(SyncRunResource.tenant_id),
    col(SyncRunResource.run_id),
    col(SyncRunResource.resource),
    col(SyncRunResource.status),
    col(SyncRunResource.fetched),
    (col(SyncRunResource.inserted) + col(SyncRunResource.updated) + col(SyncRunResource.removed)).label("changed"),
    col(SyncRunResource.rejected),
    col(SyncRunResource.remaining),
)
_ERRORS: Final = (
    select_columns(
        col(SyncError.tenant_id),
        col(SyncError.run_id),
        col(SyncError.kind),
        col(SyncError.resource),
        col(SyncError.field),
    )
    .where(col(SyncError.kind) != SyncErrorKind.UNREADABLE_FIELD.value)
    .distinct()
)


def _is_of(runs: Iterable[RunKey], table: type[SyncRun | SyncRunResource | SyncError]) -> ColumnElement[bool]:
    """Choose the rows of these runs. Both columns are named: both databases then look each run up by its index."""
    return tuple_(col(table.tenant_id), col(table.run_id)).in_(list(runs))
