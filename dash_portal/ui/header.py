"""The top of every page: the brand, the tabs, how fresh the data is, and who is signed in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dash_portal.brand_access import Brand, Viewer
from dash_portal.co_branding.logos import LogoAddresses
from dash_portal.ui.attributes import attributes
from dash_portal.ui.icons import icon
from dash_portal.ui.links import page_link, plain_link
from dash_portal.ui.markup import Part, field, html
from dash_portal.view import View
from models import Role

TABS: Final = (
    ("/leads", "Leads"),
    ("/pipeline", "Pipeline"),
    ("/hot-list", "Hot list"),
    ("/notes", "Notes"),
    ("/schedule", "Schedule"),
)
_SEARCHED_FROM: Final = 5
"""With more brands than this, the switch has a search field."""


def header(
    viewer: Viewer,
    brand: Brand,
    brands: Sequence[Brand],
    view: View,
    badge: Part,
    *,
    logos: LogoAddresses | None = None,
) -> Part:
    """Return the header. `brands` are those the viewer may switch between; without `logos` initials stand in."""
    return html.Header(
        [
            html.Div(
                [
                    html.Div(
                        [
                            *_marks(brand, logos),
                            _switch(brand, brands, view) if len(brands) > 1 else html.Span(brand.name, id="brand-name"),
                        ],
                        className="brand",
                    ),
                    html.Span("Mellon", className="agency-mark", title="Your agency's portal"),
                    html.Div([badge, _theme_button(), _person(viewer)], className="head-tools"),
                ],
                className="head-line",
            ),
            html.Nav(
                html.Ul([_tab(path, name, view) for path, name in TABS]),
                className="tabs",
                **attributes({"aria-label": "Dashboards"}),
            ),
        ],
        className="head",
    )


def _tab(path: str, name: str, view: View) -> Part:
    target = view.to(path, "brand")
    marked = {"aria-current": "page"} if path == view.path else {}
    return html.Li(page_link(name, target, className="tab", **marked))


def _marks(brand: Brand, logos: LogoAddresses | None) -> list[Part]:
    """Return the brand's logo, one for light and one for dark pages; the style sheet shows the one that fits."""
    if logos is None:
        return [html.Span(_initials(brand.name), className="brand-mark", **attributes({"aria-hidden": "true"}))]
    ground = "" if logos.dark_is_own else "on-light"
    return [
        html.Img(src=logos.light, alt="", className="brand-logo brand-logo-light"),
        html.Img(src=logos.dark, alt="", className=f"brand-logo brand-logo-dark {ground}"),
    ]


def _switch(brand: Brand, brands: Sequence[Brand], view: View) -> Part:
    items = [
        html.Li(
            plain_link(
                other.name,
                View(view.path).set_to("brand", other.slug).href,
                **({"aria-current": "true"} if other.slug == brand.slug else {}),
            )
        )
        for other in brands
    ]
    return html.Details(
        [
            html.Summary(
                [html.Span(brand.name, id="brand-name"), icon("down")],
                **attributes({"aria-label": f"{brand.name}, switch brand"}),
            ),
            html.Div(
                [
                    *(_search() if len(brands) > _SEARCHED_FROM else []),
                    html.Ul(items),
                ],
                className="menu-list",
            ),
        ],
        className="menu brand-switch",
    )


def _search() -> list[Part]:
    """Return the search field of the brand switch; `assets/brand_switch.js` narrows the list."""
    return [
        html.Label("Search brands", htmlFor="brand-search", className="visually-hidden"),
        field(
            id="brand-search", type="search", placeholder="Search brands", className="brand-search", autoComplete="off"
        ),
    ]


def _theme_button() -> Part:
    return html.Button(
        icon("theme"),
        type="button",
        id="theme-button",
        className="icon-button",
        disable_n_clicks=True,
        **attributes({"aria-label": "Switch between light and dark"}),
    )


def _person(viewer: Viewer) -> Part:
    links = [("/account", "Your account")]
    if viewer.role is Role.TENANT_ADMIN:
        links.append(("/team", "Your team"))
    if viewer.role is Role.AGENCY_ADMIN:
        links += [("/agency/sync", "Sync health"), ("/agency/brands", "Brands"), ("/agency/users", "Users")]
    name = viewer.name or viewer.email
    return html.Details(
        [
            html.Summary(
                html.Span(_initials(name), className="person-mark", **attributes({"aria-hidden": "true"})),
                **attributes({"aria-label": f"Signed in as {name}"}),
            ),
            html.Div(
                [
                    html.P([html.Strong(name), html.Span(viewer.email)], className="menu-head"),
                    html.Ul(
                        [
                            *(html.Li(plain_link(text, path)) for path, text in links),
                            html.Li(
                                html.Button(
                                    "Sign out",
                                    type="button",
                                    id="sign-out",
                                    disable_n_clicks=True,
                                    **attributes({"data-sign-out": "yes"}),
                                )
                            ),
                        ],
                    ),
                ],
                className="menu-list",
            ),
        ],
        className="menu",
    )


def _initials(name: str) -> str:
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()]
    return "".join(word[0].upper() for word in words[:2]) or "?"
