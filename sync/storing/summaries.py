"""Table -> summary: what the pages count, counted once by the sync, in the transaction that changed the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Date, Row, Select, Table, and_, bindparam, cast, delete, func, insert, select

from models import (
    PROSPECT,
    Lead,
    LeadCount,
    Note,
    NoteCount,
    NoteCoverage,
    NoteReading,
    PipelineAge,
    PipelineCount,
    PipelineItem,
    PipelineStage,
    PipelineStageChange,
    Resource,
    ScheduleCount,
    ScheduledActivity,
    Summary,
    utc_now,
)
from sync.tables import table_of

_LEADS: Final = table_of(Lead)
_DEALS: Final = table_of(PipelineItem)
_STAGES: Final = table_of(PipelineStage)
_CHANGES: Final = table_of(PipelineStageChange)
_NOTES: Final = table_of(Note)
_READINGS: Final = table_of(NoteReading)
_ACTIVITIES: Final = table_of(ScheduledActivity)
_NOT_COUNTED: Final = frozenset({"tenant_id", "created_at", "updated_at"})


def write_summaries(connection: Connection, tenant_id: int, zone: ZoneInfo, changed: Resource | None = None) -> bool:
    """Bring the summaries that follow from a resource (None: from any) to what the tables say; tell if they changed.

    Days are those of the brand's `zone`, but for the schedule, which is counted by UTC.
    """
    writers = (write for sources, write in _SUMMARIES if changed is None or changed in sources)
    # Not any(): every summary has to be written, also behind the first one that has changed.
    return sum(write(connection, tenant_id, zone) for write in writers) > 0


def _leads(connection: Connection, tenant_id: int, _zone: ZoneInfo) -> bool:
    names = (_LEADS.c.stage_key, _LEADS.c.stage_name, _LEADS.c.lead_source_key, _LEADS.c.lead_source)
    prospects = (
        _LEADS.c.tenant_id == tenant_id,
        _LEADS.c.contact_type == PROSPECT,
        _LEADS.c.removed_at.is_(None),
    )
    counted = connection.execute(select(*names, func.count()).where(*prospects).group_by(*names))
    return _keep(connection, LeadCount, tenant_id, _numbered(counted))


@dataclass(slots=True)
class _StageSum:
    deals: int = 0
    valued: int = 0
    value: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)

    def add(self, size: Decimal | None, likelihood: int) -> None:
        self.deals += 1
        if size is not None:
            self.valued += size > 0
            self.value += size
            self.weighted += size * likelihood / 100


def _pipeline(connection: Connection, tenant_id: int, zone: ZoneInfo) -> bool:
    sums: dict[tuple[str, str], _StageSum] = {}
    ages: Counter[tuple[str, Any]] = Counter()
    for deal in connection.execute(_deals(), {"brand": tenant_id}, execution_options={"yield_per": 2_000}):
        stage = (deal.stage_key, deal.stage_name)
        if stage not in sums:
            sums[stage] = _StageSum()
        sums[stage].add(deal.deal_size, deal.likely)
        if deal.entered_at is not None:
            ages[deal.stage_key, deal.entered_at.astimezone(zone).date()] += 1
    counted = [(*stage, its.deals, its.valued, its.value, its.weighted) for stage, its in sums.items()]
    counts_changed = _keep(connection, PipelineCount, tenant_id, _numbered(counted))
    return _keep(connection, PipelineAge, tenant_id, [(*age, deals) for age, deals in ages.items()]) or counts_changed


@cache
def _deals() -> Any:
    """Return the statement of a brand's live deals of prospects: their own or their stage's likelihood, and entry."""
    tenant_id = bindparam("brand", type_=_DEALS.c.tenant_id.type)
    stage = and_(
        _STAGES.c.tenant_id == _DEALS.c.tenant_id,
        _STAGES.c.contact_type == _DEALS.c.contact_type,
        _STAGES.c.stage_key == _DEALS.c.stage_key,
        _STAGES.c.removed_at.is_(None),
    )
    last = (
        select(_CHANGES.c.opportunity_id, func.max(_CHANGES.c.sequence).label("sequence"))
        .where(_CHANGES.c.tenant_id == tenant_id)
        .group_by(_CHANGES.c.opportunity_id)
        .subquery()
    )
    entry = and_(
        _CHANGES.c.tenant_id == tenant_id,
        _CHANGES.c.opportunity_id == last.c.opportunity_id,
        _CHANGES.c.sequence == last.c.sequence,
    )
    likely = func.coalesce(_DEALS.c.likelihood, _STAGES.c.likelihood, 0).label("likely")
    joined = (
        _DEALS.outerjoin(_STAGES, stage)
        .outerjoin(last, last.c.opportunity_id == _DEALS.c.opportunity_id)
        .outerjoin(_CHANGES, entry)
    )
    return (
        select(_DEALS.c.stage_key, _DEALS.c.stage_name, _DEALS.c.deal_size, likely, _CHANGES.c.entered_at)
        .select_from(joined)
        .where(
            _DEALS.c.tenant_id == tenant_id,
            _DEALS.c.contact_type == PROSPECT,
            _DEALS.c.removed_at.is_(None),
        )
    )


def _notes(connection: Connection, tenant_id: int, _zone: ZoneInfo) -> bool:
    names = (_NOTES.c.author, _NOTES.c.kind)
    live = (_NOTES.c.tenant_id == tenant_id, _NOTES.c.removed_at.is_(None))
    counted = connection.execute(select(*names, func.count()).where(*live).group_by(*names))
    return _keep(connection, NoteCount, tenant_id, _numbered(counted))


def _coverage(connection: Connection, tenant_id: int, _zone: ZoneInfo) -> bool:
    return _keep(connection, NoteCoverage, tenant_id, connection.execute(_COVERAGE_COUNT, {"brand": tenant_id}))


_READING: Final = and_(_READINGS.c.tenant_id == _LEADS.c.tenant_id, _READINGS.c.client_id == _LEADS.c.client_id)
_COVERAGE_COUNT: Final = (
    select(func.count(), func.count(_READINGS.c.client_id))
    .select_from(_LEADS.outerjoin(_READINGS, _READING))
    .where(_LEADS.c.tenant_id == bindparam("brand"), _LEADS.c.removed_at.is_(None))
)


def _schedule(connection: Connection, tenant_id: int, _zone: ZoneInfo) -> bool:
    last_moment = func.coalesce(_ACTIVITIES.c.ends_at, _ACTIVITIES.c.starts_at)
    if connection.dialect.name == "postgresql":
        last_day: Any = cast(func.timezone("UTC", last_moment), Date).label("last_day")
    else:
        last_day = func.date(last_moment, type_=Date).label("last_day")
    live = (
        _ACTIVITIES.c.tenant_id == tenant_id,
        _ACTIVITIES.c.removed_at.is_(None),
        _ACTIVITIES.c.starts_at.is_not(None),
    )
    counted = connection.execute(select(last_day, func.count()).where(*live).group_by("last_day"))
    return _keep(connection, ScheduleCount, tenant_id, counted)


def _numbered(rows: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Give rows numbers by what they say, so that the same rows always bear the same numbers."""
    return [(number, *row) for number, row in enumerate(sorted(tuple(row) for row in rows))]


