"""How old what is on the screen is: a badge that goes on ageing, a banner when it is too old, and word of newer data.

The server says once how old the data was (`age_of`); `assets/freshness.js` lets it grow, and a callback asks now and
then what the server has by now. An open page ages until it has taken the newer data.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import dash_bootstrap_components as dbc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dash_portal.brand_access import Brand, authorised_brand, current_viewer, open_brand
from dash_portal.components import ids
from dash_portal.freshness import Freshness, page_freshness
from dash_portal.freshness_words import freshness_words
from dash_portal.page_request import PageRequest
from dash_portal.portal import portal
from models import Resource, utc_now

_ASK_EVERY: Final = 30_000
_TELL_EVERY: Final = 5_000


def freshness_badge() -> Component:
    """Return the badge; its words are written in the browser."""
    return html.Span(
        [
            dbc.Badge(
                [html.Span(className="icon"), html.Span(id="freshness-text")], id="freshness", pill=True, color=""
            ),
            dbc.Tooltip(id="freshness-tip", target="freshness", placement="bottom"),
        ],
        tabIndex=0,
        className="freshness-place",
    )


def freshness_parts(request: PageRequest) -> list[Component]:
    """Return the banner of old data, and what the browser keeps and asks."""
    return [
        dbc.Alert(
            [html.Span(id="stale-words"), " ", html.A(id="stale-link")],
            id="stale-banner",
            is_open=False,
            color="warning",
            fade=False,
            class_name="banner",
        ),
        dcc.Store(id=ids.shown(request.page.name), data=age_of(request)),
        dcc.Store(id="landed"),
        dcc.Interval(id="freshness-tells", interval=_TELL_EVERY),
        dcc.Interval(id="freshness-asks", interval=_ASK_EVERY),
    ]


def age_of(request: PageRequest) -> dict[str, Any]:
    """Say how old the data of a page is (ages in seconds), and in words what badge and banner say of it."""
    fresh = request.freshness
    return _age_in_words(fresh, request.brand) | {
        "page": request.page.name,
        "brand": request.brand.slug,
        "resources": [resource.value for resource in request.page.resources],
        "moment": request.now.isoformat(),
        "ageing": _age_at(fresh, fresh.ageing_at),
        "stale": _age_at(fresh, fresh.stale_at),
    }


def init_app(dash_app: Dash) -> None:
    """Register what tells the age and asks for newer data, once for all pages."""
    dash_app.clientside_callback(
        ClientsideFunction("freshness", "tell"),
        Output("freshness-text", "children"),
        Output("freshness", "className"),
        Output("freshness-tip", "children"),
        Output("stale-banner", "is_open"),
        Output("stale-words", "children"),
        Output("stale-link", "children"),
        Output("stale-link", "href"),
        Output("new-data", "is_open"),
        Input("freshness-tells", "n_intervals"),
        Input(ids.shown(ALL), "modified_timestamp"),
        Input("landed", "modified_timestamp"),
        State(ids.shown(ALL), "data"),
        State("landed", "data"),
    )

    @dash_app.callback(
        Output("landed", "data"),
        Input("freshness-asks", "n_intervals"),
        State(ids.shown(ALL), "data"),
        prevent_initial_call=True,
    )
    def landed(_count: Any, shown: Any) -> dict[str, Any]:
        """Answer how old the data is that the server has by now, of the brand and resources that a page shows."""
        of_page = shown[0] if isinstance(shown, list) and shown and isinstance(shown[0], dict) else {}
        slug, named = of_page.get("brand"), of_page.get("resources")
        brand = authorised_brand(slug if isinstance(slug, str) else None)
        resources = [resource for resource in Resource if isinstance(named, list) and resource.value in named]
        with open_brand(brand) as session:
            fresh = page_freshness(session, resources, utc_now(), portal().settings.sync_cron, brand.slug)
        return _age_in_words(fresh, brand)


def _age_in_words(fresh: Freshness, brand: Brand) -> dict[str, Any]:
    age = fresh.age_seconds
    words = freshness_words(fresh, brand.display_zone, brand.slug, current_viewer().agency_rights)
    return {
        "age": None if age is None else int(age),
        "failed": fresh.failed,
        "version": brand.data_version,
        "waits": words.waits,
        "tip": words.tip,
        "banner": words.banner,
        "late": words.late,
        "link": words.link,
    }


def _age_at(freshness: Freshness, moment: datetime | None) -> int | None:
    if moment is None or freshness.read_at is None:
        return None
    return int((moment - freshness.read_at).total_seconds())
