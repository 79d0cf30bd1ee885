"""What follows from other rows, in the same transaction: hot list, stage changes, notes of leads that are gone."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from models import PROSPECT, HotListItem, Lead, Note, NoteReading, PipelineItem, PipelineStage, PipelineStageChange
from sync.mapping.rows import hot_list_rows, hot_stages
from sync.storing.store import Counts, run_counted, staged, upsert
from sync.tables import MirrorTable, table_of

HOT_LIST_TABLE: Final = MirrorTable(HotListItem)
_CHANGES: Final = table_of(PipelineStageChange)
_DEALS: Final = table_of(PipelineItem)
_STAGES: Final = table_of(PipelineStage)
_LEADS: Final = table_of(Lead)
_NOTES: Final = table_of(Note)
_READINGS: Final = table_of(NoteReading)


def record_stage_changes(
    connection: Connection, deals: MirrorTable, tenant_id: int, observed_at: datetime, now: datetime
) -> int:
    """Record which staged deals stand in another stage than their rows say; call it before the rows are changed.

    A stage is the same by its id: where it was only renamed, its deals have not moved.
    """
    pulled = deals.pulled_rows
    before = (
        select(func.coalesce(func.max(_CHANGES.c.sequence), 0))
        .where(_CHANGES.c.tenant_id == tenant_id, _CHANGES.c.opportunity_id == pulled.c.opportunity_id)
        .scalar_subquery()
    )
    observed, stamp = literal(observed_at, _CHANGES.c.observed_at.type), literal(now, _CHANGES.c.created_at.type)
    entered = case((pulled.c.last_modified_at < observed, pulled.c.last_modified_at), else_=observed)
    same = and_(_DEALS.c.tenant_id == tenant_id, deals.same_row(pulled))
    moved = (
        select(
            literal(tenant_id),
            stamp,
            stamp,
            pulled.c.opportunity_id,
            before + 1,
            _DEALS.c.stage_name,
            pulled.c.stage_name,
            observed,
            entered,
        )
        .select_from(pulled.outerjoin(_DEALS, same))
        .where(or_(_DEALS.c.opportunity_id.is_(None), _has_moved(pulled, tenant_id)))
    )
    names = [
        "tenant_id",
        "created_at",
        "updated_at",
        "opportunity_id",
        "sequence",
        "from_stage",
        "to_stage",
        "observed_at",
        "entered_at",
    ]
    return run_counted(connection, insert(_CHANGES).from_select(names, moved))


def _has_moved(pulled: Table, tenant_id: int) -> ColumnElement[bool]:
    """Return the condition for a staged deal that has moved: by the stages' ids where both are known, else by name."""
    stage_id = _stage_id_of(pulled, tenant_id)
    other_name = _DEALS.c.stage_key != pulled.c.stage_key
    return case(
        (and_(_DEALS.c.stage_id.is_not(None), stage_id.is_not(None)), _DEALS.c.stage_id != stage_id), else_=other_name
    )


def _stage_id_of(deals: Table, tenant_id: int) -> ScalarSelect[Any]:
    """Return the id of the listed stage that a deal names; null for New Lead and for stages that are not listed."""
    return (
        select(_STAGES.c.sales_cycle_id)
        .where(
            _STAGES.c.tenant_id == tenant_id,
            _STAGES.c.contact_type == deals.c.contact_type,
            _STAGES.c.stage_key == deals.c.stage_key,
            _STAGES.c.removed_at.is_(None),
        )
        .correlate(deals)
        .scalar_subquery()
    )


def remember_stages(connection: Connection, tenant_id: int) -> None:
    """Write down which stage each live deal stands in by its id, once stages and deals are both as read.

    Not where a deal's stage is not listed: it may just have been renamed, and the id known so far tells which it is.
    New Lead is listed and has no id: a deal that is back there stands no longer in the stage it was in.
    """
    stage_id = _stage_id_of(_DEALS, tenant_id)
    is_listed = exists(
        select(literal(1)).where(
            _STAGES.c.tenant_id == tenant_id,
            _STAGES.c.contact_type == _DEALS.c.contact_type,
            _STAGES.c.stage_key == _DEALS.c.stage_key,
            _STAGES.c.removed_at.is_(None),
        )
    ).correlate(_DEALS)
    live = (_DEALS.c.tenant_id == tenant_id, _DEALS.c.removed_at.is_(None), is_listed)
    differs = _DEALS.c.stage_id.is_distinct_from(stage_id)
    connection.execute(update(_DEALS).where(*live, differs).values(stage_id=stage_id))


def is_renamed_stage(mirror: MirrorTable, tenant_id: int) -> ColumnElement[bool]:
    """Return the condition for stages that are not listed under their name any more, but under their id."""
    pulled = mirror.pulled_rows
    listed = select(literal(1)).where(pulled.c.sales_cycle_id == _STAGES.c.sales_cycle_id).correlate(_STAGES)
    return and_(_STAGES.c.tenant_id == tenant_id, exists(listed))


def derive_hot_list(connection: Connection, tenant_id: int, now: datetime) -> Counts:
    """Bring the hot list to what the brand's live deals and stages say."""
    known = [
        dict(row) for row in connection.execute(select(_STAGES).where(_STAGES.c.tenant_id == tenant_id)).mappings()
    ]
    # Rows that are gone tell under which names a stage that is still there was listed before.
    former = [(stage["sales_cycle_id"], stage["stage_key"]) for stage in known if stage["removed_at"] is not None]
    stages = hot_stages((stage for stage in known if stage["removed_at"] is None), former)
    live_deals = select(_DEALS).where(
        _DEALS.c.tenant_id == tenant_id,
        _DEALS.c.removed_at.is_(None),
        _DEALS.c.contact_type == PROSPECT,
        _DEALS.c.deal_size > 0,
        _DEALS.c.stage_key.in_(list(stages)),
    )
    deals = [dict(row) for row in connection.execute(live_deals).mappings()]
    rows = [HOT_LIST_TABLE.pack(row) for row in hot_list_rows(deals, stages)]
    with staged(connection, HOT_LIST_TABLE, tenant_id, lambda: [rows]) as staging:
        return upsert(connection, HOT_LIST_TABLE, tenant_id, now, staging=staging)


def forget_notes_of_gone_leads(connection: Connection, tenant_id: int, now: datetime) -> int:
    """Mark the notes of removed leads removed, and have them read again should a lead return."""
    gone = select(_LEADS.c.client_id).where(_LEADS.c.tenant_id == tenant_id, _LEADS.c.removed_at.is_not(None))
    connection.execute(delete(_READINGS).where(_READINGS.c.tenant_id == tenant_id, _READINGS.c.client_id.in_(gone)))
    live = (_NOTES.c.tenant_id == tenant_id, _NOTES.c.removed_at.is_(None), _NOTES.c.client_id.in_(gone))
    return connection.execute(update(_NOTES).where(*live).values(removed_at=now, updated_at=now)).rowcount
