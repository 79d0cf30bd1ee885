"""The side panel: one lead or one note in full, over the page that it was opened from."""

from __future__ import annotations

from typing import Any, Final

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dash_portal.brand_access import Brand, authorised_brand, current_viewer, open_brand_rows
from dash_portal.brand_time import moment_text
from dash_portal.charts.numbers import NO_VALUE
from dash_portal.components import ids
from dash_portal.components.rich_text import rich_text
from dash_portal.components.texts import day, drawn, mail_piece, money, percent, phone_piece, stage_badge
from dash_portal.dashboards.lead_details import LeadDeal, LeadDetails, LeadNote, lead_details
from dash_portal.dashboards.notes import NO_NAME, full_note
from dash_portal.view import View
from database import BrandSession


def init_app(dash_app: Dash) -> None:
    """Register what opens the panel and what follows its closing, once for all pages."""
    dash_app.clientside_callback(
        ClientsideFunction("address", "closed"), Input("details", "is_open"), prevent_initial_call=True
    )

    @dash_app.callback(
        Output("details", "is_open"),
        Output("details", "title"),
        Output("details", "children"),
        Input(ids.DETAILS_VIEW, "data"),
        prevent_initial_call=True,
    )
    def show(query: Any) -> tuple[bool, Any, Any]:
        """Answer the lead or the note that the address names, of the brand the page is pinned to."""
        view = View.parsed("/notes", query)
        return _content(authorised_brand(view.value("brand") or None), view)


_TITLE: Final = "details-title"


def details(brand: Brand, view: View) -> list[Component]:
    """Return the panel, open where the view names a lead or a note, and the store of what it is asked to show."""
    is_open, title, children = _content(brand, view)
    return [
        dbc.Offcanvas(
            children,
            id="details",
            title=title,
            is_open=is_open,
            placement="end",
            scrollable=True,
            labelledby=_TITLE,
            class_name="details",
        ),
        dcc.Store(id=ids.DETAILS_VIEW),
    ]


def _content(brand: Brand, view: View) -> tuple[bool, Any, Any]:
    """Return whether the panel is open, its title and what it holds."""
    if not view.value("lead") and not view.value("note"):
        return False, None, None
    with open_brand_rows(brand) as session:
        title, content = (_note if view.value("note") else _lead)(session, brand, view)
    return True, html.Span(title, id=_TITLE), content


def _lead(session: BrandSession, brand: Brand, view: View) -> tuple[str, list[Any]]:
    details = lead_details(session, brand, view.value("lead"))
    if details is None:
        return "Lead", [html.P("This lead is not on file any more.")]
    lead, total = details.lead, details.note_total
    subtitle = " · ".join(filter(None, (lead.company if lead.name else "", details.status, details.source)))
    deals = [_deal(deal) for deal in details.deals]
    notes = [_entry(note, brand.display_zone) for note in details.notes]
    all_notes = "The note on its page" if total == 1 else f"All {total:,} notes"
    return lead.name or lead.company or "(no name)", [
        html.P(subtitle, className="quiet"),
        _facts(_lead_facts(details, brand)),
        *([html.H3("Whiteboard"), rich_text(lead.whiteboard)] if lead.whiteboard else []),
        html.H3("Opportunities"),
        dbc.ListGroup(deals, class_name="entries") if deals else html.P("No opportunity yet.", className="quiet"),
        html.H3("Notes"),
        *(notes or [html.P("No note yet.", className="quiet")]),
        _link_to_notes(all_notes, brand, "client", lead.client_id) if total else None,
    ]


def _lead_facts(details: LeadDetails, brand: Brand) -> list[tuple[str, Any]]:
    lead = details.lead
    place = ", ".join(filter(None, (lead.address, lead.city, " ".join(filter(None, (lead.state, lead.postal_code))))))
    return [
        ("Status", stage_badge(details.status)),
        ("E-mail", drawn(mail_piece(lead.email))),
        ("Phone", drawn(phone_piece(lead.phone))),
        ("Address", place),
        ("Sales lead", lead.sales_lead),
        ("Deal size", money(lead.deal_size)),
        ("Created", day(lead.lead_created_at, brand.display_zone)),
        ("Action plan", lead.action_plan),
    ]


def _deal(deal: LeadDeal) -> Component:
    size = html.Span(f"{money(deal.deal_size)} · {percent(deal.likelihood)} likely", className="quiet")
    return dbc.ListGroupItem([html.Strong(deal.name or "Opportunity"), stage_badge(deal.stage), size])


def _entry(note: LeadNote, zone: str) -> Component:
    heading = f"{day(note.noted_at, zone)} · {note.author or NO_NAME} · {note.kind or NO_NAME}"
    return html.Article([html.P(heading, className="quiet"), rich_text(note.content)], className="entry")


def _note(session: BrandSession, brand: Brand, view: View) -> tuple[str, list[Any]]:
    note = full_note(session, view.value("note"))
    if note is None:
        return "Note", [html.P("This note is not on file any more.")]
    written = moment_text(note.noted_at, brand.display_zone) if note.noted_at else NO_VALUE
    return note.contact or "Note", [
        _facts([("Written", written), ("Author", note.author), ("Kind", note.kind)]),
        rich_text(note.content, search=view.value("q")),
        _link_to_notes("All notes on this contact", brand, "client", note.client_id),
        _link_to_notes("Open this lead", brand, "lead", note.client_id),
    ]


def _link_to_notes(text: str, brand: Brand, parameter: str, client_id: str) -> Component:
    view = View("/notes").set_to(parameter, client_id)
    pinned = view.set_to("brand", brand.slug) if current_viewer().chooses_brand else view
    return html.P(html.A(text, href=pinned.href, className="view-link"))


def _facts(pairs: list[tuple[str, Any]]) -> Component:
    """Return a list of names and values; what is not known is left out."""
    known = [(name, value) for name, value in pairs if value not in ("", None)]
    return html.Dl([part for name, value in known for part in (html.Dt(name), html.Dd(value))], className="facts")
