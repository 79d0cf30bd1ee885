"""How long deals have been in their stage, from the changes that were observed."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, false, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import col

from dash_portal.brand_time import midnight
from dash_portal.dashboards.statements import rows_of, select
from database import BrandSession
from models import PipelineAge, PipelineStageChange

STUCK_AFTER_MEDIANS: Final = 2
LEAST_DAYS: Final = 14
MOST_DAYS: Final = 90
ENOUGH_DEALS: Final = 5
"""So many deals must stand in a stage for their median to say anything."""


@dataclass(frozen=True, slots=True)
class Ageing:
    """Per stage key: the median of the days its deals have been in it, how many are stuck, and after how many days.

    Deals are never stuck in a stage that `limit_days` does not name: it is a place to park them.

    `observed_since` is the first moment at which stage changes were watched; None if they never were.
    """

    median_days: Mapping[str, Decimal]
    stuck: Mapping[str, int]
    limit_days: Mapping[str, int]
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


def stuck_after(median_days: Decimal, deals: int) -> int:
    """Return after how many days in its stage a deal is stuck: twice the stage's median, at least 14 and at most 90.

    Where the stage has fewer than five deals, their median says nothing, and it is 90.
    """
    if deals < ENOUGH_DEALS:
        return MOST_DAYS
    return min(MOST_DAYS, max(LEAST_DAYS, int(STUCK_AFTER_MEDIANS * median_days)))


def read_ageing(session: BrandSession, stage_keys: Sequence[str], parked: Collection[str], today: date) -> Ageing:
    """Answer the ageing of deals in these stages, in whole days of the brand's calendar; `parked` never are stuck."""
    kept = select(PipelineAge.stage_key, PipelineAge.entered_on, PipelineAge.deals)
    ages = rows_of(session, kept.where(col(PipelineAge.stage_key).in_(stage_keys)))
    observed_since = session.exec(select(func.min(PipelineStageChange.observed_at))).one()
    return ageing_of(ages, parked, today, observed_since)


def ageing_of(
    ages: Iterable[tuple[str, date, int]], parked: Collection[str], today: date, observed_since: datetime | None
) -> Ageing:
    """Return the ageing of deals given as (stage key, day they entered it, how many)."""
    days: dict[str, Counter[int]] = {}
    for stage_key, entered_on, deals in ages:
        days.setdefault(stage_key, Counter())[max(0, (today - entered_on).days)] += deals
    medians = {stage_key: median_of(counted) for stage_key, counted in days.items()}
    limits = {
        stage_key: stuck_after(medians[stage_key], counted.total())
        for stage_key, counted in days.items()
        if stage_key not in parked
    }
    stuck = {
        stage_key: sum(deals for passed, deals in days[stage_key].items() if passed > limit)
        for stage_key, limit in limits.items()
    }
    return Ageing(medians, stuck, limits, observed_since)


def is_stuck(ageing: Ageing, stage_key: str, days: int | None) -> bool:
    """Tell whether a deal that has been in its stage for so many days (None: nobody saw it enter) is stuck."""
    return days is not None and stage_key in ageing.limit_days and days > ageing.limit_days[stage_key]


def stuck_condition(ageing: Ageing, stage_key: Any, entered_at: Any, today: date, zone: str) -> ColumnElement[bool]:
    """Return the condition that a deal's row, with the moment it entered its stage, is one of the stuck ones."""
    per_stage = [
        and_(stage_key == key, entered_at < midnight(today - timedelta(days=limit), zone))
        for key, limit in ageing.limit_days.items()
        if ageing.stuck[key]
    ]
    return or_(*per_stage) if per_stage else false()


def median_of(counted: Mapping[int, int]) -> Decimal:
    """Return the median of numbers, given with how often each occurs; there must be at least one."""
    numbers = sorted(counted)
    passed = list(accumulate(counted[number] for number in numbers))
    lower, upper = (numbers[bisect_right(passed, place)] for place in ((passed[-1] - 1) // 2, passed[-1] // 2))
    return Decimal(lower + upper) / 2
