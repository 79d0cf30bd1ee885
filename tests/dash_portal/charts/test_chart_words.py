"""What one hears of a chart, and reads in its table."""

from __future__ import annotations

from dataclasses import replace

from dash_portal.charts.chart import AND
from dash_portal.charts.data import chart_targets, chart_words, written_rows
from tests.dash_portal.charts.examples import EMPTY, GROUPED_BAR, KEYED, PARTS, ROWS


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


def test_a_part_is_said_with_its_whole_and_its_share() -> None:
    assert chart_words(PARTS)[0] == (
        "Google Ads: Leads 61, Qualified or further 8 of 61, 13.1 %, Signed 1 of 61, 1.6 %"
    )
    assert chart_words(PARTS)[2] == "Referral - Jo: Leads 0, Qualified or further 0, Signed 0"


def test_a_row_is_a_target_and_a_number_that_leads_elsewhere_is_another() -> None:
    targets = chart_targets(ROWS)
    assert [[key for key, _ in row] for row in targets][:2] == [
        ["New Lead"],
        ["Outbound Call", f"Outbound Call{AND}stuck=yes"],
    ]
    assert targets[1][1][1] == "Outbound Call: Stuck deals 51"
