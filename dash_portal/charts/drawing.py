"""What both engines draw alike, settled before either begins: texts, colours, scales, panels and sizes."""

from dataclasses import dataclass
from math import ceil

from dash_portal.charts.chart import Chart, Kind, Series
from dash_portal.charts.numbers import Number, ValueFormat, exact, json_number, short
from dash_portal.charts.palette import faded, palette
from dash_portal.charts.text import FONT_SIZE, LINE_HEIGHT, lines_of, plain, shortened, text_width

NARROWEST = 320
"""The width in pixels of a chart's card on a phone of 360: what fits there fits everywhere."""

PANEL_GAP = 12
PANEL_TITLE_SIZE = 11
LABEL_GAP = 10
LEGEND_ROW = 22

_LABEL_WIDTH = 148
_LABEL_WIDTH_BESIDE_PANELS = 116
_TOP = 6
_MAGIC_NAMES = frozenset(
    (
        *("__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "__proto__", "constructor"),
        *("hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf"),
    )
)
"""What every JavaScript object has: Plotly keeps categories in plain objects, which such a category corrupts."""

_EMPTY_HEIGHT = 140


@dataclass(frozen=True, slots=True)
class Mark:
    """One bar. `text` stands beside it, `hover` are lines, `key` is what a click filters by."""

    value: int | float | None
    text: str
    hover: tuple[str, ...]
    colour: str
    key: str | None


@dataclass(frozen=True, slots=True)
class DrawnSeries:
    """One series as it is drawn, in the panel of that number."""

    name: str
    colour: str
    panel: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One value scale, from `low` to `high`."""

    title: tuple[str, ...]
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with everything settled that both engines must do alike. Sizes are pixels."""

    chart: Chart
    categories: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    series: tuple[DrawnSeries, ...]
    panels: tuple[Panel, ...]
    label_width: int
    right: int
    legend_rows: int
    top: int
    bottom: int
    height: int


def drawing_of(chart: Chart, accent: str | None) -> Drawing:
    """Settle how a chart is drawn for a brand with that accent colour (None: neutral)."""
    categories = _distinct(tuple(shortened(plain(label)) for label in chart.categories))
    series = _drawn_series(chart, palette(accent))
    panel_count = series[-1].panel + 1
    room = _LABEL_WIDTH if panel_count == 1 else _LABEL_WIDTH_BESIDE_PANELS
    labels = tuple(lines_of(label, room) for label in categories)
    label_width = ceil(max((text_width(line) for lines in labels for line in lines), default=0)) + LABEL_GAP + 4
    panel_width = (NARROWEST - label_width) / panel_count - PANEL_GAP
    widest_text = max((text_width(mark.text) for drawn in series for mark in drawn.marks), default=0.0)
    panels = tuple(_panel(chart, series, number, panel_width) for number in range(panel_count))
    legend = 0 if panel_count > 1 or len(series) == 1 else _legend_rows([drawn.name for drawn in series])
    top = _TOP + legend * LEGEND_ROW + _title_height(panels)
    bars_beside_each_other = len(series) if panel_count == 1 else 1
    row = max(max((len(lines) for lines in labels), default=1) * LINE_HEIGHT + 5, 17 * bars_beside_each_other + 11)
    return Drawing(
        chart=chart,
        categories=categories,
        labels=labels,
        series=series,
        panels=panels,
        label_width=label_width,
        right=ceil(widest_text) + 8 if panel_count == 1 else 0,
        legend_rows=legend,
        top=top,
        bottom=4,
        height=_EMPTY_HEIGHT if chart.is_empty else top + row * len(categories) + 4,
    )


def _drawn_series(chart: Chart, colours: tuple[str, ...]) -> tuple[DrawnSeries, ...]:
    several_scales = len({chart.format_of(series) for series in chart.series}) > 1
    return tuple(
        DrawnSeries(
            name=plain(series.name),
            colour=_colour(colours, number),
            panel=number if several_scales else 0,
            marks=_marks(chart, series, _colour(colours, number)),
        )
        for number, series in enumerate(chart.series)
    )


def _marks(chart: Chart, series: Series, colour: str) -> tuple[Mark, ...]:
    value_format = chart.format_of(series)
    return tuple(
        Mark(
            value=json_number(value),
            text=_bar_text(value, value_format),
            hover=(plain(category), f"{plain(series.name)}: {exact(value, value_format)}"),
            colour=faded(colour) if chart.is_faded(key) else colour,
            key=key,
        )
        for category, value, key in zip(chart.categories, series.values, chart.click_keys(), strict=True)
    )


def _colour(colours: tuple[str, ...], number: int) -> str:
    """Return the colour of a series; a second round begins one further, so that it can't meet the first."""
    return colours[(number + number // len(colours)) % len(colours)]


def _bar_text(value: Number | None, value_format: ValueFormat) -> str:
    """Return what stands beside a bar; a bar of nothing shows it by not being there."""
    return "" if value == 0 else short(value, value_format)


def _panel(chart: Chart, series: tuple[DrawnSeries, ...], number: int, width: float) -> Panel:
    """Settle the scale of a panel `width` wide; its bars leave room for the text at their end.

    The bars of a single panel have that room in the margin instead.
    """
    drawn = [one_series for one_series in series if one_series.panel == number]
    values = [mark.value for one_series in drawn for mark in one_series.marks if mark.value is not None]
    low, high = float(min(0, *values, 0)), float(max(0, *values, 0))
    if chart.kind is Kind.PROGRESSION and chart.format_of(chart.series[number]) is ValueFormat.PERCENT:
        high = max(high, 100.0)
    if high - low < 1e-6:
        high = low + 1.0
    # A title may reach to the next panel's own, and its letters are smaller than those that widths are guessed of.
    title_room = (width + PANEL_GAP) * FONT_SIZE / PANEL_TITLE_SIZE
    title = lines_of(drawn[0].name, title_room) if series[-1].panel else ()
    text = max((text_width(mark.text) for one_series in drawn for mark in one_series.marks), default=0.0) + 8
    room = (high - low) * min(2.0, text / max(12.0, width - text))
    return Panel(title, low - room if low < 0 else low, high + room if title else high)


def _distinct(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Give each label a name of its own; a source may really be called "Other", and engines tell bars by name."""
    taken = set(_MAGIC_NAMES)
    distinct = []
    for label in labels:
        candidate, count = label, 1
        while candidate in taken:
            count += 1
            candidate = f"{label} ({count})"
        taken.add(candidate)
        distinct.append(candidate)
    return tuple(distinct)


def _legend_rows(names: list[str] | tuple[str, ...]) -> int:
    """Guess the rows of a legend on a phone; Plotly gives every entry the width of the widest."""
    if not names:
        return 0
    widest = max(map(text_width, names)) + 42
    return ceil(len(names) / max(1, int(NARROWEST / widest)))


def _title_height(panels: tuple[Panel, ...]) -> int:
    lines = max(len(panel.title) for panel in panels)
    return lines * LINE_HEIGHT + 8 if lines else 0
