"""What one hears of a chart, and reads in its table."""

from __future__ import annotations

from dataclasses import replace

from dash_portal.charts.data import chart_words, written_rows
from tests.dash_portal.charts.examples import EMPTY, GROUPED_BAR, KEYED


def test_each_bar_says_its_values_and_whether_it_is_selected() -> None:
    words = chart_words(replace(KEYED, selected=frozenset({"Google Ads"})))
    assert words[0] == "Facebook: Leads 120"
    assert words[1] == "Google Ads: Leads 86, selected"


def test_several_series_are_said_in_turn_with_their_units() -> None:
    assert chart_words(GROUPED_BAR)[1].startswith("Outbound Call: Value $1,250,000.50, ")


def test_a_row_of_the_table_knows_the_key_that_its_bar_filters_by() -> None:
    assert written_rows(KEYED)[-1][1:] == ("other-sources", ["14"])


def test_a_chart_of_nothing_has_no_words() -> None:
    assert chart_words(EMPTY) == []
