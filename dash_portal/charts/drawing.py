"""What both engines draw alike, settled before either begins: texts, colours, scales, panels and sizes."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import ceil, radians, sin

from dash_portal.charts.chart import Chart, Kind, Series
from dash_portal.charts.numbers import Number, ValueFormat, exact, json_number, short, tick
from dash_portal.charts.palette import faded, palette
from dash_portal.charts.text import FONT_SIZE, LINE_HEIGHT, lines_of, plain, shortened, text_width

NARROWEST = 320
"""The width in pixels of a chart's card on a phone of 360: what fits there fits everywhere."""

PANEL_GAP = 12
PANEL_TITLE_SIZE = 11
LABEL_GAP = 10
LEGEND_ROW = 22
DONUT_SIZE = 208
DONUT_HOLE = 0.64
TURN = 35
"""Degrees by which column names are turned where they don't fit side by side."""

_LABEL_WIDTH = 148
_LABEL_WIDTH_BESIDE_PANELS = 116
_COLUMN_PANEL = 210
_TOP = 6
_MAGIC_NAMES = frozenset(
    (
        *("__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "__proto__", "constructor"),
        *("hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf"),
    )
)
"""What every JavaScript object has: Plotly keeps categories in plain objects, which such a category corrupts."""

_EMPTY_HEIGHT = 140
_LEAST_SLICE_WITH_TEXT = 0.07
_TICKS = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """One bar or slice. `text` stands beside or in it, `hover` are lines, `key` is what a click filters by."""

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
    """One value scale, from `low` to `high`; `ticks` are pairs of value and text."""

    title: tuple[str, ...]
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


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
    labels_turned: bool
    legend_rows: int
    top: int
    bottom: int
    height: int
    shows_values: bool

    @property
    def whole(self) -> str:
        """The sum of a donut's parts, as its middle shows it."""
        total = sum((_number(value) for value in self.chart.series[0].values), Decimal(0))
        return short(total, self.chart.format_of(self.chart.series[0]))


def drawing_of(chart: Chart, accent: str | None) -> Drawing:
    """Settle how a chart is drawn for a brand with that accent colour (None: neutral)."""
    categories = _distinct(tuple(shortened(plain(label)) for label in chart.categories))
    series = _drawn_series(chart, palette(accent))
    if chart.kind is Kind.DONUT:
        return _donut(chart, categories, series)
    if chart.kind is Kind.COLUMN:
        return _columns(chart, categories, series)
    return _bars(chart, categories, series)


def _donut(chart: Chart, categories: tuple[str, ...], series: tuple[DrawnSeries, ...]) -> Drawing:
    rows = _legend_rows(categories)
    return Drawing(
        chart=chart,
        categories=categories,
        labels=tuple((label,) for label in categories),
        series=series,
        panels=(),
        label_width=0,
        right=0,
        labels_turned=False,
        legend_rows=rows,
        top=_TOP,
        bottom=rows * LEGEND_ROW + 14,
        height=_EMPTY_HEIGHT if chart.is_empty else _TOP + DONUT_SIZE + rows * LEGEND_ROW + 14,
        shows_values=True,
    )


def _bars(chart: Chart, categories: tuple[str, ...], series: tuple[DrawnSeries, ...]) -> Drawing:
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
        labels_turned=False,
        legend_rows=legend,
        top=top,
        bottom=4,
        height=_EMPTY_HEIGHT if chart.is_empty else top + row * len(categories) + 4,
        shows_values=True,
    )


def _columns(chart: Chart, categories: tuple[str, ...], series: tuple[DrawnSeries, ...]) -> Drawing:
    panel_count = series[-1].panel + 1
    slot = (NARROWEST - 40) / max(1, len(categories))
    turned = any(text_width(word) > slot - 4 for label in categories for word in label.split())
    labels = tuple(lines_of(label, _LABEL_WIDTH if turned else slot - 4) for label in categories)
    widest = max((text_width(line) for lines in labels for line in lines), default=0)
    most_lines = max((len(lines) for lines in labels), default=1)
    label_height = ceil(widest * sin(radians(TURN))) if turned else 0
    panels = tuple(_panel(chart, series, number, None) for number in range(panel_count))
    legend = 0 if panel_count > 1 or len(series) == 1 else _legend_rows([drawn.name for drawn in series])
    top = _TOP + legend * LEGEND_ROW + (_title_height(panels) or 8)
    bottom = label_height + most_lines * LINE_HEIGHT + 12
    one_panel = [mark for drawn in series if drawn.panel == 0 for mark in drawn.marks]
    tick_width = max((text_width(text) for panel in panels for _, text in panel.ticks), default=0)
    return Drawing(
        chart=chart,
        categories=categories,
        labels=labels,
        series=series,
        panels=panels,
        label_width=ceil(tick_width) + LABEL_GAP,
        right=8,
        labels_turned=turned,
        legend_rows=legend,
        top=top,
        bottom=bottom,
        height=_EMPTY_HEIGHT if chart.is_empty else top + _COLUMN_PANEL * panel_count + bottom,
        shows_values=sum(text_width(mark.text) + 8 for mark in one_panel) <= NARROWEST - 40,
    )


