"""Draws a chart as an ECharts option: pure JSON, as it is copied into other dashboards and sent by the API.

Colours of texts are left to the page it stands on: in the portal `assets/charts.css` sets them, light or dark.
Every text is written here, because an option without functions can't format numbers.
"""

from html import escape
from typing import Any

from dash_portal.charts.chart import Chart, Kind
from dash_portal.charts.drawing import (
    LABEL_GAP,
    NARROWEST,
    PANEL_GAP,
    PANEL_TITLE_SIZE,
    Drawing,
    DrawnSeries,
    Mark,
    Panel,
    drawing_of,
)
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
    return option | _bars(drawing)


def _spoken(chart: Chart) -> str:
    return f"{chart.title}. {chart.description}"


def _bars(drawing: Drawing) -> dict[str, Any]:
    option: dict[str, Any] = {
        "grid": _grids(drawing, NARROWEST),
        "xAxis": [_value_axis(drawing, index, panel) for index, panel in enumerate(drawing.panels)],
        "yAxis": [_name_axis(drawing, index) for index in range(len(drawing.panels))],
        "series": [_bar_series(drawing, series) for series in drawing.series],
    }
    if len(drawing.panels) > 1:
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
    drawn: dict[str, Any] = {
        "type": "bar",
        "name": series.name,
        "xAxisIndex": series.panel,
        "yAxisIndex": series.panel,
        "cursor": "pointer" if drawing.chart.click else "default",
        "barCategoryGap": "33%",
        "barGap": "8%",
        "itemStyle": {"color": series.colour, "borderRadius": [0, 3, 3, 0]},
        "label": {"show": True, "position": "right", "distance": 4, "fontSize": FONT_SIZE},
        "data": [_bar(series, mark) for mark in series.marks],
    }
    if drawing.chart.kind is Kind.PROGRESSION:
        drawn |= {"showBackground": True, "backgroundStyle": {"color": TRACK_COLOUR}}
    return drawn


def _bar(series: DrawnSeries, mark: Mark) -> dict[str, Any]:
    item = _item(mark) | {"label": {"formatter": mark.text}}
    style: dict[str, Any] = {} if mark.colour == series.colour else {"color": mark.colour}
    if mark.value is not None and mark.value < 0:
        style["borderRadius"] = [3, 0, 0, 3]
        item["label"]["position"] = "left"
    if style:
        item["itemStyle"] = style
    return item


def _item(mark: Mark) -> dict[str, Any]:
    return {"value": mark.value, "key": mark.key, "tooltip": {"formatter": _tooltip(mark.hover)}}


def _name_axis(drawing: Drawing, panel: int) -> dict[str, Any]:
    return {
        "type": "category",
        "gridIndex": panel,
        "data": list(drawing.categories),
        "inverse": True,
        "show": not drawing.chart.is_empty,
        "axisTick": {"show": False},
        "axisLine": {"show": True, "onZero": False, "lineStyle": {"color": LINE_COLOUR}},
        "axisLabel": {
            "show": panel == 0,
            "interval": 0,
            "fontSize": FONT_SIZE,
            "lineHeight": LINE_HEIGHT,
            "margin": LABEL_GAP,
            "width": drawing.label_width - LABEL_GAP,
            "overflow": "break",
        },
    }


def _value_axis(drawing: Drawing, index: int, panel: Panel) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "type": "value",
        "gridIndex": index,
        "min": panel.low,
        "max": panel.high,
        "show": not drawing.chart.is_empty,
        "position": "top",
        "axisLabel": {"show": False},
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "splitLine": {"show": False},
    }
    if panel.title:
        axis |= {
            "name": "\n".join(panel.title),
            "nameLocation": "start",
            "nameGap": 0,
            "nameMoveOverlap": False,
            "nameTextStyle": {
                "align": "left",
                "verticalAlign": "bottom",
                "padding": [0, 0, 6, 0],
                "fontSize": PANEL_TITLE_SIZE,
                "lineHeight": LINE_HEIGHT,
                "fontWeight": "bold",
            },
        }
    return axis


def _grids(drawing: Drawing, card_width: int) -> list[dict[str, Any]]:
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
    narrow: dict[str, Any] = {"option": {"grid": _grids(drawing, NARROWEST)}}
    wider = [{"query": {"minWidth": width}, "option": {"grid": _grids(drawing, width)}} for width in _CARD_WIDTHS]
    return [*wider, narrow]


def _percent(share: float) -> str:
    return f"{share * 100:.2f}%"


def _tooltip(lines: tuple[str, ...]) -> str:
    """Write a tooltip as inert HTML; braces would be taken for a placeholder."""
    safe = [escape(line).replace("{", "&#123;").replace("}", "&#125;") for line in lines]
    return "<br>".join((f"<b>{safe[0]}</b>", *safe[1:]))
