"""Draws a chart as an ECharts option: pure JSON, as it is copied into other dashboards and sent by the API.

Colours of texts are left to the page it stands on: in the portal `assets/charts.css` sets them, light or dark.
Every text is written here, because an option without functions can't format numbers.
"""

from html import escape
from typing import Any

from dash_portal.charts.chart import Chart
from dash_portal.charts.drawing import LABEL_GAP, PANEL_TITLE_SIZE, Drawing, DrawnSeries, Mark
from dash_portal.charts.layout import drawing_of
from dash_portal.charts.text import FONT_FAMILY, FONT_SIZE, LINE_HEIGHT

LINE_COLOUR = "rgba(128,134,140,0.28)"
TRACK_COLOUR = "rgba(128,134,140,0.12)"
EDGE_WIDTH = 1.25

_CARD_WIDTHS = (340, 420, 560, 760, 1040, 1400, 1900)
"""From these widths on, panels are laid out anew, as the labels before them keep their width."""


def echarts_option(chart: Chart, *, accent: str | None, narrow: bool = False) -> dict[str, Any]:
    """Return the chart for `echarts.setOption`; a data item's "key" is what a click on it filters by."""
    drawing = drawing_of(chart, accent, narrow=narrow)
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
    """Return grids, axes and bars. Each series has axes of its own in the grid of its panel: a bar lies in a bar."""
    panels = _axes(drawing)
    names = [_name_axis(drawing, panel, is_shown=number == 0) for number, panel in enumerate(panels)]
    scales = [_value_axis(drawing, panel, is_named=panel not in panels[:number]) for number, panel in enumerate(panels)]
    option: dict[str, Any] = {
        "grid": _grids(drawing, drawing.card),
        "xAxis": names if drawing.across else scales,
        "yAxis": scales if drawing.across else names,
        "series": [_bar_series(drawing, number) for number in range(len(drawing.series))],
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


def _axes(drawing: Drawing) -> list[int]:
    """Return per pair of axes the panel that it lies in: one for each panel, or for each series that shares none."""
    if drawing.series[0].thickness is None:
        return list(range(len(drawing.panels)))
    return [series.panel for series in drawing.series]


def _bar_series(drawing: Drawing, number: int) -> dict[str, Any]:
    series = drawing.series[number]
    axis = series.panel if series.thickness is None else number
    from_zero = [3, 3, 0, 0] if drawing.across else [0, 3, 3, 0]
    drawn: dict[str, Any] = {
        "type": "bar",
        "name": series.name,
        "xAxisIndex": axis,
        "yAxisIndex": axis,
        "cursor": "pointer" if drawing.chart.click else "default",
        "barCategoryGap": "33%",
        "barGap": "8%",
        "itemStyle": {"color": series.colour, "borderRadius": from_zero},
        "label": {
            "show": True,
            "position": "inside" if series.bears_numbers else "top" if drawing.across else "right",
            "distance": 4,
            "fontSize": drawing.font,
            "textBorderWidth": 0,
        },
        "data": [_bar(series, mark) for mark in series.marks],
    }
    if series.thickness is not None:
        drawn["barWidth"] = f"{series.thickness:.0%}"
    if drawing.panels[series.panel].track is not None:
        drawn |= {"showBackground": True, "backgroundStyle": {"color": TRACK_COLOUR}}
    return drawn


def _bar(series: DrawnSeries, mark: Mark) -> dict[str, Any]:
    item = {
        "value": mark.length,
        "key": mark.key,
        "tooltip": {"formatter": _tooltip(mark.hover)},
        "label": {"formatter": mark.text},
    }
    style: dict[str, Any] = {} if mark.fill == series.colour else {"color": mark.fill}
    if mark.edge is not None:
        style |= {"borderColor": mark.edge, "borderWidth": EDGE_WIDTH}
    if mark.length is not None and mark.length < 0:
        style["borderRadius"] = [3, 0, 0, 3]
        item["label"] = {"formatter": mark.text, "position": "left"}
    if style:
        item["itemStyle"] = style
    return item


def _name_axis(drawing: Drawing, panel: int, *, is_shown: bool) -> dict[str, Any]:
    label: dict[str, Any] = {
        "show": is_shown,
        "interval": 0,
        "fontSize": drawing.font,
        "lineHeight": LINE_HEIGHT * drawing.font // FONT_SIZE,
        "margin": LABEL_GAP,
        "width": drawing.label_width - LABEL_GAP,
        "overflow": "break",
    }
    if drawing.across:
        label |= {"margin": 5, "width": drawing.card // max(1, len(drawing.categories))}
    return {
        "type": "category",
        "gridIndex": panel,
        "data": list(drawing.categories),
        "inverse": not drawing.across,
        "position": "bottom" if drawing.across else "left",
        "show": not drawing.chart.is_empty,
        "axisTick": {"show": False},
        "axisLine": {"show": drawing.has_bars(panel), "onZero": False, "lineStyle": {"color": LINE_COLOUR}},
        "axisLabel": label,
    }


def _value_axis(drawing: Drawing, index: int, *, is_named: bool) -> dict[str, Any]:
    panel = drawing.panels[index]
    axis: dict[str, Any] = {
        "type": "value",
        "gridIndex": index,
        "min": panel.low,
        "max": panel.high,
        "show": not drawing.chart.is_empty,
        "position": "left" if drawing.across else "top",
        "axisLabel": {"show": False},
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "splitLine": {"show": False},
    }
    if panel.title and is_named:
        axis |= {
            "name": "\n".join(panel.title),
            "nameLocation": "start",
            "nameGap": 0,
            "nameMoveOverlap": False,
            "nameTextStyle": {
                "align": "left",
                "verticalAlign": "bottom",
                "padding": [0, 0, 6, 0],
                "fontSize": min(PANEL_TITLE_SIZE, drawing.font),
                "lineHeight": LINE_HEIGHT,
                "fontWeight": "bold",
            },
        }
    return axis


def _grids(drawing: Drawing, card_width: int) -> list[dict[str, Any]]:
    """Lay out panels for a card of that width and wider: the labels in pixels, the panels in shares of the rest."""
    frame = {"top": drawing.top, "bottom": drawing.bottom, "outerBoundsMode": "none"}
    if len(drawing.panels) == 1:
        return [{"left": drawing.label_width, "right": drawing.right, **frame}]
    beside = card_width - drawing.label_width - drawing.right
    return [
        {
            "left": _percent((drawing.label_width + panel.start * beside) / card_width),
            "width": _percent(max((panel.end - panel.start) * beside, 4) / card_width),
            **frame,
        }
        for panel in drawing.panels
    ]


def _wider_grids(drawing: Drawing) -> list[dict[str, Any]]:
    narrow: dict[str, Any] = {"option": {"grid": _grids(drawing, drawing.card)}}
    widths = [width for width in _CARD_WIDTHS if width > drawing.card]
    wider = [{"query": {"minWidth": width}, "option": {"grid": _grids(drawing, width)}} for width in widths]
    return [*wider, narrow]


def _percent(share: float) -> str:
    return f"{share * 100:.2f}%"


def _tooltip(lines: tuple[str, ...]) -> str:
    """Write a tooltip as inert HTML; braces would be taken for a placeholder."""
    safe = [escape(line).replace("{", "&#123;").replace("}", "&#125;") for line in lines]
    return "<br>".join((f"<b>{safe[0]}</b>", *safe[1:]))
