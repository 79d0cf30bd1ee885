"""Every chart by its id: what the API serves is what the pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from dash_portal.brand_access import Brand
from dash_portal.charts.chart import Chart
from dash_portal.dashboards import hot_list, leads, pipeline
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

_OF_LEADS: Final = (SOURCES, STATUS_GROUPS, TOP_STATUSES, BY_SOURCE, BY_STATUS, SOURCE_QUALITY)
_OF_PIPELINE: Final = (STAGES, BY_STAGE, VALUE_BY_STAGE, PROGRESSION, AGEING)
_OF_HOT_LIST: Final = (hot_list.BY_STAGE,)

CHART_IDS: Final = (*_OF_LEADS, *_OF_PIPELINE, *_OF_HOT_LIST)


class UnknownChartError(LookupError):
    """There is no chart of that id."""


def chart(
    session: BrandSession, brand: Brand, chart_id: str, filters: Mapping[str, Sequence[str]], now: datetime
) -> Chart:
    """Return one chart of a brand, narrowed as its page is by the same query parameters.

    Raises UnknownChartError for an id that is not one of CHART_IDS.
    """
    if chart_id in _OF_LEADS:
        stages = lead_counts(session, brand, now).stages
        narrowed = LeadFilters.of(lambda name: filters.get(name, ()), stages)
        opened = frozenset(filters.get("open", ()))
        charts = leads.leads_dashboard(session, brand, narrowed, now, open_charts=opened).charts
    elif chart_id in _OF_PIPELINE:
        charts = pipeline.pipeline_dashboard(
            session, brand, filters.get("stage", ()), now, only_stuck=STUCK in filters.get("stuck", ())
        ).charts
    elif chart_id in _OF_HOT_LIST:
        charts = hot_list.hot_list_dashboard(session, brand, _hot_filters(session, brand, filters, now)).charts
    else:
        raise UnknownChartError(chart_id)
    return next(chart for chart in charts if chart.chart_id == chart_id)


def _hot_filters(
    session: BrandSession, brand: Brand, filters: Mapping[str, Sequence[str]], now: datetime
) -> hot_list.HotFilters:
    counts = pipeline_counts(session, brand, now)
    only_stuck = STUCK in filters.get("stuck", ())
    return hot_list.HotFilters.of(filters.get("stage", ()), counts, only_stuck=only_stuck)
