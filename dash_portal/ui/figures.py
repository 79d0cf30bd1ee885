"""The row of figures at the top of a page."""

from __future__ import annotations

from collections.abc import Iterable

from dash_portal.dashboards.card import Card
from dash_portal.ui.attributes import attributes
from dash_portal.ui.markup import Part, html


def figures(cards: Iterable[Card]) -> Part:
    """Return the cards side by side; each says on hover or focus exactly what it counts."""
    return html.Ul([_figure(card) for card in cards], className="figures", **attributes({"aria-label": "Key figures"}))


def _figure(card: Card) -> Part:
    tip = f"figure-{card.card_id}-tip"
    return html.Li(
        html.Div(
            [
                html.Span(card.label, className="figure-label"),
                html.Span(card.text, className="figure-value"),
                html.Span(card.remark, className="figure-remark") if card.remark else None,
                html.Span(
                    [html.Strong(card.exact_text), " ", card.explanation], id=tip, className="tip", role="tooltip"
                ),
            ],
            className="figure",
            id=f"figure-{card.card_id}",
            tabIndex=0,
            role="group",
            **attributes(
                {"aria-label": f"{card.label}: {card.text}", "aria-describedby": tip, "data-value": str(card.value)}
            ),
        )
    )
