"""How each field of a brand's records stands: remembered from read to read, so that a field can be seen to fall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from models import FieldState, Resource, ResourceField
from sync.mapping.expectations import FieldReport, judge_fields
from sync.mapping.records import KINDS
from sync.mapping.wire_record import FieldReading
from sync.storing.ledger import insert_or_update
from sync.tables import table_of

_FIELDS: Final = table_of(ResourceField)
_OF_RESOURCE: Final = (_FIELDS.c.tenant_id == bindparam("brand"), _FIELDS.c.resource == bindparam("resource"))
_STATES: Final = select(_FIELDS.c.field, _FIELDS.c.state).where(*_OF_RESOURCE)
_ROWS: Final = select(_FIELDS).where(*_OF_RESOURCE)
_LOCKED: Final = _ROWS.with_for_update()
_COUNTS: Final = ("rows", "filled", "blank", "missing", "odd")


def report_fields(
    connection: Connection, tenant_id: int, resource: Resource, reading: FieldReading
) -> list[FieldReport]:
    """Return what a read says of each field of a resource, judged by how the field stood before."""
    before = connection.execute(_STATES, {"brand": tenant_id, "resource": resource}).all()
    fields = KINDS[resource].fields_of(reading)
    return judge_fields(resource, fields, reading.tally, {row.field: row.state for row in before})


def accepted(reports: list[FieldReport]) -> list[FieldReport]:
    """Return the reports as they are once someone has said that the brand does not use what is empty."""
    return [
        replace(report, state=FieldState.ACCEPTED, fell=False)
        if report.fell or report.state is FieldState.EMPTY
        else report
        for report in reports
    ]


def only_better(reports: list[FieldReport]) -> list[FieldReport]:
    """Return the reports of fields that are understood: all that an answer of old can teach."""
    return [report for report in reports if report.state in {FieldState.FILLED, FieldState.BLANK} and not report.fell]


def record_fields(connection: Connection, tenant_id: int, resource: Resource, reports: Sequence[FieldReport]) -> None:
    """Remember how the fields stand. What is as it was is not written: an unchanged list changes nothing here."""
    if not _changed_fields(connection, tenant_id, resource, reports, locked=False):
        return  # without a lock, which PostgreSQL would write into every row
    # Locked from here to the end: someone may accept a field while its resource lands, and must not be overwritten.
    insert_or_update(connection, _FIELDS, _changed_fields(connection, tenant_id, resource, reports, locked=True))


def _changed_fields(
    connection: Connection, tenant_id: int, resource: Resource, reports: Sequence[FieldReport], *, locked: bool
) -> list[dict[str, Any]]:
    kept_rows = connection.execute(_LOCKED if locked else _ROWS, {"brand": tenant_id, "resource": resource})
    kept = {row["field"]: row for row in kept_rows.mappings()}
    fresh = [_row(tenant_id, resource, report, kept.get(report.field)) for report in reports]
    return [row for row in fresh if not _is_kept(row, kept.get(row["field"]))]


def _row(tenant_id: int, resource: Resource, report: FieldReport, before: Any) -> dict[str, Any]:
    counts = {name: getattr(report, name) for name in _COUNTS}
    if report.rows == 0 and before is not None:
        counts = {name: before[name] for name in _COUNTS}
    return {
        "tenant_id": tenant_id,
        "resource": resource,
        "field": report.field,
        "wire_names": ", ".join(report.wire_names)[:500],
        "read_as": report.read_as,
        "core": report.core,
        "state": _state_to_keep(report, before),
        **counts,
    }


def _state_to_keep(report: FieldReport, before: Any) -> FieldState:
    """Return how a field stands; one that was accepted since the report was made stays so, while it is empty."""
    if report.state is FieldState.EMPTY and before is not None and before["state"] is FieldState.ACCEPTED:
        return FieldState.ACCEPTED
    return report.state


def _is_kept(row: dict[str, Any], before: Any) -> bool:
    return before is not None and all(before[name] == value for name, value in row.items())
