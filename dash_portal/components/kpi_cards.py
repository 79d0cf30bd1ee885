"""The row of figures at the top of a page. A figure that stands for rows of the page leads to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import Output, html
from dash.development.base_component import Component

from dash_portal.dashboards.card import Card
from dash_portal.view import View


def kpi_cards(card_ids: Sequence[str]) -> Component:
    """Return the cards, still without their figures; each says on hover or focus exactly what it counts."""
    tips = [dbc.Tooltip(id=f"figure-{name}-tip", target=f"figure-{name}", placement="bottom") for name in card_ids]
    return dbc.Row([*(_card(name) for name in card_ids), *tips], class_name="figures")


def outputs(card_ids: Sequence[str]) -> list[Output]:
    """Return what of the cards changes with the view."""
    return [output for name in card_ids for output in _outputs(name)]


def values(cards: Iterable[Card], links: Mapping[str, View]) -> dict[Output, Any]:
    """Return the cards' figures; `links` are the views that a card leads to."""
    return {
        output: value
        for card in cards
        for output, value in zip(
            _outputs(card.card_id),
            (
                card.label,
                card.text,
                card.remark,
                f"{card.exact_text} {card.explanation}",
                links[card.card_id].href if card.card_id in links else None,
                str(card.value),
            ),
            strict=True,
        )
    }


def _outputs(name: str) -> list[Output]:
    parts = ("label", "value", "remark", "tip")
    texts = [Output(f"figure-{name}-{part}", "children") for part in parts]
    return [*texts, Output(f"figure-{name}", "href"), Output(f"figure-{name}", "data-value")]


def _card(name: str) -> Component:
    return html.A(
        [html.Span(id=f"figure-{name}-{part}", className=f"figure-{part}") for part in ("label", "value", "remark")],
        id=f"figure-{name}",
        className="figure view-link",
        tabIndex=0,
    )
