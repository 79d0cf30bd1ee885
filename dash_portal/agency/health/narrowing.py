"""Which brands a reader has chosen to see, by words and by state, and how many brands there are in each state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from dash_portal.agency.health.state import BrandState
from dash_portal.agency.health.sync_health import BrandHealth
from dash_portal.agency.list_search import holds

TROUBLE: Final = "trouble"
"""What an address calls all brands that need a look."""


def narrowed(brands: Sequence[BrandHealth], *, words: str = "", state: str = "") -> list[BrandHealth]:
    """Return the brands that hold the words and are in the state, in their order; "" narrows by nothing."""
    return [brand for brand in brands if _is_in(brand, state) and holds(words, brand.name, brand.slug, brand.pill)]


def _is_in(brand: BrandHealth, state: str) -> bool:
    return not state or (brand.state.is_trouble if state == TROUBLE else brand.state.word == state)


def state_choices(brands: Sequence[BrandHealth]) -> list[tuple[str, str, int]]:
    """Return the states that brands are in, the most troubling first: words, what an address says, how many."""
    in_state = Counter(brand.state for brand in brands)
    return [
        ("All", "", len(brands)),
        ("Need a look", TROUBLE, sum(brand.state.is_trouble for brand in brands)),
        *((state.words, state.word, in_state[state]) for state in BrandState if in_state[state]),
    ]
