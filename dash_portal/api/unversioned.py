"""The paths from before there were versions: how fresh the brand's data is, and its charts in three forms."""

from __future__ import annotations

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from dash_portal.api.chart_answer import chart_answer
from dash_portal.api.parameters import FORMATS
from dash_portal.api.status_answer import status_answer
from dash_portal.brand_access import authorised_brand
from dash_portal.dashboards.chart_catalogue import CHART_IDS
from dash_portal.screen import is_narrow
from models import utc_now

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/sync/status")
def sync_status() -> ResponseReturnValue:
    """Answer how the brand's last sync stands and how old its data is."""
    return jsonify(status_answer(authorised_brand(request.args.get("brand"))))


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
    return jsonify(chart_answer(brand, chart_id, form, filters, utc_now(), narrow=is_narrow()))


@blueprint.route("/<path:_unknown>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def unknown(_unknown: str) -> ResponseReturnValue:
    """Answer 404 to calls that don't exist, instead of a page."""
    abort(404)
