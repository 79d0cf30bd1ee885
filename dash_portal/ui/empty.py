"""What a page says while there is nothing to show: what will appear, and when."""

from __future__ import annotations

from dash_portal.brand_access import Brand
from dash_portal.brand_time import clock_text
from dash_portal.freshness import Freshness
from dash_portal.ui.links import plain_link, view_link
from dash_portal.ui.markup import Part, html
from dash_portal.view import View


def nothing_yet(what: str, freshness: Freshness, brand: Brand) -> Part:
    """Return the page of a brand without rows: `what` says in a sentence what will appear."""
    if freshness.read_at is None:
        due = clock_text(freshness.next_sync_at, brand.display_zone)
        when = f"The first sync is due at {due}. This page fills itself as soon as it has landed."
    else:
        when = "The last sync found none. They appear here with the first sync that finds some."
    return html.Section([html.H2("Nothing here yet"), html.P(what), html.P(when, className="quiet")], className="empty")


def nothing_fits(view: View, things: str, *filters: str) -> Part:
    """Return what a table says when filters or a search leave nothing."""
    cleared = view.narrowed().without("q", *filters)
    return html.Div(
        [html.P(f"No {things} fit these filters."), view_link("Clear search and filters", cleared, className="button")],
        className="empty empty-table",
    )


def not_offered() -> Part:
    """Return what /schedule says when the account has no calendar to read."""
    return html.Section(
        [
            html.H2("Your account has no calendar to show"),
            html.P("ClientTether does not offer appointments for your account, so there is nothing to list here."),
            html.P(
                "If you plan appointments in ClientTether, ask your agency to have them switched on.", className="quiet"
            ),
        ],
        className="empty",
    )


def no_brand_yet() -> Part:
    """Return what agency staff see before there is any brand."""
    return html.Main(
        html.Section(
            [
                html.H1("No brand yet"),
                html.P("As soon as there is a brand, its dashboards appear here."),
                plain_link("Add a brand", "/agency/brands", className="button"),
            ],
            className="empty",
        ),
        id="main",
    )
