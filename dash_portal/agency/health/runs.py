"""Every brand's last runs: which they are is asked each time, what they were only where that is news.

A run's row changes once, from running to how it ended. So a brand's last runs are the same for as long as their ids and
statuses are, and each process keeps what it has read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import extract, func
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from dash_portal.agency.packed_rows import packed_columns, packed_rows, unpacked
from database import AgencySession
from models import RunStatus, SyncRun, Tenant, Trigger

TREND_RUNS: Final = 24
_PORTION: Final = 400


class TrendRun(NamedTuple):
    """One run in the small chart of the last ones: how it ended and how long it took, in whole seconds."""

    status: RunStatus
    seconds: int


@dataclass(frozen=True, eq=False)
class Trend:
    """A brand's last runs, the oldest first; the same object until another run comes."""

    runs: tuple[TrendRun, ...]


NO_TREND: Final = Trend(())


@dataclass(frozen=True, slots=True)
class LatestRun:
    """One run; `seconds` is 0 while it runs."""

    run_id: str
    status: RunStatus
    trigger: Trigger
    started_at: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class LatestRuns:
    """The last runs of a brand, the oldest first; the last that has ended; and one that has not, if it came later."""

    trend: Trend
    finished: LatestRun | None
    running: LatestRun | None


class KnownRuns:
    """The last runs of the brands as this process knows them, each brand's with the ids and statuses it read."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[str, LatestRuns]] = {}

    def latest(self, session: AgencySession, only: int | None = None) -> dict[int, LatestRuns]:
        """Return the last runs of all brands, or of the one named; a brand without any is left out."""
        which = _WHICH if only is None else _WHICH.where(col(Tenant.id) == only)
        marks = {tenant_id: mark for tenant_id, mark in session.execute(which) if mark}
        known = {tenant_id: self._known.get(tenant_id) for tenant_id in marks}
        found = {tenant_id: kept[1] for tenant_id, kept in known.items() if kept and kept[0] == marks[tenant_id]}
        for tenant_id, runs in _read(session, [tenant_id for tenant_id in marks if tenant_id not in found]):
            found[tenant_id] = runs
            self._known[tenant_id] = (marks[tenant_id], runs)
        return found


KNOWN_RUNS: Final = KnownRuns()


def _read(session: AgencySession, tenants: Sequence[int]) -> Iterator[tuple[int, LatestRuns]]:
    for start in range(0, len(tenants), _PORTION):
        some = col(Tenant.id).in_(tenants[start : start + _PORTION])
        for tenant_id, text in session.execute(_WHAT.where(some)):
            if text:
                yield tenant_id, _runs(text)


def _of_each_brand(run: Any) -> Any:
    """Ask for each brand's last runs, the latest first: a short walk along an index, packed into one text per brand."""
    latest = (
        select(run.label("packed"))
        .where(col(SyncRun.tenant_id) == Tenant.id)
        .order_by(col(SyncRun.started_at).desc())
        .limit(TREND_RUNS)
        .correlate(Tenant)
        .subquery()
    )
    return select_columns(col(Tenant.id), select(packed_rows(latest.c.packed)).scalar_subquery())


_STARTED: Final = extract("epoch", col(SyncRun.started_at))
_SECONDS: Final = func.coalesce(extract("epoch", col(SyncRun.finished_at)) - _STARTED, 0)
_WHICH: Final = _of_each_brand(packed_columns(col(SyncRun.run_id), col(SyncRun.status)))
_WHAT: Final = _of_each_brand(
    packed_columns(_STARTED, col(SyncRun.status), _SECONDS, col(SyncRun.trigger), col(SyncRun.run_id))
)


def _runs(text: str) -> LatestRuns:
    # SQLite tells whole seconds: of runs within one, the later is the one that comes first.
    runs = unpacked(text)
    runs.reverse()
    runs.sort(key=lambda run: float(run[0]))
    trend: list[TrendRun] = []
    finished: LatestRun | None = None
    running: LatestRun | None = None
    for started, said, took, trigger, run_id in runs:
        status, seconds = RunStatus(said), max(0, int(float(took)))
        trend.append(TrendRun(status, seconds))
        run = LatestRun(run_id, status, Trigger(trigger), datetime.fromtimestamp(float(started), UTC), seconds)
        running = run if status is RunStatus.RUNNING else None
        finished = finished if running else run
    return LatestRuns(Trend(tuple(trend)), finished, running)
