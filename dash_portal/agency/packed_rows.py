"""Several columns, or several rows, as one text: the database packs what is asked often and changes seldom.

Taking a text over costs far less than rows of typed values, and a text that was read before need not be read again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, cast, func


def packed_columns(*columns: Any) -> Any:
    """Return an expression for the columns as text, with | between them. None of them may be NULL."""
    first, *others = [cast(column, String) for column in columns]
    packed: Any = first
    for column in others:
        packed = packed + "|" + column
    return packed


def packed_rows(row: Any) -> Any:
    """Return an aggregate over packed rows: one text, in the order in which the rows come."""
    return func.aggregate_strings(row, ",")


def unpacked(text: str) -> list[list[str]]:
    """Return the rows of a packed text, each with its columns."""
    return [row.split("|") for row in text.split(",")]
