"""A brand's runs, page by page, the latest first: what each did per resource, and what went wrong in plain words.

What is read of a run is plain and frozen: a run that is over is then drawn once (`health/rendering`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import case, func
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from dash_portal.agency.paging import ShownPage, shown_page
from dash_portal.agency.words import RESOURCE_WORDS, Advice, advice_for
from database import AgencySession
from models import (
    RawSnapshot,
    Resource,
    ResourceStatus,
    RunStatus,
    SyncError,
    SyncErrorKind,
    SyncRequest,
    SyncRun,
    SyncRunResource,
    Trigger,
    User,
)

RUNS_PER_PAGE: Final = 20
_MOST_EXAMPLES: Final = 5
_RESOURCE_ORDER: Final = {resource: place for place, resource in enumerate(Resource)}


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of error of a resource in a run: in plain words, with examples of what the worker wrote down."""

    resource: Resource | None
    kind: str
    advice: Advice
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunResource:
    """What a run did with one resource: rows by what became of them, and how long it took (seconds)."""

    resource: Resource
    status: ResourceStatus
    fetched: int
    inserted: int
    updated: int
    removed: int
    unchanged: int
    rejected: int
    answers_as_before: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RunDetails:
    """One run with all that is known of it. Times are UTC; `asked_by` names who started it by hand.

    `snapshots` counts the answers that it brought and that are kept, `unknown_answers` those of them that could not be
    understood.
    """

    run_id: str
    status: RunStatus
    trigger: Trigger
    started_at: datetime
    finished_at: datetime | None
    missed_slots: int
    asked_by: str | None
    resources: tuple[RunResource, ...]
    problems: tuple[Problem, ...]
    snapshots: int
    unknown_answers: int

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs."""
        return None if self.finished_at is None else (self.finished_at - self.started_at).total_seconds()

    @property
    def answers_as_before(self) -> int:
        """How many answers were just the ones before them, and so not kept once more."""
        return sum(resource.answers_as_before for resource in self.resources)

    @property
    def changed(self) -> int:
        """How many rows it inserted, updated or removed."""
        return sum(resource.inserted + resource.updated + resource.removed for resource in self.resources)


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of a brand's history."""

    runs: tuple[RunDetails, ...]
    page: ShownPage


def run_history(session: AgencySession, tenant_id: int, *, page: int) -> HistoryPage:
    """Return one page of the brand's runs; a page beyond the last is taken for the last."""
    total = session.exec(select(func.count()).select_from(SyncRun).where(SyncRun.tenant_id == tenant_id)).one()
    shown = shown_page(total, page, RUNS_PER_PAGE)
    question = (
        select(SyncRun)
        .where(SyncRun.tenant_id == tenant_id)
        .order_by(col(SyncRun.started_at).desc(), col(SyncRun.run_id))
        .offset(shown.before)
        .limit(RUNS_PER_PAGE)
    )
    return HistoryPage(_complete(session, tenant_id, session.exec(question).all()), shown)


def find_run(session: AgencySession, tenant_id: int, run_id: str) -> RunDetails | None:
    """Return one run of the brand, or None."""
    question = select(SyncRun).where(SyncRun.tenant_id == tenant_id, SyncRun.run_id == run_id)
    return next(iter(_complete(session, tenant_id, session.exec(question).all())), None)


def held_back_reasons(session: AgencySession, tenant_id: int, run_id: str) -> list[str]:
    """Say, per resource that a run held back, how much would have disappeared or could not be read."""
    question = select(col(SyncError.resource), SyncError.message).where(
        SyncError.tenant_id == tenant_id, SyncError.run_id == run_id, SyncError.kind == SyncErrorKind.HELD_BACK.value
    )
    return [
        f"{RESOURCE_WORDS[resource] if resource else 'Sync'}: {message.rpartition(': ')[2]}."
        for resource, message in session.exec(question)
    ]


def _complete(session: AgencySession, tenant_id: int, runs: Sequence[SyncRun]) -> tuple[RunDetails, ...]:
    ids = [run.run_id for run in runs]
    resources, problems = _resources(session, tenant_id, ids), _problems(session, tenant_id, ids)
    asked_by, snapshots = _askers(session, tenant_id, ids), _snapshots(session, tenant_id, ids)
    return tuple(
        RunDetails(
            run_id=run.run_id,
            status=run.status,
            trigger=run.trigger,
            started_at=run.started_at,
            finished_at=run.finished_at,
            missed_slots=run.missed_slots,
            asked_by=asked_by.get(run.run_id),
            resources=tuple(resources[run.run_id]),
            problems=tuple(problems[run.run_id]),
            snapshots=snapshots.get(run.run_id, (0, 0))[0],
            unknown_answers=snapshots.get(run.run_id, (0, 0))[1],
        )
        for run in runs
    )


