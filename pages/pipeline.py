"""/pipeline: what stands in each stage, what it is worth, how far deals get and where they stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dash_portal.brand_time import day_text
from dash_portal.dashboards.pipeline import (
    DEFAULT_SORT,
    SORT_NAMES,
    Deal,
    PipelineDashboard,
    deal_rows,
    pipeline_counts,
    summarise,
)
from dash_portal.dashboards.table import TablePage, TableQuestion
from dash_portal.ui.attributes import attributes
from dash_portal.ui.badges import stage_badge, stuck_badge
from dash_portal.ui.chart_card import chart_columns
from dash_portal.ui.chips import chips
from dash_portal.ui.data_table import Column, Line, data_table, export_link, follow_search, pager, search_box
from dash_portal.ui.empty import nothing_fits, nothing_yet
from dash_portal.ui.figures import figures
from dash_portal.ui.page import Asked, Page, by_day, register, show
from dash_portal.ui.texts import days, money, percent
from models import Resource

COLUMNS = (
    Column("Candidate", "candidate"),
    Column("Opportunity"),
    Column("Stage", "stage", descending_first=True),
    Column("Deal size", "value", numeric=True, descending_first=True),
    Column("Likely", "likely", numeric=True, descending_first=True),
    Column("Weighted", "weighted", numeric=True, descending_first=True),
    Column("Days in stage", "days", numeric=True, descending_first=True),
    Column("Sales lead", "lead"),
    Column("Source", "source"),
)


def content(asked: Asked) -> Sequence[Any]:
    """Return everything on the page below its header."""
    session, brand, view = asked.session, asked.brand, asked.view
    selected = frozenset(name.casefold() for name in view.values("stage"))
    counts = pipeline_counts(session, brand, asked.now)
    dashboard = summarise(counts, selected)
    if not dashboard.brand_total:
        what = "Your deals will appear here: what stands in each stage, what it is worth and where it stays."
        return [nothing_yet(what, asked.freshness, brand)]
    question = TableQuestion.of(
        view.value("q"), view.value("sort"), view.number("page", otherwise=1), sorts=SORT_NAMES, default=DEFAULT_SORT
    )
    rows = deal_rows(session, counts, selected, question, known_total=dashboard.total)
    count, value, progression, ageing = dashboard.charts
    charts = chart_columns(
        [count, progression], [value, ageing], view=view, accent=brand.accent_colour, stamp=asked.stamp
    )
    return [
        chips(view, {"stage": "Stage"}),
        figures(dashboard.cards),
        charts,
        _table(asked, dashboard, rows, question),
    ]


def _table(asked: Asked, dashboard: PipelineDashboard, rows: TablePage[Deal], question: TableQuestion) -> Component:
    view = asked.view
    since = (
        f"Days in stage are observed since {day_text(dashboard.observed_since)}." if dashboard.observed_since else ""
    )
    lines = [_line(row) for row in rows.rows]
    return html.Section(
        [
            html.Header(
                [
                    html.Div(
                        [
                            html.H2("Deals", id="table-title", className="card-title"),
                            html.P(since, className="card-text") if since else None,
                        ]
                    ),
                    html.Div(
                        [search_box("pipeline", view, label="Search deals"), export_link(view, "pipeline")],
                        className="card-tools",
                    ),
                ],
                className="card-head",
            ),
            data_table("Deals", COLUMNS, lines, view, question) if lines else nothing_fits(view, "deals", "stage"),
            pager(rows, view, things="deals"),
        ],
        className="card",
        id="table",
        **attributes({"aria-labelledby": "table-title"}),
    )


def _line(deal: Deal) -> Line:
    in_stage = [days(deal.days), " ", stuck_badge()] if deal.stuck else days(deal.days)
    return Line(
        cells=(
            deal.candidate or "(no name)",
            deal.opportunity_name,
            stage_badge(deal.stage),
            money(deal.deal_size),
            percent(deal.likelihood),
            money(deal.weighted),
            in_stage,
            deal.sales_lead,
            deal.source,
        ),
        key=deal.opportunity_id,
    )


PAGE = Page(
    path="/pipeline",
    title="Pipeline",
    resources=(Resource.PIPELINE_ITEMS, Resource.PIPELINE_STAGES),
    parameters=("brand", "stage", "q", "sort", "page"),
    content=content,
    depends_on=by_day,
)


def layout(**query: Any) -> Any:
    """Return the page for the person of this request."""
    return show(PAGE, query)


register(__name__, PAGE, layout)
follow_search("pipeline")
