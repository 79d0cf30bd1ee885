"""What a page says while there is nothing to show: what will appear, and when."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from dash_portal.freshness_words import nothing_yet_words
from dash_portal.page_request import PageRequest


def nothing_yet(what: str, request: PageRequest) -> Component:
    """Return the page of a brand without rows: `what` says in a sentence what will appear."""
    return _empty("Nothing here yet", what, nothing_yet_words(request.freshness, request.brand.display_zone))


def not_offered() -> Component:
    """Return what /schedule says when the account has no calendar to read."""
    return _empty(
        "Your account has no calendar to show",
        "ClientTether does not offer appointments for your account, so there is nothing to list here.",
        "If you plan appointments in ClientTether, ask your agency to have them switched on.",
    )


def no_brand_yet() -> Component:
    """Return what agency staff see before there is any brand."""
    return html.Main(
        dbc.Card(
            [
                html.H1("No brand yet"),
                html.P("As soon as there is a brand, its dashboards appear here."),
                dbc.Button("Add a brand", href="/agency/brands", external_link=True, color="", className="button"),
            ],
            class_name="empty",
        ),
        id="main",
    )


def _empty(title: str, what: str, when: str) -> Component:
    return dbc.Card([html.H2(title), html.P(what), html.P(when, className="quiet")], class_name="empty")
