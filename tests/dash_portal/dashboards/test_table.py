from __future__ import annotations

import pytest

from dash_portal.dashboards.table import TableQuestion


@pytest.mark.parametrize(
    ("wanted", "sort"),
    [("name", "name"), ("-name", "-name"), ("--name", "-created"), ("x; drop", "-created"), ("", "-created")],
)
def test_only_known_columns_sort(wanted: str, sort: str) -> None:
    assert TableQuestion.of("", wanted, 1, sorts=["name", "created"], default="-created").sort_text == sort


@pytest.mark.parametrize(
    ("wanted", "size"), [(25, 25), (50, 50), (100, 100), (101, 25), (10**9, 25), (0, 25), (-1, 25)]
)
def test_a_page_has_one_of_three_sizes(wanted: int, size: int) -> None:
    assert TableQuestion.of("", "", 1, sorts=["name"], default="name", size=wanted).size == size
