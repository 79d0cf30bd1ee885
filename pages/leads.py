"""/leads: how many prospects there are, where they come from, how far they get, and who they are."""

from __future__ import annotations

from typing import Any

from dash import Input, callback, register_page
from dash.development.base_component import Component

from dash_portal import dashboard_pages
from dash_portal.components import chart_card, empty, filter_chips, grid, ids, kpi_cards, shell, texts
from dash_portal.components.grid import Column, Table
from dash_portal.dashboards import leads
from dash_portal.dashboards.lead_counts import GROUPS, LeadFilters, lead_counts
from dash_portal.dashboards.leads import LeadRow
from dash_portal.page_request import PageRequest

PAGE = dashboard_pages.LEADS


def _name(request: PageRequest, row: LeadRow) -> texts.Pieces:
    return texts.name_pieces(request.view, row.name or row.company, row.client_id)


def _created(request: PageRequest, row: LeadRow) -> texts.Pieces:
    return texts.day_pieces(row.created_at, request.brand.display_zone)


def _two_lines(request: PageRequest, row: LeadRow) -> texts.Pieces:
    second = f"{row.source} · {texts.day(row.created_at, request.brand.display_zone)}"
    return [*_name(request, row), *texts.stage_pieces(row.status), {"text": second, "className": "second"}]


TABLE = Table(
    page=PAGE.name,
    title="Leads",
    things="leads",
    row_id="client_id",
    columns=(
        Column("name", "Name", "name", width=170, least=108, grows=True, cell=_name),
        Column("source", "Source", "source", width=150, grows=True),
        Column("status", "Status", "status", width=170, least=130, grows=True, write=texts.stage_pieces),
        Column("contact", "Contact", width=290, least=150, grows=True, cell=texts.contact_pieces),
        Column("sales_lead", "Sales lead", "lead", width=130, grows=True),
        Column("created_at", "Created", "created", descending_first=True, width=120, least=100, cell=_created),
        Column("deal_size", "Deal size", "deal", numeric=True, width=110, write=texts.money),
    ),
    two_lines=_two_lines,
    default_sort=leads.DEFAULT_SORT,
    searched="Name, company, e-mail, phone, source, status",
    row_height=3.5,
)
OUTPUTS = shell.outputs(PAGE, kpi_cards.outputs(leads.CARDS), chart_card.outputs(PAGE.charts), grid.outputs(TABLE))
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
    counts = lead_counts(session, brand, request.now)
    filters = LeadFilters.of(view.values, counts.stages)
    open_charts = frozenset(view.values("open"))
    dashboard = leads.leads_dashboard(session, brand, filters, request.now, open_charts=open_charts)
    if not dashboard.brand_total:
        what = "Your prospects will appear here: how many there are, where they come from and how far they get."
        return empty.nothing_yet(what, request)
    question = TABLE.question(request.view)
    rows = leads.lead_rows(session, filters, question, counts, known_total=dashboard.total)
    links = {card_id: view.toggled("only", group) for group, card_id in zip(GROUPS, leads.CARDS[1:], strict=True)}
    links[leads.CARDS[0]] = view.narrowed().without("q", *PAGE.filters)
    return [
        kpi_cards.kpi_cards(dashboard.cards, links),
        *filter_chips.filter_chips(request, rows.total, TABLE.things),
        chart_card.chart_columns(PAGE.charts, dashboard.charts, request),
        grid.grid_card(TABLE, request, question, rows),
    ]
