"""Draws a chart as a Plotly figure.

Paper and texts are those of the light theme: on the page `assets/charts.css` takes the paper away, and recolours the
texts on a dark one, so that a downloaded picture is always a light one. What all charts share is the template.
Building a figure costs some milliseconds, so finished ones are kept (`page_request.known`).
"""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

import plotly.graph_objects as go
import plotly.io

from dash_portal.charts.chart import Chart
from dash_portal.charts.drawing import LEGEND_ROW, PANEL_TITLE_SIZE, Drawing, DrawnSeries
from dash_portal.charts.layout import drawing_of, picture_of
from dash_portal.charts.text import FONT_FAMILY, FONT_SIZE

TEXT_COLOUR = "#343A40"
LINE_COLOUR = "rgba(128,134,140,0.28)"
TRACK_COLOUR = "rgba(128,134,140,0.12)"
EDGE_WIDTH = 1.25
PICTURE_WIDTH: Final = 960
PICTURE_EDGE: Final = 24
PICTURE_LINE: Final = 18
TITLE_SIZE: Final = 18

PLOTLY_CONFIG: dict[str, Any] = {
    "displayModeBar": False,
    "responsive": True,
    "doubleClick": False,
    "typesetMath": False,
}
"""What `dcc.Graph(config=...)` gets beside every figure made here."""


TEMPLATE: Final = "portal"
"""What all charts share, under this name among Plotly's templates."""

plotly.io.templates[TEMPLATE] = go.layout.Template(
    layout=go.Layout(
        autosize=True,
        paper_bgcolor="#FFFFFF",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT_FAMILY, "size": FONT_SIZE, "color": TEXT_COLOUR},
        hovermode="closest",
        hoverlabel={"align": "left", "font": {"family": FONT_FAMILY, "size": FONT_SIZE}},
        dragmode=False,
    )
)


def plotly_figure(chart: Chart, *, accent: str | None, narrow: bool = False) -> dict[str, Any]:
    """Return the chart for `dcc.Graph`, as plain data; a point's customdata is the key a click filters by."""
    return _figure(drawing_of(chart, accent, narrow=narrow))


def plotly_picture(chart: Chart, *, accent: str | None, lines: Sequence[str]) -> dict[str, Any]:
    """Return the figure of a picture that is taken away: its own size in pixels, and title and lines above it."""
    figure = _figure(picture_of(chart, accent))
    layout, margin = figure["layout"], figure["layout"]["margin"]
    head = PICTURE_EDGE + PICTURE_LINE * (len(lines) + 2)
    height = layout["height"] + head + PICTURE_EDGE
    small = "".join(f"<br><span style='font-size:{FONT_SIZE}px'>{_inert(line)}</span>" for line in lines)
    margin |= {
        "l": PICTURE_EDGE,
        "r": margin["r"] + PICTURE_EDGE,
        "t": margin["t"] + head,
        "b": margin["b"] + PICTURE_EDGE,
    }
    layout |= {"width": PICTURE_WIDTH, "height": height}
    layout["legend"] |= {"x": PICTURE_EDGE / PICTURE_WIDTH, "y": 1 - head / height}
    layout["title"] = {
        "text": f"<b>{_inert(chart.title)}</b>{small}",
        "font": {"size": TITLE_SIZE},
        "xref": "container",
        "x": PICTURE_EDGE / PICTURE_WIDTH,
        "xanchor": "left",
        "yref": "container",
        "y": 1 - PICTURE_EDGE / height,
        "yanchor": "top",
    }
    return figure


def _figure(drawing: Drawing) -> dict[str, Any]:
    # All of it goes into one Figure, which checks each property: parts made before would be checked again, and copied.
    data = [_bars(drawing, series) for series in drawing.series]
    plain: dict[str, Any] = go.Figure({"data": data, "layout": _layout(drawing)}).to_plotly_json()
    return plain


def _layout(drawing: Drawing) -> dict[str, Any]:
    is_empty = drawing.chart.is_empty
    return {
        "template": TEMPLATE,
        "height": drawing.height,
        "margin": {"l": 0, "r": drawing.right, "t": drawing.top, "b": drawing.bottom, "pad": 0},
        "showlegend": drawing.legend_rows > 0 and not is_empty,
        "barmode": "group" if drawing.series[0].thickness is None else "overlay",
        "bargap": 0.28,
        "bargroupgap": 0.08,
        "legend": _legend(y=1, yanchor="top", x=0, xanchor="left") | {"xref": "container", "yref": "container"},
        "annotations": [_empty_text(drawing)] if is_empty else _panel_titles(drawing),
        "shapes": [] if is_empty else _tracks(drawing),
        **_axes(drawing),
    }


