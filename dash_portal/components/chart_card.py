"""A chart in its card: drawn by Plotly, on request by ECharts, and always there as a table (`assets/charts.js`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

import dash_bootstrap_components as dbc
from dash import Output, dcc, html
from dash.development.base_component import Component

from dash_portal.charts.chart import Chart
from dash_portal.charts.numbers import exact
from dash_portal.charts.plotly import PLOTLY_CONFIG, plotly_figure
from dash_portal.components import ids
from dash_portal.dashboards.folding import OPEN
from dash_portal.view import View

_ACTIONS: Final = (
    ("table", "View as table"),
    ("echarts", "View in ECharts"),
    ("copy-option", "Copy ECharts option"),
    ("copy-data", "Copy data"),
    ("png", "Download PNG"),
    ("csv", "Download CSV"),
)


def chart_columns(*columns: Sequence[Component]) -> Component:
    """Return chart cards in columns beside each other; on a narrow screen one column follows the other."""
    return dbc.Row(
        [dbc.Col(list(column), lg=True, xs=12, class_name="charts-column") for column in columns], class_name="g-3"
    )


def chart_card(chart_id: str) -> Component:
    """Return the card of a chart, still without its numbers."""
    return dbc.Card(
        [
            html.H2(id=f"{chart_id}-title", className="card-title"),
            html.P(id=f"{chart_id}-text", className="card-text"),
            _menu(chart_id),
            html.Div(
                dcc.Graph(id=ids.chart(chart_id), config=cast("Any", PLOTLY_CONFIG), style={"height": "100%"}),
                id=f"{chart_id}-plotly",
                className="chart-plotly",
                tabIndex=0,
                role="group",
            ),
            html.Div(className="chart-echarts"),
            html.Div(className="chart-table"),
            dcc.Store(id=ids.numbers(chart_id)),
        ],
        id=f"card-{chart_id}",
        class_name="chart-card",
    )


def outputs(chart_ids: Iterable[str]) -> list[Output]:
    """Return what of the cards changes with the view."""
    return [output for chart_id in chart_ids for output in _outputs(chart_id)]


def values(charts: Iterable[Chart], view: View, *, accent: str | None) -> dict[Output, Any]:
    """Return what the cards show."""
    return {output: value for chart in charts for output, value in _values(chart, view, accent).items()}


def _outputs(chart_id: str) -> list[Output]:
    return [
        Output(ids.chart(chart_id), "figure"),
        Output(ids.numbers(chart_id), "data"),
        Output(f"{chart_id}-plotly", "style"),
        Output(f"{chart_id}-plotly", "aria-label"),
        Output(f"{chart_id}-title", "children"),
        Output(f"{chart_id}-text", "children"),
        Output(ids.chart_action(chart_id, "csv"), "href"),
    ]


def _values(chart: Chart, view: View, accent: str | None) -> dict[Output, Any]:
    figure = plotly_figure(chart, accent=accent)
    query = f"?{view.query}" if view.query else ""
    keys = " Arrow keys choose a bar, Enter filters by it." if chart.click else ""
    made = (
        figure,
        _numbers(chart, view),
        {"height": f"{figure['layout']['height']}px"},
        f"{chart.title}. {chart.description}{keys}",
        chart.title,
        chart.description,
        f"/export/charts/{chart.chart_id}.csv{query}",
    )
    return dict(zip(_outputs(chart.chart_id), made, strict=True))


def _menu(chart_id: str) -> Component:
    return dbc.DropdownMenu(
        [
            dbc.DropdownMenuItem(
                text,
                id=ids.chart_action(chart_id, action),
                **({"href": "", "external_link": True} if action == "csv" else {}),
            )
            for action, text in _ACTIONS
        ],
        label="Options",
        id=f"{chart_id}-menu",
        align_end=True,
        caret=False,
        color="",
        class_name="chart-menu",
        toggle_class_name="icon-button more",
    )


def _numbers(chart: Chart, view: View) -> dict[str, Any]:
    """Return the chart as a table, each row with the key that a click on its name filters by."""
    rows = [
        {
            "name": label,
            "key": key,
            "selected": key in chart.selected,
            "values": [exact(series.values[number], chart.format_of(series)) for series in chart.series],
        }
        for number, (label, key) in enumerate(zip(chart.categories, chart.click_keys(), strict=True))
    ]
    folded = chart.chart_id in view.values("open")
    return {
        "title": chart.title,
        "empty": chart.empty_text,
        "click": chart.click,
        "open": OPEN,
        "unfolded": folded,
        "query": view.query,
        "columns": [series.name for series in chart.series],
        "rows": rows,
    }
