"""How long the history is kept, and its pruning: a bounded number of rows at a time.

Runs in full for some months, then one a day; errors, and sessions that have ended, for some weeks; requests as long as
runs; the audit log for years. What nobody looks at any longer goes, so that a database does not grow for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, or_, select, tuple_

from database import agency_transaction, database_now
from models import (
    AuditEntry,
    RequestStatus,
    RunStatus,
    SyncError,
    SyncRequest,
    SyncRun,
    SyncRunResource,
    Tenant,
    UserSession,
)
from settings import SyncSettings
from sync.tables import table_of

MOST_AT_ONCE: Final = 5_000
"""So many rows one pruning takes away at most: it is short, and the rest is for the next one."""

_LONGEST_SESSION: Final = timedelta(days=15)  # one lives 14 days at most
_BATCH: Final = 500
_RUNS: Final = table_of(SyncRun)
_TENANTS: Final = table_of(Tenant)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run as its pruning sees it."""

    run_id: str
    started_at: datetime
    status: RunStatus


def runs_to_forget(runs: Iterable[PastRun], keep_all_from: datetime) -> list[str]:
    """Return which of a brand's runs need not be kept: of each earlier day (UTC) all but the last success.

    A day without a success keeps its last run.
    """
    best: dict[object, PastRun] = {}
    earlier = [run for run in runs if run.started_at < keep_all_from]
    for run in earlier:
        day = run.started_at.date()
        if day not in best or _worth(run) > _worth(best[day]):
            best[day] = run
    kept = {run.run_id for run in best.values()}
    return [run.run_id for run in earlier if run.run_id not in kept]


def _worth(run: PastRun) -> tuple[bool, datetime]:
    return run.status is RunStatus.SUCCESS, run.started_at


def prune_history(engine: Engine, settings: SyncSettings) -> bool:
    """Take away what need not be kept; tell whether there was more of it than one pruning takes."""
    with agency_transaction(engine, writes=False) as connection:
        now = database_now(connection)
        tenants = list(connection.scalars(select(_TENANTS.c.id)))
    left, rows = MOST_AT_ONCE, 0
    for some_of in _steps(settings, now, tenants):
        while left > 0:
            with agency_transaction(engine) as connection:
                count = some_of(connection, min(_BATCH, left))
            left, rows = left - count, rows + count
            if count == 0:
                break
    if rows:
        log.info("history_pruned", rows=rows)
    return left <= 0


_Step = Callable[[Connection, int], int]
"""Take away some rows, at most so many; return how many they were."""


def _steps(settings: SyncSettings, now: datetime, tenants: Iterable[int]) -> list[_Step]:
    runs_from = now - timedelta(days=settings.runs_keep_days)
    errors_from = now - timedelta(days=settings.errors_keep_days)
    audit_from = now - timedelta(days=settings.audit_keep_days)
    errors, results, requests = table_of(SyncError), table_of(SyncRunResource), table_of(SyncRequest)
    sessions, audit = table_of(UserSession), table_of(AuditEntry)
    is_over = or_(sessions.c.ended_at < errors_from, sessions.c.created_at < errors_from - _LONGEST_SESSION)
    is_answered = (requests.c.status == RequestStatus.DONE) & (requests.c.created_at < runs_from)
    return [
        _rows_of(errors, errors.c.created_at < errors_from),
        _rows_of(results, results.c.read_started_at < runs_from),
        *(_runs_of(tenant_id, runs_from) for tenant_id in tenants),
        _rows_of(requests, is_answered),
        _rows_of(sessions, is_over),
        _rows_of(audit, audit.c.created_at < audit_from),
    ]


def _rows_of(table: Table, condition: ColumnElement[bool]) -> _Step:
    def take(connection: Connection, most: int) -> int:
        key: Any = tuple_(*table.primary_key)
        some = select(*table.primary_key).where(condition).limit(most)
        return connection.execute(delete(table).where(key.in_(some))).rowcount

    return take


def _runs_of(tenant_id: int, keep_all_from: datetime) -> _Step:
    mine = _RUNS.c.tenant_id == tenant_id
    columns = (_RUNS.c.run_id, _RUNS.c.started_at, _RUNS.c.status)

    def take(connection: Connection, most: int) -> int:
        earlier = connection.execute(select(*columns).where(mine, _RUNS.c.started_at < keep_all_from))
        gone = runs_to_forget((PastRun(*row) for row in earlier), keep_all_from)[:most]
        if not gone:
            return 0
        return connection.execute(delete(_RUNS).where(mine, _RUNS.c.run_id.in_(gone))).rowcount

    return take
