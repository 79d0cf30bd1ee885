"""Draws a chart as an ECharts option: pure JSON, as it is copied into other dashboards and sent by the API.

Colours of texts and of the page are left to the theme (`assets/charts.js` registers a light and a dark one).
Every text is written here, because an option without functions can't format numbers.
"""

from html import escape
from typing import Any

from dash_portal.charts.chart import Chart, Kind
from dash_portal.charts.drawing import (
    DONUT_HOLE,
    DONUT_SIZE,
    LABEL_GAP,
    NARROWEST,
    PANEL_GAP,
    PANEL_TITLE_SIZE,
    TURN,
    Drawing,
    DrawnSeries,
    Mark,
    Panel,
    drawing_of,
)
from dash_portal.charts.palette import readable_text
from dash_portal.charts.text import FONT_FAMILY, FONT_SIZE, LINE_HEIGHT

LINE_COLOUR = "rgba(128,134,140,0.28)"
TRACK_COLOUR = "rgba(128,134,140,0.12)"

_CARD_WIDTHS = (420, 560, 760, 1040)
"""From these widths on, panels are laid out anew, as the labels before them keep their width."""


def echarts_option(chart: Chart, *, accent: str | None) -> dict[str, Any]:
    """Return the chart for `echarts.setOption`; a data item's "key" is what a click on it filters by."""
    drawing = drawing_of(chart, accent)
    option: dict[str, Any] = {
        "aria": {"enabled": True, "label": {"enabled": True, "description": _spoken(chart)}},
        "animationDuration": 300,
        "color": [series.colour for series in drawing.series],
        "textStyle": {"fontFamily": FONT_FAMILY, "fontSize": FONT_SIZE},
        "tooltip": {"trigger": "item", "confine": True, "textStyle": {"fontSize": FONT_SIZE}},
    }
    if chart.is_empty:
        option["title"] = {
            "text": chart.empty_text,
            "left": "center",
            "top": "middle",
            "textStyle": {"fontSize": 14, "fontWeight": "normal"},
        }
    if chart.kind is Kind.DONUT:
        return option | _donut(drawing)
    return option | _bars(drawing)


def _spoken(chart: Chart) -> str:
    return f"{chart.title}. {chart.description}"


def _donut(drawing: Drawing) -> dict[str, Any]:
    (series,) = drawing.series
    radius = DONUT_SIZE // 2
    middle = drawing.top + radius
    parts: dict[str, Any] = {
        "color": [mark.colour for mark in series.marks],
        "series": [
            {
                "type": "pie",
                "name": series.name,
                "radius": [round(radius * DONUT_HOLE), radius],
                "center": ["50%", middle],
                "cursor": _cursor(drawing),
                "emphasis": {"scale": False},
                "label": {"show": True, "position": "inside", "fontSize": FONT_SIZE},
                "labelLine": {"show": False},
                "stillShowZeroSum": False,
                "data": [_slice(drawing, index, mark) for index, mark in enumerate(series.marks)],
            }
        ],
    }
    if drawing.chart.is_empty:
        return parts
    return parts | {
        "title": {
            "text": drawing.whole,
            "subtext": series.name,
            "left": "center",
            "top": middle - 24,
            "itemGap": 3,
            "padding": 0,
            "textStyle": {"fontSize": 22, "lineHeight": 26},
            "subtextStyle": {"fontSize": FONT_SIZE},
        },
        "legend": {
            "data": list(drawing.categories),
            "left": "center",
            "top": drawing.top + DONUT_SIZE + 10,
            "itemWidth": 12,
            "itemHeight": 12,
            "icon": "roundRect",
            "selectedMode": bool(drawing.chart.click),
        },
    }


def _slice(drawing: Drawing, index: int, mark: Mark) -> dict[str, Any]:
    text_colour = {"color": readable_text(mark.colour)} if mark.colour.startswith("#") else {}
    return _item(mark) | {
        "name": drawing.categories[index],
        "itemStyle": {"color": mark.colour},
        "label": {"show": bool(mark.text), "formatter": mark.text, **text_colour},
    }


