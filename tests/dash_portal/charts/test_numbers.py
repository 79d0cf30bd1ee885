import re
from decimal import Decimal

import pytest
from hypothesis import given

from dash_portal.charts.numbers import Number, ValueFormat, exact, json_number, short
from tests.dash_portal.charts.strategies import numbers

COUNT, MONEY, PERCENT, DAYS = ValueFormat.COUNT, ValueFormat.MONEY, ValueFormat.PERCENT, ValueFormat.DAYS


@pytest.mark.parametrize(
    ("value", "value_format", "text"),
    [
        (0, COUNT, "0"),
        (288, COUNT, "288"),
        (9_999, COUNT, "9,999"),
        (10_000, COUNT, "10k"),
        (12_431, COUNT, "12.4k"),
        (999_949, COUNT, "1M"),
        (999_499, COUNT, "999k"),
        (12.55, COUNT, "12.6"),
        (-12_431, COUNT, "-12.4k"),
        (1_250_000, MONEY, "$1.25M"),
        (Decimal("90000.00"), MONEY, "$90k"),
        (Decimal("-90000.00"), MONEY, "-$90k"),
        (950, MONEY, "$950"),
        (0, MONEY, "$0"),
        (2_000_000_000, MONEY, "$2B"),
        (37, PERCENT, "37 %"),
        (37.4, PERCENT, "37 %"),
        (2.25, PERCENT, "2.3 %"),
        (0, PERCENT, "0 %"),
        (0.04, PERCENT, "<0.1 %"),
        (100, PERCENT, "100 %"),
        (12, DAYS, "12 days"),
        (1, DAYS, "1 day"),
        (2.5, DAYS, "2.5 days"),
        (1_234, DAYS, "1,234 days"),
        (None, MONEY, "\N{EN DASH}"),
    ],
)
def test_a_number_for_a_glance(value: Number | None, value_format: ValueFormat, text: str) -> None:
    assert short(value, value_format) == text


@pytest.mark.parametrize(
    ("value", "value_format", "text"),
    [
        (12_431, COUNT, "12,431"),
        (1_250_000, MONEY, "$1,250,000"),
        (Decimal("12.50"), MONEY, "$12.50"),
        (Decimal("-12.50"), MONEY, "-$12.50"),
        (37.44, PERCENT, "37.4 %"),
        (0.04, PERCENT, "0.04 %"),
        (12.5, DAYS, "12.5 days"),
        (1.0, DAYS, "1 day"),
        (-0.0, COUNT, "0"),
        (None, COUNT, "no data"),
    ],
)
def test_a_number_in_full(value: Number | None, value_format: ValueFormat, text: str) -> None:
    assert exact(value, value_format) == text


@given(numbers)
def test_a_short_count_is_true_to_three_digits_and_never_long(value: Number | None) -> None:
    text = short(value, COUNT)
    assert len(text) <= 7
    if value is None:
        return
    match = re.fullmatch(r"(-?[\d,.]+)([kMBT]?)", text)
    assert match
    shown = float(match[1].replace(",", "")) * {"": 1, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}[match[2]]
    assert shown == pytest.approx(float(value), rel=0.0051, abs=0.051)


@given(numbers)
def test_json_keeps_the_value(value: Number | None) -> None:
    assert json_number(value) == (float(value) if isinstance(value, Decimal) else value)
    assert not isinstance(json_number(value), Decimal)
