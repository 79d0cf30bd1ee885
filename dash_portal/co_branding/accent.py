"""Whether a brand's accent colour can be seen on light and on dark pages, and what is drawn instead where it can't."""

from __future__ import annotations

from typing import Any

from dash_portal.charts.palette import (
    DARK_PAGE,
    GRAPHIC_CONTRAST,
    LIGHT_PAGE,
    ColourError,
    contrast,
    mark_colour,
    parse_colour,
    readable_text,
)


def drawn_accent(colour: str | None) -> tuple[str | None, str | None]:
    """Return the shade in which a brand's accent is drawn and the colour of writing upon it, where it has one."""
    if not colour:
        return None, None
    drawn = mark_colour(colour)
    return drawn, readable_text(drawn)


def accent_advice(colour: str) -> dict[str, Any]:
    """Return how a colour will look: `drawn` is the shade that is used, `text` the colour of writing upon it."""
    if not colour:
        return {
            "valid": True,
            "drawn": None,
            "text": None,
            "words": "No colour of its own: the neutral blue is used.",
        }
    try:
        chosen = parse_colour(colour)
    except ColourError:
        return {"valid": False, "drawn": None, "text": None, "words": "A colour is written like #1f6feb."}
    drawn = mark_colour(chosen)
    hard = [
        page
        for page, ground in (("light", LIGHT_PAGE), ("dark", DARK_PAGE))
        if contrast(chosen, ground) < GRAPHIC_CONTRAST
    ]
    if hard:
        where = " and ".join(hard)
        words = f"This colour is hard to see on {where} pages, so a nearby shade is drawn: {drawn.lower()}."
    else:
        words = "This colour can be seen well on light and on dark pages."
    return {"valid": True, "drawn": drawn, "text": readable_text(drawn), "words": words}