def _bars(drawing: Drawing) -> dict[str, Any]:
    upright = drawing.chart.kind is Kind.COLUMN
    names = [_name_axis(drawing, index) for index in range(len(drawing.panels))]
    values = [_value_axis(drawing, index, panel) for index, panel in enumerate(drawing.panels)]
    option: dict[str, Any] = {
        "grid": _column_grids(drawing) if upright else _bar_grids(drawing, NARROWEST),
        "xAxis": names if upright else values,
        "yAxis": values if upright else names,
        "series": [_bar_series(drawing, series) for series in drawing.series],
    }
    if not upright and len(drawing.panels) > 1:
        option["media"] = _wider_grids(drawing)
    if drawing.legend_rows and not drawing.chart.is_empty:
        option["legend"] = {
            "data": [series.name for series in drawing.series],
            "left": 0,
            "top": 0,
            "itemWidth": 12,
            "itemHeight": 12,
            "icon": "roundRect",
            "selectedMode": False,
        }
    return option


def _bar_series(drawing: Drawing, series: DrawnSeries) -> dict[str, Any]:
    upright = drawing.chart.kind is Kind.COLUMN
    drawn: dict[str, Any] = {
        "type": "bar",
        "name": series.name,
        "xAxisIndex": series.panel,
        "yAxisIndex": series.panel,
        "cursor": _cursor(drawing),
        "barCategoryGap": "33%",
        "barGap": "8%",
        "itemStyle": {"color": series.colour, "borderRadius": [3, 3, 0, 0] if upright else [0, 3, 3, 0]},
        "label": {
            "show": drawing.shows_values,
            "position": "top" if upright else "right",
            "distance": 4,
            "fontSize": FONT_SIZE,
        },
        "data": [_bar(drawing, series, mark) for mark in series.marks],
    }
    if drawing.chart.kind is Kind.PROGRESSION:
        drawn |= {"showBackground": True, "backgroundStyle": {"color": TRACK_COLOUR}}
    is_first_of_panel = next(drawn for drawn in drawing.series if drawn.panel == series.panel) is series
    if upright and is_first_of_panel and not drawing.chart.is_empty:
        drawn["markLine"] = _grid_lines(drawing.panels[series.panel])
    return drawn


def _bar(drawing: Drawing, series: DrawnSeries, mark: Mark) -> dict[str, Any]:
    item = _item(mark) | {"label": {"formatter": mark.text}}
    style: dict[str, Any] = {} if mark.colour == series.colour else {"color": mark.colour}
    if mark.value is not None and mark.value < 0:
        upright = drawing.chart.kind is Kind.COLUMN
        style["borderRadius"] = [0, 0, 3, 3] if upright else [3, 0, 0, 3]
        item["label"]["position"] = "bottom" if upright else "left"
    if style:
        item["itemStyle"] = style
    return item


def _item(mark: Mark) -> dict[str, Any]:
    return {"value": mark.value, "key": mark.key, "tooltip": {"formatter": _tooltip(mark.hover)}}


def _grid_lines(panel: Panel) -> dict[str, Any]:
    """Draw the value axis as lines with their own texts: an axis label can't be formatted without a function."""
    return {
        "silent": True,
        "z": 1,
        "symbol": "none",
        "animation": False,
        "lineStyle": {"color": LINE_COLOUR, "type": "solid", "width": 1},
        "label": {"position": "start", "distance": 6, "fontSize": FONT_SIZE},
        "data": [{"yAxis": value, "label": {"formatter": text}} for value, text in panel.ticks],
    }