def _drawn_series(chart: Chart, colours: tuple[str, ...]) -> tuple[DrawnSeries, ...]:
    several_scales = len({chart.format_of(series) for series in chart.series}) > 1
    return tuple(
        DrawnSeries(
            name=plain(series.name),
            colour=_colour(colours, number),
            panel=number if several_scales else 0,
            marks=_marks(chart, series, colours, number),
        )
        for number, series in enumerate(chart.series)
    )


def _marks(chart: Chart, series: Series, colours: tuple[str, ...], number: int) -> tuple[Mark, ...]:
    value_format = chart.format_of(series)
    is_donut = chart.kind is Kind.DONUT
    total = sum((_number(value) for value in series.values), Decimal(0)) if is_donut else Decimal(0)
    marks = []
    for index, (category, value, key) in enumerate(
        zip(chart.categories, series.values, chart.click_keys(), strict=True)
    ):
        share = _number(value) / total if total else None
        colour = _colour(colours, index if is_donut else number)
        marks.append(
            Mark(
                value=json_number(value),
                text=_slice_text(share) if is_donut else _bar_text(value, value_format),
                hover=_hover(plain(category), series, value, value_format, share),
                colour=faded(colour) if chart.is_faded(key) else colour,
                key=key,
            )
        )
    return tuple(marks)


def _colour(colours: tuple[str, ...], number: int) -> str:
    """Return the colour of a series or slice; a second round begins one further, so that it can't meet the first."""
    return colours[(number + number // len(colours)) % len(colours)]


def _hover(
    category: str, series: Series, value: Number | None, value_format: ValueFormat, share: Decimal | None
) -> tuple[str, ...]:
    lines = (category, f"{plain(series.name)}: {exact(value, value_format)}")
    return lines if share is None else (*lines, f"{exact(share * 100, ValueFormat.PERCENT)} of all")


def _bar_text(value: Number | None, value_format: ValueFormat) -> str:
    """Return what stands beside a bar; a bar of nothing shows it by not being there."""
    return "" if value == 0 else short(value, value_format)


def _slice_text(share: Decimal | None) -> str:
    if share is None or share < _LEAST_SLICE_WITH_TEXT:
        return ""
    return short(share * 100, ValueFormat.PERCENT)


def _panel(chart: Chart, series: tuple[DrawnSeries, ...], number: int, width: float | None) -> Panel:
    """Settle a panel's scale; bars in panels `width` wide (None: columns) leave room for the text at their end.

    The bars of a single panel have that room in the margin instead.
    """
    drawn = [one_series for one_series in series if one_series.panel == number]
    values = [mark.value for one_series in drawn for mark in one_series.marks if mark.value is not None]
    low, high = float(min(0, *values, 0)), float(max(0, *values, 0))
    value_format = chart.format_of(chart.series[number])
    if chart.kind is Kind.PROGRESSION and value_format is ValueFormat.PERCENT:
        high = max(high, 100.0)
    if high - low < 1e-6:
        high = low + 1.0
    # A title may reach to the next panel's own, and its letters are smaller than those that widths are guessed of.
    room = NARROWEST if width is None else (width + PANEL_GAP) * FONT_SIZE / PANEL_TITLE_SIZE
    title = lines_of(drawn[0].name, room) if series[-1].panel else ()
    if width is None:
        ticks = _ticks(low, high, value_format)
        low, high = min(low, ticks[0][0]), max(high, ticks[-1][0])
        headroom = (high - low) * 0.08
        return Panel(title, low - headroom if low < 0 else low, high + headroom, ticks)
    text = max((text_width(mark.text) for one_series in drawn for mark in one_series.marks), default=0.0) + 8
    room = (high - low) * min(2.0, text / max(12.0, width - text))
    return Panel(title, low - room if low < 0 else low, high + room if len(title) else high, ())


def _ticks(low: float, high: float, value_format: ValueFormat) -> tuple[tuple[float, str], ...]:
    """Return round values (1, 2 or 5 times a power of ten apart) that span the scale, with their texts."""
    raw = Decimal(str(high - low)) / _TICKS
    power = Decimal(1).scaleb(raw.adjusted())
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    if value_format is not ValueFormat.PERCENT:
        step = max(step, Decimal(1))
    first = int((Decimal(str(low)) / step).to_integral_value(ROUND_FLOOR))
    last = int((Decimal(str(high)) / step).to_integral_value(ROUND_CEILING))
    return tuple((float(step * count), tick(step * count, value_format)) for count in range(first, last + 1))


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


def _number(value: Number | None) -> Decimal:
    return Decimal(0) if value is None else Decimal(str(value))
