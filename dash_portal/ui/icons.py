"""Icons are drawn by the style sheet (`assets/icons.css`) as masks, so that they take the colour of their text."""

from __future__ import annotations

from dash_portal.ui.attributes import attributes
from dash_portal.ui.markup import Part, html


def icon(name: str) -> Part:
    """Return a decorative icon; what it means must be said in words beside it or in a label."""
    return html.Span(className=f"icon icon-{name}", **attributes({"aria-hidden": "true"}))
