"""The filters in force, each of which can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import dash_bootstrap_components as dbc
from dash import Output, html
from dash.development.base_component import Component

from dash_portal.view import View

SELECT_A_BAR: Final = "Select a bar to filter this page."


def filter_chips(page: str) -> Component:
    """Return the line of chips, still empty. It is as high without one, so that the first moves nothing."""
    return dbc.Stack(id=f"{page}-chips", direction="horizontal", class_name="chips")


def output(page: str) -> Output:
    """Return what of the line changes with the view."""
    return Output(f"{page}-chips", "children")


def chips(
    view: View, labels: Mapping[str, str], *, texts: Mapping[tuple[str, str], str] | None = None, hint: str = ""
) -> list[Any]:
    """Return a chip for each value of the parameters in `labels` (parameter -> what to call it).

    `texts` gives the words for values that are ids or marks. Without a filter the `hint` stands in their place.
    """
    known = texts or {}
    made = [
        _chip(view, name, value, labels[name], known.get((name, value), value))
        for name in labels
        for value in view.values(name)
    ]
    cleared = view.narrowed().without("q", *labels)
    if made or view.value("q"):
        words = "Clear search and filters" if view.value("q") else "Clear filters"
        return [*made, html.A(words, href=cleared.href, className="view-link chip-clear")]
    return [html.Span(hint, className="quiet")] if hint else []


def _chip(view: View, name: str, value: str, label: str, text: str) -> Component:
    words = f"{label}: {text}" if text else label
    return html.A(
        words,
        href=view.toggled(name, value).href,
        className="view-link chip",
        title=f"Remove filter {words}",
    )
