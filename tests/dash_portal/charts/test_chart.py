from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

import pytest

from dash_portal.charts.chart import ChartError, Kind, Look, Series
from dash_portal.charts.data import chart_data, chart_table
from dash_portal.charts.numbers import ValueFormat
from tests.dash_portal.charts.examples import BAR, EMPTY, GROUPED_BAR, KEYED, PROGRESSION

FIVE = (1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"series": ()}, "needs a series"),
        ({"series": (Series("Leads", (1, 2)),)}, "2 values of 'Leads' for 5 categories"),
        ({"keys": ("a",)}, "1 keys for 5 categories"),
        ({"series": (Series("Leads", FIVE), Series("Leads", FIVE))}, "same name"),
        ({"series": (Series("Leads", (1, 2, 3, 4, float("nan"))),)}, "can't be drawn"),
        ({"series": (Series("Leads", (1, 2, 3, 4, Decimal("Infinity"))),)}, "can't be drawn"),
        ({"series": (Series("Leads", (1, 2, 3, 4, Decimal("sNaN"))),)}, "can't be drawn"),
        ({"series": (Series("Leads", (1, 2, 3, 4, 10**400)),)}, "can't be drawn"),
        ({"series": (Series("Leads", (1, 2, 3, 4, True)),)}, "holds a bool"),
        ({"series": (Series("Leads", cast("Any", (1, 2, 3, 4, "5"))),)}, "holds a str"),
        (
            {
                "kind": Kind.PROGRESSION,
                "series": (Series("A", FIVE), Series("B", FIVE, ValueFormat.PERCENT)),
            },
            "one value format",
        ),
        ({"series": (Series("A", FIVE, look=Look.HEAT),)}, "only rows"),
        ({"kind": Kind.STRIP, "series": (Series("A", FIVE), Series("B", FIVE))}, "a strip shows one"),
        ({"kind": Kind.ROWS, "series": (Series("A", FIVE, look=Look.INSIDE),)}, "no bar of its scale before it"),
        (
            {
                "kind": Kind.ROWS,
                "series": (Series("A", FIVE), Series("B", FIVE, ValueFormat.PERCENT, Look.INSIDE)),
            },
            "no bar of its scale before it",
        ),
        ({"series": (Series("A", FIVE, wholes=(0, *FIVE[1:])),)}, "more than its whole"),
        ({"series": (Series("A", FIVE, wholes=(9, 9)),)}, "2 values of 'A' for 5 categories"),
    ],
)
def test_a_chart_that_contradicts_itself_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ChartError, match=reason):
        replace(BAR, **changes)


def test_what_is_not_selected_is_faded() -> None:
    assert [BAR.is_faded(key) for key in BAR.click_keys()] == [True, False, True, True, True]


def test_a_selection_of_what_the_chart_does_not_show_fades_nothing() -> None:
    chart = replace(BAR, selected=frozenset({"TikTok"}))
    assert not any(chart.is_faded(key) for key in chart.click_keys())


def test_a_click_sets_the_key_where_there_is_one_and_the_label_where_not() -> None:
    assert KEYED.click_keys()[-1] == "other-sources"
    assert PROGRESSION.click_keys() == PROGRESSION.categories
    assert set(replace(BAR, click=None).click_keys()) == {None}


def test_nothing_known_is_empty_but_zeros_are_not() -> None:
    assert EMPTY.is_empty
    assert replace(BAR, series=(Series("Leads", (None,) * 5),)).is_empty
    assert not replace(BAR, series=(Series("Leads", (0,) * 5),)).is_empty


def test_the_data_are_plain_numbers_in_order() -> None:
    assert chart_data(GROUPED_BAR) == {
        "categories": list(GROUPED_BAR.categories),
        "series": [
            {"name": "Value", "values": [90000, 1250000.5, None, 180000, 90000]},
            {"name": "Weighted value", "values": [900, 12500.5, 0, 144000, 90000]},
        ],
    }


def test_the_table_has_a_heading_and_a_row_for_each_category() -> None:
    heading, first, *others = chart_table(GROUPED_BAR)
    assert heading == ["", "Value", "Weighted value"]
    assert first == ["New Lead", 90000, 900]
    assert len(others) == 4