def _bars(drawing: Drawing, series: DrawnSeries) -> dict[str, Any]:
    names, lengths = list(drawing.categories), [mark.length for mark in series.marks]
    along = {"orientation": "v", "x": names, "y": lengths} if drawing.across else {"x": lengths, "y": names}
    return {
        "type": "bar",
        "name": _inert(series.name),
        "orientation": "h",
        "width": series.thickness,
        "xaxis": f"x{_number(series.panel)}",
        "yaxis": "y",
        "marker": {
            "color": [mark.fill for mark in series.marks],
            "cornerradius": 3,
            "line": {
                "color": [mark.edge or mark.fill for mark in series.marks],
                "width": [0 if mark.edge is None else EDGE_WIDTH for mark in series.marks],
            },
        },
        "customdata": [mark.key for mark in series.marks],
        "hoverinfo": "text",
        "hovertext": [_hover(mark.hover) for mark in series.marks],
        "cliponaxis": False,
        "text": [_inert(mark.text) for mark in series.marks],
        "textposition": "inside" if series.bears_numbers else "outside",
        "insidetextanchor": "middle",
        "textfont": {"size": drawing.font, "color": TEXT_COLOUR},
        "textangle": 0,
        "constraintext": "none",
    } | along


def _axes(drawing: Drawing) -> dict[str, Any]:
    names = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": list(drawing.categories),
        "tickmode": "array",
        "tickvals": list(drawing.categories),
        "ticktext": [_markup(lines) for lines in drawing.labels],
        "tickfont": {"size": drawing.font},
        "tickangle": 0,
        "ticklabelstandoff": 2 if drawing.across else 6,
        "automargin": not drawing.across,
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "visible": not drawing.chart.is_empty,
    }
    if drawing.across:
        return {"xaxis": names, "yaxis": _value_axis(drawing, 0) | {"anchor": "x"}}
    scales = {
        f"xaxis{_number(index)}": _value_axis(drawing, index) | {"domain": [panel.start, panel.end], "anchor": "y"}
        for index, panel in enumerate(drawing.panels)
    }
    return {"yaxis": names | {"autorange": "reversed"}, **scales}


def _value_axis(drawing: Drawing, index: int) -> dict[str, Any]:
    panel = drawing.panels[index]
    return {
        "range": [panel.low, panel.high],
        "fixedrange": True,
        "zeroline": drawing.has_bars(index),
        "zerolinecolor": LINE_COLOUR,
        "zerolinewidth": 1,
        "visible": not drawing.chart.is_empty,
        "showgrid": False,
        "showticklabels": False,
    }


def _panel_titles(drawing: Drawing) -> list[dict[str, Any]]:
    return [
        {
            "text": f"<b>{_markup(panel.title)}</b>",
            "xref": "paper",
            "yref": "paper",
            "x": panel.start,
            "y": 1,
            "xanchor": "left",
            "yanchor": "bottom",
            "align": "left",
            "font": {"size": min(PANEL_TITLE_SIZE, drawing.font)},
            "showarrow": False,
        }
        for panel in drawing.panels
        if panel.title
    ]


def _tracks(drawing: Drawing) -> list[dict[str, Any]]:
    return [
        {
            "type": "rect",
            "layer": "below",
            "xref": f"x{_number(number)}",
            "yref": "y",
            "x0": 0,
            "x1": panel.track,
            "y0": row - 0.36,
            "y1": row + 0.36,
            "fillcolor": TRACK_COLOUR,
            "line": {"width": 0},
        }
        for number, panel in enumerate(drawing.panels)
        if panel.track is not None
        for row in range(len(drawing.categories))
    ]


def _legend(*, x: float, y: float, xanchor: str, yanchor: str) -> dict[str, Any]:
    return {
        "orientation": "h",
        "x": x,
        "y": y,
        "xanchor": xanchor,
        "yanchor": yanchor,
        "itemclick": False,  # an entry hides nothing; the event of its click still comes
        "itemdoubleclick": False,
        "traceorder": "normal",
        "bgcolor": "rgba(0,0,0,0)",
        "itemwidth": 30,
        "tracegroupgap": LEGEND_ROW - FONT_SIZE,
    }


def _empty_text(drawing: Drawing) -> dict[str, Any]:
    return {
        "text": _inert(drawing.chart.empty_text),
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.5,
        "showarrow": False,
        "font": {"size": 14},
    }


def _hover(lines: tuple[str, ...]) -> str:
    name, *facts = _markup(lines).split("<br>")
    return "<br>".join((f"<b>{name}</b>", *facts))


def _markup(lines: tuple[str, ...]) -> str:
    return _inert("\n".join(lines)).replace("\n", "<br>")


def _inert(text: str) -> str:
    """Escape what Plotly would read as a tag or, between two dollars, as a formula."""
    escaped = escape(text)
    return escaped.replace("$", "&#36;") if escaped.count("$") > 1 else escaped


def _number(index: int) -> str:
    return "" if index == 0 else str(index + 1)
