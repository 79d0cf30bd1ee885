"""What an account manager asks of a brand first: its leads, the new ones, hot deals and stuck ones.

They are the figures of the brand's own dashboards. Each process keeps them until the brand's data changes, or its day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from dash_portal.brand_access import Brand, open_brand
from dash_portal.brand_time import local_day
from dash_portal.dashboards.hot_list import HotFilters, stage_sums
from dash_portal.dashboards.leads import lead_counts
from dash_portal.dashboards.pipeline import pipeline_counts


@dataclass(frozen=True, slots=True)
class BrandFigures:
    """How many leads a brand has and how many of them are new (7 days), how many deals are hot and how many stuck."""

    leads: int
    new_leads: int
    hot_deals: int
    stuck_deals: int


class FigureMemory:
    """The figures that this process knows, each brand's with the data version and the day they hold for."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[int, tuple[tuple[int, date, str], BrandFigures]] = {}

    def figures(self, brands: Iterable[Brand], now: datetime) -> dict[int, BrandFigures]:
        """Return the figures of these brands by their tenant ids."""
        return {brand.tenant_id: self._of(brand, now) for brand in brands}

    def _of(self, brand: Brand, now: datetime) -> BrandFigures:
        holds_for = (brand.data_version, local_day(now, brand.timezone), brand.timezone)
        known = self._known.get(brand.tenant_id)
        if known is not None and known[0] == holds_for:
            return known[1]
        counted = _count(brand, now)
        self._known[brand.tenant_id] = (holds_for, counted)
        return counted


FIGURE_MEMORY: Final = FigureMemory()


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
