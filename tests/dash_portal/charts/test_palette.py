import re
from itertools import combinations
from math import dist
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import dash_portal.charts.palette
from dash_portal.charts.layout import drawing_of
from dash_portal.charts.palette import (
    COLOURS,
    DARK_PAGE,
    LIGHT_PAGE,
    ColourError,
    contrast,
    faded,
    mark_colour,
    palette,
    parse_colour,
    readable_text,
)
from tests.dash_portal.charts.examples import EXAMPLES

colours = st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True)

# How the three kinds of colour blindness see linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
SIGHTS = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def seen(colour: str, sight: str) -> tuple[float, float, float]:
    """The colour in CIELAB, as that eye sees it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    rgb = [min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in SIGHTS[sight]]
    x = (0.4124 * rgb[0] + 0.3576 * rgb[1] + 0.1805 * rgb[2]) / 0.9505
    y = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]
    z = (0.0193 * rgb[0] + 0.1192 * rgb[1] + 0.9505 * rgb[2]) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("sight", SIGHTS)
def test_every_eye_tells_any_two_colours_apart(sight: str) -> None:
    for first, second in combinations(COLOURS, 2):
        assert dist(seen(first, sight), seen(second, sight)) > 10, (first, second)


@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_shows_on_light_and_on_dark(colour: str) -> None:
    assert contrast(colour, LIGHT_PAGE) >= 3
    assert contrast(colour, DARK_PAGE) >= 3


@pytest.mark.parametrize(
    ("first", "second", "ratio"),
    [("#000000", "#FFFFFF", 21), ("#777777", "#FFFFFF", 4.48), ("#FF0000", "#FFFFFF", 4.0), ("#123456", "#123456", 1)],
)
def test_contrast_is_the_ratio_of_wcag(first: str, second: str, ratio: float) -> None:
    assert contrast(first, second) == pytest.approx(ratio, abs=0.01)
    assert contrast(second, first) == contrast(first, second)


@given(colours)
def test_text_on_any_accent_can_be_read(accent: str) -> None:
    assert contrast(readable_text(accent), accent) >= 4.5


@given(colours)
def test_any_accent_comes_first_and_shows_on_both_pages(accent: str) -> None:
    first, *others = palette(accent)
    assert first == mark_colour(accent)
    assert min(contrast(first, LIGHT_PAGE), contrast(first, DARK_PAGE)) >= 3
    assert len(others) == len(COLOURS) - 1
    assert set(others) < set(COLOURS)


@given(colours)
@example("#0087D6")
@example("#2385DD")
@example("#4288E3")
def test_no_neighbour_clashes_with_the_accent(accent: str) -> None:
    first, second, third, *_ = palette(accent)
    assert dist(seen(first, "full"), seen(second, "full")) > 10
    assert dist(seen(first, "full"), seen(third, "full")) > 10


def test_an_accent_that_shows_already_is_kept_and_its_double_is_dropped() -> None:
    assert palette("#0072c6") == COLOURS
    assert palette("#D9620B")[0] == "#D9620B"
    assert "#F06A0C" not in palette("#D9620B")


def test_no_accent_means_the_neutral_palette() -> None:
    assert palette(None) == COLOURS


def test_faded_keeps_the_hue() -> None:
    assert faded("#0072C6") == "rgba(0,114,198,0.28)"


@pytest.mark.parametrize(("text", "colour"), [("#fa0", "#FFAA00"), ("#0072c6", "#0072C6")])
def test_a_colour_is_read(text: str, colour: str) -> None:
    assert parse_colour(text) == colour


@pytest.mark.parametrize("text", ["", "red", "#12", "#12345", "#0072c6;}", "url(x)", "#0072c6\n"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ColourError):
        parse_colour(text)


def test_contrast_is_measured_on_the_cards_that_charts_stand_on() -> None:
    style = (Path(dash_portal.charts.palette.__file__).parents[1] / "assets" / "tokens.css").read_text()
    light, dark = (parse_colour(colour) for colour in re.findall(r"--card: (#\w+);", style))
    assert (light, dark) == (LIGHT_PAGE, DARK_PAGE)


@given(colours, st.sampled_from(sorted(EXAMPLES)), st.booleans())
def test_every_mark_shows_on_both_cards_whatever_the_accent(accent: str, name: str, narrow: bool) -> None:
    """Faded, pale and strong ones: by its fill, or by the edge around a fill that steps back."""
    for series in drawing_of(EXAMPLES[name], accent, narrow=narrow).series:
        for mark in series.marks:
            if mark.length:
                seen_by = mark.edge or mark.fill
                assert min(contrast(seen_by, LIGHT_PAGE), contrast(seen_by, DARK_PAGE)) >= 3
                assert (mark.edge is not None) == mark.fill.startswith("rgba")
