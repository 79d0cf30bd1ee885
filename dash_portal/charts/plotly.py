"""Draws a chart as a Plotly figure.

Paper and texts are those of the light theme: on the page `assets/charts.css` takes the paper away, and recolours the
texts on a dark one, so that a downloaded picture is always a light one. What all charts share is the template.
Building a figure costs a millisecond or two for each series, so finished ones are kept (`page_request.known`), and what
never differs stands in the template, which Plotly checks once and not for each figure.
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

_VALUE_AXIS: Final = {
    "fixedrange": True,
    "zerolinecolor": LINE_COLOUR,
    "zerolinewidth": 1,
    "showgrid": False,
    "showticklabels": False,
}
_NAME_AXIS: Final = {
    "type": "category",
    "categoryorder": "array",
    "tickmode": "array",
    "tickangle": 0,
    "fixedrange": True,
    "showgrid": False,
    "zeroline": False,
}

plotly.io.templates[TEMPLATE] = go.layout.Template(
    layout=go.Layout(
        autosize=True,
        paper_bgcolor="#FFFFFF",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT_FAMILY, "size": FONT_SIZE, "color": TEXT_COLOUR},
        hovermode="closest",
        hoverlabel={"align": "left", "font": {"family": FONT_FAMILY, "size": FONT_SIZE}},
        dragmode=False,
        bargap=0.28,
        bargroupgap=0.08,
        xaxis=_VALUE_AXIS,
        yaxis=_NAME_AXIS | {"ticklabelstandoff": 6, "automargin": True},
        legend={
            "orientation": "h",
            "xref": "container",
            "yref": "container",
            "x": 0,
            "y": 1,
            "xanchor": "left",
            "yanchor": "top",
            "itemclick": False,  # an entry hides nothing; the event of its click still comes
            "itemdoubleclick": False,
            "traceorder": "normal",
            "bgcolor": "rgba(0,0,0,0)",
            "itemwidth": 30,
            "tracegroupgap": LEGEND_ROW - FONT_SIZE,
        },
        annotationdefaults={"xref": "paper", "yref": "paper", "showarrow": False},
        shapedefaults={"type": "rect", "layer": "below", "yref": "y", "fillcolor": TRACK_COLOUR, "line": {"width": 0}},
    ),
    data={
        "bar": [
            go.Bar(
                orientation="h",
                marker={"cornerradius": 3},
                hoverinfo="text",
                cliponaxis=False,
                insidetextanchor="middle",
                textfont={"color": TEXT_COLOUR},
                textangle=0,
                constraintext="none",
            )
        ]
    },
)


_TEMPLATE_JSON: Final[dict[str, Any]] = plotly.io.templates[TEMPLATE].to_plotly_json()


def plotly_figure(chart: Chart, *, accent: str | None, narrow: bool = False) -> dict[str, Any]:
    """Return the chart for `dcc.Graph`, as plain data; a point's customdata is the key a click filters by."""
    return drawn_figure(drawing_of(chart, accent, narrow=narrow))


def plotly_picture(chart: Chart, *, accent: str | None, lines: Sequence[str]) -> dict[str, Any]:
    """Return the figure of a picture that is taken away: its own size in pixels, and title and lines above it."""
    figure = drawn_figure(picture_of(chart, accent))
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
    layout["legend"] = {"x": PICTURE_EDGE / PICTURE_WIDTH, "y": 1 - head / height}
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


def drawn_figure(drawing: Drawing) -> dict[str, Any]:
    """Return the figure of what is settled already, as plain data."""
    # All of it goes into one Figure, which checks each property: parts made before would be checked again, and copied.
    # For the same reason the template, which was checked when it was registered, is added behind it.
    data = [_bars(drawing, series) for series in drawing.series]
    plain: dict[str, Any] = go.Figure({"data": data, "layout": _layout(drawing)}).to_plotly_json()
    plain["layout"]["template"] = _TEMPLATE_JSON
    return plain


def _layout(drawing: Drawing) -> dict[str, Any]:
    is_empty = drawing.chart.is_empty
    return {
        "template": "none",
        "height": drawing.height,
        "margin": {"l": 0, "r": drawing.right, "t": drawing.top, "b": drawing.bottom, "pad": 0},
        "showlegend": drawing.legend_rows > 0 and not is_empty,
        "barmode": "group" if drawing.series[0].thickness is None else "overlay",
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
        "marker": {"color": [mark.fill for mark in series.marks]} | _edges(series),
        "customdata": [mark.key for mark in series.marks],
        "hovertext": [_hover(mark.hover) for mark in series.marks],
        "text": [_inert(mark.text) for mark in series.marks],
        "textposition": "inside" if series.bears_numbers else "outside",
        "textfont": {"size": drawing.font},
    } | along


def _edges(series: DrawnSeries) -> dict[str, Any]:
    if not any(mark.edge for mark in series.marks):
        return {}
    colours = [mark.edge or mark.fill for mark in series.marks]
    return {"line": {"color": colours, "width": [EDGE_WIDTH if mark.edge else 0 for mark in series.marks]}}


def _axes(drawing: Drawing) -> dict[str, Any]:
    names = {
        "categoryarray": list(drawing.categories),
        "tickvals": list(drawing.categories),
        "ticktext": [_markup(lines) for lines in drawing.labels],
        "tickfont": {"size": drawing.font},
        "visible": not drawing.chart.is_empty,
    }
    if drawing.across:
        across = _NAME_AXIS | {"ticklabelstandoff": 2, "automargin": False, "showticklabels": True}
        upright = _VALUE_AXIS | {"type": "linear", "automargin": False, "anchor": "x"}
        return {"xaxis": across | names, "yaxis": upright | _value_axis(drawing, 0)}
    scales = {
        f"xaxis{_number(index)}": _value_axis(drawing, index) | {"domain": [panel.start, panel.end], "anchor": "y"}
        for index, panel in enumerate(drawing.panels)
    }
    return {"yaxis": names | {"autorange": "reversed"}, **scales}


def _value_axis(drawing: Drawing, index: int) -> dict[str, Any]:
    panel = drawing.panels[index]
    return {
        "range": [panel.low, panel.high],
        "zeroline": drawing.has_bars(index),
        "visible": not drawing.chart.is_empty,
    }


def _panel_titles(drawing: Drawing) -> list[dict[str, Any]]:
    return [
        {
            "text": f"<b>{_markup(panel.title)}</b>",
            "x": panel.start,
            "y": 1,
            "xanchor": "left",
            "yanchor": "bottom",
            "align": "left",
            "font": {"size": min(PANEL_TITLE_SIZE, drawing.font)},
        }
        for panel in drawing.panels
        if panel.title
    ]


def _tracks(drawing: Drawing) -> list[dict[str, Any]]:
    return [
        {
            "xref": f"x{_number(number)}",
            "x0": 0,
            "x1": panel.track,
            "y0": row - 0.36,
            "y1": row + 0.36,
        }
        for number, panel in enumerate(drawing.panels)
        if panel.track is not None
        for row in range(len(drawing.categories))
    ]


def _empty_text(drawing: Drawing) -> dict[str, Any]:
    return {
        "text": _inert(drawing.chart.empty_text),
        "x": 0.5,
        "y": 0.5,
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
