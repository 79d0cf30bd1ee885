"""The frame of every page. What stays while pages come and go holds nothing of anyone's: it is the same for everybody.

A page is made once, filled: its tree is built empty, and filled with the same answer that its callback gives when the
view changes. So its first paint needs one call, and a callback returns properties only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dash
import dash_bootstrap_components as dbc
from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dash_portal.brand_access import Brand, NoBrandError, current_viewer, selectable_brands
from dash_portal.charts.palette import mark_colour, readable_text
from dash_portal.co_branding.logos import logo_addresses
from dash_portal.components import details, filter_chips, freshness, ids
from dash_portal.components.empty import no_brand_yet
from dash_portal.components.navbar import navbar
from dash_portal.page_request import DashboardPage, PageRequest, known, open_page
from dash_portal.view import View

Answer = Mapping[Output, Any]
"""The value of each property that changes with the view."""


def layout() -> Component:
    """Return the frame into which pages are put."""
    return html.Div(
        [
            html.A("Skip to content", href="#main", className="skip-link"),
            dash.page_container,
            dbc.Toast(
                dbc.Button("Show it", id="new-data-button", color="", class_name="button"),
                id="new-data",
                header="New data",
                is_open=False,
                class_name="notice",
            ),
            dbc.Toast(
                dbc.Button("Try again", id="failed-button", color="", class_name="button"),
                id="failed",
                header="The page could not be loaded.",
                is_open=False,
                class_name="notice notice-failed",
            ),
            html.Div(id="said", className="visually-hidden", role="status"),
        ],
        id="shell",
    )


def init_app(dash_app: Dash) -> None:
    """Register the callbacks that serve all pages."""
    dash_app.layout = layout
    details.init_app(dash_app)
    freshness.init_app(dash_app)
    anywhere = {"page": ALL, "parameter": ALL}
    for function, wanted in (
        (("address", "chosen"), Input({"type": "control"} | anywhere, "value")),
        (("address", "chosen"), Input({"type": "control"} | anywhere, "active_page")),
        (("address", "brand"), Input("brand-switch", "value")),
        (("address", "again"), Input("new-data-button", "n_clicks")),
        (("address", "again"), Input("failed-button", "n_clicks")),
        (("charts", "answered"), Input({"type": "numbers", "chart": ALL}, "data")),
        (("charts", "clicked"), Input({"type": "chart", "chart": ALL}, "clickData")),
        (("charts", "chosen"), Input({"type": "chart-action", "chart": ALL, "action": ALL}, "n_clicks")),
    ):
        dash_app.clientside_callback(ClientsideFunction(*function), wanted, prevent_initial_call=True)
    field = {"page": MATCH, "parameter": MATCH}
    dash_app.clientside_callback(
        ClientsideFunction("address", "cleared"),
        Output({"type": "control"} | field, "value", allow_duplicate=True),
        Input({"type": "clear"} | field, "n_clicks"),
        prevent_initial_call=True,
    )
    # With an output, for only such callbacks are called when a page has come.
    dash_app.clientside_callback(
        ClientsideFunction("grid", "arranged"),
        Output("shell", "data-arranged"),
        Input({"type": "columns", "page": ALL}, "value"),
    )


def outputs(page: DashboardPage, *parts: Sequence[Output], has_chips: bool = True) -> list[Output]:
    """Return what a page's callback changes: its parts, then what is told anew with each answer."""
    chips = filter_chips.outputs(page.name) if has_chips else []
    return [*chips, *(output for part in parts for output in part), *_told_anew(page)]


def page(
    page: DashboardPage,
    query: Mapping[str, Any],
    frame: Callable[[], list[Component]],
    answer: Callable[[PageRequest], Answer | Component],
) -> Any:
    """Return a page, filled, for the person of this request.

    `frame` makes its tree without data; `answer` fills it, or is what stands in its place while there is no data.
    Raises what `authorised_brand` raises for a brand that is not theirs.
    """
    try:
        with open_page(page, View.of(page.path, query)) as request:
            content = known(request, "page", lambda: _content(frame, answer(request)))
            logos = logo_addresses(request.session, request.brand.tenant_id, request.brand.slug)
    except NoBrandError:
        return no_brand_yet()
    viewer = current_viewer()
    top = navbar(viewer, request.brand, selectable_brands(), request.view, freshness.freshness_badge(), logos)
    head = [*freshness.freshness_parts(page), html.P(id="unread", className="quiet unread")]
    _fill(head, dict(zip(_told_anew(page), _tell_anew(request), strict=True)))
    panel = details.details()
    _fill(panel, details.values(request.brand, request.details))
    title = html.H1(page.title, className="visually-hidden")
    return html.Div(
        [
            top,
            html.Main([*head, title, *content["children"]], id="main", tabIndex=-1),
            *panel,
            dcc.Store(id=ids.view(page.name), data=request.view.query),
        ],
        id="page",
        className="page",
        style=_accent(request.brand),
        **{  # type: ignore[arg-type]
            "data-path": page.path,
            "data-name": page.name,
            "data-brand": request.brand.slug if viewer.is_agency else "",
            "data-empty": "yes" if content["empty"] else "",
        },
    )


def changes(
    page: DashboardPage, query: Any, outputs: Sequence[Output], answer: Callable[[PageRequest], Answer | Component]
) -> list[Any]:
    """Return what a changed view changes, in the order of `outputs`."""
    anew = _told_anew(page)
    with open_page(page, View.parsed(page.path, query)) as request:
        parts = outputs[: -len(anew)]
        values = known(request, "changes", lambda: _in_order(answer(request), parts))
    return [*(values or [dash.no_update] * len(parts)), *_tell_anew(request)]


def _told_anew(page: DashboardPage) -> list[Output]:
    return [Output("unread", "children"), freshness.output(page)]


def _tell_anew(request: PageRequest) -> list[Any]:
    """Return what is never kept: how fresh an answer is, and what of this link means nothing."""
    names = ", ".join(f"\u201c{name[:40]}\u201d" for name in request.unread[:3])
    more = " and more" if len(request.unread) > 3 else ""
    unread = f"This link also names {names}{more}, which means nothing on this page and is left out."
    return [unread if names else None, freshness.age_of(request)]


def _content(frame: Callable[[], list[Component]], answer: Answer | Component) -> dict[str, Any]:
    if isinstance(answer, Component):
        return {"children": [answer], "empty": True}
    return {"children": _fill(frame(), answer), "empty": False}


def _in_order(answer: Answer | Component, outputs: Sequence[Output]) -> list[Any]:
    """Return nothing for a page whose last row has gone while it was open: it keeps what it shows."""
    return [] if isinstance(answer, Component) else [answer[output] for output in outputs]


def _fill(tree: list[Component], answer: Answer) -> list[Component]:
    """Set the properties that the answer names, wherever in the tree their components stand."""
    whole = html.Div(tree)
    named = ((getattr(part, "id", None), part) for part in _all(whole))
    parts = {Output(name, "id").component_id_str(): part for name, part in named if name}
    for output, value in answer.items():
        setattr(parts[output.component_id_str()], output.component_property, value)
    return tree


def _all(tree: Component) -> list[Component]:
    return [part for part in tree._traverse() if isinstance(part, Component)]  # noqa: SLF001 - Dash's own walk


def _accent(brand: Brand) -> dict[str, str]:
    if not brand.accent_colour:
        return {}
    accent = mark_colour(brand.accent_colour)
    return {"--accent": accent, "--on-accent": readable_text(accent)}
