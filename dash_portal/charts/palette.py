"""Colours that tell things apart for every eye, on light and on dark.

The hues are those of Okabe and Ito's palette for colour-blind readers ("Color Universal Design", 2008), each moved
in lightness until it stands out from a white and from a dark page alike (WCAG 2.2, 1.4.11: at least 3:1 for
graphical objects).
"""

import re
from functools import lru_cache
from math import dist

LIGHT_PAGE, DARK_PAGE = "#FFFFFF", "#1C2129"
"""The cards that charts stand on (`assets/tokens.css`: --card)."""
GRAPHIC_CONTRAST = 3.0
FADED_ALPHA = 0.28

BLUE, VERMILLION, GREEN, PURPLE = "#0072C6", "#F06A0C", "#0F9E78", "#B4509A"
OCHRE, SKY, GREY = "#8D690B", "#2996EA", "#70757B"
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, OCHRE, SKY, GREY)

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_CLASH = 0.09  # in OKLab; nearer than this, two neighbouring marks are hard to tell apart


class ColourError(ValueError):
    """Something that is not a colour of the form #rgb or #rrggbb."""


def parse_colour(text: str) -> str:
    """Return a colour as #RRGGBB; raises ColourError for anything but #rgb and #rrggbb."""
    if not _HEX.fullmatch(text):
        raise ColourError("A colour is written like #0072C6")
    digits = text[1:] if len(text) == 7 else "".join(digit * 2 for digit in text[1:])
    return f"#{digits.upper()}"


@lru_cache(maxsize=1024)
def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def readable_text(background: str) -> str:
    """Return the text colour, black or white, that reads better on a background."""
    return max("#FFFFFF", "#000000", key=lambda text: contrast(text, background))


@lru_cache(maxsize=256)
def palette(accent: str | None) -> tuple[str, ...]:
    """Return the colours of a brand's charts: its accent first, then those that can be told from it.

    The accent keeps its hue and gives up only as much lightness as it takes to be seen on both pages. The colour
    nearest to it is left out, others that are still close go to the end. Raises ColourError for a malformed accent.
    """
    if accent is None:
        return COLOURS
    first = mark_colour(accent)
    others = sorted(COLOURS, key=lambda colour: _difference(colour, first))[1:]
    return (first, *sorted(others, key=lambda colour: (_difference(colour, first) < _CLASH, COLOURS.index(colour))))


def mark_colour(accent: str) -> str:
    """Return the accent, moved towards black or white until a mark in it is seen on light and on dark."""
    colour = parse_colour(accent)
    for step in range(101):
        for target in ("#000000", "#FFFFFF"):
            moved = _mixed(colour, target, step / 100)
            if min(contrast(moved, LIGHT_PAGE), contrast(moved, DARK_PAGE)) >= GRAPHIC_CONTRAST:
                return moved
    raise AssertionError("between black and white lies a grey that both pages show")


def faded(colour: str, alpha: float = FADED_ALPHA) -> str:
    """Return a colour that steps back: the same one, nearly transparent. A mark in it keeps an edge that is seen."""
    red, green, blue = _channels(colour)
    return f"rgba({red},{green},{blue},{alpha:g})"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mixed(colour: str, target: str, share: float) -> str:
    pairs = zip(_channels(colour), _channels(target), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def _linear(colour: str) -> tuple[float, float, float]:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    )
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _oklab(colour: str) -> tuple[float, float, float]:
    """Return a colour's place in OKLab (Björn Ottosson, 2020), where distance is what the eye sees."""
    red, green, blue = _linear(colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    small = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * small,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * small,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * small,
    )


def _difference(first: str, second: str) -> float:
    return dist(_oklab(first), _oklab(second))
