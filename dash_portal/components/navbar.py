"""The top of every page: the brand, the tabs, how fresh the data is, and who is signed in."""

from __future__ import annotations

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component
from flask_wtf.csrf import generate_csrf

from dash_portal.accounts.rights_table import RIGHTS, Capability
from dash_portal.agency_tabs import AGENCY_TABS
from dash_portal.brand_access import Brand, Viewer, initials
from dash_portal.co_branding.logos import LogoAddresses
from dash_portal.dashboard_tabs import TABS
from dash_portal.view import View


def navbar(
    viewer: Viewer, brand: Brand, brands: Sequence[Brand], view: View, badge: Component, logos: LogoAddresses | None
) -> Component:
    """Return the header. `brands` are those the viewer may switch between; without `logos` initials stand in."""
    name = _switch(brand, brands) if len(brands) > 1 else html.Span(brand.name, id="brand-name")
    return html.Header(
        [
            html.Div(
                [
                    html.Div([*_marks(brand, logos), name], className="brand"),
                    html.Span("Mellon", className="agency-mark", title="Your agency's portal"),
                    html.Div([badge, _theme_button(), _person(viewer, brand), _sign_out()], className="head-tools"),
                ],
                className="head-line",
            ),
            html.Nav(
                [_tab(path, text, view) for path, text in TABS],
                className="nav tabs",
                **{"aria-label": "Dashboards"},  # type: ignore[arg-type]
            ),
        ],
        className="head",
    )


def _tab(path: str, text: str, view: View) -> Component:
    """Return a tab; dbc.NavLink can't say which of them is the current page."""
    is_here = path == view.path
    marked = {"aria-current": "page"} if is_here else {}
    look = "nav-link tab view-link active" if is_here else "nav-link tab view-link"
    return html.A(text, href=view.to(path, "brand").href, className=look, **marked)  # type: ignore[arg-type]


def _marks(brand: Brand, logos: LogoAddresses | None) -> list[Component]:
    """Return the brand's logo, one for light and one for dark pages; the style sheet shows the one that fits."""
    if logos is None:
        return [html.Span(initials(brand.name), className="brand-mark", **{"aria-hidden": "true"})]  # type: ignore[arg-type]
    ground = "" if logos.dark_is_own else "on-light"
    return [
        html.Img(src=logos.light, alt="", className="brand-logo brand-logo-light"),
        html.Img(src=logos.dark, alt="", className=f"brand-logo brand-logo-dark {ground}"),
    ]


def _switch(brand: Brand, brands: Sequence[Brand]) -> Component:
    return html.Div(
        [
            html.Label("Brand", htmlFor="brand-switch", className="visually-hidden"),
            dcc.Dropdown(
                id="brand-switch",
                options=[{"label": other.name, "value": other.slug} for other in brands],
                value=brand.slug,
                clearable=False,
                searchable=True,
            ),
        ],
        id="brand-name",
        className="brand-switch",
    )


def _theme_button() -> Component:
    words = "Switch between light and dark"
    return dbc.Button(
        html.Span(words, className="icon icon-theme"),
        id="theme-button",
        color="",
        class_name="icon-button",
        title=words,
    )


def _person(viewer: Viewer, brand: Brand) -> Component:
    links = [("/account", "Your account")]
    if brand.viewers_role is not None and Capability.TEAM in RIGHTS[brand.viewers_role]:
        links.append((f"/team?brand={brand.slug}" if viewer.chooses_brand else "/team", "Your team"))
    links += [(path, words) for path, words, right in AGENCY_TABS if right in viewer.agency_rights]
    name = viewer.name or viewer.email
    mark = [
        html.Span(initials(name), className="person-mark", **{"aria-hidden": "true"}),  # type: ignore[arg-type]
        html.Span(f"Signed in as {name}", className="visually-hidden"),
    ]
    return dbc.DropdownMenu(
        [
            html.P(f"{name}, {viewer.email}" if viewer.name else viewer.email, className="dropdown-header"),
            *(dbc.DropdownMenuItem(text, href=path, external_link=True) for path, text in links),
            html.Button("Sign out", className="dropdown-item", type="submit", form="sign-out"),
        ],
        label=mark,
        id="person-menu",
        align_end=True,
        caret=False,
        color="",
        toggle_class_name="icon-button",
    )


def _sign_out() -> Component:
    """Return the form that ends the session, which an entry of the person's menu sends: a mere link could be forged."""
    token = dcc.Input(type="hidden", name="csrf_token", value=generate_csrf())
    return html.Form(token, id="sign-out", action="/logout", method="POST", className="d-none")
