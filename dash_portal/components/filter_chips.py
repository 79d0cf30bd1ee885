"""The filters in force, each of which can be taken away; one who doesn't see the page hears of each change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import dash_bootstrap_components as dbc
from dash import Output, html
from dash.development.base_component import Component

from dash_portal.page_request import PageRequest
from dash_portal.view import View

SELECT_A_BAR: Final = "Select a bar to filter this page."


def filter_chips(page: str) -> list[Component]:
    """Return the line of chips, still empty, and what is heard. It is as high without one: the first moves nothing."""
    return [
        dbc.Stack(id=f"{page}-chips", direction="horizontal", class_name="chips"),
        html.P(id=f"{page}-heard", className="visually-hidden", role="status"),
    ]


def outputs(page: str) -> list[Output]:
    """Return what of the line changes with the view."""
    return [Output(f"{page}-chips", "children"), Output(f"{page}-heard", "children")]


def values(
    request: PageRequest,
    labels: Mapping[str, str],
    total: int,
    things: str,
    *,
    texts: Mapping[tuple[str, str], str] | None = None,
    hint: str = "",
) -> dict[Output, Any]:
    """Return a chip for each value of the parameters in `labels` (parameter -> what to call it).

    `texts` gives the words for values that are ids or marks. Without a filter the `hint` stands in their place. What
    is heard are the same filters, and how many `things` fit them.
    """
    view, search = request.view, request.view.value("q")
    filters = [
        (name, value, f"{labels[name]}: {(texts or {}).get((name, value), value)}")
        for name in labels
        for value in view.values(name)
    ]
    chips = [_chip(view.toggled(name, value), words) for name, value, words in filters]
    if filters or search:
        cleared = view.narrowed().without("q", *labels)
        words = "Clear search and filters" if search else "Clear filters"
        chips.append(html.A(words, href=cleared.href, className="view-link chip-clear"))
    elif hint:
        chips.append(html.Span(hint, className="quiet"))
    searched = [f"Search: {search}"] if search else []
    heard = "; ".join([*(words for _, _, words in filters), *searched]) or "No filter"
    return dict(zip(outputs(request.page.name), (chips, f"{heard}. {total:,} {things}."), strict=True))


def _chip(without: View, words: str) -> Component:
    return html.A(words, href=without.href, className="view-link chip", title=f"Remove filter {words}")
