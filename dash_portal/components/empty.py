"""What a page says while there is nothing to show: what will appear, and when."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from dash_portal.brand_access import Brand
from dash_portal.brand_time import clock_text
from dash_portal.freshness import Freshness


def nothing_yet(what: str, freshness: Freshness, brand: Brand) -> Component:
    """Return the page of a brand without rows: `what` says in a sentence what will appear."""
    if freshness.refusal is not None:
        when = "The agency has to renew the connection first. This page fills itself as soon as a sync has landed."
    elif freshness.read_at is None:
        due = clock_text(freshness.next_sync_at, brand.display_zone)
        first = "The first sync did not succeed. The next one" if freshness.failed else "The first sync"
        when = f"{first} is due at {due}. This page fills itself as soon as it has landed."
    else:
        when = "The last sync found none. They appear here with the first sync that finds some."
    return _empty("Nothing here yet", what, when)


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
