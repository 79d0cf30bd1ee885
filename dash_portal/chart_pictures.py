"""A chart as a picture that is taken away: the figure, with brand, date of the data and filters above it.

The browser's Plotly makes the PNG of it; it has no part in what the picture says.
"""

from __future__ import annotations

from itertools import chain
from textwrap import wrap
from typing import Final

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from dash_portal.brand_access import authorised_brand, open_brand, open_rows
from dash_portal.brand_time import local_day, moment_text
from dash_portal.charts.plotly import plotly_picture
from dash_portal.dashboard_pages import PAGES, DashboardPage, filters_in_force
from dash_portal.dashboards.chart_catalogue import chart
from dash_portal.freshness import page_freshness
from dash_portal.portal import portal
from dash_portal.view import View
from models import utc_now

blueprint = Blueprint("chart_pictures", __name__, url_prefix="/export/charts")

_LETTERS: Final = 120
"""So many letters fit into a line of the picture."""
_MOST_LINES: Final = 6


@blueprint.get("/<chart_id>/picture")
def picture(chart_id: str) -> ResponseReturnValue:
    """Answer what `Plotly.downloadImage` takes: a chart as its page shows it, and the file's name."""
    page = _page_of(chart_id)
    if page is None:
        abort(404)
    brand = authorised_brand(request.args.get("brand"))
    view, now, zone = View.of(page.path, request.args.to_dict(flat=False)), utc_now(), brand.display_zone
    narrowed = {name: values for name, values in request.args.lists() if name != "brand"}
    with open_brand(brand) as session:
        read_at = page_freshness(session, page.resources, now, portal().settings.sync_cron, brand.slug).read_at
        with open_rows(session) as rows:
            made = chart(rows, brand, chart_id, narrowed, now)
            filters = list(filters_in_force(rows, brand, page, view))
    data_of = "Nothing was read yet" if read_at is None else f"Data of {moment_text(read_at, zone)}"
    lines = wrap(" · ".join([brand.name, data_of, *filters]), _LETTERS, max_lines=_MOST_LINES, placeholder=" …")
    filename = f"{brand.slug}-{chart_id}-{local_day(read_at or now, zone).isoformat()}"
    figure = plotly_picture(made, accent=brand.accent_colour, lines=lines)
    return jsonify([figure, {"format": "png", "scale": 2, "filename": filename}])


def _page_of(chart_id: str) -> DashboardPage | None:
    return next((page for page in PAGES.values() if chart_id in chain.from_iterable(page.charts)), None)
