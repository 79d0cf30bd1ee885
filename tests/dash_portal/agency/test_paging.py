"""Which page of a list is shown, and what stands on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_portal.agency.paging import shown_page


@pytest.mark.parametrize(
    ("total", "asked", "number", "pages", "shown"),
    [
        (0, 1, 1, 1, []),
        (1, 1, 1, 1, [0]),
        (3, 1, 1, 1, [0, 1, 2]),
        (4, 1, 1, 2, [0, 1, 2]),
        (4, 2, 2, 2, [3]),
        (4, 99, 2, 2, [3]),
        (7, 0, 1, 3, [0, 1, 2]),
    ],
)
def test_a_page_that_is_not_there_is_the_nearest_one(
    total: int, asked: int, number: int, pages: int, shown: list[int]
) -> None:
    page = shown_page(total, asked, per_page=3)
    assert (page.number, page.pages, list(page.of(range(total)))) == (number, pages, shown)


@given(total=st.integers(0, 300), per_page=st.integers(1, 50))
def test_every_entry_stands_on_one_page(total: int, per_page: int) -> None:
    pages = shown_page(total, per_page=per_page).pages
    shown = [entry for number in range(1, pages + 1) for entry in shown_page(total, number, per_page).of(range(total))]
    assert shown == list(range(total))
