"""What is pulled as a list, and how: which call, which records, which rows, which table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_

from models import Lead, Note, PipelineItem, PipelineStage, Resource, ScheduledActivity
from sync.api.clienttether import Answer, ClientTether
from sync.mapping.records import CONTACTS, EVENTS, OPPORTUNITIES, STAGES, RecordKind
from sync.mapping.rows import are_shares_of_one, event_row, lead_row, opportunity_rows, stage_rows, to_utc
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


Batches = Callable[[], Iterable[Sequence[Any]]]
"""The records of a list in batches, as often as they are wanted."""


@dataclass(frozen=True)
class ListResource:
    """One list of the API and its table.

    `after_the_end`: its rows can only be made once all of its records are there; those of other lists page by page.
    """

    resource: Resource
    call: str
    records: RecordKind
    mirror: MirrorTable
    ask: Callable[[ClientTether, int, Window], Answer]
    rows: Callable[[Batches, ZoneInfo], Iterable[list[Row]]]
    after_the_end: bool = False
    may_be_missing: bool = False
    never_empties: bool = False


def removal_scope(resource: Resource, window: Window, zone: ZoneInfo) -> ColumnElement[bool] | None:
    """Return which rows a pull speaks about: all of them, or for the schedule those that start within its window."""
    if resource is not Resource.SCHEDULED_ACTIVITIES:
        return None
    starts = EVENTS_TABLE.table.c.starts_at
    return or_(starts.is_(None), starts.between(to_utc(window.first, zone), to_utc(window.last, zone)))


def _each(row_of: Callable[[Any, ZoneInfo], Row]) -> Callable[[Batches, ZoneInfo], Iterator[list[Row]]]:
    """Return the making of rows where each record makes one by itself."""
    return lambda batches, zone: ([row_of(record, zone) for record in batch] for batch in batches())


def _stages(batches: Batches, _zone: ZoneInfo) -> Iterator[list[Row]]:
    yield stage_rows([record for batch in batches() for record in batch])


def _deals(batches: Batches, zone: ZoneInfo) -> Iterator[list[Row]]:
    """Yield the rows of deals; how their likelihoods are written is told by all of the list's together."""
    shares_of_one = are_shares_of_one(deal.likelihood for batch in batches() for deal in batch)
    for batch in batches():
        yield opportunity_rows(batch, zone, shares_of_one=shares_of_one)


LISTS: Final = (
    ListResource(
        Resource.PIPELINE_STAGES,
        "read_sales_cycle_list",
        STAGES,
        STAGES_TABLE,
        lambda client, offset, _window: client.sales_cycles(offset),
        _stages,
        after_the_end=True,
        never_empties=True,
    ),
    ListResource(
        Resource.LEADS,
        "read_client_list",
        CONTACTS,
        LEADS_TABLE,
        lambda client, offset, _window: client.clients(offset),
        _each(lead_row),
        never_empties=True,
    ),
    ListResource(
        Resource.PIPELINE_ITEMS,
        "read_opportunity_list",
        OPPORTUNITIES,
        OPPORTUNITIES_TABLE,
        lambda client, offset, _window: client.opportunities(offset),
        _deals,
        after_the_end=True,
    ),
    ListResource(
        Resource.SCHEDULED_ACTIVITIES,
        "read_all_events",
        EVENTS,
        EVENTS_TABLE,
        lambda client, offset, window: client.events(offset, window.first, window.last),
        _each(event_row),
        may_be_missing=True,
    ),
)