def _resources(session: AgencySession, tenant_id: int, ids: Sequence[str]) -> dict[str, list[RunResource]]:
    question = _RUN_RESOURCES.where(col(SyncRunResource.tenant_id) == tenant_id, col(SyncRunResource.run_id).in_(ids))
    by_run: dict[str, list[RunResource]] = defaultdict(list)
    for row in session.execute(question):
        by_run[row.run_id].append(
            RunResource(
                resource=row.resource,
                status=row.status,
                fetched=row.fetched,
                inserted=row.inserted,
                updated=row.updated,
                removed=row.removed,
                unchanged=row.unchanged,
                rejected=row.rejected,
                answers_as_before=row.answers_as_before or 0,
                seconds=row.seconds,
            )
        )
    for resources in by_run.values():
        resources.sort(key=lambda result: _RESOURCE_ORDER[result.resource])
    return by_run


_RUN_RESOURCES: Final = select_columns(
    col(SyncRunResource.run_id),
    col(SyncRunResource.resource),
    col(SyncRunResource.status),
    col(SyncRunResource.fetched),
    col(SyncRunResource.inserted),
    col(SyncRunResource.updated),
    col(SyncRunResource.removed),
    col(SyncRunResource.unchanged),
    col(SyncRunResource.rejected),
    col(SyncRunResource.answers_as_before),
    col(SyncRunResource.seconds),
)


def _problems(session: AgencySession, tenant_id: int, ids: Iterable[str]) -> dict[str, list[Problem]]:
    question = (
        select(SyncError)
        .where(SyncError.tenant_id == tenant_id, col(SyncError.run_id).in_(list(ids)))
        .order_by(col(SyncError.created_at), col(SyncError.error_id))
    )
    grouped: dict[tuple[str, Resource | None, str], list[SyncError]] = defaultdict(list)
    for error in session.exec(question):
        grouped[error.run_id, error.resource, error.kind].append(error)
    by_run: dict[str, list[Problem]] = defaultdict(list)
    for (run_id, resource, kind), errors in grouped.items():
        examples = tuple(dict.fromkeys(_example(error) for error in errors))[:_MOST_EXAMPLES]
        by_run[run_id].append(Problem(resource, kind, advice_for(kind), sum(error.times for error in errors), examples))
    kinds = [kind.value for kind in SyncErrorKind]
    for problems in by_run.values():
        problems.sort(key=lambda problem: kinds.index(problem.kind) if problem.kind in kinds else len(kinds))
    return by_run


def _example(error: SyncError) -> str:
    """Say what the worker noted: its sentence, and which record and field it is about."""
    about = ", ".join(
        part
        for part in (
            f"record {error.record_id}" if error.record_id else "",
            f"field {error.field}" if error.field else "",
            f"HTTP {error.http_status}" if error.http_status else "",
            error.result_code or "",
            f"{error.attempts} attempts" if error.attempts > 1 else "",
        )
        if part
    )
    return f"{error.message} ({about})" if about else error.message


def _askers(session: AgencySession, tenant_id: int, ids: Iterable[str]) -> dict[str, str]:
    question = (
        select(SyncRequest.run_id, User.name, User.email)
        .join(User, col(User.id) == SyncRequest.requested_by)
        .where(SyncRequest.tenant_id == tenant_id, col(SyncRequest.run_id).in_(list(ids)))
    )
    return {run_id: name or email for run_id, name, email in session.exec(question) if run_id is not None}


def _snapshots(session: AgencySession, tenant_id: int, ids: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return how many answers of each run are kept, and how many of them could not be understood."""
    not_understood = func.sum(case((col(RawSnapshot.understood), 0), else_=1))
    question = (
        select_columns(col(RawSnapshot.run_id), func.count().label("kept"), not_understood.label("unknown"))
        .where(col(RawSnapshot.tenant_id) == tenant_id, col(RawSnapshot.run_id).in_(list(ids)))
        .group_by(col(RawSnapshot.run_id))
    )
    return {row.run_id: (row.kept, row.unknown) for row in session.execute(question)}
