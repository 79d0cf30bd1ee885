"""A chart in its card: drawn by Plotly, on request by ECharts or as a table, always in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final, cast

import dash_bootstrap_components as dbc
from dash import Output, dcc, html
from dash.development.base_component import Component

from dash_portal.charts.chart import Chart
from dash_portal.charts.data import chart_words, written_rows
from dash_portal.charts.plotly import PLOTLY_CONFIG, plotly_figure
from dash_portal.components import ids
from dash_portal.dashboards.folding import OPEN
from dash_portal.view import View

_ACTIONS: Final = {
    "table": "View as table",
    "echarts": "View in ECharts",
    "copy-option": "Copy ECharts option",
    "copy-data": "Copy data",
    "png": "Download PNG",
    "csv": "Download CSV",
}


def chart_columns(
    columns: Sequence[Sequence[str]], charts: Iterable[Chart], view: View, *, accent: str | None
) -> Component:
    """Return charts in columns beside each other, by their ids; on a narrow screen one column follows the other."""
    cards = {chart.chart_id: _card(chart, view, accent) for chart in charts}
    return dbc.Row(
        [
            dbc.Col([cards[chart_id] for chart_id in column], lg=True, xs=12, class_name="charts-column")
            for column in columns
        ],
        class_name="g-3",
    )


def outputs(columns: Iterable[Sequence[str]]) -> list[Output]:
    """Return what of the cards changes with the view."""
    changing = []
    for chart_id in chain.from_iterable(columns):
        spoken = [Output(f"{chart_id}-plotly", part) for part in ("aria-label", "aria-description")]
        figure, numbers = Output(ids.chart(chart_id), "figure"), Output(ids.numbers(chart_id), "data")
        size, file = Output(f"card-{chart_id}", "style"), Output(ids.chart_action(chart_id, "csv"), "href")
        changing += [figure, numbers, size, *spoken, Output(f"{chart_id}-text", "children"), file]
    return changing


def _card(chart: Chart, view: View, accent: str | None) -> Component:
    """Return a card; its numbers are what else the chart can be shown as, and what a click on it leads to."""
    chart_id, figure, words = chart.chart_id, plotly_figure(chart, accent=accent), chart_words(chart)
    config = cast("Any", PLOTLY_CONFIG)
    keys = " Arrow keys choose a bar, Enter filters by it." if chart.click else ""
    spoken: dict[str, Any] = {
        "aria-label": f"{chart.title}. {chart.description}{keys}",
        "aria-description": ". ".join(words) or chart.empty_text,
    }
    return dbc.Card(
        [
            html.H2(chart.title, className="card-title"),
            html.P([chart.description, *_folding(chart, view)], id=f"{chart_id}-text", className="card-text"),
            _menu(chart_id, view),
            html.Div(
                dcc.Graph(figure=figure, id=ids.chart(chart_id), config=config, style={"height": "100%"}),
                id=f"{chart_id}-plotly",
                className="chart-plotly",
                tabIndex=0,
                role="group",
                **spoken,
            ),
            html.Div(id=ids.chart_table(chart_id), className="chart-table"),
            dcc.Store(id=ids.numbers(chart_id), data=_numbers(chart, view, words)),
        ],
        id=f"card-{chart_id}",
        style={"--height": f"{figure['layout']['height']}px"},
        class_name="chart-card",
    )


def _menu(chart_id: str, view: View) -> Component:
    file = {"href": f"/export/charts/{chart_id}.csv?{view.query}", "external_link": True}
    return dbc.DropdownMenu(
        [
            dbc.DropdownMenuItem(text, id=ids.chart_action(chart_id, action), **(file if action == "csv" else {}))
            for action, text in _ACTIONS.items()
        ],
        label="Options",
        id=f"{chart_id}-menu",
        align_end=True,
        caret=False,
        color="",
        class_name="chart-menu",
        toggle_class_name="icon-button more",
    )


def _numbers(chart: Chart, view: View, words: list[str]) -> dict[str, Any]:
    links = _links(chart, view)
    keys, table = chart.click_keys(), _table(chart, links)
    return {"query": view.query, "keys": keys, "links": links, "words": words, "table": table}


def _table(chart: Chart, links: Mapping[str, str]) -> Component:
    """Return the chart as a table, each name the link that filters by it."""
    head = html.Tr([html.Th(name, scope="col") for name in ("Name", *(series.name for series in chart.series))])
    rows = []
    for label, key, values in written_rows(chart):
        look = "is-selected" if key in chart.selected else ""
        name = html.Th(_name(chart, links, label, key), scope="row")
        rows.append(html.Tr([name, *map(html.Td, values)], className=look))
    caption = html.Caption(f"{chart.title}, as a table" if rows else chart.empty_text)
    return dbc.Table([caption, html.Thead(head), html.Tbody(rows)])


def _name(chart: Chart, links: Mapping[str, str], label: str, key: str | None) -> Any:
    if key is None:
        return label
    name = ids.chart_name(chart.chart_id, key)
    verb = "Open" if key == OPEN else "Stop filtering by" if key in chart.selected else "Filter by"
    spoken = {"aria-label": f"{verb} {label}"}
    return html.A(label, id=name, href=links[key], className="view-link", **spoken)  # type: ignore[arg-type]


def _links(chart: Chart, view: View) -> dict[str, str]:
    """Return where a click on a bar leads, by the bar's key."""
    if chart.click is None:
        return {}
    return {
        key: (view.toggled("open", chart.chart_id) if key == OPEN else view.toggled(chart.click, key)).href
        for key in chart.click_keys()
        if key is not None
    }


def _folding(chart: Chart, view: View) -> list[Any]:
    if chart.chart_id not in view.values("open"):
        return []
    target = view.toggled("open", chart.chart_id)
    return [" ", html.A("Fold the long tail again", href=target.href, className="view-link")]