def _keep(
    connection: Connection, summary: type[Summary], tenant_id: int, rows: Iterable[tuple[Any, ...] | Row[Any]]
) -> bool:
    """Replace a brand's rows of a summary where they differ from `rows`; tell whether they did."""
    table = table_of(summary)
    wanted = {tuple(row) for row in rows}
    kept = connection.execute(_counts(table), {"brand": tenant_id})
    if {tuple(row) for row in kept} == wanted:
        return False
    now = utc_now()
    stamps = {"tenant_id": tenant_id, "created_at": now, "updated_at": now}
    names = [column.name for column in _counts(table).selected_columns]
    connection.execute(delete(table).where(table.c.tenant_id == tenant_id))
    if wanted:
        connection.execute(insert(table), [stamps | dict(zip(names, row, strict=True)) for row in wanted])
    return True


@cache
def _counts(table: Table) -> Select[Any]:
    """Return the statement of what a summary's rows of a brand say."""
    columns = [column for column in table.columns if column.name not in _NOT_COUNTED]
    return select(*columns).where(table.c.tenant_id == bindparam("brand"))


_SUMMARIES: Final = (
    ({Resource.LEADS}, _leads),
    ({Resource.PIPELINE_ITEMS, Resource.PIPELINE_STAGES}, _pipeline),
    ({Resource.LEADS, Resource.NOTES}, _notes),
    ({Resource.LEADS, Resource.NOTES}, _coverage),
    ({Resource.SCHEDULED_ACTIVITIES}, _schedule),
)
