"""What follows from other rows, in the same transaction: hot list, stage changes, notes of leads that are gone."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
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
from sync.storing.unchanged import count_if_unchanged
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

    A stage is the same by its id: where it was only renamed, its deals have not moved. A name that was never listed
    may be the new one of the very stage a deal stands in, as the list of stages was read a moment before: such a move
    is recorded once the deal bears that name for the second time.
    """
    pulled = deals.pulled_rows
    same = and_(_DEALS.c.tenant_id == tenant_id, deals.same_row(pulled))
    moved = pulled.outerjoin(_DEALS, same), or_(_DEALS.c.opportunity_id.is_(None), _has_moved(pulled, tenant_id))
    stands_there = or_(pulled.c.opportunity_id.is_(None), pulled.c.stage_key == _DEALS.c.stage_key)
    stayed = _DEALS.outerjoin(pulled, same), and_(_is_late_move(tenant_id), stands_there)
    before_and_after = (
        (moved, _DEALS.c.stage_name, pulled),
        (stayed, _last_stage_of(_DEALS, tenant_id), _DEALS),
    )
    count = 0
    for (rows, condition), from_stage, to in before_and_after:
        change = _change(tenant_id, to, from_stage, observed_at, now).select_from(rows).where(condition)
        count += run_counted(connection, insert(_CHANGES).from_select(_CHANGED, change))
    return count


def record_late_moves(connection: Connection, tenant_id: int, observed_at: datetime, now: datetime) -> int:
    """Record, of deals that all came as they were, the moves to a stage of a name that they now bear once more."""
    change = _change(tenant_id, _DEALS, _last_stage_of(_DEALS, tenant_id), observed_at, now)
    late = change.select_from(_DEALS).where(_is_late_move(tenant_id))
    return run_counted(connection, insert(_CHANGES).from_select(_CHANGED, late))


_CHANGED: Final = (
    "tenant_id",
    "created_at",
    "updated_at",
    "opportunity_id",
    "sequence",
    "from_stage",
    "to_stage",
    "observed_at",
    "entered_at",
)


def _change(
    tenant_id: int, deals: Table, from_stage: ColumnElement[Any], observed_at: datetime, now: datetime
) -> Select[Any]:
    """Return the row of a deal's change of stage, whose new stage `deals` says."""
    observed, stamp = literal(observed_at, _CHANGES.c.observed_at.type), literal(now, _CHANGES.c.created_at.type)
    before = (
        select(func.coalesce(func.max(_CHANGES.c.sequence), 0))
        .where(_CHANGES.c.tenant_id == tenant_id, _CHANGES.c.opportunity_id == deals.c.opportunity_id)
        .scalar_subquery()
    )
    entered = case((deals.c.last_modified_at < observed, deals.c.last_modified_at), else_=observed)
    return select(
        literal(tenant_id),
        stamp,
        stamp,
        deals.c.opportunity_id,
        before + 1,
        from_stage,
        deals.c.stage_name,
        observed,
        entered,
    )


def _has_moved(pulled: Table, tenant_id: int) -> ColumnElement[bool]:
    """Return the condition for a staged deal that has moved: by the stages' ids where both are known, else by name."""
    stage_id = _stage_id_of(pulled, tenant_id)
    return case(
        (and_(_DEALS.c.stage_id.is_not(None), stage_id.is_not(None)), _DEALS.c.stage_id != stage_id),
        (and_(_DEALS.c.stage_id.is_not(None), ~_was_ever_listed(pulled, tenant_id)), false()),
        else_=_DEALS.c.stage_key != pulled.c.stage_key,
    )


def _is_late_move(tenant_id: int) -> ColumnElement[bool]:
    """Return the condition for a live deal whose stage was never listed, and whose move there is not recorded yet."""
    live = and_(_DEALS.c.tenant_id == tenant_id, _DEALS.c.removed_at.is_(None), _DEALS.c.stage_id.is_not(None))
    return and_(live, ~_was_ever_listed(_DEALS, tenant_id), ~_is_recorded(tenant_id))


def _is_recorded(tenant_id: int) -> ColumnElement[bool]:
    return func.lower(_last_stage_of(_DEALS, tenant_id)) == func.lower(_DEALS.c.stage_name)


def _stage_of(deals: Table, tenant_id: int) -> tuple[ColumnElement[bool], ...]:
    """Return the condition for the stage that a deal names, listed now or once."""
    return (
        _STAGES.c.tenant_id == tenant_id,
        _STAGES.c.contact_type == deals.c.contact_type,
        _STAGES.c.stage_key == deals.c.stage_key,
    )


def _stage_id_of(deals: Table, tenant_id: int) -> ScalarSelect[Any]:
    """Return the id of the stage that a deal names, listed now or once; null for New Lead and stages never listed."""
    return select(_STAGES.c.sales_cycle_id).where(*_stage_of(deals, tenant_id)).correlate(deals).scalar_subquery()


