"""The one number format: cards, tables, axes, labels and hovers all write a number the same way."""

from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

Number = int | float | Decimal

NO_VALUE = "–"  # noqa: RUF001 - an en dash is what the reader sees where nothing is known
_UNITS = ((Decimal(10**12), "T"), (Decimal(10**9), "B"), (Decimal(10**6), "M"), (Decimal(10**3), "k"))
_THREE_DIGITS = Context(prec=3, rounding=ROUND_HALF_UP)
_EXACT_UP_TO = 10_000  # 1,234 is as short as 1.23k, and says more
_TENTH = Decimal("0.1")
_CENT = Decimal("0.01")


class ValueFormat(StrEnum):
    """What a number counts: things, money in the account's currency, percent (0-100) or days."""

    COUNT = "count"
    MONEY = "money"
    PERCENT = "percent"
    DAYS = "days"


def short(value: Number | None, value_format: ValueFormat) -> str:
    """Write a number for a glance: 9,950 · 12.4k · $1.25M · 37 % · 12 days."""
    if value is None:
        return NO_VALUE
    number = _decimal(value)
    if value_format is ValueFormat.PERCENT:
        return _short_percent(number)
    if value_format is ValueFormat.DAYS:
        return _days(_rounded(number, _TENTH))
    if abs(number) < _EXACT_UP_TO:
        return _signed(_grouped(_rounded(number, _TENTH if abs(number) < 100 else Decimal(1))), value_format)
    return _signed(_with_unit(number), value_format)


def exact(value: Number | None, value_format: ValueFormat) -> str:
    """Write a number in full, for a hover or a table: 12,431 · $1,250,000 · $12.50 · 37.4 % · 12.5 days."""
    if value is None:
        return "no data"
    number = _decimal(value)
    if value_format is ValueFormat.PERCENT:
        return f"{_grouped(_rounded(number, _TENTH if abs(number) >= 1 else _CENT))} %"
    if value_format is ValueFormat.DAYS:
        return _days(_rounded(number, _TENTH))
    rounded = _rounded(number, _CENT)
    if value_format is ValueFormat.MONEY and rounded != rounded.to_integral_value():
        return _signed(f"{rounded:,.2f}", value_format)
    return _signed(_grouped(rounded), value_format)


def share_of(value: Number | None, whole: Number | None) -> Decimal | None:
    """Return which share of a whole a value is, in percent to a tenth; None where there is no whole."""
    if value is None or not whole:
        return None
    return _rounded(100 * _decimal(value) / _decimal(whole), _TENTH)


def json_number(value: Number | None) -> int | float | None:
    """Turn a value into the number that JSON carries; whole ones stay whole."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _decimal(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _rounded(number: Decimal, step: Decimal) -> Decimal:
    return number.quantize(step, rounding=ROUND_HALF_UP)


def _grouped(number: Decimal) -> str:
    text = f"{number:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _with_unit(number: Decimal) -> str:
    rounded = _THREE_DIGITS.plus(number)  # rounding comes first: 999,950 is 1M, not 1000k
    for size, letter in _UNITS:
        if abs(rounded) >= size:
            return f"{_grouped(rounded / size)}{letter}"
    return _grouped(rounded)


def _signed(text: str, value_format: ValueFormat) -> str:
    if value_format is not ValueFormat.MONEY:
        return text
    return f"-${text[1:]}" if text.startswith("-") else f"${text}"


def _short_percent(number: Decimal) -> str:
    if 0 < number < Decimal("0.05"):
        return "<0.1 %"  # a share of nearly nothing is not nothing
    return f"{_grouped(_rounded(number, _TENTH if abs(number) < 10 else Decimal(1)))} %"


def _days(number: Decimal) -> str:
    text = _grouped(number)
    return f"{text} day" if text == "1" else f"{text} days"
