"""Lays out rows: each category one line high (two small ones on a phone), with a panel for each measure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Final

from dash_portal.charts.chart import Chart, Look, Series
from dash_portal.charts.drawing import (
    BOTTOM,
    EMPTY_HEIGHT,
    LABEL_GAP,
    Drawing,
    DrawnSeries,
    Panel,
)
from dash_portal.charts.marks import distinct, marks_of
from dash_portal.charts.names import broken, has_room, told_apart
from dash_portal.charts.palette import VERMILLION, palette
from dash_portal.charts.scales import reach, spans
from dash_portal.charts.text import FONT_SIZE, lines_of, plain, text_width

_THICKNESS: Final = {Look.BAR: 0.64, Look.SHARE: 0.64, Look.INSIDE: 0.26, Look.HEAT: 0.84, Look.MARK: 0.76}
"""Which share of its row a mark takes."""
_WEIGHTS: Final = {Look.BAR: 1.2, Look.SHARE: 1.0, Look.HEAT: 0.65, Look.MARK: 0.7}
"""How the room that is left goes to the panels when each has what its numbers need."""
_SHORTEST_BAR: Final = 12
_MOST_BESIDE_OTHERS: Final = 3
_RIGHT: Final = 6
_TOP: Final = 2
_TITLE_LINE: Final = 14


@dataclass(frozen=True, slots=True)
class Room:
    """How much room there is for a picture; one of more than three panels takes the whole width of its page.

    `card` is the narrowest card, `labels` what names may take of it; `full` and `full_labels` where it takes the whole
    width; these, the font and the height of a `row` are pixels. A name may take so many `lines`. `gap` between panels
    and how much of its panel a `mark` takes are shares.
    """

    card: int
    labels: int
    full: int
    full_labels: int
    font: int
    row: int
    lines: int
    gap: float
    mark: float


WIDE: Final = Room(card=516, labels=210, full=556, full_labels=190, font=FONT_SIZE, row=24, lines=1, gap=0.03, mark=0.5)
NARROW: Final = Room(card=300, labels=112, full=300, full_labels=92, font=10, row=25, lines=2, gap=0.02, mark=1.0)
PICTURE: Final = replace(WIDE, card=900, labels=320, full=900, full_labels=320)
"""A picture that is taken away shows its names whole: nobody can point at one of them."""


def rows(chart: Chart, accent: str | None, room: Room) -> Drawing:
    """Settle how rows are drawn for a brand with that accent colour (None: neutral)."""
    by_panel = _by_panel(chart)
    is_full = len(by_panel) > _MOST_BESIDE_OTHERS
    card, label_room = (room.full, room.full_labels) if is_full else (room.card, room.labels)
    name_room = _guessed(label_room, room)
    names = [plain(label) for label in chart.categories]
    categories = distinct(told_apart(names, has_room(name_room, room.lines)))
    labels = tuple(broken(name, name_room) for name in categories)
    widest = max((text_width(line) for lines in labels for line in lines), default=0.0)
    label_width = ceil(widest * room.font / FONT_SIZE) + LABEL_GAP + 4
    series = _drawn_series(chart, palette(accent)[0])
    drawn = [[one_series for one_series in series if one_series.panel == number] for number in range(len(by_panel))]
    width = _guessed(card - label_width - _RIGHT, room)
    panels = _panels(by_panel, drawn, width, room)
    title_lines = max(len(panel.title) for panel in panels)
    top = _TOP + (title_lines * _TITLE_LINE + 8 if title_lines else 0)
    return Drawing(
        chart=chart,
        categories=categories,
        labels=labels,
        series=series,
        panels=panels,
        label_width=label_width,
        right=_RIGHT,
        legend_rows=0,
        top=top,
        bottom=BOTTOM,
        height=EMPTY_HEIGHT if chart.is_empty else top + room.row * len(categories) + BOTTOM,
        card=card,
        font=room.font,
    )


def _by_panel(chart: Chart) -> list[list[Series]]:
    panels: list[list[Series]] = []
    for series in chart.series:
        if series.look is Look.INSIDE:
            panels[-1].append(series)
        else:
            panels.append([series])
    return panels


def _drawn_series(chart: Chart, colour: str) -> tuple[DrawnSeries, ...]:
    drawn = []
    for panel, together in enumerate(_by_panel(chart)):
        for series in together:
            own_colour = VERMILLION if series.look is Look.MARK else colour
            marks = marks_of(chart, series, own_colour, is_outline=len(together) > 1 and series is together[0])
            drawn.append(
                DrawnSeries(plain(series.name), own_colour, panel, marks, series.look, _THICKNESS[series.look])
            )
    return tuple(drawn)


def _panels(
    by_panel: Sequence[Sequence[Series]], drawn: Sequence[Sequence[DrawnSeries]], width: float, room: Room
) -> tuple[Panel, ...]:
    """Divide the width beside the names: each panel gets what its numbers and its title need, and its part of the rest.

    Widths are those that texts are guessed to have.
    """
    looks = [together[0].look for together in by_panel]
    needs = [
        max(_numbers(of_panel), _longest_word(together[0])) for together, of_panel in zip(by_panel, drawn, strict=True)
    ]
    left = max(0.0, width * (1 - room.gap * (len(looks) - 1)) - sum(needs))
    whole = sum(_WEIGHTS[look] for look in looks)
    places = spans([need + left * _WEIGHTS[look] / whole for need, look in zip(needs, looks, strict=True)], room.gap)
    return tuple(
        _panel(together[0], of_panel, place, width, room)
        for together, of_panel, place in zip(by_panel, drawn, places, strict=True)
    )


def _numbers(drawn: Sequence[DrawnSeries]) -> float:
    """Return the width that a panel needs for its widest number, and for a bar before it."""
    widest = max((text_width(mark.text) for series in drawn for mark in series.marks), default=0.0) + 8
    return widest if drawn[0].bears_numbers else widest + _SHORTEST_BAR


def _longest_word(series: Series) -> float:
    return max(map(text_width, (series.heading or series.name).split() or [""]))


def _panel(
    series: Series, drawn: Sequence[DrawnSeries], place: tuple[float, float], whole_width: float, room: Room
) -> Panel:
    """Settle the scale of a panel; its bars leave room for the text at their end."""
    width = whole_width * (place[1] - place[0])
    title = () if place == (0.0, 1.0) else _title(series, width + room.gap * whole_width)
    if series.look is Look.HEAT:
        return Panel(title, 0.0, 1.0, *place)
    if series.look is Look.MARK:
        return Panel(title, 0.0, 1 / room.mark, *place)
    low, high = reach(drawn)
    text = _numbers(drawn) - _SHORTEST_BAR
    longer = 1 + text / max(width * 0.15, width - text)
    return Panel(title, low * longer, max(high, 100.0 if series.look is Look.SHARE else high) * longer, *place)


def _title(series: Series, width: float) -> tuple[str, ...]:
    """Return the series' name if it has room in one line, else its heading."""
    name = plain(series.name)
    return lines_of(plain(series.heading) if series.heading and text_width(name) > width else name, width)


def _guessed(pixels: float, room: Room) -> float:
    """Return for so many pixels the width that texts are guessed to have which take them, in the font of the room."""
    return pixels * FONT_SIZE / room.font
