"""Icons are drawn by the style sheet (`assets/icons.css`) as masks, so that they take the colour of their text."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dash_portal.ui.attributes import attributes


def icon(name: str) -> Component:
    """Return a decorative icon; what it means must be said in words beside it or in a label."""
    return html.Span(className=f"icon icon-{name}", **attributes({"aria-hidden": "true"}))
