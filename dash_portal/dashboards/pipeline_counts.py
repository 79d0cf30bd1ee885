"""What stands in each stage, and for how long: what everything above the table of /pipeline is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func
from sqlmodel import col

from dash_portal.brand_access import Brand
from dash_portal.brand_time import local_day
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.dashboards.spellings import most_frequent, source_spellings
from dash_portal.dashboards.stages import Stage, active_stages, parked_keys, read_stages
from dash_portal.dashboards.statements import rows_of, select
from dash_portal.dashboards.time_in_stage import Ageing, entered_current_stage, read_ageing, stuck_condition
from database import BrandSession
from models import PROSPECT, PipelineCount, PipelineItem, PipelineStage

STUCK: Final = "yes"
"""What a link says to leave only the stuck deals: `?stuck=yes`."""

STUCK_RULE: Final = (
    "longer than twice the stage's median, at least 14 and at most 90 days (90 where fewer than five deals stand)."
)

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class StageTotals:
    """What stands in one stage. Money is in the account's currency; `weighted` is value times likelihood.

    `valued` counts the deals that have a value at all.
    """

    stage_key: str
    deals: int
    valued: int
    value: Decimal
    weighted: Decimal


@dataclass(frozen=True, slots=True)
class PipelineCounts:
    """Everything that the cards and charts of the pipeline are made of."""

    totals: Mapping[str, StageTotals]
    stages: tuple[Stage, ...]
    stage_names: Mapping[str, str]
    source_names: Mapping[str, str]
    ageing: Ageing
    today: date
    zone: str
    only_stuck: bool = False


def pipeline_counts(session: BrandSession, brand: Brand, now: datetime, *, only_stuck: bool = False) -> PipelineCounts:
    """Count the brand's deals by stage, all or only the stuck ones; known until its data changes or its day ends."""
    today = local_day(now, brand.timezone)
    question = ("pipeline counts", today, brand.timezone)
    counts = ANSWERS.answer(brand, question, lambda: _count(session, brand, today))
    if not only_stuck:
        return counts
    return ANSWERS.answer(brand, (*question, STUCK), lambda: _count_stuck(session, counts))


def likelihood_of_deal() -> ColumnElement[Any]:
    """Return a deal's likelihood in percent: its own, else its stage's, else 0. Needs `with_stage`."""
    return func.coalesce(PipelineItem.likelihood, PipelineStage.likelihood, 0)


def with_stage(statement: Any) -> Any:
    """Join each deal to its stage, by contact type and name; a deal whose stage is unknown stays."""
    return statement.join(
        PipelineStage,
        and_(
            col(PipelineStage.tenant_id) == col(PipelineItem.tenant_id),
            col(PipelineStage.contact_type) == col(PipelineItem.contact_type),
            col(PipelineStage.stage_key) == col(PipelineItem.stage_key),
            col(PipelineStage.removed_at).is_(None),
        ),
        isouter=True,
    )


def deals_of_prospects() -> tuple[ColumnElement[bool], ...]:
    """Return what makes an opportunity a deal that counts: of a prospect, and still there upstream."""
    return (col(PipelineItem.contact_type) == PROSPECT, col(PipelineItem.removed_at).is_(None))


def _count(session: BrandSession, brand: Brand, today: date) -> PipelineCounts:
    """Add up what the sync has counted."""
    kept = rows_of(session, select(PipelineCount))
    stages = read_stages(session)
    active = [stage.key for stage in active_stages(stages)]
    by_key: dict[str, list[PipelineCount]] = {}
    for count in kept:
        by_key.setdefault(count.stage_key, []).append(count)
    return PipelineCounts(
        totals={key: _total(key, counts) for key, counts in by_key.items()},
        stages=stages,
        stage_names=most_frequent((count.stage_key, count.stage_name, count.deals) for count in kept)
        | {stage.key: stage.name for stage in stages},
        source_names=source_spellings(session),
        ageing=read_ageing(session, active, parked_keys(stages), today),
        today=today,
        zone=brand.timezone,
    )


def _count_stuck(session: BrandSession, counts: PipelineCounts) -> PipelineCounts:
    """Add up the stuck deals, which no summary of the sync counts: what is stuck depends on the day."""
    size, likely = col(PipelineItem.deal_size), likelihood_of_deal()
    summed = (
        func.count(),
        func.count(case((size > 0, 1))),
        func.sum(func.coalesce(size, 0)),
        func.sum(func.coalesce(size, 0) * likely),
    )
    entered = entered_current_stage()
    stuck = stuck_condition(counts.ageing, PipelineItem.stage_key, entered.c.entered_at, counts.today, counts.zone)
    statement = (
        with_stage(select(PipelineItem.stage_key, *summed).select_from(PipelineItem))
        .join(entered, entered.c.opportunity_id == col(PipelineItem.opportunity_id))
        .where(*deals_of_prospects(), stuck)
        .group_by(col(PipelineItem.stage_key))
    )
    totals = {
        key: StageTotals(key, deals, valued, _money(value), _money(weighted) / 100)
        for key, deals, valued, value, weighted in rows_of(session, statement)
    }
    return replace(counts, totals=totals, only_stuck=True)


def _money(amount: Any) -> Decimal:
    """Return a sum to the cent: SQLite adds Numeric columns as floating point."""
    return Decimal(str(amount or 0)).quantize(_CENT)


def _total(stage_key: str, counts: Sequence[PipelineCount]) -> StageTotals:
    return StageTotals(
        stage_key,
        deals=sum(count.deals for count in counts),
        valued=sum(count.valued for count in counts),
        value=sum((count.value for count in counts), Decimal(0)),
        weighted=sum((count.weighted for count in counts), Decimal(0)).quantize(_CENT),
    )


def totals_of(counts: PipelineCounts, stage_key: str) -> StageTotals:
    """Return what stands in a stage, also where that is nothing."""
    return counts.totals.get(stage_key, StageTotals(stage_key, 0, 0, Decimal(0), Decimal(0)))
