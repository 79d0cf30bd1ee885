"""A chart in its card: drawn by Plotly, on request by ECharts, and always there as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from dash_portal.charts.chart import Chart, Series
from dash_portal.charts.numbers import exact
from dash_portal.charts.plotly import PLOTLY_CONFIG, plotly_figure
from dash_portal.dashboards.folding import OPEN
from dash_portal.ui.attributes import attributes
from dash_portal.ui.elements import elements
from dash_portal.ui.icons import icon
from dash_portal.ui.links import view_link
from dash_portal.ui.markup import Part, dcc, html
from dash_portal.view import View

DRAWN = (("plotly", "figure"), ("plotly-size", "style"), ("rest", "children"))
"""What changes with a view: the ids' endings of a card's parts, and their properties."""


def chart_columns(*columns: Sequence[Part]) -> Part:
    """Return chart cards in columns beside each other; on a narrow screen one column follows the other."""
    return html.Div([html.Div(list(column), className="charts-column") for column in columns], className="charts")


def drawn(chart: Chart, view: View, *, accent: str | None, stamp: str) -> dict[str, Any]:
    """Return what of a card changes with the view, by the endings of DRAWN.

    `stamp` differs whenever the chart may: ECharts is drawn anew by it.
    """
    figure = plotly_figure(chart, accent=accent)
    height = figure["layout"]["height"]  # the same in either engine
    rest = html.Div(
        [_fold_link(chart, view), html.Div(_table(chart, view), className="chart-table")],
        className="chart-rest",
        **attributes(
            {
                "data-query": f"?{view.query}" if view.query else "",
                "data-stamp": stamp,
                "data-height": str(height),
                "data-says": chart.description,
            }
        ),
    )
    return {"plotly": figure, "plotly-size": {"height": f"{height}px"}, "rest": elements(rest)}


def chart_card(chart_id: str, title: str, description: str, click: str, parts: Mapping[str, Any]) -> Part:
    """Return the card of a chart; `click` is the filter that a click sets, `parts` are what `drawn` returned."""
    heading = f"{chart_id}-title"
    return html.Section(
        [
            html.Header(
                [
                    html.Div(
                        [
                            html.H2(title, id=heading, className="card-title"),
                            html.P(description, className="card-text"),
                        ]
                    ),
                    _menu(chart_id, title),
                ],
                className="card-head",
            ),
            html.Div(
                dcc.Graph(
                    id=f"{chart_id}-plotly",
                    figure=parts["plotly"],
                    config=cast("Any", PLOTLY_CONFIG),
                    style={"height": "100%"},
                ),
                id=f"{chart_id}-plotly-size",
                className="chart-plotly",
                role="img",
                style=parts["plotly-size"],
                **attributes({"aria-label": f"{title}. {description} The numbers follow as a table."}),
            ),
            html.Div(className="chart-echarts"),
            html.Div(parts["rest"], id=f"{chart_id}-rest"),
        ],
        className="card chart-card",
        id=f"card-{chart_id}",
        **attributes({"aria-labelledby": heading, "data-chart": chart_id, "data-click": click, "data-title": title}),
    )


def _menu(chart_id: str, title: str) -> Part:
    actions = (
        ("table", "View as table"),
        ("echarts", "View in ECharts"),
        ("copy-option", "Copy ECharts option"),
        ("copy-data", "Copy data"),
        ("png", "Download PNG"),
        ("csv", "Download CSV"),
    )
    buttons = [
        html.Li(html.Button(text, type="button", disable_n_clicks=True, **attributes({"data-chart-action": action})))
        for action, text in actions
    ]
    return html.Details(
        [
            html.Summary(icon("more"), **attributes({"aria-label": f"Options for {title}"})),
            html.Ul(buttons, className="menu-list"),
        ],
        className="menu",
        id=f"{chart_id}-menu",
    )


def _fold_link(chart: Chart, view: View) -> Part | None:
    """Return the link that folds the long tail again, where the reader has opened it."""
    if chart.chart_id not in view.values("open"):
        return None
    return html.P(view_link("Fold the long tail again", view.toggled("open", chart.chart_id)), className="fold-link")


def _table(chart: Chart, view: View) -> Part:
    head = html.Tr([html.Th("Name", scope="col"), *(html.Th(one.name, scope="col") for one in chart.series)])
    rows = [
        html.Tr(
            [
                html.Th(_name(chart, view, label, key), scope="row"),
                *(html.Td(_value(chart, series, number)) for series in chart.series),
            ],
            className="is-selected" if key in chart.selected else "",
        )
        for number, (label, key) in enumerate(zip(chart.categories, chart.click_keys(), strict=True))
    ]
    if not rows:
        return html.P(chart.empty_text, className="quiet")
    return html.Table(
        [html.Caption(f"{chart.title}, as a table", className="visually-hidden"), html.Thead(head), html.Tbody(rows)],
        className="table",
    )


def _name(chart: Chart, view: View, label: str, key: str | None) -> Any:
    """Say the name twice: as a link where the table is shown, as plain text where only a screen reader meets it."""
    if chart.click is None or key is None:
        return label
    target = view.toggled("open", chart.chart_id) if key == OPEN else view.toggled(chart.click, key)
    verb = "Open" if key == OPEN else "Stop filtering by" if key in chart.selected else "Filter by"
    link = view_link(label, target, label=f"{verb} {label}", className="in-table")
    return [link, html.Span(label, className="in-chart")]


def _value(chart: Chart, series: Series, number: int) -> str:
    return exact(series.values[number], chart.format_of(series))
