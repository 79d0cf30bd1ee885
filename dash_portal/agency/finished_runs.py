"""What finished runs did, read once: a run that has ended never changes, so each process keeps those it has seen."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from database import AgencySession
from models import Resource, ResourceStatus, SyncError, SyncErrorKind, SyncRunResource

RunKey = tuple[int, str]
"""A brand's `tenants.id` and a run's id."""

_MOST_KEPT: Final = 5_000
_PORTION: Final = 400
_ABOUT_RECORDS: Final = (SyncErrorKind.UNREADABLE_RECORD.value, SyncErrorKind.UNREADABLE_FIELD.value)
_RESOURCE_ORDER: Final = {resource: place for place, resource in enumerate(Resource)}


@dataclass(frozen=True, slots=True)
class ResourceResult:
    """What a run did with one resource."""

    resource: Resource
    status: ResourceStatus
    fetched: int
    changed: int
    rejected: int
    remaining: int


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a finished run did, and which kinds of error it met; odd records are no reason for a run to end badly.

    It is the same object for as long as it is kept, so that what is drawn of it can be kept as well.
    """

    results: tuple[ResourceResult, ...]
    error_kinds: frozenset[str]

    @property
    def changed(self) -> int:
        """How many rows the run inserted, updated or removed."""
        return sum(result.changed for result in self.results)


class FinishedRuns:
    """The outcomes of runs that have ended, the latest asked for kept in memory."""

    def __init__(self) -> None:
        self._kept: OrderedDict[RunKey, Outcome] = OrderedDict()
        self._lock = Lock()

    def outcomes(self, session: AgencySession, runs: Sequence[RunKey]) -> dict[RunKey, Outcome]:
        """Return what each of these finished runs did."""
        with self._lock:
            known = {run: self._kept[run] for run in runs if run in self._kept}
        missing = [run for run in runs if run not in known]
        fresh = _read(session, missing)
        with self._lock:
            self._kept |= fresh
            for run in runs:
                self._kept.move_to_end(run)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return known | fresh


FINISHED_RUNS: Final = FinishedRuns()


def _read(session: AgencySession, runs: Sequence[RunKey]) -> dict[RunKey, Outcome]:
    results: dict[RunKey, list[ResourceResult]] = defaultdict(list)
    kinds: dict[RunKey, set[str]] = defaultdict(set)
    for start in range(0, len(runs), _PORTION):
        some = runs[start : start + _PORTION]
        for tenant_id, run_id, *result in session.execute(_RESULTS.where(_one_of(some, SyncRunResource))):
            results[tenant_id, run_id].append(ResourceResult(*result))
        for tenant_id, run_id, kind in session.execute(_KINDS.where(_one_of(some, SyncError))):
            kinds[tenant_id, run_id].add(kind)
    return {
        run: Outcome(
            tuple(sorted(results[run], key=lambda result: _RESOURCE_ORDER[result.resource])), frozenset(kinds[run])
        )
        for run in runs
    }


_RESULTS: Final = select_columns(
    col(SyncRunResource.tenant_id),
    col(SyncRunResource.run_id),
    col(SyncRunResource.resource),
    col(SyncRunResource.status),
    col(SyncRunResource.fetched),
    col(SyncRunResource.inserted) + col(SyncRunResource.updated) + col(SyncRunResource.removed),
    col(SyncRunResource.rejected),
    col(SyncRunResource.remaining),
)
_KINDS: Final = (
    select(col(SyncError.tenant_id), col(SyncError.run_id), col(SyncError.kind))
    .where(col(SyncError.kind).not_in(_ABOUT_RECORDS))
    .distinct()
)


def _one_of(runs: Iterable[RunKey], table: type[SyncRunResource | SyncError]) -> ColumnElement[bool]:
    """Choose the rows of these runs. Said one by one: both databases then look each up by its index."""
    return or_(*(and_(col(table.tenant_id) == tenant_id, col(table.run_id) == run_id) for tenant_id, run_id in runs))
