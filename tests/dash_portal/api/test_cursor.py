from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_portal.api.cursor import LONGEST_CURSOR, Cursor, CursorError, fingerprint, read_cursor

MOMENT = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)


@given(st.integers(0, 2**62), st.integers(0, 2**31 - 1), st.datetimes(timezones=st.just(UTC)))
def test_a_cursor_is_read_as_it_was_written_and_fits_its_parameter(version: int, offset: int, moment: datetime) -> None:
    question = fingerprint("leads", {"q": ["x"]})
    cursor = Cursor(version, offset, moment, question)
    assert read_cursor(cursor.written(), question) == cursor
    assert 1 <= len(cursor.written()) <= LONGEST_CURSOR


@given(st.text(max_size=LONGEST_CURSOR))
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(CursorError):
        read_cursor(text, "x")


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor(1, -1, MOMENT, "q"),
        Cursor(1, 2**31, MOMENT, "q"),
        Cursor(1, 5, MOMENT.replace(tzinfo=None), "q"),
        Cursor(1, 5, MOMENT, "other"),
    ],
)
def test_what_can_not_be_counted_is_no_cursor(cursor: Cursor) -> None:
    with pytest.raises(CursorError):
        read_cursor(cursor.written(), "q")


def test_a_question_is_known_whatever_the_order_of_its_parameters_and_the_size_of_a_page() -> None:
    known = fingerprint("leads", {"q": ["x"], "source": ["a", "b"]})
    assert fingerprint("leads", {"source": ["a", "b"], "q": ["x"], "limit": ["5"], "cursor": ["c"]}) == known
    assert fingerprint("leads", {"source": ["b", "a"], "q": ["x"]}) != known
    assert fingerprint("notes", {"q": ["x"], "source": ["a", "b"]}) != known
