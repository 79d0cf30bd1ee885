"""What stands above each page's table, and every chart by its id: the API and the paper show what the pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Final

from dash_portal.brand_access import Brand
from dash_portal.charts.chart import Chart
from dash_portal.dashboards import hot_list, leads, pipeline
from dash_portal.dashboards.card import Card
from dash_portal.dashboards.lead_charts import (
    BY_SOURCE,
    BY_STATUS,
    SOURCE_QUALITY,
    SOURCES,
    STATUS_GROUPS,
    TOP_STATUSES,
)
from dash_portal.dashboards.lead_counts import LeadFilters, lead_counts
from dash_portal.dashboards.pipeline_charts import AGEING, BY_STAGE, PROGRESSION, STAGES, VALUE_BY_STAGE
from dash_portal.dashboards.pipeline_counts import STUCK, pipeline_counts
from database import BrandSession

LEADS: Final = "leads"
PIPELINE: Final = "pipeline"
HOT_LIST: Final = "hot-list"

CHARTS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    LEADS: (SOURCES, STATUS_GROUPS, TOP_STATUSES, BY_SOURCE, BY_STATUS, SOURCE_QUALITY),
    PIPELINE: (STAGES, BY_STAGE, VALUE_BY_STAGE, PROGRESSION, AGEING),
    HOT_LIST: (hot_list.BY_STAGE,),
}
"""The ids of the charts of each page, by the page's name."""

CHART_IDS: Final = tuple(chain.from_iterable(CHARTS_OF.values()))


@dataclass(frozen=True, slots=True)
class Overview:
    """What stands above a page's table: its figures and its charts."""

    cards: tuple[Card, ...]
    charts: tuple[Chart, ...]


class UnknownChartError(LookupError):
    """There is no chart of that id."""


def overview(
    session: BrandSession, brand: Brand, page: str, filters: Mapping[str, Sequence[str]], now: datetime
) -> Overview:
    """Return what stands above a page's table, narrowed as the page is by the same query parameters.

    A page without figures and charts has an empty one.
    """
    if page == LEADS:
        narrowed = LeadFilters.of(lambda name: filters.get(name, ()), lead_counts(session, brand, now).stages)
        opened = frozenset(filters.get("open", ()))
        of_leads = leads.leads_dashboard(session, brand, narrowed, now, open_charts=opened)
        return Overview(of_leads.cards, of_leads.charts)
    only_stuck = STUCK in filters.get("stuck", ())
    if page == PIPELINE:
        stages = filters.get("stage", ())
        of_deals = pipeline.pipeline_dashboard(session, brand, stages, now, only_stuck=only_stuck)
        return Overview(of_deals.cards, of_deals.charts)
    if page == HOT_LIST:
        counts = pipeline_counts(session, brand, now)
        hot_filters = hot_list.HotFilters.of(filters.get("stage", ()), counts, only_stuck=only_stuck)
        of_hot_deals = hot_list.hot_list_dashboard(session, brand, hot_filters)
        return Overview(of_hot_deals.cards, of_hot_deals.charts)
    return Overview((), ())


def chart(
    session: BrandSession, brand: Brand, chart_id: str, filters: Mapping[str, Sequence[str]], now: datetime
) -> Chart:
    """Return one chart of a brand, narrowed as its page is by the same query parameters.

    Raises UnknownChartError for an id that is not one of CHART_IDS.
    """
    for page, chart_ids in CHARTS_OF.items():
        if chart_id in chart_ids:
            charts = overview(session, brand, page, filters, now).charts
            return next(chart for chart in charts if chart.chart_id == chart_id)
    raise UnknownChartError(chart_id)
