"""The run's own record: how each resource ended, how fresh it is, what went wrong, which fields were new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import structlog
from sqlalchemy import BindParameter, Connection, Insert, Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from models import (
    KnownField,
    Resource,
    ResourceFreshness,
    ResourceStatus,
    SyncError,
    SyncErrorKind,
    SyncRun,
    SyncRunResource,
    Tenant,
    new_id,
    utc_now,
)
from sync.failures import PullError
from sync.mapping.expectations import FieldReport
from sync.mapping.wire_record import MOST_ISSUES, FieldIssue, IssueList
from sync.mapping.wire_text import clean_line
from sync.storing.store import Counts
from sync.tables import table_of

_RESOURCES: Final = table_of(SyncRunResource)
_FRESHNESS: Final = table_of(ResourceFreshness)
_ERRORS: Final = table_of(SyncError)
_RUNS: Final = table_of(SyncRun)
_FIELDS: Final = table_of(KnownField)
_TENANTS: Final = table_of(Tenant)
_MOST_FIELDS: Final = 200
_BRAND: Final[BindParameter[Any]] = bindparam("brand")
_RESOURCE: Final[BindParameter[Any]] = bindparam("resource")
_ACCEPTED_UNREADABLE: Final = select(_FRESHNESS.c.accepted_unreadable).where(
    _FRESHNESS.c.tenant_id == _BRAND, _FRESHNESS.c.resource == _RESOURCE
)
_KNOWN_FIELDS: Final = select(_FIELDS.c.field).where(_FIELDS.c.tenant_id == _BRAND, _FIELDS.c.resource == _RESOURCE)
log = structlog.get_logger()


@dataclass
class ResourceResult:
    """How one resource of a run ended.

    `remaining` (notes only): contacts whose notes were never read. `whole`: all of it is as read, even where the status
    says that something in it was not understood. `core_fields`: the share of rows (0-1) in which each was understood.
    """

    resource: Resource
    status: ResourceStatus
    read_started_at: datetime
    pages: int = 0
    fetched: int = 0
    rejected: int = 0
    remaining: int = 0
    whole: bool = False
    answers_as_before: int = 0
    bodies_stored: int = 0
    core_fields: dict[str, float] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    seconds: float = 0.0


def record_result(connection: Connection, tenant_id: int, run_id: str, result: ResourceResult) -> None:
    """Write how a resource ended, and how fresh it is now: only a whole read moves `whole_read_at`."""
    counts = result.counts
    row = {
        "tenant_id": tenant_id,
        "run_id": run_id,
        "resource": result.resource,
        "status": result.status,
        "read_started_at": result.read_started_at,
        "pages": result.pages,
        "fetched": result.fetched,
        "inserted": counts.inserted,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "removed": counts.removed,
        "rejected": result.rejected,
        "remaining": result.remaining,
        "answers_as_before": result.answers_as_before,
        "bodies_stored": result.bodies_stored,
        "core_fields": result.core_fields,
        "seconds": result.seconds,
    }
    insert_or_update(connection, _RESOURCES, [row])
    record_freshness(connection, tenant_id, result)


def out_of_time_last(connection: Connection, tenant_id: int, run_id: str) -> set[Resource | None]:
    """Return what the brand's run before `run_id` did not come to, because it was to ask more slowly."""
    earlier = (_RUNS.c.tenant_id == tenant_id, _RUNS.c.run_id != run_id)
    last_run = select(_RUNS.c.run_id).where(*earlier).order_by(_RUNS.c.started_at.desc()).limit(1).scalar_subquery()
    too_quick = (_ERRORS.c.tenant_id == tenant_id, _ERRORS.c.kind == SyncErrorKind.RATE_LIMITED.value)
    return set(connection.scalars(select(_ERRORS.c.resource).where(*too_quick, _ERRORS.c.run_id == last_run)))


def record_freshness(connection: Connection, tenant_id: int, result: ResourceResult) -> None:
    """Write when a resource was last tried, and last read whole.

    A list that landed whole is fresh although a field in it is not understood: that is for the agency to mend, and no
    reason to tell the brand's people that what they see is old.
    """
    fresh: dict[str, Any] = {
        "tenant_id": tenant_id,
        "resource": result.resource,
        "last_status": result.status,
        "last_attempt_at": result.read_started_at,
    }
    if result.status is ResourceStatus.SUCCESS or result.whole:
        fresh["whole_read_at"] = result.read_started_at
    insert_or_update(connection, _FRESHNESS, [fresh])


def was_read_whole(connection: Connection, tenant_id: int, resource: Resource) -> bool:
    """Tell whether a resource of the brand was ever read whole."""
    mine = (_FRESHNESS.c.tenant_id == tenant_id, _FRESHNESS.c.resource == resource)
    return connection.scalar(select(_FRESHNESS.c.whole_read_at).where(*mine)) is not None


def record_replay(connection: Connection, tenant_id: int, result: ResourceResult) -> None:
    """Write that the tables hold an earlier whole read again; how the latest attempt ended stays.

    Notes are read in parts over many runs, so their freshness is not one run's to tell.
    """
    if result.resource is Resource.NOTES:
        return
    mine = (_FRESHNESS.c.tenant_id == tenant_id, _FRESHNESS.c.resource == result.resource)
    again = {"whole_read_at": result.read_started_at, "updated_at": utc_now()}
    if connection.execute(update(_FRESHNESS).where(*mine).values(**again)).rowcount == 0:
        record_freshness(connection, tenant_id, result)


