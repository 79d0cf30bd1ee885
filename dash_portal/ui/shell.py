"""What stays while pages come and go. It holds nothing of anyone's: it is the same for everybody."""

from __future__ import annotations

import dash
from dash import html
from dash.development.base_component import Component


def layout() -> Component:
    """Return the frame into which pages are put."""
    return html.Div(
        [
            html.A("Skip to content", href="#main", className="skip-link"),
            dash.page_container,
            html.Div(
                html.Button("New data – show it", type="button", id="new-data-button", disable_n_clicks=True),  # noqa: RUF001
                id="new-data",
                className="notice is-off",
                role="status",
            ),
            html.Div(
                [
                    html.Span(id="failed-text"),
                    html.Button("Try again", type="button", id="failed-button", disable_n_clicks=True),
                ],
                id="failed",
                className="notice notice-failed is-off",
                role="alert",
            ),
            html.Div(id="said", className="visually-hidden", role="status"),
        ],
        id="shell",
    )
