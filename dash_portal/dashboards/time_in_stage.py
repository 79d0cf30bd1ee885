"""How long deals have been in their stage, from the changes that were observed."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final

from sqlalchemy import exists, func
from sqlalchemy.orm import aliased
from sqlmodel import col

from dash_portal.dashboards.statements import rows_of, select
from database import BrandSession
from models import PipelineAge, PipelineStageChange

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


def read_ageing(session: BrandSession, stage_keys: Sequence[str], today: date) -> Ageing:
    """Answer the ageing of deals in these stages, in whole days of the brand's calendar."""
    kept = select(PipelineAge.stage_key, PipelineAge.entered_on, PipelineAge.deals)
    ages = rows_of(session, kept.where(col(PipelineAge.stage_key).in_(stage_keys)))
    observed_since = session.exec(select(func.min(PipelineStageChange.observed_at))).one()
    return ageing_of(ages, today, observed_since)


def ageing_of(ages: Iterable[tuple[str, date, int]], today: date, observed_since: datetime | None) -> Ageing:
    """Return the ageing of deals given as (stage key, day they entered it, how many)."""
    days: dict[str, Counter[int]] = {}
    for stage_key, entered_on, deals in ages:
        days.setdefault(stage_key, Counter())[max(0, (today - entered_on).days)] += deals
    medians = {stage_key: median_of(counted) for stage_key, counted in days.items()}
    stuck = {
        stage_key: sum(deals for age, deals in counted.items() if is_stuck(age, medians[stage_key]))
        for stage_key, counted in days.items()
    }
    return Ageing(medians, stuck, observed_since)


def median_of(counted: Mapping[int, int]) -> Decimal:
    """Return the median of numbers, given with how often each occurs; there must be at least one."""
    numbers = sorted(counted)
    passed = list(accumulate(counted[number] for number in numbers))
    lower, upper = (numbers[bisect_right(passed, place)] for place in ((passed[-1] - 1) // 2, passed[-1] // 2))
    return Decimal(lower + upper) / 2
