"""A chart in its card: drawn by Plotly, on request by ECharts or as a table, always in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    config = cast("Any", PLOTLY_CONFIG)
    graph = dcc.Graph(id=ids.chart(chart_id), config=config, style={"height": "100%"})
    return dbc.Card(
        [
            html.H2(id=f"{chart_id}-title", className="card-title"),
            html.P(id=f"{chart_id}-text", className="card-text"),
            _menu(chart_id),
            html.Div(graph, id=f"{chart_id}-plotly", className="chart-plotly", tabIndex=0, role="group"),
            html.Div(id=ids.chart_table(chart_id), className="chart-table"),
            dcc.Store(id=ids.numbers(chart_id)),
        ],
        id=f"card-{chart_id}",
        class_name="chart-card",
    )


def _menu(chart_id: str) -> Component:
    entries = []
    for action, text in _ACTIONS:
        link: dict[str, Any] = {"href": "", "external_link": True} if action == "csv" else {}
        entries.append(dbc.DropdownMenuItem(text, id=ids.chart_action(chart_id, action), **link))
    return dbc.DropdownMenu(
        entries,
        label="Options",
        id=f"{chart_id}-menu",
        align_end=True,
        caret=False,
        color="",
        class_name="chart-menu",
        toggle_class_name="icon-button more",
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
        Output(f"{chart_id}-plotly", "aria-description"),
        Output(f"{chart_id}-title", "children"),
        Output(f"{chart_id}-text", "children"),
        Output(ids.chart_action(chart_id, "csv"), "href"),
    ]


def _values(chart: Chart, view: View, accent: str | None) -> dict[Output, Any]:
    figure = plotly_figure(chart, accent=accent)
    keys = " Arrow keys choose a bar, Enter filters by it." if chart.click else ""
    words = chart_words(chart)
    numbers = {
        "query": view.query,
        "keys": chart.click_keys(),
        "links": _links(chart, view),
        "words": words,
        "table": _table(chart, view),
    }
    made = (
        figure,
        numbers,
        {"height": f"{figure['layout']['height']}px"},
        f"{chart.title}. {chart.description}{keys}",
        ". ".join(words) or chart.empty_text,
        chart.title,
        [chart.description, *_folding(chart, view)],
        f"/export/charts/{chart.chart_id}.csv?{view.query}",
    )
    return dict(zip(_outputs(chart.chart_id), made, strict=True))


def _table(chart: Chart, view: View) -> Component:
    """Return the chart as a table, each name the link that filters by it."""
    head = html.Tr([html.Th(name, scope="col") for name in ("Name", *(series.name for series in chart.series))])
    rows = []
    links = _links(chart, view)
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
