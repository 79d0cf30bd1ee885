"""What a web does before it listens, so that nobody waits for it with the first page: no brand is asked about yet.

gunicorn makes its workers of what stands here then: they share it, and all of them answer from their first moment on.
"""

from __future__ import annotations

from typing import Final

from flask import Flask

from dash_portal.app import create_app
from dash_portal.charts.chart import Chart, Kind, Look, Series
from dash_portal.charts.echarts import echarts_option
from dash_portal.charts.plotly import plotly_picture
from migrations.history import known_revisions

_NAMES: Final = ("One", "Another")
_PAIR: Final = (Series("All", (2, 1)), Series("Some", (1, 1)))
_ROW: Final = (*_PAIR, *(Series(look.name, (1, 1), look=look) for look in Look if look is not Look.INSIDE))
_SERIES: Final = {Kind.BAR: _PAIR, Kind.PROGRESSION: _PAIR, Kind.ROWS: _ROW, Kind.STRIP: _PAIR[:1]}


def warm_app() -> Flask:
    """Return the application with all that is otherwise loaded at its first use. Raises as `create_app` does.

    Plotly imports the parts of a figure when one is first drawn, Jinja reads a template when it is first rendered, and
    the revisions are read when it is first asked whether the database is at the newest.
    """
    app = create_app()
    known_revisions()
    for template in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(template)
    warm_pictures()
    return app


def warm_pictures() -> None:
    """Draw a chart of each kind, of nobody's numbers."""
    for kind, series in _SERIES.items():
        chart = Chart("invented", "Invented", "Nobody's numbers.", kind, _NAMES, series)
        plotly_picture(chart, accent=None, lines=())
        echarts_option(chart, accent=None)
