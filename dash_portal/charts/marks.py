"""The marks of a series: how long each is, what it says, in which colours. Both engines draw them as they are."""

from decimal import Decimal

from dash_portal.charts.chart import Chart, Look, Series
from dash_portal.charts.data import written
from dash_portal.charts.drawing import Mark
from dash_portal.charts.numbers import Number, ValueFormat, json_number, share_of, short
from dash_portal.charts.palette import FADED_ALPHA, GREY, faded
from dash_portal.charts.text import plain

_FAINTEST = 0.08
_STRONGEST = 0.5
"""How strong the cell of the smallest and of the largest number is filled; a number in it is read in both themes."""

_MAGIC_NAMES = frozenset(
    (
        *("__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "__proto__", "constructor"),
        *("hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf"),
    )
)
"""What every JavaScript object has: Plotly keeps categories in plain objects, which such a category corrupts."""


def marks_of(chart: Chart, series: Series, colour: str, *, is_outline: bool = False) -> tuple[Mark, ...]:
    """Return the marks of a series in that colour; an outline is filled faintly, for another bar is inside of it."""
    largest = max((Decimal(str(value)) for value in series.values if value), default=Decimal(0))
    marks = []
    for place, (value, key) in enumerate(zip(series.values, chart.click_keys(), strict=True)):
        own_colour = GREY if key is not None and key in chart.quiet else colour
        length = _length(series.look, value)
        alpha = _alpha(series.look, value, largest, is_outline=is_outline)
        if chart.is_faded(key):
            alpha = FADED_ALPHA if alpha is None else alpha / 4
        marks.append(
            Mark(
                value=json_number(value),
                length=length,
                text=_text(chart, series, place),
                hover=(plain(chart.categories[place]), f"{plain(series.name)}: {written(chart, series, place)}"),
                fill=own_colour if alpha is None else faded(own_colour, round(alpha, 2)),
                edge=own_colour if alpha is not None and length else None,
                key=series.key_of(key, value),
            )
        )
    return tuple(marks)


def distinct(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Give each label a name of its own; a source may really be called "Other", and engines tell bars by name."""
    taken = set(_MAGIC_NAMES)
    names = []
    for label in labels:
        candidate, count = label, 1
        while candidate in taken:
            count += 1
            candidate = f"{label} ({count})"
        taken.add(candidate)
        names.append(candidate)
    return tuple(names)


def _alpha(look: Look, value: Number | None, largest: Decimal, *, is_outline: bool) -> float | None:
    """Return how strong a mark is filled; None for wholly."""
    if look is Look.HEAT:
        share = float(Decimal(str(value)) / largest) if value and largest > 0 else 0.0
        return _FAINTEST + (_STRONGEST - _FAINTEST) * max(0.0, share)
    return FADED_ALPHA if look is Look.MARK or is_outline else None


def _length(look: Look, value: Number | None) -> int | float | None:
    """Return how long a mark is: cells and marks are all of one length."""
    if look is Look.HEAT:
        return None if value is None else 1
    if look is Look.MARK:
        return 1 if value else None
    return json_number(value)


def _text(chart: Chart, series: Series, place: int) -> str:
    """Return what stands beside a bar or in a mark; a bar of nothing shows it by not being there."""
    value, value_format = series.values[place], chart.format_of(series)
    if series.look is Look.HEAT:
        return "" if value is None else short(value, ValueFormat.COUNT)
    if series.look is Look.INSIDE or value == 0 or (value is None and series.look is not Look.BAR):
        return ""
    share = share_of(value, series.wholes[place]) if series.wholes else None
    text = short(value, value_format)
    return text if share is None else f"{text}, {short(share, ValueFormat.PERCENT)}"