def insert_or_update(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, or bring those that exist (by primary key) to what is given; columns not given stay."""
    if not rows:
        return
    now = utc_now()
    stamped = [{"created_at": now, "updated_at": now} | row for row in rows]
    connection.execute(_insertion_or_update(connection.dialect.name, table, tuple(stamped[0])), stamped)


@lru_cache(maxsize=100)
def _insertion_or_update(dialect_name: str, table: Table, names: tuple[str, ...]) -> Insert:
    """Return the statement for these columns: putting it together takes longer than running it."""
    dialect: Any = postgresql if dialect_name == "postgresql" else sqlite
    statement = dialect.insert(table)
    keys = [column.name for column in table.primary_key]
    given = {name: statement.excluded[name] for name in names if name not in {*keys, "created_at"}}
    finished: Insert = statement.on_conflict_do_update(index_elements=keys, set_=given)
    return finished


def record_failure(
    connection: Connection,
    tenant_id: int,
    run_id: str,
    resource: Resource | None,
    failure: PullError,
    *,
    record: str | None = None,
) -> None:
    """Write down a call or a pull that failed."""
    error = {
        "resource": resource,
        "kind": failure.kind.value,
        "http_status": failure.http_status,
        "result_code": None if failure.result_code is None else f"CT{failure.result_code}",
        "message": failure.message[:500],
        "attempts": failure.attempts,
        "record_id": record,
        "field": failure.field,
    }
    _add_errors(connection, tenant_id, run_id, [error])


def record_issues(
    connection: Connection,
    tenant_id: int,
    run_id: str,
    resource: Resource,
    *,
    rejected: Sequence[FieldIssue],
    issues: IssueList,
) -> None:
    """Write down records that were set aside and fields that could not be read: of the first hundred, and a count.

    One row for each field and what is wrong with it: a field that changes its form is odd in every record of every
    run, and a row for each of them would be most of the database after a year.
    """
    unreadable = (SyncErrorKind.UNREADABLE_RECORD, rejected[:MOST_ISSUES], len(rejected))
    for kind, first, count in (unreadable, (SyncErrorKind.UNREADABLE_FIELD, issues.first, issues.count)):
        alike: dict[tuple[str, str], list[FieldIssue]] = defaultdict(list)
        for issue in first:
            alike[issue.field, issue.reason].append(issue)
        errors: list[dict[str, Any]] = [
            {
                "resource": resource,
                "kind": kind.value,
                "message": reason[:500],
                "times": len(issues_alike),
                "record_id": clean_line(issues_alike[0].record_id)[:64] or None,
                "field": clean_line(field)[:64] or None,
            }
            for (field, reason), issues_alike in alike.items()
        ]
        more = count - len(first)
        if more > 0:
            words = f"and {more} more of this kind"
            errors.append({"resource": resource, "kind": kind.value, "message": words, "times": more})
        _add_errors(connection, tenant_id, run_id, errors)


def record_empty_fields(
    connection: Connection, tenant_id: int, run_id: str, resource: Resource, reports: Sequence[FieldReport]
) -> None:
    """Write down which fields hardly any row brings, each by its name."""
    kind = SyncErrorKind.EMPTY_FIELD.value
    errors = [
        {"resource": resource, "kind": kind, "message": report.complaint[:500], "field": report.field}
        for report in reports
    ]
    _add_errors(connection, tenant_id, run_id, errors)


def accept_unreadable(connection: Connection, tenant_id: int, resource: Resource, count: int) -> None:
    """Remember how many records that can't be read are known and let be."""
    mine = (_FRESHNESS.c.tenant_id == tenant_id, _FRESHNESS.c.resource == resource)
    connection.execute(update(_FRESHNESS).where(*mine).values(accepted_unreadable=count, updated_at=utc_now()))


def accepted_unreadable(connection: Connection, tenant_id: int, resource: Resource) -> int:
    """Return how many records that can't be read someone has accepted."""
    return connection.scalar(_ACCEPTED_UNREADABLE, {"brand": tenant_id, "resource": resource}) or 0


def _add_errors(connection: Connection, tenant_id: int, run_id: str, errors: Iterable[dict[str, Any]]) -> None:
    now = utc_now()
    blank = {"http_status": None, "result_code": None, "attempts": 1, "times": 1, "record_id": None, "field": None}
    common = {"tenant_id": tenant_id, "run_id": run_id, "created_at": now, "updated_at": now}
    rows = [{**common, "error_id": new_id(), **blank, **error} for error in errors]
    if rows:
        connection.execute(_ERRORS.insert(), rows)


def record_unknown_fields(
    connection: Connection, tenant_id: int, resource: Resource, names: Iterable[str]
) -> list[str]:
    """Remember fields that the product does not read; return those that were not seen before, in order."""
    cleaned = {clean_line(str(name))[:120] for name in names} - {""}
    seen = set(connection.scalars(_KNOWN_FIELDS, {"brand": tenant_id, "resource": resource}))
    new = sorted(cleaned - seen)[: max(_MOST_FIELDS - len(seen), 0)]
    insert_or_update(
        connection, _FIELDS, [{"tenant_id": tenant_id, "resource": resource, "field": name} for name in new]
    )
    return new


def raise_data_version(connection: Connection, tenant_id: int) -> None:
    """Say that what dashboards read is not what it was."""
    grown = update(_TENANTS).where(_TENANTS.c.id == tenant_id)
    connection.execute(grown.values(data_version=_TENANTS.c.data_version + 1))
