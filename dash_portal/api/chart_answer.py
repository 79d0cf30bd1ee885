"""One chart as programs get it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dash_portal.brand_access import Brand, open_brand_rows
from dash_portal.charts.data import chart_data
from dash_portal.charts.echarts import echarts_option
from dash_portal.charts.plotly import plotly_figure
from dash_portal.dashboards.chart_catalogue import chart


@dataclass(frozen=True, slots=True)
class ChartAnswer:
    """A chart: `config` is its numbers (`categories`, `series`), an ECharts option or a Plotly figure, by `format`."""

    id: str
    title: str
    format: str
    data_version: int
    config: dict[str, Any]


def chart_answer(
    brand: Brand, chart_id: str, form: str, filters: Mapping[str, Sequence[str]], now: datetime, *, narrow: bool = False
) -> ChartAnswer:
    """Return a chart in one of FORMATS, narrowed as its page is. `narrow`: an ECharts option for a phone's width."""
    with open_brand_rows(brand) as session:
        made = chart(session, brand, chart_id, filters, now)
    if form == "echarts":
        config = echarts_option(made, accent=brand.accent_colour, narrow=narrow)
    elif form == "plotly":
        config = plotly_figure(made, accent=brand.accent_colour)
    else:
        config = chart_data(made)
    return ChartAnswer(chart_id, made.title, form, brand.data_version, config)
