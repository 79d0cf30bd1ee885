"""Names where there is little room: cut at the end of a word, and told apart all the same."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dash_portal.charts.chart import Chart
from dash_portal.charts.layout import drawing_of, picture_of
from dash_portal.charts.names import Fits, broken, has_room, is_short, told_apart
from dash_portal.charts.text import plain, text_width
from tests.dash_portal.charts.examples import BAR, PARTS, with_names

SHOWS = ("2025 - Dallas Franchise Show", "2025 - Houston Franchise Show")
CALLS = ("FDD Review Call Scheduled", "FDD Review Call Complete")
ENDLESS = tuple(f"{'Stage of an endless name ' * 12}{number}" for number in range(41))


@pytest.mark.parametrize(
    ("names", "width", "lines", "shown"),
    [
        (SHOWS, 300, 1, SHOWS),
        (SHOWS, 134, 1, ("2025 - Dallas…", "2025 - Houston…")),
        (SHOWS, 134, 2, SHOWS),
        (CALLS, 134, 1, ("FDD… Scheduled", "FDD… Complete")),
        (CALLS, 134, 2, CALLS),
        (("FDD Review Call", *CALLS), 134, 1, ("FDD Review Call", "FDD… Scheduled", "FDD… Complete")),
        (("Referral - Jo of the Kingdom", "Facebook"), 90, 1, ("Referral…", "Facebook")),
        (("n" * 60, "n" * 59 + "b"), 60, 1, ("nnn…nnn", "nnn…nnb")),
    ],
)  # fmt: skip
def test_a_name_is_cut_behind_a_word_and_shows_what_tells_it_from_others(
    names: tuple[str, ...], width: float, lines: int, shown: tuple[str, ...]
) -> None:
    assert told_apart(names, has_room(width, lines)) == shown


def test_a_name_is_broken_between_its_words() -> None:
    assert broken(SHOWS[0], 134) == ("2025 - Dallas", "Franchise Show")


@pytest.mark.parametrize("fits", [has_room(134, 1), has_room(110, 2), is_short])
def test_41_names_of_300_letters_that_differ_at_their_end_go_on_to_differ(fits: Fits) -> None:
    assert len(set(told_apart(ENDLESS, fits))) == 41


words = st.text(alphabet="abc 加-…", max_size=60).map(plain)


@given(st.lists(st.text(max_size=80).map(plain) | words, max_size=6), st.integers(40, 300), st.integers(1, 2))
@example([": 0<⼀⼀"], 40, 2)
@example([plain("0 \u200b 0")], 40, 1)
def test_whatever_a_name_is_it_fits_and_stays_whole_where_it_has_room(names: list[str], width: int, lines: int) -> None:
    for name, shown in zip(names, told_apart(names, has_room(width, lines)), strict=True):
        drawn = broken(shown, width)
        assert len(drawn) <= lines
        assert all(text_width(line) <= width for line in drawn)
        if len(broken(name, width)) <= lines and all(text_width(line) <= width for line in broken(name, width)):
            assert shown == name


@pytest.mark.parametrize("chart", [BAR, PARTS], ids=["bars", "rows"])
@pytest.mark.parametrize("narrow", [True, False], ids=["phone", "wide"])
def test_both_kinds_of_drawing_keep_names_apart(chart: Chart, narrow: bool) -> None:
    names = (*SHOWS, *CALLS, *ENDLESS)
    drawing = drawing_of(with_names(chart, names), None, narrow=narrow)
    assert len(set(drawing.categories)) == len(names)
    assert not [name for name in drawing.categories if name.endswith(")")]  # none had to be numbered


def test_a_phone_and_a_picture_show_a_usual_name_whole() -> None:
    """On a phone in two lines; in a picture nobody can point at a name to read the rest."""
    chart = with_names(PARTS, SHOWS)
    assert drawing_of(chart, None, narrow=True).labels == (
        ("2025 - Dallas", "Franchise Show"),
        ("2025 - Houston", "Franchise Show"),
    )
    assert picture_of(chart, None).labels == tuple((name,) for name in SHOWS)
