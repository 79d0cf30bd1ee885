"""/pipeline: what stands in each stage, what it is worth, how far deals get and where they stay."""

from __future__ import annotations

from datetime import date
from typing import Any

from dash import Input, Output, callback, html, register_page
from dash.development.base_component import Component

from dash_portal.brand_time import day_text
from dash_portal.components import chart_card, filter_chips, grid, ids, kpi_cards, shell
from dash_portal.components.empty import nothing_yet
from dash_portal.components.freshness import output as how_fresh
from dash_portal.components.grid import Column, Table, door
from dash_portal.components.texts import days, money, percent, stage_piece, stuck_piece
from dash_portal.dashboards.pipeline import (
    AGEING,
    BY_STAGE,
    CARDS,
    DEFAULT_SORT,
    PROGRESSION,
    SORT_NAMES,
    STUCK,
    VALUE_BY_STAGE,
    Deal,
    PipelineCounts,
    build_dashboard,
    deal_rows,
    pipeline_counts,
    unlisted_stages,
)
from dash_portal.dashboards.stages import current_keys
from dash_portal.dashboards.table import TableQuestion
from dash_portal.page_request import DashboardPage, PageRequest, by_day
from dash_portal.view import View
from models import Resource

PAGE = DashboardPage(
    path="/pipeline",
    title="Pipeline",
    resources=(Resource.PIPELINE_ITEMS, Resource.PIPELINE_STAGES),
    parameters=("stage", "stuck", "q", "sort", "page", "size"),
    depends_on=by_day,
)
CHARTS = (BY_STAGE, AGEING, VALUE_BY_STAGE, PROGRESSION)
CHIPS = {"stage": "Stage", "stuck": "Only"}
TABLE = Table(
    page=PAGE.name,
    title="Deals",
    things="deals",
    columns=(
        Column("candidate", "Candidate", "candidate", width=150, flex=3),
        Column("opportunity", "Opportunity", width=130, flex=2),
        Column("stage", "Stage", "stage", descending_first=True, width=190, flex=3),
        Column("deal_size", "Deal size", "value", numeric=True, descending_first=True, width=110),
        Column("likely", "Likely", "likely", numeric=True, descending_first=True, width=90),
        Column("weighted", "Weighted", "weighted", numeric=True, descending_first=True, width=110),
        Column("days", "Days in stage", "days", numeric=True, descending_first=True, width=140),
        Column("sales_lead", "Sales lead", "lead", width=130, flex=2),
        Column("source", "Source", "source", width=130, flex=2),
    ),
    default_sort=DEFAULT_SORT,
    searched="Candidate, opportunity, stage, source …",
)
REMARKS = Output("pipeline-remarks", "children")
OUTPUTS = [
    filter_chips.output(PAGE.name),
    *kpi_cards.outputs(CARDS),
    *chart_card.outputs(CHARTS),
    REMARKS,
    *grid.outputs(TABLE),
]

register_page(__name__, path=PAGE.path, title=PAGE.document_title, name=PAGE.title)


def layout(**query: Any) -> Any:
    """Return the page, filled, for the person of this request."""
    return shell.page(PAGE, query, _frame, _answer)


@callback(*OUTPUTS, how_fresh(PAGE), Input(ids.view(PAGE.name), "data"), prevent_initial_call=True)
def change(query: Any) -> list[Any]:
    """Answer what a changed view changes."""
    return shell.changes(PAGE, query, OUTPUTS, _answer)


def _frame() -> list[Component]:
    by_stage, ageing, value, progression = (chart_card.chart_card(chart_id) for chart_id in CHARTS)
    return [
        kpi_cards.kpi_cards(CARDS),
        filter_chips.filter_chips(PAGE.name),
        chart_card.chart_columns([by_stage, ageing], [value, progression]),
        grid.grid_card(TABLE, note=html.P(id="pipeline-remarks", className="card-text")),
    ]


def _answer(request: PageRequest) -> shell.Answer | Component:
    session, brand, view = request.session, request.brand, request.view
    counts = pipeline_counts(session, brand, request.now, only_stuck=STUCK in view.values("stuck"))
    selected = current_keys(view.values("stage"), counts.stages)
    dashboard = build_dashboard(counts, selected)
    if not dashboard.brand_total and not counts.only_stuck:
        what = "Your deals will appear here: what stands in each stage, what it is worth and where it stays."
        return nothing_yet(what, request.freshness, brand)
    question = TableQuestion.of_view(view, sorts=SORT_NAMES, default=DEFAULT_SORT)
    rows = deal_rows(session, counts, selected, question)
    links = {"opportunities": view.narrowed().without("q", *CHIPS), "stuck-deals": view.toggled("stuck", STUCK)}
    return {
        filter_chips.output(PAGE.name): filter_chips.chips(
            view, CHIPS, texts={("stuck", STUCK): "Stuck deals"}, hint=filter_chips.SELECT_A_BAR
        ),
        **kpi_cards.values(dashboard.cards, links),
        **chart_card.values(dashboard.charts, view, accent=brand.accent_colour),
        REMARKS: _remarks(view, counts, dashboard.observed_since),
        **grid.values(TABLE, view, question, rows, [_cells(request, deal) for deal in rows.rows]),
    }


def _remarks(view: View, counts: PipelineCounts, since: date | None) -> list[Any]:
    """Say since when stages are watched, and link to deals in unlisted ones: nothing else on this page leads there."""
    remarks: list[Any] = [f"Days in stage are observed since {day_text(since)}. "] if since else []
    if unlisted := unlisted_stages(counts):
        remarks.append("Deals in stages that the account no longer lists: ")
    for number, (name, deals) in enumerate(unlisted):
        target = view.narrowed().set_to("stage", name)
        remarks += [", " if number else "", html.A(f"{name} ({deals:,})", href=target.href, className="view-link")]
    return remarks


def _cells(request: PageRequest, deal: Deal) -> dict[str, Any]:
    name = door(request.view, deal.candidate or "(no name)", deal.client_id)
    stuck = [stuck_piece()] if deal.stuck else []
    return {
        "id": deal.opportunity_id,
        "candidate": name,
        "opportunity": deal.opportunity_name,
        "stage": [stage_piece(deal.stage)],
        "deal_size": money(deal.deal_size),
        "likely": percent(deal.likelihood),
        "weighted": money(deal.weighted),
        "days": [*stuck, " ", days(deal.days)] if stuck else days(deal.days),
        "sales_lead": deal.sales_lead,
        "source": deal.source,
        "narrow": [
            *name,
            stage_piece(deal.stage),
            *stuck,
            {
                "text": f"{money(deal.deal_size)} · {percent(deal.likelihood)} · {days(deal.days)} days",
                "className": "second",
            },
        ],
    }
