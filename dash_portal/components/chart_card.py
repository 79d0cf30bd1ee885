"""A chart in its card: drawn by Plotly, on request by ECharts or as a table, always in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final, cast

import dash_bootstrap_components as dbc
from dash import MATCH, Dash, Input, Output, ctx, dcc, html
from dash.development.base_component import Component

from dash_portal.chart_links import link_of, targets
from dash_portal.charts.chart import Chart
from dash_portal.charts.data import chart_words, written_rows
from dash_portal.charts.layout import drawing_of
from dash_portal.charts.plotly import PLOTLY_CONFIG, drawn_figure
from dash_portal.components import ids
from dash_portal.dashboard_pages import PAGES
from dash_portal.dashboards import chart_catalogue
from dash_portal.dashboards.folding import OPEN
from dash_portal.page_request import PageRequest, open_page
from dash_portal.view import View

_ACTIONS: Final = {
    "table": "View as table",
    "echarts": "View in ECharts",
    "copy-option": "Copy ECharts option",
    "copy-data": "Copy data",
    "png": "Download PNG",
    "csv": "Download CSV",
}


def init_app(dash_app: Dash) -> None:
    """Register what makes a chart's table, once for all pages: nobody looks at most of them."""

    @dash_app.callback(
        Output(ids.chart_table(MATCH), "children"),
        Input(ids.chart_table_view(MATCH), "data"),
        prevent_initial_call=True,
    )
    def show_table(query: Any) -> Any:
        """Answer a chart as a table, of the view that the page shows; nothing where it is looked at no longer."""
        chart_id = ctx.inputs_list[0]["id"]["chart"]
        page = next((page for page in PAGES.values() if chart_id in chain.from_iterable(page.charts)), None)
        if query is None or page is None:
            return None
        with open_page(page, View.parsed(page.path, query)) as request:
            filters = dict(request.view.parameters)
            made = chart_catalogue.chart(request.session, request.brand, chart_id, filters, request.now)
            return _table(made, request.view)


def chart_columns(columns: Sequence[Sequence[str]], charts: Iterable[Chart], request: PageRequest) -> Component:
    """Return charts in columns beside each other, by their ids; on a narrow screen one column follows the other."""
    by_id = {chart.chart_id: chart for chart in charts}
    cards = [[_card(by_id[chart_id], request) for chart_id in column] for column in columns]
    return dbc.Row([dbc.Col(column, xl=True, xs=12, class_name="charts-column") for column in cards], class_name="g-3")


def outputs(columns: Iterable[Sequence[str]]) -> list[Output]:
    """Return what of the cards changes with the view."""
    changing = []
    for chart_id in chain.from_iterable(columns):
        spoken = [Output(f"{chart_id}-drawing", part) for part in ("aria-label", "aria-description")]
        figure, numbers = Output(ids.chart(chart_id), "figure"), Output(ids.numbers(chart_id), "data")
        size, file = Output(f"card-{chart_id}", "style"), Output(ids.chart_action(chart_id, "csv"), "href")
        changing += [figure, numbers, size, *spoken, Output(f"{chart_id}-text", "children"), file]
    return changing


def _card(chart: Chart, request: PageRequest) -> Component:
    """Return a card; its numbers are what a click on it leads to, and the view that else it can be shown of."""
    chart_id, view = chart.chart_id, request.view
    drawing = drawing_of(chart, request.brand.accent_colour, narrow=request.is_narrow)
    figure, config = drawn_figure(drawing), cast("Any", PLOTLY_CONFIG)
    keys = " Arrow keys choose a row or a number, Enter filters by it." if chart.click else ""
    spoken: dict[str, Any] = {
        "aria-label": f"{chart.title}. {chart.description}{keys}",
        "aria-description": ". ".join(chart_words(chart)) or chart.empty_text,
    }
    numbers = {"query": view.query, **targets(chart, drawing, view)}
    return dbc.Card(
        [
            html.H2(chart.title, className="card-title"),
            html.P([chart.description, *_folding(chart, view)], id=f"{chart_id}-text", className="card-text"),
            _menu(chart_id, view),
            html.Div(
                [dcc.Graph(figure=figure, id=ids.chart(chart_id), config=config), html.Div(className="chart-echarts")],
                id=f"{chart_id}-drawing",
                className="chart-drawing is-across" if drawing.across else "chart-drawing",
                tabIndex=0,
                role="group",
                **spoken,
            ),
            html.Div(id=ids.chart_table(chart_id), className="chart-table"),
            dcc.Store(id=ids.numbers(chart_id), data=numbers),
            dcc.Store(id=ids.chart_table_view(chart_id)),
        ],
        id=f"card-{chart_id}",
        style=drawing.sizes,
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


def _table(chart: Chart, view: View) -> Component:
    """Return the chart as a table, each name the link that filters by it."""
    head = html.Tr([html.Th(name, scope="col") for name in ("Name", *(series.name for series in chart.series))])
    rows = []
    for label, key, values in written_rows(chart):
        cells = [html.Th(_name(chart, view, label, key), scope="row"), *map(html.Td, values)]
        rows.append(html.Tr(cells, className="is-selected" if key in chart.selected else ""))
    caption = html.Caption(f"{chart.title}, as a table" if rows else chart.empty_text)
    return dbc.Table([caption, html.Thead(head), html.Tbody(rows)])


def _name(chart: Chart, view: View, label: str, key: str | None) -> Any:
    if key is None:
        return label
    name = ids.chart_name(chart.chart_id, key)
    verb = "Open" if key == OPEN else "Stop filtering by" if key in chart.selected else "Filter by"
    spoken = {"aria-label": f"{verb} {label}"}
    return html.A(label, id=name, href=link_of(chart, view, key), className="view-link", **spoken)  # type: ignore[arg-type]


def _folding(chart: Chart, view: View) -> list[Any]:
    if chart.chart_id not in view.values("open"):
        return []
    target = view.toggled("open", chart.chart_id)
    return [" ", html.A("Fold the long tail again", href=target.href, className="view-link fold")]
