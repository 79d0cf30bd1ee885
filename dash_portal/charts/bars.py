"""Lays out bars and progressions: names of up to four lines, a card of any width."""

from math import ceil

from dash_portal.charts.chart import Chart, Kind
from dash_portal.charts.drawing import (
    BOTTOM,
    EMPTY_HEIGHT,
    LABEL_GAP,
    LEGEND_ROW,
    PANEL_TITLE_SIZE,
    TOP,
    Drawing,
    DrawnSeries,
    Panel,
)
from dash_portal.charts.marks import distinct, marks_of
from dash_portal.charts.names import is_short, told_apart
from dash_portal.charts.numbers import ValueFormat
from dash_portal.charts.palette import palette
from dash_portal.charts.scales import reach, spans, title_height
from dash_portal.charts.text import FONT_SIZE, LINE_HEIGHT, lines_of, plain, text_width

NARROWEST = 320
"""The width in pixels of a chart's card on a phone of 360: what fits there fits everywhere."""

_LABEL_WIDTH = 148
_LABEL_WIDTH_BESIDE_PANELS = 116
_PANEL_GAP = 0.05


def bars(chart: Chart, accent: str | None) -> Drawing:
    """Settle how bars are drawn for a brand with that accent colour (None: neutral)."""
    categories = distinct(told_apart([plain(label) for label in chart.categories], is_short))
    series = _drawn_series(chart, palette(accent))
    panel_count = series[-1].panel + 1
    room = _LABEL_WIDTH if panel_count == 1 else _LABEL_WIDTH_BESIDE_PANELS
    labels = tuple(lines_of(label, room) for label in categories)
    label_width = ceil(max((text_width(line) for lines in labels for line in lines), default=0)) + LABEL_GAP + 4
    places = spans((1.0,) * panel_count, _PANEL_GAP)
    panels = tuple(_panel(chart, series, number, place, label_width) for number, place in enumerate(places))
    widest_text = max((text_width(mark.text) for drawn in series for mark in drawn.marks), default=0.0)
    legend = 0 if panel_count > 1 or len(series) == 1 else _legend_rows([drawn.name for drawn in series])
    top = TOP + legend * LEGEND_ROW + title_height(panels)
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
        bottom=BOTTOM,
        height=EMPTY_HEIGHT if chart.is_empty else top + row * len(categories) + BOTTOM,
        card=NARROWEST,
    )


def _drawn_series(chart: Chart, colours: tuple[str, ...]) -> tuple[DrawnSeries, ...]:
    several_scales = len({chart.format_of(series) for series in chart.series}) > 1
    return tuple(
        DrawnSeries(
            name=plain(series.name),
            colour=_colour(colours, number),
            panel=number if several_scales else 0,
            marks=marks_of(chart, series, _colour(colours, number)),
        )
        for number, series in enumerate(chart.series)
    )


def _colour(colours: tuple[str, ...], number: int) -> str:
    """Return the colour of a series; a second round begins one further, so that it can't meet the first."""
    return colours[(number + number // len(colours)) % len(colours)]


def _panel(
    chart: Chart, series: tuple[DrawnSeries, ...], number: int, place: tuple[float, float], label_width: int
) -> Panel:
    """Settle the scale of a panel; its bars leave room for the text at their end.

    The bars of a single panel have that room in the margin instead.
    """
    drawn = [one_series for one_series in series if one_series.panel == number]
    low, high = reach(drawn)
    if chart.kind is Kind.PROGRESSION and chart.format_of(chart.series[number]) is ValueFormat.PERCENT:
        high = max(high, 100.0)
    width, gap = (NARROWEST - label_width) * (place[1] - place[0]), (NARROWEST - label_width) * _PANEL_GAP
    # A title may reach to the next panel's own, and its letters are smaller than those that widths are guessed of.
    title_room = (width + gap) * FONT_SIZE / PANEL_TITLE_SIZE
    title = lines_of(drawn[0].name, title_room) if series[-1].panel else ()
    text = max((text_width(mark.text) for one_series in drawn for mark in one_series.marks), default=0.0) + 8
    room = (high - low) * min(2.0, text / max(12.0, width - text))
    return Panel(
        title,
        low - room if low < 0 else low,
        high + room if title else high,
        *place,
        track=high if chart.kind is Kind.PROGRESSION else None,
    )


def _legend_rows(names: list[str] | tuple[str, ...]) -> int:
    """Guess the rows of a legend on a phone; Plotly gives every entry the width of the widest."""
    if not names:
        return 0
    widest = max(map(text_width, names)) + 42
    return ceil(len(names) / max(1, int(NARROWEST / widest)))
