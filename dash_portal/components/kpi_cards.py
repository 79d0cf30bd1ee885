"""The row of figures at the top of a page. A figure that stands for rows of the page leads to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dash_bootstrap_components as dbc
from dash import Output, html
from dash.development.base_component import Component

from dash_portal.dashboards.card import Card
from dash_portal.view import View


def kpi_cards(cards: Sequence[Card], links: Mapping[str, View]) -> Component:
    """Return the cards; each says on hover or focus exactly what it counts. `links` are the views that one leads to."""
    figures = [_figure(card, links.get(card.card_id)) for card in cards]
    return dbc.Row([*figures, *map(_tip, cards)], class_name="figures")


def outputs(card_ids: Sequence[str]) -> list[Output]:
    """Return what of the cards changes with the view."""
    names = [f"figure-{card_id}" for card_id in card_ids]
    texts = [Output(f"{name}-{part}", "children") for name in names for part in ("value", "remark", "tip")]
    return [*texts, *(Output(name, part) for name in names for part in ("href", "data-value"))]


def _figure(card: Card, leads_to: View | None) -> Component:
    name, texts = f"figure-{card.card_id}", {"label": card.label, "value": card.text, "remark": card.remark}
    return html.A(
        [html.Span(text, id=f"{name}-{part}", className=f"figure-{part}") for part, text in texts.items()],
        id=name,
        href=leads_to.href if leads_to else None,
        className="figure view-link",
        tabIndex=0,
        **{"data-value": str(card.value)},  # type: ignore[arg-type]
    )


def _tip(card: Card) -> Component:
    name = f"figure-{card.card_id}"
    return dbc.Tooltip(f"{card.exact_text} {card.explanation}", id=f"{name}-tip", target=name, placement="bottom")