def _was_ever_listed(deals: Table, tenant_id: int) -> ColumnElement[bool]:
    return exists(select(literal(1)).where(*_stage_of(deals, tenant_id)).correlate(deals))


def _last_stage_of(deals: Table, tenant_id: int) -> ScalarSelect[Any]:
    """Return the name of the stage that a deal's latest known move went to."""
    return (
        select(_CHANGES.c.to_stage)
        .where(_CHANGES.c.tenant_id == tenant_id, _CHANGES.c.opportunity_id == deals.c.opportunity_id)
        .order_by(_CHANGES.c.sequence.desc())
        .limit(1)
        .correlate(deals)
        .scalar_subquery()
    )


def remember_stages(connection: Connection, tenant_id: int) -> None:
    """Write down which stage each live deal stands in by its id, once stages and deals are both as read.

    Not where a deal's stage is not listed: it may just have been renamed, and the id known so far tells which it is.
    New Lead is listed and has no id: a deal that is back there stands no longer in the stage it was in.
    """
    stage_id = _stage_id_of(_DEALS, tenant_id)
    listed = select(literal(1)).where(*_stage_of(_DEALS, tenant_id), _STAGES.c.removed_at.is_(None))
    is_listed = exists(listed.correlate(_DEALS))
    live = (_DEALS.c.tenant_id == tenant_id, _DEALS.c.removed_at.is_(None), is_listed)
    differs = _DEALS.c.stage_id.is_distinct_from(stage_id)
    connection.execute(update(_DEALS).where(*live, differs).values(stage_id=stage_id))


def is_renamed_stage(mirror: MirrorTable, tenant_id: int) -> ColumnElement[bool]:
    """Return the condition for stages that are not listed under their name any more, but under their id."""
    pulled = mirror.pulled_rows
    listed = select(literal(1)).where(pulled.c.sales_cycle_id == _STAGES.c.sales_cycle_id).correlate(_STAGES)
    return and_(_STAGES.c.tenant_id == tenant_id, exists(listed))


_STAGES_OF_BRAND: Final = select(_STAGES).where(_STAGES.c.tenant_id == bindparam("brand"))
_DEALS_IN_STAGES: Final = select(_DEALS).where(
    _DEALS.c.tenant_id == bindparam("brand"),
    _DEALS.c.removed_at.is_(None),
    _DEALS.c.contact_type == PROSPECT,
    _DEALS.c.deal_size > 0,
    or_(
        _DEALS.c.stage_key.in_(bindparam("stage_keys", expanding=True)),
        _DEALS.c.stage_id.in_(bindparam("stage_ids", expanding=True)),
    ),
)


def derive_hot_list(connection: Connection, tenant_id: int, now: datetime) -> Counts:
    """Bring the hot list to what the brand's live deals and stages say."""
    known = [dict(row) for row in connection.execute(_STAGES_OF_BRAND, {"brand": tenant_id}).mappings()]
    # Rows that are gone tell under which names a stage that is still there was listed before.
    former = [(stage["sales_cycle_id"], stage["stage_key"]) for stage in known if stage["removed_at"] is not None]
    stages = hot_stages((stage for stage in known if stage["removed_at"] is None), former)
    # By id too: a stage that was renamed while the deals could not be read is still the one they stand in.
    ids = [stage["sales_cycle_id"] for stage in stages.values() if stage["sales_cycle_id"]]
    hot_deals = connection.execute(_DEALS_IN_STAGES, {"brand": tenant_id, "stage_keys": list(stages), "stage_ids": ids})
    deals = [dict(row) for row in hot_deals.mappings()]
    rows = [HOT_LIST_TABLE.pack(row) for row in hot_list_rows(deals, stages)]
    same = count_if_unchanged(connection, HOT_LIST_TABLE, tenant_id, lambda: [rows])
    if same is not None:
        return Counts(unchanged=same)
    with staged(connection, HOT_LIST_TABLE, tenant_id, lambda: [rows]) as staging:
        return upsert(connection, HOT_LIST_TABLE, tenant_id, now, staging=staging)


def forget_notes_of_gone_leads(connection: Connection, tenant_id: int, now: datetime) -> int:
    """Mark the notes of removed leads removed, and have them read again should a lead return."""
    gone = select(_LEADS.c.client_id).where(_LEADS.c.tenant_id == tenant_id, _LEADS.c.removed_at.is_not(None))
    connection.execute(delete(_READINGS).where(_READINGS.c.tenant_id == tenant_id, _READINGS.c.client_id.in_(gone)))
    live = (_NOTES.c.tenant_id == tenant_id, _NOTES.c.removed_at.is_(None), _NOTES.c.client_id.in_(gone))
    return connection.execute(update(_NOTES).where(*live).values(removed_at=now, updated_at=now)).rowcount
