"""Settles how a chart is drawn: each kind is laid out by a file of its own."""

from dash_portal.charts.bars import bars
from dash_portal.charts.chart import Chart, Kind
from dash_portal.charts.drawing import Drawing
from dash_portal.charts.rows import NARROW, PICTURE, WIDE, Room, rows
from dash_portal.charts.strip import strip


def drawing_of(chart: Chart, accent: str | None, *, narrow: bool = False) -> Drawing:
    """Settle how a chart is drawn for a brand with that accent colour (None: neutral), on a phone if `narrow`.

    Bars are drawn alike on every screen.
    """
    return _drawing(chart, accent, NARROW if narrow else WIDE)


def picture_of(chart: Chart, accent: str | None) -> Drawing:
    """Settle how a chart is drawn in a picture that is taken away."""
    return _drawing(chart, accent, PICTURE)


def _drawing(chart: Chart, accent: str | None, room: Room) -> Drawing:
    if chart.kind is Kind.ROWS:
        return rows(chart, accent, room)
    if chart.kind is Kind.STRIP:
        return strip(chart, accent, room)
    return bars(chart, accent)
