"""The side panel: one row in full, over the page that it was opened from."""

from __future__ import annotations

from typing import Any

from dash_portal.ui.attributes import attributes
from dash_portal.ui.icons import icon
from dash_portal.ui.links import view_link
from dash_portal.ui.markup import Part, html
from dash_portal.view import View


def panel(title: str, body: list[Any], closed: View, *, opener: str, subtitle: str = "") -> Part:
    """Return the panel. `closed` is the view without it, `opener` the id of what gets the focus back."""
    return html.Div(
        [
            html.Header(
                [
                    html.Div(
                        [
                            html.H2(title, id="panel-title", tabIndex=-1),
                            html.P(subtitle, className="quiet") if subtitle else None,
                        ]
                    ),
                    view_link(icon("close"), closed, label="Close", className="icon-button", id="panel-close"),
                ],
                className="panel-head",
            ),
            html.Div(
                body, className="panel-body", tabIndex=0, role="group", **attributes({"aria-labelledby": "panel-title"})
            ),
        ],
        id="panel",
        className="panel",
        role="dialog",
        **attributes({"aria-labelledby": "panel-title", "data-opener": opener}),
    )


def facts(pairs: list[tuple[str, Any]]) -> Part:
    """Return a list of names and values; what is not known is left out."""
    known = [(name, value) for name, value in pairs if value not in ("", None)]
    return html.Dl([part for name, value in known for part in (html.Dt(name), html.Dd(value))], className="facts")
