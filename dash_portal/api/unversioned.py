"""The paths from before there were versions: how fresh the brand's data is, and its charts in three forms."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from dash_portal.brand_access import authorised_brand, open_brand, open_brand_rows
from dash_portal.charts.data import chart_data
from dash_portal.charts.echarts import echarts_option
from dash_portal.charts.plotly import plotly_figure
from dash_portal.dashboards.chart_catalogue import CHART_IDS, chart
from dash_portal.freshness import brand_freshness
from dash_portal.portal import portal
from dash_portal.screen import is_narrow
from models import utc_now

FORMATS: Final = ("data", "echarts", "plotly")

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/sync/status")
def sync_status() -> ResponseReturnValue:
    """Answer how the brand's last sync stands and how old its data is."""
    brand = authorised_brand(request.args.get("brand"))
    with open_brand(brand) as session:
        cron = portal().settings.sync_cron
        fresh = brand_freshness(session, utc_now(), cron, brand.slug, data_version=brand.data_version)
    return jsonify(fresh.as_json())


@blueprint.get("/charts")
def charts() -> ResponseReturnValue:
    """Answer which charts there are."""
    return jsonify({"charts": list(CHART_IDS), "formats": list(FORMATS)})


@blueprint.get("/charts/<chart_id>")
def one_chart(chart_id: str) -> ResponseReturnValue:
    """Answer one chart, narrowed by the same query parameters as its page."""
    form = request.args.get("format", "data")
    if chart_id not in CHART_IDS:
        abort(404)
    if form not in FORMATS:
        abort(400, "This format is not known: use data, echarts or plotly.")
    brand = authorised_brand(request.args.get("brand"))
    filters = {name: values for name, values in request.args.lists() if name not in {"brand", "format"}}
    with open_brand_rows(brand) as session:
        made = chart(session, brand, chart_id, filters, utc_now())
    config: dict[str, Any]
    if form == "echarts":
        config = echarts_option(made, accent=brand.accent_colour, narrow=is_narrow())
    elif form == "plotly":
        config = plotly_figure(made, accent=brand.accent_colour)
    else:
        config = chart_data(made)
    return jsonify(
        {
            "id": chart_id,
            "title": made.title,
            "format": form,
            "data_version": brand.data_version,
            "config": config,
        }
    )


@blueprint.route("/<path:_unknown>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def unknown(_unknown: str) -> ResponseReturnValue:
    """Answer 404 to calls that don't exist, instead of a page."""
    abort(404)
