"""What an account manager asks of a brand first: its leads, the new ones, hot deals and stuck ones.

They are the figures of the brand's own dashboards. Each process keeps them until the brand's data changes, or its day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dash_portal.brand_access import Brand, open_brand
from dash_portal.brand_time import local_day
from dash_portal.dashboards.answers import Answers
from dash_portal.dashboards.hot_list import HotFilters, stage_sums
from dash_portal.dashboards.lead_counts import lead_counts
from dash_portal.dashboards.pipeline_counts import pipeline_counts


@dataclass(frozen=True, slots=True)
class BrandFigures:
    """How many leads a brand has and how many of them are new (7 days), how many deals are hot and how many stuck."""

    leads: int
    new_leads: int
    hot_deals: int
    stuck_deals: int


def figures_of(brands: Iterable[Brand], now: datetime) -> dict[int, BrandFigures]:
    """Return the figures of these brands by their tenant ids."""
    return {brand.tenant_id: _figures(brand, now) for brand in brands}


_FIGURES: Final = Answers(most=10_000)
"""With room for thousands of brands, where the dashboards' own answers, which they are counted from, have less."""


def _figures(brand: Brand, now: datetime) -> BrandFigures:
    question = (local_day(now, brand.timezone), brand.timezone)
    return _FIGURES.answer(brand, question, lambda: _count(brand, now))


def _count(brand: Brand, now: datetime) -> BrandFigures:
    with open_brand(brand) as session:
        leads, deals = lead_counts(session, brand, now), pipeline_counts(session, brand, now)
        hot = stage_sums(session, brand, HotFilters(frozenset(), deals))
    return BrandFigures(
        leads=sum(cell.leads for cell in leads.cells),
        new_leads=sum(cell.new for cell in leads.cells),
        hot_deals=sum(stage.deals for stage in hot),
        stuck_deals=sum(deals.ageing.stuck.values()),
    )
