"""The side panel: one lead or one note in full, over the page that it was opened from."""

from __future__ import annotations

from typing import Any, Final

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dash_portal.brand_access import Brand, authorised_brand, current_viewer, open_brand
from dash_portal.brand_time import moment_text
from dash_portal.charts.numbers import NO_VALUE
from dash_portal.components import ids
from dash_portal.components.rich_text import rich_text
from dash_portal.components.texts import (
    day,
    link_or_text,
    mail_address,
    money,
    percent,
    phone,
    phone_address,
    stage_badge,
)
from dash_portal.dashboards.lead_details import LeadDetails, lead_details
from dash_portal.dashboards.notes import full_note
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
    with open_brand(brand) as session:
        title, content = (_note if view.value("note") else _lead)(session, brand, view)
    return True, html.Span(title, id=_TITLE), content


def _lead(session: BrandSession, brand: Brand, view: View) -> tuple[str, list[Any]]:
    details = lead_details(session, brand, view.value("lead"))
    if details is None:
        return "Lead", [html.P("This lead is not on file any more.")]
    lead = details.lead
    subtitle = " · ".join(filter(None, (lead.company if lead.name else "", details.status, details.source)))
    all_notes = _pinned(View("/notes"), brand).set_to("client", lead.client_id)
    return lead.name or lead.company or "(no name)", [
        html.P(subtitle, className="quiet"),
        _facts(_lead_facts(details, brand)),
        *([html.H3("Whiteboard"), rich_text(lead.whiteboard)] if lead.whiteboard else []),
        html.H3("Opportunities"),
        _deals(details),
        html.H3("Notes"),
        *_notes(details, brand.display_zone),
        html.A(_all_notes(details.note_total), href=all_notes.href, className="view-link")
        if details.note_total
        else None,
    ]


def _all_notes(total: int) -> str:
    return "The note on its page" if total == 1 else f"All {total:,} notes"


def _lead_facts(details: LeadDetails, brand: Brand) -> list[tuple[str, Any]]:
    lead = details.lead
    place = ", ".join(filter(None, (lead.address, lead.city, " ".join(filter(None, (lead.state, lead.postal_code))))))
    return [
        ("Status", stage_badge(details.status)),
        ("E-mail", link_or_text(lead.email, mail_address(lead.email))),
        ("Phone", link_or_text(phone(lead.phone), phone_address(lead.phone))),
        ("Address", place),
        ("Sales lead", lead.sales_lead),
        ("Deal size", money(lead.deal_size)),
        ("Created", day(lead.lead_created_at, brand.display_zone)),
        ("Action plan", lead.action_plan),
    ]


def _deals(details: LeadDetails) -> Component:
    if not details.deals:
        return html.P("No opportunity yet.", className="quiet")
    return dbc.ListGroup(
        [
            dbc.ListGroupItem(
                [
                    html.Strong(deal.name or "Opportunity"),
                    stage_badge(deal.stage),
                    html.Span(f"{money(deal.deal_size)} · {percent(deal.likelihood)} likely", className="quiet"),
                ]
            )
            for deal in details.deals
        ],
        class_name="entries",
    )


def _notes(details: LeadDetails, zone: str) -> list[Component]:
    if not details.notes:
        return [html.P("No note yet.", className="quiet")]
    return [
        html.Article(
            [
                html.P(
                    f"{day(note.noted_at, zone)} · {note.author or '(none)'} · {note.kind or '(none)'}",
                    className="quiet",
                ),
                rich_text(note.content),
            ],
            className="entry",
        )
        for note in details.notes
    ]


def _note(session: BrandSession, brand: Brand, view: View) -> tuple[str, list[Any]]:
    note = full_note(session, view.value("note"))
    if note is None:
        return "Note", [html.P("This note is not on file any more.")]
    zone = brand.display_zone
    return note.contact or "Note", [
        _facts(
            [
                ("Written", moment_text(note.noted_at, zone) if note.noted_at else NO_VALUE),
                ("Author", note.author),
                ("Kind", note.kind),
            ]
        ),
        rich_text(note.content, search=view.value("q")),
        _view_link("All notes on this contact", _pinned(View("/notes"), brand).set_to("client", note.client_id)),
        _view_link("Open this lead", _pinned(View("/notes"), brand).set_to("lead", note.client_id)),
    ]


def _view_link(text: str, view: View) -> Component:
    return html.P(html.A(text, href=view.href, className="view-link"))


def _pinned(view: View, brand: Brand) -> View:
    return view.set_to("brand", brand.slug) if current_viewer().is_agency else view


def _facts(pairs: list[tuple[str, Any]]) -> Component:
    """Return a list of names and values; what is not known is left out."""
    known = [(name, value) for name, value in pairs if value not in ("", None)]
    return html.Dl([part for name, value in known for part in (html.Dt(name), html.Dd(value))], className="facts")
