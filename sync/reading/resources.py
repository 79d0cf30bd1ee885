"""What is pulled as a list, and how: which call, which records, which rows, which table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_

from models import Lead, Note, PipelineItem, PipelineStage, Resource, ScheduledActivity
from sync.api.clienttether import Answer, ClientTether
from sync.mapping.records import CONTACTS, EVENTS, OPPORTUNITIES, STAGES, RecordKind
from sync.mapping.rows import event_row, lead_row, opportunity_rows, stage_rows, to_utc
from sync.tables import MirrorTable, Row

LEADS_TABLE: Final = MirrorTable(Lead)
OPPORTUNITIES_TABLE: Final = MirrorTable(PipelineItem)
STAGES_TABLE: Final = MirrorTable(PipelineStage)
EVENTS_TABLE: Final = MirrorTable(ScheduledActivity)
NOTES_TABLE: Final = MirrorTable(Note)


@dataclass(frozen=True, slots=True)
class Window:
    """The first and last moment the schedule is read for, in the brand's own time without a zone."""

    first: datetime
    last: datetime


@dataclass(frozen=True)
class ListResource:
    """One list of the API and its table. `at_once`: its rows can only be made from all of its records together."""

    resource: Resource
    call: str
    records: RecordKind
    mirror: MirrorTable
    ask: Callable[[ClientTether, int, Window], Answer]
    rows: Callable[[Sequence[Any], ZoneInfo], list[Row]]
    at_once: bool = False
    may_be_missing: bool = False
    never_empties: bool = False


def removal_scope(resource: Resource, window: Window, zone: ZoneInfo) -> ColumnElement[bool] | None:
    """Return which rows a pull speaks about: all of them, or for the schedule those that start within its window."""
    if resource is not Resource.SCHEDULED_ACTIVITIES:
        return None
    starts = EVENTS_TABLE.table.c.starts_at
    return or_(starts.is_(None), starts.between(to_utc(window.first, zone), to_utc(window.last, zone)))


LISTS: Final = (
    ListResource(
        Resource.PIPELINE_STAGES,
        "read_sales_cycle_list",
        STAGES,
        STAGES_TABLE,
        lambda client, offset, _window: client.sales_cycles(offset),
        lambda records, _zone: stage_rows(records),
        at_once=True,
        never_empties=True,
    ),
    ListResource(
        Resource.LEADS,
        "read_client_list",
        CONTACTS,
        LEADS_TABLE,
        lambda client, offset, _window: client.clients(offset),
        lambda records, zone: [lead_row(record, zone) for record in records],
        never_empties=True,
    ),
    ListResource(
        Resource.PIPELINE_ITEMS,
        "read_opportunity_list",
        OPPORTUNITIES,
        OPPORTUNITIES_TABLE,
        lambda client, offset, _window: client.opportunities(offset),
        opportunity_rows,
    ),
    ListResource(
        Resource.SCHEDULED_ACTIVITIES,
        "read_all_events",
        EVENTS,
        EVENTS_TABLE,
        lambda client, offset, window: client.events(offset, window.first, window.last),
        lambda records, zone: [event_row(record, zone) for record in records],
        may_be_missing=True,
    ),
)
