"""Draws a chart as a Plotly figure.

Paper and texts are those of the light theme: on the page `assets/charts.css` takes the paper away, and recolours the
texts on a dark one, so that a downloaded picture is always a light one. What all charts share is the template.
Building a figure costs some milliseconds, so finished ones are kept (`page_request.known`).
"""

from html import escape
from typing import Any, Final

import plotly.graph_objects as go
import plotly.io

from dash_portal.charts.chart import Chart, Kind
from dash_portal.charts.drawing import LEGEND_ROW, PANEL_TITLE_SIZE, Drawing, DrawnSeries, Panel, drawing_of
from dash_portal.charts.text import FONT_FAMILY, FONT_SIZE

TEXT_COLOUR = "#343A40"
LINE_COLOUR = "rgba(128,134,140,0.28)"
TRACK_COLOUR = "rgba(128,134,140,0.12)"

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


def plotly_figure(chart: Chart, *, accent: str | None) -> dict[str, Any]:
    """Return the chart for `dcc.Graph`, as plain data; a point's customdata is the key a click filters by."""
    drawing = drawing_of(chart, accent)
    layout = go.Layout(
        template=TEMPLATE,
        height=drawing.height,
        margin={"l": 0, "r": drawing.right, "t": drawing.top, "b": drawing.bottom, "pad": 0},
        showlegend=drawing.legend_rows > 0 and not chart.is_empty,
        **_axes(drawing),
    )
    plain: dict[str, Any] = go.Figure([_bars(drawing, series) for series in drawing.series], layout).to_plotly_json()
    return plain


def _bars(drawing: Drawing, series: DrawnSeries) -> go.Bar:
    return go.Bar(
        {
            "name": _inert(series.name),
            "orientation": "h",
            "x": [mark.value for mark in series.marks],
            "y": list(drawing.categories),
            "xaxis": f"x{_number(series.panel)}",
            "yaxis": "y",
            "marker": {"color": [mark.colour for mark in series.marks], "cornerradius": 3, "line": {"width": 0}},
            "customdata": [mark.key for mark in series.marks],
            "hoverinfo": "text",
            "hovertext": [_hover(mark.hover) for mark in series.marks],
            "cliponaxis": False,
            "text": [_inert(mark.text) for mark in series.marks],
            "textposition": "outside",
            "textangle": 0,
            "constraintext": "none",
        }
    )


def _axes(drawing: Drawing) -> dict[str, Any]:
    layout: dict[str, Any] = {
        "barmode": "group",
        "bargap": 0.28,
        "bargroupgap": 0.08,
        "legend": _legend(y=1, yanchor="top", x=0, xanchor="left") | {"xref": "container", "yref": "container"},
        "yaxis": {
            "type": "category",
            "categoryorder": "array",
            "categoryarray": list(drawing.categories),
            "tickmode": "array",
            "tickvals": list(drawing.categories),
            "ticktext": [_markup(lines) for lines in drawing.labels],
            "ticklabelstandoff": 6,
            "automargin": True,
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "visible": not drawing.chart.is_empty,
            "autorange": "reversed",
        },
    }
    for index, panel in enumerate(drawing.panels):
        layout[f"xaxis{_number(index)}"] = _value_axis(drawing, index, panel)
    layout["annotations"] = [_empty_text(drawing)] if drawing.chart.is_empty else _panel_titles(drawing)
    if drawing.chart.kind is Kind.PROGRESSION and not drawing.chart.is_empty:
        layout["shapes"] = _tracks(drawing)
    return layout


def _value_axis(drawing: Drawing, index: int, panel: Panel) -> dict[str, Any]:
    return {
        "range": [panel.low, panel.high],
        "domain": _domain(drawing, index),
        "fixedrange": True,
        "zeroline": True,
        "zerolinecolor": LINE_COLOUR,
        "zerolinewidth": 1,
        "visible": not drawing.chart.is_empty,
        "showgrid": False,
        "showticklabels": False,
        "anchor": "y",
    }


def _domain(drawing: Drawing, index: int) -> list[float]:
    count = len(drawing.panels)
    gap = 0.05 if count > 1 else 0.0
    width = (1 - gap * (count - 1)) / count
    return [index * (width + gap), min(1.0, index * (width + gap) + width)]


def _panel_titles(drawing: Drawing) -> list[dict[str, Any]]:
    return [
        {
            "text": f"<b>{_markup(panel.title)}</b>",
            "xref": "paper",
            "yref": "paper",
            "x": _domain(drawing, index)[0],
            "y": 1,
            "xanchor": "left",
            "yanchor": "bottom",
            "align": "left",
            "font": {"size": PANEL_TITLE_SIZE},
            "showarrow": False,
        }
        for index, panel in enumerate(drawing.panels)
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
            "x1": panel.high,
            "y0": row - 0.36,
            "y1": row + 0.36,
            "fillcolor": TRACK_COLOUR,
            "line": {"width": 0},
        }
        for number, panel in enumerate(drawing.panels)
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
