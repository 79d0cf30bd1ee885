"""How long deals have been in their stage, from the changes that were observed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import and_, case, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import col

from dash_portal.brand_time import days_since, midnight
from dash_portal.dashboards.stages import PROSPECT
from dash_portal.dashboards.statements import rows_of, select
from database import BrandSession
from models import PipelineItem, PipelineStageChange

STUCK_AFTER_DAYS: Final = 14
STUCK_AFTER_MEDIANS: Final = 2


@dataclass(frozen=True, slots=True)
class Ageing:
    """Per stage key: the median of the days its deals have been in it, and how many of them are stuck.

    `observed_since` is the first moment at which stage changes were watched; None if they never were.
    """

    median_days: Mapping[str, Decimal]
    stuck: Mapping[str, int]
    observed_since: datetime | None


def entered_current_stage() -> Any:
    """Return a subquery of (opportunity_id, entered_at): when each deal entered the stage it is in."""
    later = aliased(PipelineStageChange)
    changed_again = exists().where(
        col(later.tenant_id) == col(PipelineStageChange.tenant_id),
        col(later.opportunity_id) == col(PipelineStageChange.opportunity_id),
        col(later.sequence) > col(PipelineStageChange.sequence),
    )
    return select(PipelineStageChange.opportunity_id, PipelineStageChange.entered_at).where(~changed_again).subquery()


def is_stuck(days: int, median_days: Decimal) -> bool:
    """Tell whether a deal is stuck: longer in its stage than twice the stage's median, and than 14 days."""
    return days > STUCK_AFTER_DAYS and days > STUCK_AFTER_MEDIANS * median_days


def read_ageing(session: BrandSession, stage_keys: Sequence[str], today: date, zone: str) -> Ageing:
    """Ask for the ageing of deals in these stages, in whole days of the brand's calendar."""
    medians = _medians(session, stage_keys, today, zone)
    return Ageing(
        median_days=medians,
        stuck=_stuck(session, medians, today, zone),
        observed_since=session.exec(select(func.min(PipelineStageChange.observed_at))).one(),
    )


def _in_stages(stage_keys: Sequence[str]) -> tuple[Any, ...]:
    return (
        col(PipelineItem.contact_type) == PROSPECT,
        col(PipelineItem.removed_at).is_(None),
        col(PipelineItem.stage_key).in_(stage_keys),
    )


def _medians(session: BrandSession, stage_keys: Sequence[str], today: date, zone: str) -> dict[str, Decimal]:
    """Take the middle one or two deals of each stage by the time they entered it: only these leave the database."""
    entered = entered_current_stage()
    ranked = (
        select(
            PipelineItem.stage_key,
            entered.c.entered_at,
            func.row_number()
            .over(
                partition_by=col(PipelineItem.stage_key), order_by=(entered.c.entered_at, PipelineItem.opportunity_id)
            )
            .label("place"),
            func.count().over(partition_by=col(PipelineItem.stage_key)).label("deals"),
        )
        .join(entered, entered.c.opportunity_id == col(PipelineItem.opportunity_id))
        .where(*_in_stages(stage_keys))
        .subquery()
    )
    middle = select(ranked.c.stage_key, ranked.c.entered_at).where(
        or_(ranked.c.place * 2 == ranked.c.deals, ranked.c.place * 2 == ranked.c.deals + 1)
        | (ranked.c.place * 2 == ranked.c.deals + 2)
    )
    days: dict[str, list[int]] = {}
    for stage_key, entered_at in rows_of(session, middle):
        days.setdefault(stage_key, []).append(days_since(entered_at, today, zone))
    return {stage_key: Decimal(sum(found)) / len(found) for stage_key, found in days.items()}


def _stuck(session: BrandSession, medians: Mapping[str, Decimal], today: date, zone: str) -> dict[str, int]:
    if not medians:
        return {}
    entered = entered_current_stage()
    before = {stage_key: midnight(stuck_since(median, today), zone) for stage_key, median in medians.items()}
    late = or_(
        *(and_(col(PipelineItem.stage_key) == key, entered.c.entered_at < moment) for key, moment in before.items())
    )
    statement = (
        select(PipelineItem.stage_key, func.sum(case((late, 1), else_=0)))
        .join(entered, entered.c.opportunity_id == col(PipelineItem.opportunity_id))
        .where(*_in_stages(list(medians)))
        .group_by(col(PipelineItem.stage_key))
    )
    return {stage_key: int(count) for stage_key, count in rows_of(session, statement)}


def stuck_since(median_days: Decimal, today: date) -> date:
    """Return the day before whose beginning a deal must have entered its stage to be stuck today."""
    longest = max(STUCK_AFTER_DAYS, int(STUCK_AFTER_MEDIANS * median_days))
    return today - timedelta(days=longest)
