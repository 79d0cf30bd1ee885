"""CSV that opens in a spreadsheet as what it is: numbers as numbers, texts as texts, never as formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Any, Final

from dash_portal.brand_time import local

BYTE_ORDER_MARK: Final = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""

_STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_LINES_PER_PIECE: Final = 200


def csv_pieces(heading: Sequence[str], rows: Iterable[Sequence[Any]], zone: str) -> Iterator[str]:
    """Write rows as CSV, some hundred lines at a time; times are those of the brand's clock."""
    piece = StringIO()
    writer = csv.writer(piece, lineterminator="\r\n")
    piece.write(BYTE_ORDER_MARK)
    writer.writerow([safe_text(text) for text in heading])
    for number, row in enumerate(rows, start=1):
        writer.writerow([_cell(value, zone) for value in row])
        if number % _LINES_PER_PIECE == 0:
            yield piece.getvalue()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue()


def safe_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe says that it is text (OWASP, CSV injection).

    Leading blanks don't hide a formula, so they are looked through.
    """
    looked_at = text.lstrip(" \u00a0\ufeff")
    return f"'{text}" if looked_at.startswith(_STARTS_A_FORMULA) else text


def _cell(value: Any, zone: str) -> str | int | float | Decimal:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{local(value, zone):%Y-%m-%d %H:%M}"
    if isinstance(value, int | float | Decimal):
        return value
    return safe_text(str(value))
