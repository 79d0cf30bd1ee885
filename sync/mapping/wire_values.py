"""Single values as the API writes them, turned into typed ones. A value of an unexpected shape is named, never fatal.

The forms are those of the vendor's answers as seen: ids and money as strings, flags as "1", datetimes without an
offset in the brand's own time zone, and '', null and zero dates for "none".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from math import isfinite
from typing import Final

from cleaning import clean_text
from models import PROSPECT
from sync.mapping.wire_text import clean_line, clean_name

LONGEST_ID: Final = 64
_CENT: Final = Decimal("0.01")
_MOST_MONEY: Final = Decimal(10) ** 10
_MONEY: Final = re.compile(r"[-+]?\$?[-+]?(?:\d{1,3}(?:,\d{3})+|\d+|(?=\.\d))(?:\.\d*)?")
_AMBIGUOUS_MONEY: Final = re.compile(r"[-+]?\$?[-+]?[1-9]\d{0,2}\.\d{3}")
_DATE_ONLY: Final = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}")
_EPOCH_LENGTHS: Final = frozenset({10, 13})  # seconds, milliseconds
_LENGTH_OF_MOMENT: Final = len("2026-03-01 14:30:00")
_TWELVE_HOURS: Final = re.compile(r"(\d{1,2})((?::\d{2}){1,2}) ?([AP])\.?M\.?", re.IGNORECASE | re.ASCII)
_US_DATE: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T](.+))?")
_TRUE: Final = frozenset({"1", "true", "t", "yes", "y", "on", "active", "enabled"})
_FALSE: Final = frozenset({"0", "false", "f", "no", "n", "off", "inactive", "disabled", ""})
_OTHER_TYPES: Final = frozenset(
    {"employee", "vendor", "partner", "referral partner", "franchisee", "customer", "broker", "supplier"}
)


WireTime = datetime | date
"""A moment, or a date where the wire tells no more: then it is that date everywhere, and no midnight of any zone."""


class OddValueError(ValueError):
    """A value has a shape that its field never had; the message says what was expected, not what came."""


class UnknownWordError(OddValueError):
    """A word that is not in its field's vocabulary. It is kept as it came, since it may be the account's own."""

    def __init__(self, reason: str, word: str) -> None:
        super().__init__(reason)
        self.word = word


def as_id(value: object) -> str | None:
    """Return an id as text; None where there is none, which is also what "0" says: counting of ids begins at 1.

    Raises OddValueError for anything that can't address a row.
    """
    if value.__class__ is str and len(value) <= LONGEST_ID and value.isascii() and value.isdecimal():  # nearly every id
        return value if value.strip("0") else None
    if value is None or value == "" or value is False:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise OddValueError("an id is a string or a whole number")
    text = clean_line(str(value))
    if len(text) > LONGEST_ID:
        raise OddValueError(f"an id has at most {LONGEST_ID} characters")
    return text.strip() if text.strip("0") else None


def as_line(value: object) -> str:
    """Return text of one line, a name or the like; '' for none.

    HTML entities are unescaped and accents composed, so that one name is one name. Raises OddValueError for lists,
    objects and truth values.
    """
    if isinstance(value, str):
        return clean_name(value)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise OddValueError("text was expected")
    return clean_line(str(value))


def as_markup(value: object) -> str:
    """Return text of several lines, markup and all: it must still be sanitised.

    Raises UnknownWordError for a number that is no text, OddValueError as `as_line`.
    """
    if isinstance(value, str):
        return clean_text(value)
    text = as_line(value)
    if text:
        raise UnknownWordError("text was expected", text)
    return text


def as_flag(value: object) -> bool:
    """Return a flag: "1", 1, true, Yes and Active are set. Raises OddValueError for what is neither."""
    if value is None or isinstance(value, bool):
        return bool(value)
    text = as_line(value).casefold()
    if text not in _TRUE and text not in _FALSE:
        raise OddValueError("a flag is 1 or 0")
    return text in _TRUE


@lru_cache(maxsize=256)
def _contact_type_of_text(text: str) -> str:
    word = clean_line(text)
    if not word or (word.isascii() and word.isdecimal()):
        return word
    singular = word.casefold().removesuffix("s")
    if singular == "prospect":
        return PROSPECT
    if singular not in _OTHER_TYPES:
        raise UnknownWordError("a contact type is a number, or a word that is known", word)
    return word


def as_contact_type(value: object) -> str:
    """Return the code of a contact's type: a number as text, "1" for the word Prospect, other known words as they are.

    Raises UnknownWordError for any other word: it may mean a prospect or not, and nobody can tell.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _contact_type_of_text(value if isinstance(value, str) else as_line(value))


