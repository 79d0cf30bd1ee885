"""/hot-list: the late-stage deals with an initial franchise fee, as the agency ranks them."""

from __future__ import annotations

from typing import Any

from dash import Input, callback, register_page
from dash.development.base_component import Component

from dash_portal.components import chart_card, filter_chips, grid, ids, kpi_cards, shell
from dash_portal.components.empty import nothing_yet
from dash_portal.components.freshness import output as how_fresh
from dash_portal.components.grid import Column, Table, door
from dash_portal.components.texts import days, money, percent, priority_piece, stage_piece, stuck_piece
from dash_portal.dashboards.hot_list import (
    BY_STAGE,
    CARDS,
    DEFAULT_SORT,
    SORT_NAMES,
    HotFilters,
    HotRow,
    hot_list_dashboard,
    hot_rows,
    searched_totals,
)
from dash_portal.dashboards.pipeline import STUCK, pipeline_counts
from dash_portal.dashboards.table import TablePage, TableQuestion
from dash_portal.page_request import DashboardPage, PageRequest, by_day
from models import Resource

PAGE = DashboardPage(
    path="/hot-list",
    title="Hot list",
    resources=(Resource.PIPELINE_ITEMS, Resource.PIPELINE_STAGES),
    parameters=("stage", "stuck", "q", "sort", "page", "size"),
    depends_on=by_day,
)
CHARTS = (BY_STAGE,)
CHIPS = {"stage": "Stage", "stuck": "Only"}
TABLE = Table(
    page=PAGE.name,
    title="Hot list",
    things="deals",
    label="Search hot list",
    columns=(
        Column("candidate", "Candidate", "candidate", width=150, flex=3),
        Column("priority", "Priority", width=125),
        Column("market", "Market", "market", width=120, flex=2),
        Column("units", "Units", width=70),
        Column("stage", "Stage", "stage", descending_first=True, width=215, flex=4),
        Column("iff", "IFF", "iff", numeric=True, descending_first=True, width=110),
        Column("weighted", "Weighted IFF", "weighted", numeric=True, descending_first=True, width=130),
        Column("likely", "Likely", "likely", numeric=True, descending_first=True, width=90),
        Column("days", "Days in stage", "days", numeric=True, descending_first=True, width=130),
        Column("sales_lead", "Sales lead", "lead", width=130, flex=2),
    ),
    default_sort=DEFAULT_SORT,
    searched="Candidate, market, stage, sales lead …",
)
OUTPUTS = [
    filter_chips.output(PAGE.name),
    *kpi_cards.outputs(CARDS),
    *chart_card.outputs(CHARTS),
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
    return [
        kpi_cards.kpi_cards(CARDS),
        filter_chips.filter_chips(PAGE.name),
        chart_card.chart_columns([chart_card.chart_card(chart_id) for chart_id in CHARTS]),
        grid.grid_card(TABLE),
    ]


def _answer(request: PageRequest) -> shell.Answer | Component:
    session, brand, view = request.session, request.brand, request.view
    counts = pipeline_counts(session, brand, request.now)
    filters = HotFilters.of(view.values("stage"), counts, only_stuck=STUCK in view.values("stuck"))
    dashboard = hot_list_dashboard(session, brand, filters)
    if not dashboard.brand_total and not filters.only_stuck:
        what = "Deals in a late stage with an initial franchise fee will appear here, the nearest to signing first."
        return nothing_yet(what, request.freshness, brand)
    question = TableQuestion.of_view(view, sorts=SORT_NAMES, default=DEFAULT_SORT)
    rows = hot_rows(session, brand, filters, question)
    totals = (dashboard.iff, dashboard.weighted_iff)
    if question.search:
        totals = searched_totals(session, filters, question)
    links = {CARDS[0]: view.narrowed().without("q", *CHIPS)}
    return {
        filter_chips.output(PAGE.name): filter_chips.chips(
            view, CHIPS, texts={("stuck", STUCK): "Stuck deals"}, hint=filter_chips.SELECT_A_BAR
        ),
        **kpi_cards.values(dashboard.cards, links),
        **chart_card.values(dashboard.charts, view, accent=brand.accent_colour),
        **grid.values(
            TABLE, view, question, rows, [_cells(request, row) for row in rows.rows], foot=_foot(rows, totals)
        ),
    }


def _foot(rows: TablePage[HotRow], totals: tuple[Any, Any]) -> dict[str, Any]:
    iff, weighted = (money(total) for total in totals)
    deals = f"{rows.total:,} deals"
    return {
        "id": "total",
        "candidate": "Total",
        "priority": deals,
        "iff": iff,
        "weighted": weighted,
        "narrow": [f"Total of {deals}", {"text": f"IFF {iff} · weighted {weighted}", "className": "second"}],
    }


def _cells(request: PageRequest, row: HotRow) -> dict[str, Any]:
    name = door(request.view, row.candidate or "(no name)", row.client_id)
    stuck = [stuck_piece()] if row.stuck else []
    return {
        "id": row.opportunity_id,
        "candidate": name,
        "priority": [priority_piece(row.priority)],
        "market": row.market,
        "units": row.units,
        "stage": [stage_piece(row.stage)],
        "iff": money(row.iff),
        "weighted": money(row.weighted_iff),
        "likely": percent(row.likelihood),
        "days": [*stuck, " ", days(row.days)] if stuck else days(row.days),
        "sales_lead": row.sales_lead,
        "narrow": [
            *name,
            priority_piece(row.priority),
            *stuck,
            {"text": f"{row.stage} · {money(row.iff)} · {percent(row.likelihood)}", "className": "second"},
        ],
    }
