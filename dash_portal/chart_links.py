"""Where a click on a chart leads: the view of its page, narrowed or widened by what was clicked."""

from __future__ import annotations

from typing import Any

from dash_portal.charts.chart import AND, Chart
from dash_portal.charts.data import chart_targets
from dash_portal.charts.drawing import Drawing
from dash_portal.dashboards.folding import OPEN
from dash_portal.view import View


def link_of(chart: Chart, view: View, key: str | None) -> str | None:
    """Return where a click leads on what bears that key; None where it leads nowhere."""
    if chart.click is None or key is None:
        return None
    if key == OPEN:
        return view.toggled("open", chart.chart_id).href
    row, *also = key.split(AND)
    if not also:
        return view.toggled(chart.click, row).href
    name, _, value = also[0].partition("=")
    return view.narrowed().set_to(chart.click, row).set_to(name, value).href


def targets(chart: Chart, drawing: Drawing, view: View) -> dict[str, Any]:
    """Return what `assets/charts.js` needs of rows and of their own marks: where they stand, lead to, what they say."""
    rows = [[(link_of(chart, view, key) or "", words) for key, words in row] for row in chart_targets(chart)]
    return {
        "start": drawing.top,
        "step": drawing.step,
        "own": [drawing.label_width, drawing.own_targets],
        "rows": rows,
    }
