from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_portal.spreadsheet import csv_pieces, safe_text
from date_only import moment_of_date


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t1",
        " =1",
        "\u00a0=1",
        "|cmd",
        "%0A",
        "\uff1d1",
        "\u200b\uff201",
        "\uff0b1",
        "\uff0d1",
        '"=1',
    ],
)
def test_no_text_is_a_formula_in_a_spreadsheet(text: str) -> None:
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x;=cmd|'/c calc'!A1", "x;'=cmd|'/c calc'!A1"),
        ("a, -5", "a, '-5"),
        ("\t=1", "'\t'=1"),
        ("one\r\n@two", "one\r\n'@two"),
        ('x;"=1"', 'x;"\'=1"'),
        ("x;\uff0b1", "x;'\uff0b1"),
        ("a-b, c+d = e", "a-b, c+d = e"),
    ],
)
def test_no_part_of_a_text_is_a_formula_where_it_is_split(text: str, written: str) -> None:
    assert safe_text(text) == written


@pytest.mark.parametrize(
    "text",
    [
        *("3-4", "007", "1/2", "12:30", "1e5", "2.50", "1,5", "50%", "TRUE"),
        *("(404) 555-0100", "404-555-0100", "404.555.0100", "004915112345678", "123456789012"),
        *("May 5", "5-May", "12 March 2026", "9 am"),
    ],
)
def test_a_code_or_a_telephone_number_stays_what_it_is(text: str) -> None:
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    ["", "3", "0", "4045550100", "Studio 54", "Maya 5", "3 units", "A-12", "Truett", "5th Avenue", "x@y.example"],
)
def test_a_text_that_a_spreadsheet_leaves_alone_is_left_alone(text: str) -> None:
    assert safe_text(text) == text


@given(st.text(alphabet="=+-@\uff1d\uff0b;,\t\r\n\"' a\u00a0", max_size=12))
@pytest.mark.parametrize("split_at", [",", ";", "\t", "\n"])
def test_whatever_a_spreadsheet_splits_at_no_cell_is_a_formula(split_at: str, text: str) -> None:
    """Read as a CSV reader with this delimiter does, and as one that knows no quotes."""
    written = "".join(csv_pieces(("Name", "Company"), [(text, text)], "UTC")).removeprefix("\ufeff")
    cells = [cell for row in csv.reader(io.StringIO(written, newline=""), delimiter=split_at) for cell in row]
    cells += [cell for line in re.split("[\r\n]", written) for cell in line.split(split_at)]
    for cell in cells:
        assert not cell.lstrip(' \u00a0\t\r\n"').startswith(tuple("=+-@\uff1d\uff0b")), (cell, written)


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_csv_holds_every_row_and_starts_no_cell_with_a_formula(rows: list[list[str]]) -> None:
    text = "".join(csv_pieces(["A", "B"], rows, "UTC"))
    assert text.startswith('\ufeff"A","B"\r\n')
    assert not any(safe_text(cell) == cell and cell.lstrip(" ").startswith("=") for row in rows for cell in row)


def test_csv_keeps_numbers_as_numbers_and_times_on_the_brands_clock() -> None:
    rows = [[Decimal("-5.50"), datetime(2026, 7, 1, 2, 0, tzinfo=UTC), None]]
    assert "".join(csv_pieces(["A"], rows, "America/New_York")).splitlines()[1] == '"-5.50","2026-06-30 22:00",""'
    day = [[moment_of_date(date(2026, 7, 1))]]
    assert "".join(csv_pieces(["A"], day, "Pacific/Honolulu")).splitlines()[1] == '"2026-07-01"'
