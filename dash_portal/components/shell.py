"""The frame of every page. What stays while pages come and go holds nothing of anyone's: it is the same for everybody.

A page is made filled, so that its first paint needs one call; its callback answers with those properties of the same
page, made for the changed view, that a view changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import dash
import dash_bootstrap_components as dbc
from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dash_portal.brand_access import NoBrandError, current_viewer, selectable_brands
from dash_portal.brand_time import moment_text
from dash_portal.co_branding.accent import drawn_accent
from dash_portal.co_branding.logos import logo_addresses
from dash_portal.components import chart_card, details, filter_chips, freshness, ids
from dash_portal.components.empty import no_brand_yet
from dash_portal.components.navbar import navbar
from dash_portal.dashboard_pages import DashboardPage
from dash_portal.page_request import PageRequest, known, open_page
from dash_portal.view import View

# What else is given acts on it, even if it is the same: a grid builds its columns, a control says what was chosen.
_NEARLY_ALWAYS_NEWS: Final = frozenset({"figure", "rowData", "data", "href", "aria-description", "data-value"})

Content = Callable[[PageRequest], list[Component] | Component]
"""Makes a page's own parts; a single one is what stands in their place while there is no data."""


def layout() -> Component:
    """Return the frame into which pages are put."""
    return html.Div(
        [
            html.A("Skip to content", href="#main", className="skip-link"),
            dash.page_container,
            _notice("new-data", "New data", "Show it"),
            _notice("failed", "The page could not be loaded.", "Try again"),
            html.Div(id="said", className="visually-hidden", role="status"),
        ],
        id="shell",
    )


def _notice(name: str, header: str, action: str) -> Component:
    button = dbc.Button(action, id=f"{name}-button", color="", class_name="button")
    return dbc.Toast(button, id=name, header=header, is_open=False, class_name=f"notice notice-{name}")


def init_app(dash_app: Dash) -> None:
    """Register the callbacks that serve all pages."""
    dash_app.layout = layout
    chart_card.init_app(dash_app)
    details.init_app(dash_app)
    freshness.init_app(dash_app)
    for function, wanted in (
        (("address", "chosen"), Input(ids.control(ALL, ALL), "value")),
        (("address", "chosen"), Input(ids.control(ALL, ALL), "active_page")),
        (("address", "brand"), Input("brand-switch", "value")),
        (("address", "again"), Input("new-data-button", "n_clicks")),
        (("address", "again"), Input("failed-button", "n_clicks")),
        (("charts", "answered"), Input(ids.numbers(ALL), "data")),
        (("charts", "chosen"), Input(ids.chart_action(ALL, ALL), "n_clicks")),
    ):
        dash_app.clientside_callback(ClientsideFunction(*function), wanted, prevent_initial_call=True)
    dash_app.clientside_callback(
        ClientsideFunction("address", "cleared"),
        Output(ids.control(MATCH, MATCH), "value", allow_duplicate=True),
        Input(ids.clear(MATCH, MATCH), "n_clicks"),
        prevent_initial_call=True,
    )
    # With an output, for only such callbacks are called when a page has come.
    dash_app.clientside_callback(
        ClientsideFunction("grid", "arranged"),
        Output("shell", "data-arranged"),
        Input(ids.columns(ALL), "value"),
    )


def outputs(page: DashboardPage, *parts: Sequence[Output], has_chips: bool = True) -> list[Output]:
    """Return what a page's callback changes: what its parts name, then what is told anew with each answer."""
    chips = filter_chips.outputs(page.name) if has_chips else []
    told_anew = (Output("unread", "children"), Output("read-at", "children"), Output(ids.shown(page.name), "data"))
    return [*chips, *(output for part in parts for output in part), *told_anew]


def states(outputs: Iterable[Output]) -> list[State]:
    """Return what the browser tells of what it has drawn: given again, it costs a round through Dash and React."""
    news = (output for output in outputs if output.component_property not in _NEARLY_ALWAYS_NEWS)
    return [State(output.component_id, output.component_property) for output in news]


def page(page: DashboardPage, query: Mapping[str, Any], content: Content) -> Any:
    """Return a page for the person of this request.

    Raises what `authorised_brand` raises for a brand that is not theirs.
    """
    try:
        with open_page(page, View.of(page.path, query)) as request:
            parts = known(request, lambda: content(request))
            logos = logo_addresses(request.session, request.brand.tenant_id, request.brand.slug)
    except NoBrandError:
        return no_brand_yet()
    viewer, (accent, on_accent) = current_viewer(), drawn_accent(request.brand.accent_colour)
    head = [*freshness.freshness_parts(request), html.P(_unread(request), id="unread", className="quiet unread")]
    title = html.H1(page.title, className="visually-hidden")
    head += [title, html.P(_read_at(request), id="read-at", className="on-paper")]
    return html.Div(
        [
            navbar(viewer, request.brand, selectable_brands(), request.view, freshness.freshness_badge(), logos),
            html.Main([*head, *(parts if isinstance(parts, list) else [parts])], id="main", tabIndex=-1),
            *details.details(request.brand, request.details),
            dcc.Store(id=ids.view(page.name), data=request.view.query),
        ],
        id="page",
        className="page",
        style={"--accent": accent, "--on-accent": on_accent},
        **{  # type: ignore[arg-type]
            "data-path": page.path,
            "data-name": page.name,
            "data-brand": request.brand.slug if viewer.chooses_brand else "",
            "data-empty": "" if isinstance(parts, list) else "yes",
        },
    )


def changes(
    page: DashboardPage,
    query: Any,
    outputs: Sequence[Output],
    content: Content,
    states: Sequence[State],
    drawn: Sequence[Any],
) -> list[Any]:
    """Return what a changed view changes, in the order of `outputs`; of what the browser has `drawn`, only news.

    A page whose last row has gone while it was open keeps what it shows.
    """
    with open_page(page, View.parsed(page.path, query)) as request:
        parts = known(request, lambda: content(request))
    held = dict(_held(parts)) if isinstance(parts, list) else None
    shown = [
        dash.no_update if held is None else held[output.component_id_str()].get(output.component_property)
        for output in outputs[:-3]
    ]
    shown += [_unread(request), _read_at(request), freshness.age_of(request) | {"asked": str(query)}]
    there = {str(state): value for state, value in zip(states, drawn, strict=True)}
    return [
        dash.no_update if str(output) in there and there[str(output)] == value else value
        for output, value in zip(outputs, shown, strict=True)
    ]


def _held(parts: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the components of a finished page that have an id, each with its properties."""
    for part in parts if isinstance(parts, list) else [parts]:
        if isinstance(part, dict):
            properties = part["props"]
            if "id" in properties:
                yield Output(properties["id"], "id").component_id_str(), properties
            yield from _held(properties.get("children"))


def _unread(request: PageRequest) -> str | None:
    """Say what of this link means nothing."""
    if not request.unread:
        return None
    names = ", ".join(f"\u201c{name[:40]}\u201d" for name in request.unread[:3])
    more = " and more" if len(request.unread) > 3 else ""
    return f"This link also names {names}{more}, which means nothing on this page and is left out."


def _read_at(request: PageRequest) -> str | None:
    """Say what the browser's own print of the screen has to say: of when it is, and what makes a document of it all."""
    if request.freshness.read_at is None:
        return None
    moment = moment_text(request.freshness.read_at, request.brand.display_zone)
    return f"Data of {moment}. Printed as it stood on the screen: “Print” beside the table gives all its rows."
