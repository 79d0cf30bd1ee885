from __future__ import annotations

import pytest

from dash_portal.dashboards.table import TableQuestion


@pytest.mark.parametrize(
    ("asked", "sort"),
    [("name", "name"), ("-name", "-name"), ("--name", "-created"), ("x; drop", "-created"), ("", "-created")],
)
def test_only_known_columns_sort(asked: str, sort: str) -> None:
    assert TableQuestion.of("", asked, 1, sorts=["name", "created"], default="-created").sort_text == sort
