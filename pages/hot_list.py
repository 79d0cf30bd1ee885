"""/hot-list: the late-stage deals with an initial franchise fee, as the agency ranks them."""

from __future__ import annotations

from typing import Any

from dash import Input, callback, register_page
from dash.development.base_component import Component

from dash_portal import dashboard_pages
from dash_portal.components import chart_card, empty, filter_chips, grid, ids, kpi_cards, shell, texts
from dash_portal.components.grid import Column, Table
from dash_portal.dashboards import hot_list
from dash_portal.dashboards.hot_list import HotRow
from dash_portal.dashboards.pipeline_counts import STUCK, pipeline_counts
from dash_portal.page_request import PageRequest

PAGE = dashboard_pages.HOT_LIST


def _two_lines(request: PageRequest, row: HotRow) -> texts.Pieces:
    second = f"{row.stage} · {texts.money(row.iff)} · {texts.percent(row.likelihood)}"
    name, marks = texts.candidate_pieces(request, row), [*texts.priority_pieces(row.priority), *texts.stuck_pieces(row)]
    return [*name, *marks, {"text": second, "className": "second"}]


TABLE = Table(
    page=PAGE.name,
    title="Hot list",
    things="deals",
    label="Search hot list",
    row_id="opportunity_id",
    columns=(
        Column("candidate", "Candidate", "candidate", width=170, least=108, grows=True, cell=texts.candidate_pieces),
        Column("priority", "Priority", width=125, least=104, write=texts.priority_pieces),
        Column("market", "Market", "market", width=140, least=84, grows=True),
        Column("units", "Units", width=70, least=52),
        Column(
            "stage", "Stage", "stage", descending_first=True, width=205, least=128, grows=True, write=texts.stage_pieces
        ),
        Column("iff", "IFF", "iff", numeric=True, width=112, least=104, write=texts.money),
        Column("weighted_iff", "Weighted IFF", "weighted", numeric=True, width=130, least=104, write=texts.money),
        Column("likelihood", "Likely", "likely", numeric=True, width=90, least=72, write=texts.percent),
        Column("days", "Days in stage", "days", numeric=True, width=130, cell=texts.days_pieces),
        Column("sales_lead", "Sales lead", "lead", width=150, least=86, grows=True),
    ),
    two_lines=_two_lines,
    default_sort=hot_list.DEFAULT_SORT,
    searched="Candidate, market, stage, sales lead …",
)
OUTPUTS = shell.outputs(PAGE, kpi_cards.outputs(hot_list.CARDS), chart_card.outputs(PAGE.charts), grid.outputs(TABLE))
STATES = shell.states(OUTPUTS)

register_page(__name__, path=PAGE.path, title=PAGE.document_title, name=PAGE.title)


def layout(**query: Any) -> Any:
    """Return the page, filled, for the person of this request."""
    return shell.page(PAGE, query, _content)


@callback(*OUTPUTS, Input(ids.view(PAGE.name), "data"), *STATES, prevent_initial_call=True)
def change(query: Any, *drawn: Any) -> list[Any]:
    """Answer what a changed view changes."""
    return shell.changes(PAGE, query, OUTPUTS, _content, STATES, drawn)


def _content(request: PageRequest) -> list[Component] | Component:
    session, brand, view = request.session, request.brand, request.view
    counts = pipeline_counts(session, brand, request.now)
    filters = hot_list.HotFilters.of(view.values("stage"), counts, only_stuck=STUCK in view.values("stuck"))
    dashboard = hot_list.hot_list_dashboard(session, brand, filters)
    if not dashboard.brand_total and not filters.only_stuck:
        what = "Deals in a late stage with an initial franchise fee will appear here, the nearest to signing first."
        return empty.nothing_yet(what, request)
    question = TABLE.question(request.view)
    rows = hot_list.hot_rows(session, brand, filters, question)
    totals = (dashboard.iff, dashboard.weighted_iff)
    if question.search:
        totals = hot_list.searched_totals(session, filters, question)
    links = {hot_list.CARDS[0]: view.narrowed().without("q", *PAGE.filters)}
    return [
        kpi_cards.kpi_cards(dashboard.cards, links),
        *filter_chips.filter_chips(request, rows.total, TABLE.things),
        chart_card.chart_columns(PAGE.charts, dashboard.charts, request),
        grid.grid_card(TABLE, request, question, rows, foot=_foot(rows.total, *map(texts.money, totals))),
    ]


def _foot(deals: int, iff: str, weighted: str) -> dict[str, Any]:
    second = {"text": f"IFF {iff} · weighted {weighted}", "className": "second"}
    return {
        "id": "total",
        "candidate": "Total",
        "priority": f"{deals:,} deals",
        "iff": iff,
        "weighted_iff": weighted,
        "narrow": [f"Total of {deals:,} deals", second],
    }
