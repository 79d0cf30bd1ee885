"""The filters in force, each of which can be taken away; one who doesn't see the page hears of each change."""

from __future__ import annotations

from collections.abc import Mapping

import dash_bootstrap_components as dbc
from dash import Output, html
from dash.development.base_component import Component

from dash_portal.page_request import PageRequest


def filter_chips(
    request: PageRequest,
    total: int,
    things: str,
    *,
    value_names: Mapping[tuple[str, str], str] | None = None,
    hint: str = "Select a bar to filter this page.",
) -> list[Component]:
    """Return a chip for each value of the page's filters, and what is heard.

    `value_names` adds the words for values that are ids to those of the page. Without a filter the `hint` stands in
    their place: the line is as high without a chip, so the first one moves nothing. What is heard are the same
    filters, and how many `things` fit them.
    """
    page, view, search = request.page.name, request.view, request.view.value("q")
    labels, words_of = request.page.filters, {**request.page.value_names, **(value_names or {})}
    filters = [
        (name, value, f"{labels[name]}: {words_of.get((name, value), value)}")
        for name in labels
        for value in view.values(name)
    ]
    chips: list[Component] = [
        html.A(words, href=view.toggled(name, value).href, className="view-link chip", title=f"Remove filter {words}")
        for name, value, words in filters
    ]
    if filters or search:
        cleared = view.narrowed().without("q", *labels)
        words = "Clear search and filters" if search else "Clear filters"
        chips.append(html.A(words, href=cleared.href, className="view-link chip-clear"))
    elif hint:
        chips.append(html.Span(hint, className="quiet"))
    searched = [f"Search: {search}"] if search else []
    heard = "; ".join([*(words for _, _, words in filters), *searched]) or "No filter"
    return [
        dbc.Stack(chips, id=f"{page}-chips", direction="horizontal", class_name="chips"),
        html.P(f"{heard}. {total:,} {things}.", id=f"{page}-heard", className="visually-hidden", role="status"),
    ]


def outputs(page: str) -> list[Output]:
    """Return what of the line changes with the view."""
    return [Output(f"{page}-chips", "children"), Output(f"{page}-heard", "children")]