def as_money(value: object) -> Decimal | None:
    """Return an amount to the cent, half a cent rounded away from zero; None where there is none.

    Raises OddValueError for what is no amount, has more than ten digits before the point, or may be two amounts:
    `90.000` is ninety to some people and ninety thousand to others.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _money_of_text(value)
    text = as_line(value)
    return _exact_money(f"{Decimal(text):f}" if isinstance(value, float) else text)


@lru_cache(maxsize=1024)
def _money_of_text(written: str) -> Decimal | None:
    """Read an amount once: most deals have none, and many the same."""
    text = clean_line(written).replace(" ", "")
    if _AMBIGUOUS_MONEY.fullmatch(text):
        raise OddValueError("nobody can tell whether the point of this amount parts thousands or cents")
    return _exact_money(text) if text else None


def _exact_money(text: str) -> Decimal:
    if not _MONEY.fullmatch(text) or not text.isascii():
        raise OddValueError("an amount of money was expected")
    try:
        amount = Decimal(text.replace("$", "").replace(",", "")).quantize(_CENT, ROUND_HALF_UP)
    except InvalidOperation as odd:
        raise OddValueError("an amount of money was expected") from odd
    if abs(amount) >= _MOST_MONEY:
        raise OddValueError("an amount has at most ten digits before the point")
    return abs(amount) if amount == 0 else amount


def as_percent(value: object) -> Decimal | None:
    """Return a percentage as it is written, 0-100; None where there is none.

    Whether 0.5 means a half or half a percent only the whole list can tell (`rows.are_shares_of_one`). Raises
    OddValueError for anything else.
    """
    if value is None or value == "":
        return None
    text = as_line(value).removesuffix("%").strip()
    if not text:
        return None
    try:
        percent = Decimal(text)
    except InvalidOperation as odd:
        raise OddValueError("a percentage was expected") from odd
    if not percent.is_finite() or not 0 <= percent <= 100:
        raise OddValueError("a percentage is 0 to 100")
    return percent


def as_number(value: object) -> int | None:
    """Return a whole number of at most nine digits; None where there is none. Raises OddValueError otherwise."""
    text = as_line(value)
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,9}", text) or not text.isascii():
        raise OddValueError("a whole number was expected")
    return int(text)


def as_time(value: object) -> WireTime | None:
    """Return a moment, without a zone where the wire names none, or a date where it tells only that.

    None for '', null and zero dates. Takes `YYYY-MM-DD[ HH:MM:SS]`, ISO with T, `MM/DD/YYYY` with a clock of 12 or 24
    hours, and seconds or milliseconds since 1970 (UTC). Raises OddValueError for anything else, such as days before
    months, and for years that no record can mean.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise OddValueError("a date was expected")
    text = str(value).strip()
    if not text or text.startswith(("0000-00-00", "00/00/0000")):
        return None
    try:
        moment = _since_1970(text) if len(text) in _EPOCH_LENGTHS and text.isdecimal() else _written_time(text)
    except ValueError as odd:
        raise OddValueError("a date was expected") from odd
    if not 1900 <= moment.year <= 2200:
        raise OddValueError("a date of this or the last century was expected")
    return moment


def _since_1970(text: str) -> datetime:
    return datetime.fromtimestamp(int(text) / (1_000 if len(text) == 13 else 1), UTC)


def _written_time(text: str) -> WireTime:
    if len(text) == _LENGTH_OF_MOMENT and text[4] == "-":  # as nearly every moment is written: spares two searches
        return datetime.fromisoformat(text)
    american = _US_DATE.fullmatch(text)
    if american:
        month, day, year, clock = american.groups()
        text = f"{year}-{int(month):02}-{int(day):02}" + (f" {_clock_of_24_hours(clock)}" if clock else "")
    return date.fromisoformat(text) if _DATE_ONLY.fullmatch(text) else datetime.fromisoformat(text)


def _clock_of_24_hours(clock: str) -> str:
    twelve = _TWELVE_HOURS.fullmatch(clock.strip())
    if not twelve:
        return clock
    hour, rest, half = twelve.groups()
    if not 1 <= int(hour) <= 12:
        raise ValueError("a clock of twelve hours goes from 1 to 12")
    return f"{int(hour) % 12 + (12 if half in 'pP' else 0):02}{rest}"


def as_person(value: object) -> str:
    """Return a person's name, written plainly or as `{"first_name": …, "last_name": …}`, as object or JSON string."""
    if isinstance(value, str):
        return _person_of_text(value)
    return _person(value)


@lru_cache(maxsize=1024)
def _person_of_text(text: str) -> str:
    """Read a name once: few people are assigned to many records."""
    if text.lstrip()[:1] != "{":
        return as_line(text)
    try:
        return _person(json.loads(text))
    except (ValueError, RecursionError) as odd:
        raise OddValueError("a person's name was expected") from odd


def _person(value: object) -> str:
    if isinstance(value, Mapping):
        parts = [as_line(value.get(key)) for key in ("first_name", "last_name")]
        return " ".join(part for part in parts if part) or as_line(value.get("name"))
    return as_line(value)
