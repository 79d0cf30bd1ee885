"""Lays out a strip: columns beside each other, for a few categories of short names."""

from typing import Final

from dash_portal.charts.chart import Chart
from dash_portal.charts.drawing import EMPTY_HEIGHT, Drawing, DrawnSeries, Panel
from dash_portal.charts.marks import distinct, marks_of
from dash_portal.charts.names import is_short, told_apart
from dash_portal.charts.palette import palette
from dash_portal.charts.rows import Room
from dash_portal.charts.scales import reach
from dash_portal.charts.text import FONT_SIZE, LINE_HEIGHT, lines_of, plain

_COLUMN: Final = 42
"""How high the highest column is, in pixels."""
_NUMBER: Final = 20
_AIR: Final = 5
"""Names may come so much nearer to each other than their widths are guessed."""


def strip(chart: Chart, accent: str | None, room: Room) -> Drawing:
    """Settle how a strip is drawn for a brand with that accent colour (None: neutral)."""
    categories = distinct(told_apart([plain(label) for label in chart.categories], is_short))
    slot = room.card / max(1, len(categories)) * FONT_SIZE / room.font + _AIR
    labels = tuple(lines_of(label, slot) for label in categories)
    colour = palette(accent)[0]
    series = tuple(
        DrawnSeries(plain(one_series.name), colour, 0, marks_of(chart, one_series, colour), thickness=0.72)
        for one_series in chart.series
    )
    low, high = reach(series)
    bottom = round(max(map(len, labels), default=1) * LINE_HEIGHT / FONT_SIZE * room.font) + 6
    return Drawing(
        chart=chart,
        categories=categories,
        labels=labels,
        series=series,
        panels=(Panel((), low, high),),
        label_width=0,
        right=0,
        legend_rows=0,
        top=_NUMBER,
        bottom=bottom,
        height=EMPTY_HEIGHT if chart.is_empty else _NUMBER + _COLUMN + bottom,
        card=room.card,
        font=room.font,
        across=True,
    )
