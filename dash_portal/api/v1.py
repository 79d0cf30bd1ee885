"""/api/v1: how fresh a brand's data is, its charts, and the rows behind the five pages; for programs and people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from dash_portal.accounts.key_holder import key_holder
from dash_portal.accounts.sheet_addresses import Sheet, sheet_address, sheet_of
from dash_portal.api.chart_answer import chart_answer
from dash_portal.api.cursor import Cursor, CursorError, fingerprint, read_cursor
from dash_portal.api.etags import etag_of, is_known, not_modified, tagged
from dash_portal.api.parameters import (
    FORMATS,
    USUAL_ROWS,
    asked,
    brand_parameter,
    chart_parameters,
    file_parameters,
    row_parameters,
)
from dash_portal.api.row_pages import DataChangedError, plain_row, read_page
from dash_portal.api.status_answer import status_answer
from dash_portal.brand_access import authorised_brand
from dash_portal.dashboard_pages import PAGES
from dash_portal.dashboards.chart_catalogue import CHART_IDS, CHARTS_OF
from dash_portal.exports import EXPORTS, table_file
from dash_portal.view import View
from models import utc_now

blueprint = Blueprint("api_v1", __name__, url_prefix="/api/v1")


@blueprint.get("/status")
def status() -> ResponseReturnValue:
    """Answer how the brand's last sync stands and how old its data is: never twice the same, so it has no ETag."""
    return jsonify(status_answer(authorised_brand(_one(asked(brand_parameter()), "brand"))))


@blueprint.get("/charts")
def charts() -> ResponseReturnValue:
    """Answer which charts there are, of which page each, and in which forms one may have them."""
    asked(brand_parameter())
    listed = [{"id": chart_id, "page": page} for page, chart_ids in CHARTS_OF.items() for chart_id in chart_ids]
    return jsonify({"charts": listed, "formats": list(FORMATS)})


@blueprint.get("/charts/<chart_id>")
def one_chart(chart_id: str) -> ResponseReturnValue:
    """Answer one chart, narrowed as its page is."""
    if chart_id not in CHART_IDS:
        abort(404)
    question = asked(chart_parameters(chart_id))
    brand, now = authorised_brand(_one(question, "brand")), utc_now()
    page = next(PAGES[name] for name, chart_ids in CHARTS_OF.items() if chart_id in chart_ids)
    etag = etag_of(brand, page.depends_on(brand, now))
    if is_known(etag):
        return not_modified(etag)
    form = _one(question, "format") or FORMATS[0]
    return tagged(jsonify(chart_answer(brand, chart_id, form, question, now)), etag)


@blueprint.get("/rows/<table>")
def rows(table: str) -> ResponseReturnValue:
    """Answer a page of a table's rows, filtered, searched and sorted as its page is."""
    if table not in EXPORTS:
        abort(404)
    question = asked(row_parameters(table))
    brand, known_by = authorised_brand(_one(question, "brand")), fingerprint(table, question)
    cursor = _cursor(_one(question, "cursor"), known_by)
    moment = utc_now().replace(second=0, microsecond=0) if cursor is None else cursor.moment
    etag = etag_of(brand, PAGES[table].depends_on(brand, moment))
    if cursor is not None and cursor.data_version != brand.data_version:
        raise DataChangedError
    if is_known(etag):
        return not_modified(etag)
    offset, most = 0 if cursor is None else cursor.offset, int(_one(question, "limit") or USUAL_ROWS)
    page = read_page(
        EXPORTS[table],
        brand,
        View.of(f"/{table}", question),
        moment,
        offset=offset,
        most=most,
        version=None if cursor is None else cursor.data_version,
    )
    end = offset + len(page.rows)
    following = Cursor(page.data_version, end, moment, known_by).written() if page.rows and end < page.total else None
    answer: dict[str, Any] = {
        "data_version": page.data_version,
        "total": page.total,
        "next_cursor": following,
        "rows": [plain_row(row) for row in page.rows],
    }
    return tagged(jsonify(answer), etag)


@blueprint.get("/rows/<table>.csv")
def file(table: str) -> ResponseReturnValue:
    """Answer a whole table as the page's own file, filtered, searched and sorted as its page is."""
    if table not in EXPORTS:
        abort(404)
    return _file(table, asked(file_parameters(table)))


@blueprint.get("/rows/<table>/sheet-address")
def address_for_sheet(table: str) -> ResponseReturnValue:
    """Answer the address by which a spreadsheet, which sends no key, gets the file that the parameters ask for."""
    if table not in EXPORTS:
        abort(404)
    question, program = asked(file_parameters(table)), key_holder()
    if program is None:
        abort(403)
    path = sheet_address(Sheet(program.key_id, table, question))
    return jsonify({"address": f"{request.url_root.rstrip('/')}{path}"})


@blueprint.get("/sheet/<_word>")
def sheet(_word: str) -> ResponseReturnValue:
    """Answer the file that a spreadsheet's address is for."""
    asked(())
    opened = sheet_of(request.path)
    if opened is None or opened.table not in EXPORTS:
        abort(404)
    return _file(opened.table, opened.question)


def _file(table: str, question: Mapping[str, Sequence[str]]) -> ResponseReturnValue:
    brand = authorised_brand(_one(question, "brand"))
    etag = etag_of(brand, PAGES[table].depends_on(brand, utc_now()))
    if is_known(etag):
        return not_modified(etag)
    return tagged(table_file(table, brand, question), etag)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Answer the description of all this, in OpenAPI 3.1."""
    asked(())
    return jsonify(current_app.extensions["openapi"])


def _cursor(text: str | None, question: str) -> Cursor | None:
    try:
        return None if text is None else read_cursor(text, question)
    except CursorError:
        abort(400, "This cursor is none of this question: begin without one.")


def _one(question: Mapping[str, Sequence[str]], name: str) -> str | None:
    return next(iter(question.get(name, ())), None)
