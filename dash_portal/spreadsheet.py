"""CSV that opens in a spreadsheet as what it is: numbers as numbers, texts as texts, never as formulas or dates.

Which sign splits a line is for the spreadsheet, or its owner's country, to decide: a text must be harmless at a comma,
a semicolon, a tab and a line break alike.
"""

from __future__ import annotations

import csv
import re
from calendar import month_name
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Any, Final

from dash_portal.brand_time import local
from date_only import date_of

BYTE_ORDER_MARK: Final = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""

_WIDE: Final = "\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
"""= + - @ in full width and in small form, which some spreadsheets read as the plain signs."""
_LOOKED_THROUGH: Final = '\\s"\u200b-\u200f\ufeff'
_STARTS_A_FORMULA: Final = re.compile(rf"[ \"\u00a0\u200b-\u200f\ufeff]*[=+\-@\t\r\n|%{_WIDE}]")
_FORMULA_AFTER_A_SPLIT: Final = re.compile(rf"([;,\t\r\n][{_LOOKED_THROUGH}]*)(?=[=+\-@{_WIDE}])")
_MONTH: Final = "(?:" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in month_name[1:]) + ")"
_READS_AS_A_VALUE: Final = re.compile(
    rf"[\s(]*[\d.](?:[\d\s.,:/()%-]|e[+-]?\d|[ap]m?\b)*|(?:\d+[\s/.,-]*{_MONTH}|{_MONTH}[\s/.,-]*\d+)[\d\s/.,-]*|true|false",
    re.IGNORECASE,
)
_STAYS_THE_SAME_NUMBER: Final = re.compile("0|[1-9][0-9]{0,10}")
"""A whole number that is read as itself: no leading zero is lost, and none is written as 1.4E+11."""
_LINES_PER_PIECE: Final = 200


def csv_pieces(heading: Sequence[str], rows: Iterable[Sequence[Any]], zone: str) -> Iterator[str]:
    """Write rows as CSV, some hundred lines at a time; times are those of the zone's clock."""
    piece = StringIO()
    writer = csv.writer(piece, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
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
    """Return a text that no spreadsheet takes for anything else: an apostrophe says that it is text.

    It stands in front of what would be a formula (OWASP, CSV injection), also where a sign would start a cell of its
    own once the text was split; leading blanks and quotes don't hide a formula, so they are looked through. It stands
    as well in front of what would be another value than it says: a telephone number, a code such as `3-4` or `007`.
    """
    defused = _FORMULA_AFTER_A_SPLIT.sub(r"\1'", text)
    is_other = _READS_AS_A_VALUE.fullmatch(text) is not None and _STAYS_THE_SAME_NUMBER.fullmatch(text) is None
    return f"'{defused}" if is_other or _STARTS_A_FORMULA.match(text) else defused


def _cell(value: Any, zone: str) -> str | int | float | Decimal:
    if value is None:
        return ""
    if isinstance(value, datetime):
        day = date_of(value)
        return f"{local(value, zone):%Y-%m-%d %H:%M}" if day is None else day.isoformat()
    if isinstance(value, int | float | Decimal):
        return value
    return safe_text(str(value))