def _name_axis(drawing: Drawing, panel: int) -> dict[str, Any]:
    upright = drawing.chart.kind is Kind.COLUMN
    is_labelled = panel == (len(drawing.panels) - 1 if upright else 0)
    room: dict[str, Any] = {} if upright else {"width": drawing.label_width - LABEL_GAP, "overflow": "break"}
    return {
        "type": "category",
        "gridIndex": panel,
        "data": list(drawing.categories),
        "inverse": not upright,
        "show": not drawing.chart.is_empty,
        "axisTick": {"show": False},
        "axisLine": {"show": True, "onZero": False, "lineStyle": {"color": LINE_COLOUR}},
        "axisLabel": {
            "show": is_labelled,
            "interval": 0,
            "rotate": TURN if drawing.labels_turned else 0,
            "fontSize": FONT_SIZE,
            "lineHeight": LINE_HEIGHT,
            "margin": 8 if upright else LABEL_GAP,
            **room,
        },
    }


def _value_axis(drawing: Drawing, index: int, panel: Panel) -> dict[str, Any]:
    upright = drawing.chart.kind is Kind.COLUMN
    axis: dict[str, Any] = {
        "type": "value",
        "gridIndex": index,
        "min": panel.low,
        "max": panel.high,
        "show": not drawing.chart.is_empty,
        "axisLabel": {"show": False},
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "splitLine": {"show": False},
    }
    if not upright:
        axis["position"] = "top"
    if panel.title:
        axis |= {
            "name": "\n".join(panel.title),
            "nameLocation": "end" if upright else "start",
            "nameGap": 8 if upright else 0,
            "nameMoveOverlap": False,
            "nameTextStyle": {
                "align": "left",
                "verticalAlign": "bottom",
                "padding": [0, 0, 0 if upright else 6, 0],
                "fontSize": PANEL_TITLE_SIZE,
                "lineHeight": LINE_HEIGHT,
                "fontWeight": "bold",
            },
        }
    return axis


def _column_grids(drawing: Drawing) -> list[dict[str, Any]]:
    count = len(drawing.panels)
    plot = drawing.height - drawing.top - drawing.bottom
    gap = drawing.top + PANEL_GAP if count > 1 else 0
    height = max(1, round((plot - gap * (count - 1)) / count))
    return [
        {
            "left": drawing.label_width,
            "right": drawing.right,
            "top": drawing.top + index * (height + gap),
            "height": height,
            "outerBoundsMode": "none",
        }
        for index in range(count)
    ]


def _bar_grids(drawing: Drawing, card_width: int) -> list[dict[str, Any]]:
    """Lay out panels for a card of that width and wider: the labels in pixels, the panels in equal shares."""
    frame = {"top": drawing.top, "bottom": drawing.bottom, "outerBoundsMode": "none"}
    count = len(drawing.panels)
    if count == 1:
        return [{"left": drawing.label_width, "right": drawing.right, **frame}]
    slot = (card_width - drawing.label_width) / count
    return [
        {
            "left": _percent((drawing.label_width + index * slot) / card_width),
            "width": _percent(max(slot - PANEL_GAP, 4) / card_width),
            **frame,
        }
        for index in range(count)
    ]


def _wider_grids(drawing: Drawing) -> list[dict[str, Any]]:
    narrow: dict[str, Any] = {"option": {"grid": _bar_grids(drawing, NARROWEST)}}
    wider = [{"query": {"minWidth": width}, "option": {"grid": _bar_grids(drawing, width)}} for width in _CARD_WIDTHS]
    return [*wider, narrow]


def _percent(share: float) -> str:
    return f"{share * 100:.2f}%"


def _cursor(drawing: Drawing) -> str:
    return "pointer" if drawing.chart.click else "default"


def _tooltip(lines: tuple[str, ...]) -> str:
    """Write a tooltip as inert HTML; braces would be taken for a placeholder."""
    safe = [escape(line).replace("{", "&#123;").replace("}", "&#125;") for line in lines]
    return "<br>".join((f"<b>{safe[0]}</b>", *safe[1:]))
