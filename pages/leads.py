"""/leads: how many prospects there are, where they come from, how far they get, and who they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash_portal.dashboards.lead_details import LeadDetails, lead_details
from dash_portal.dashboards.leads import (
    BY_SOURCE,
    BY_STATUS,
    DEFAULT_SORT,
    SORTS,
    SOURCE_QUALITY,
    LeadFilters,
    LeadRow,
    lead_counts,
    lead_rows,
    leads_dashboard,
)
from dash_portal.dashboards.table import TablePage, TableQuestion
from dash_portal.ui.badges import stage_badge
from dash_portal.ui.chart_card import chart_columns
from dash_portal.ui.chips import SELECT_A_BAR, chips
from dash_portal.ui.data_table import (
    Column,
    Line,
    data_table,
    export_link,
    pager,
    search_box,
    table_card,
)
from dash_portal.ui.empty import nothing_fits, nothing_yet
from dash_portal.ui.figures import figures
from dash_portal.ui.links import page_link, plain_link
from dash_portal.ui.markup import Part, html
from dash_portal.ui.page import Asked, Content, Page, by_day, register, show
from dash_portal.ui.panel import facts, panel
from dash_portal.ui.rich_text import rich_text
from dash_portal.ui.texts import day, money, percent
from dash_portal.view import View
from models import Resource

COLUMNS = (
    Column("Name", "name"),
    Column("Source", "source"),
    Column("Status", "status"),
    Column("Contact"),
    Column("Sales lead", "lead"),
    Column("Created", "created", descending_first=True),
    Column("Deal size", "deal", numeric=True, descending_first=True),
)
CHIPS = {"source": "Source", "status": "Status"}


def content(asked: Asked) -> Content:
    """Answer what the page shows."""
    session, brand, view = asked.session, asked.brand, asked.view
    counts = lead_counts(session, brand, asked.now)
    filters = LeadFilters.of(view.values("source"), view.values("status"), counts.stages)
    dashboard = leads_dashboard(session, brand, filters, asked.now, open_charts=frozenset(view.values("open")))
    if not dashboard.brand_total:
        what = "Your prospects will appear here: how many there are, where they come from and how far they get."
        return Content({}, instead=nothing_yet(what, asked.freshness, brand))
    question = TableQuestion.of(
        view.value("q"), view.value("sort"), view.number("page", otherwise=1), sorts=SORTS, default=DEFAULT_SORT
    )
    rows = lead_rows(session, filters, question, counts, known_total=dashboard.total)
    return Content(
        slots={
            "chips": chips(view, CHIPS, hint=SELECT_A_BAR),
            "figures": figures(dashboard.cards),
            "export": export_link(view, "leads"),
            "table": _table(asked, rows, question),
            "panel": _panel(asked),
        },
        charts=dashboard.charts,
    )


def frame(parts: Mapping[str, Part], view: View) -> Sequence[Any]:
    """Arrange the page."""
    return [
        parts["figures"],
        parts["chips"],
        chart_columns([parts[BY_SOURCE], parts[SOURCE_QUALITY]], [parts[BY_STATUS]]),
        table_card("Leads", [search_box("leads", view, label="Search leads"), parts["export"]], parts["table"]),
        parts["panel"],
    ]


def _table(asked: Asked, rows: TablePage[LeadRow], question: TableQuestion) -> list[Part]:
    view = asked.view
    table = data_table("Leads", COLUMNS, [_line(asked, row) for row in rows.rows], view, question)
    return [
        table if rows.rows else nothing_fits(view, "leads", "source", "status"),
        pager(rows, view, things="leads"),
    ]


def _line(asked: Asked, row: LeadRow) -> Line:
    name = [row.name or row.company or "(no name)"]
    return Line(
        cells=(
            name,
            row.source,
            stage_badge(row.status),
            html.Div([html.Span(one) for one in (row.email, row.phone) if one], className="stacked"),
            row.sales_lead,
            day(row.created_at, asked.brand.display_zone),
            money(row.deal_size),
        ),
        key=row.client_id,
        opens=asked.view.set_to("lead", row.client_id),
        open=asked.view.value("lead") == row.client_id,
    )


def _panel(asked: Asked) -> list[Part]:
    client_id = asked.view.value("lead")
    if not client_id:
        return []
    closed = asked.view.without("lead")
    details = lead_details(asked.session, asked.brand, client_id)
    if details is None:
        gone = [html.P("This lead is not on file any more.")]
        return [panel("Lead", gone, closed, opener="table-title")]
    lead = details.lead
    subtitle = " · ".join(filter(None, (lead.company if lead.name else "", lead.stage_name, lead.lead_source)))
    return [
        panel(
            lead.name or lead.company or "(no name)",
            _details(asked, details),
            closed,
            opener=f"row-{client_id}",
            subtitle=subtitle,
        )
    ]


def _details(asked: Asked, details: LeadDetails) -> list[Any]:
    lead, zone = details.lead, asked.brand.display_zone
    place = ", ".join(filter(None, (lead.address, lead.city, " ".join(filter(None, (lead.state, lead.postal_code))))))
    all_notes = asked.view.to("/notes", "brand").set_to("client", lead.client_id)
    return [
        facts(
            [
                ("Status", stage_badge(lead.stage_name)),
                ("E-mail", plain_link(lead.email, f"mailto:{lead.email}") if "@" in lead.email else lead.email),
                ("Phone", lead.phone),
                ("Address", place),
                ("Sales lead", lead.sales_lead),
                ("Deal size", money(lead.deal_size)),
                ("Created", day(lead.lead_created_at, zone)),
                ("Action plan", lead.action_plan),
            ]
        ),
        *([html.H3("Whiteboard"), rich_text(lead.whiteboard)] if lead.whiteboard else []),
        html.H3("Opportunities"),
        html.Ul(
            [
                html.Li(
                    [
                        html.Strong(deal.name or "Opportunity"),
                        stage_badge(deal.stage),
                        html.Span(f"{money(deal.deal_size)} · {percent(deal.likelihood)} likely", className="quiet"),
                    ]
                )
                for deal in details.deals
            ],
            className="entries",
        )
        if details.deals
        else html.P("No opportunity yet.", className="quiet"),
        html.H3("Notes"),
        html.Ul(
            [
                html.Li(
                    [
                        html.P(
                            [day(note.noted_at, zone), " · ", note.author or "(none)", " · ", note.kind or "(none)"],
                            className="quiet",
                        ),
                        rich_text(note.content),
                    ]
                )
                for note in details.notes
            ],
            className="entries",
        )
        if details.notes
        else html.P("No note yet.", className="quiet"),
        html.P(page_link(f"All {details.note_total:,} notes", all_notes)) if details.note_total else None,
    ]


PAGE = Page(
    path="/leads",
    title="Leads",
    resources=(Resource.LEADS, Resource.PIPELINE_STAGES),
    parameters=("brand", "source", "status", "open", "q", "sort", "page", "lead"),
    slots=("chips", "figures", "export", "table", "panel"),
    charts=(BY_SOURCE, BY_STATUS, SOURCE_QUALITY),
    content=content,
    frame=frame,
    depends_on=by_day,
)


def layout(**query: Any) -> Any:
    """Return the page for the person of this request."""
    return show(PAGE, query)


register(__name__, PAGE, layout)
