"""/leads: how many prospects there are, where they come from, how far they get, and who they are."""

from __future__ import annotations

from typing import Any

from dash import Input, callback, register_page
from dash.development.base_component import Component

from dash_portal.components import chart_card, filter_chips, grid, ids, kpi_cards, shell
from dash_portal.components.empty import nothing_yet
from dash_portal.components.freshness import output as how_fresh
from dash_portal.components.grid import Column, Table, door
from dash_portal.components.texts import contact_pieces, day, day_piece, money, stage_piece
from dash_portal.dashboards.leads import (
    BY_SOURCE,
    BY_STATUS,
    CARDS,
    DEFAULT_SORT,
    GROUPS,
    SORTS,
    SOURCE_QUALITY,
    LeadFilters,
    LeadRow,
    lead_counts,
    lead_rows,
    leads_dashboard,
)
from dash_portal.dashboards.table import TableQuestion
from dash_portal.page_request import DashboardPage, PageRequest, by_day
from models import Resource

PAGE = DashboardPage(
    path="/leads",
    title="Leads",
    resources=(Resource.LEADS, Resource.PIPELINE_STAGES),
    parameters=("source", "status", "only", "open", "q", "sort", "page", "size"),
    depends_on=by_day,
)
CHARTS = (BY_SOURCE, SOURCE_QUALITY, BY_STATUS)
CHIPS = {"source": "Source", "status": "Status", "only": "Only"}
TABLE = Table(
    page=PAGE.name,
    title="Leads",
    things="leads",
    columns=(
        Column("name", "Name", "name", width=170, flex=3),
        Column("source", "Source", "source", width=150, flex=2),
        Column("status", "Status", "status", width=170, flex=2),
        Column("contact", "Contact", width=200, flex=3),
        Column("sales_lead", "Sales lead", "lead", width=130, flex=2),
        Column("created", "Created", "created", descending_first=True, width=120),
        Column("deal_size", "Deal size", "deal", numeric=True, descending_first=True, width=110),
    ),
    default_sort=DEFAULT_SORT,
    searched="Name, company, e-mail, phone, source, status …",
    row_height=56,
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
    by_source, quality, by_status = (chart_card.chart_card(chart_id) for chart_id in CHARTS)
    return [
        kpi_cards.kpi_cards(CARDS),
        filter_chips.filter_chips(PAGE.name),
        chart_card.chart_columns([by_source, quality], [by_status]),
        grid.grid_card(TABLE),
    ]


def _answer(request: PageRequest) -> shell.Answer | Component:
    session, brand, view = request.session, request.brand, request.view
    counts = lead_counts(session, brand, request.now)
    filters = LeadFilters.of(view.values("source"), view.values("status"), counts.stages, groups=view.values("only"))
    dashboard = leads_dashboard(session, brand, filters, request.now, open_charts=frozenset(view.values("open")))
    if not dashboard.brand_total:
        what = "Your prospects will appear here: how many there are, where they come from and how far they get."
        return nothing_yet(what, request.freshness, brand)
    question = TableQuestion.of_view(view, sorts=SORTS, default=DEFAULT_SORT)
    rows = lead_rows(session, filters, question, counts, known_total=dashboard.total)
    texts = {("only", group): label for group, label in GROUPS.items()}
    links = {card_id: view.toggled("only", group) for group, card_id in zip(GROUPS, CARDS[1:], strict=True)}
    return {
        filter_chips.output(PAGE.name): filter_chips.chips(view, CHIPS, texts=texts, hint=filter_chips.SELECT_A_BAR),
        **kpi_cards.values(dashboard.cards, links | {CARDS[0]: view.narrowed().without("q", *CHIPS)}),
        **chart_card.values(dashboard.charts, view, accent=brand.accent_colour),
        **grid.values(TABLE, view, question, rows, [_cells(request, row) for row in rows.rows]),
    }


def _cells(request: PageRequest, row: LeadRow) -> dict[str, Any]:
    zone = request.brand.display_zone
    name = door(request.view, row.name or row.company or "(no name)", row.client_id)
    created = day_piece(row.created_at, zone)
    second = {"text": f"{row.source} · {day(row.created_at, zone)}", "className": "second"}
    return {
        "id": row.client_id,
        "name": name,
        "source": row.source,
        "status": [stage_piece(row.status)],
        "contact": contact_pieces(row.email, row.phone),
        "sales_lead": row.sales_lead,
        "created": created,
        "deal_size": money(row.deal_size),
        "narrow": [*name, stage_piece(row.status), second],
    }
