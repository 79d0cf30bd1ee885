"""Every chart by its id: what the API serves is what the pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from dash_portal.brand_access import Brand
from dash_portal.charts.chart import Chart
from dash_portal.dashboards import hot_list, leads, pipeline
from database import BrandSession

_OF_LEADS: Final = (leads.BY_SOURCE, leads.BY_STATUS, leads.SOURCE_QUALITY)
_OF_PIPELINE: Final = (pipeline.BY_STAGE, pipeline.VALUE_BY_STAGE, pipeline.PROGRESSION, pipeline.AGEING)
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
        stages = leads.lead_counts(session, brand, now).stages
        narrowed = leads.LeadFilters.of(
            filters.get("source", ()), filters.get("status", ()), stages, groups=filters.get("only", ())
        )
        opened = frozenset(filters.get("open", ()))
        charts = leads.leads_dashboard(session, brand, narrowed, now, open_charts=opened).charts
    elif chart_id in _OF_PIPELINE:
        charts = pipeline.pipeline_dashboard(
            session, brand, filters.get("stage", ()), now, only_stuck=pipeline.STUCK in filters.get("stuck", ())
        ).charts
    elif chart_id in _OF_HOT_LIST:
        charts = hot_list.hot_list_dashboard(session, brand, _hot_filters(session, brand, filters, now)).charts
    else:
        raise UnknownChartError(chart_id)
    return next(chart for chart in charts if chart.chart_id == chart_id)


def _hot_filters(
    session: BrandSession, brand: Brand, filters: Mapping[str, Sequence[str]], now: datetime
) -> hot_list.HotFilters:
    counts = pipeline.pipeline_counts(session, brand, now)
    only_stuck = pipeline.STUCK in filters.get("stuck", ())
    return hot_list.HotFilters.of(filters.get("stage", ()), counts, only_stuck=only_stuck)
