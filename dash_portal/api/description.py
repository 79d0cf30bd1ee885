"""The description of /api/v1 in OpenAPI 3.1, made of what the code answers by: parameters, rows, scopes.

apispec puts it together and refuses what is said twice. The fields of answers are those of the dataclasses themselves
(pydantic tells their types), so a field that a page gains is in its rows, and here, without another word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from apispec import APISpec
from pydantic import TypeAdapter

from dash_portal.api.chart_answer import ChartAnswer
from dash_portal.api.key_guard import PER_MINUTE
from dash_portal.api.parameters import (
    FORMATS,
    Parameter,
    brand_parameter,
    chart_parameters,
    file_parameters,
    row_parameters,
)
from dash_portal.dashboard_pages import PAGES
from dash_portal.dashboards.chart_catalogue import CHART_IDS, CHARTS_OF
from dash_portal.exports import EXPORTS
from dash_portal.freshness import SyncStatus
from models import ApiScope

VERSION: Final = "1.0.0"
ABOUT: Final = (
    "The data of one brand, for programs: a key is sent as `Authorization: Bearer KEY` and reads what its scopes name. "
    "Money is text, exact to the cent; moments are in UTC; a day stands where no hour is known; percent are 0 to 100. "
    f"A key may ask {PER_MINUTE} times a minute of each process."
)

_JSON: Final = "application/json"
_OBJECT: Final = "object"
_PROBLEM: Final = {
    "type": _OBJECT,
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_CHARTS: Final = {
    "type": _OBJECT,
    "description": "Which charts there are, and in which forms one may have them.",
    "required": ["charts", "formats"],
    "properties": {
        "charts": {
            "type": "array",
            "items": {
                "type": _OBJECT,
                "required": ["id", "page"],
                "properties": {"id": {"enum": list(CHART_IDS)}, "page": {"enum": list(CHARTS_OF)}},
            },
        },
        "formats": {"type": "array", "items": {"enum": list(FORMATS)}},
    },
}
_SHEET: Final = {
    "type": _OBJECT,
    "description": "An address that opens one table, as filtered, without a key; it ends with the key of who asked.",
    "required": ["address"],
    "properties": {"address": {"type": "string", "format": "uri"}},
}
_ERRORS: Final[Mapping[int, str]] = {
    400: "A parameter is unknown, or has a value that it does not take.",
    401: "The key is missing, unknown, revoked or expired, or its brand suspended.",
    403: "The key has not this scope, or is another brand's.",
    404: "There is no such thing, or no active brand yet.",
    429: "The key has asked too often; `Retry-After` says when it may again.",
    503: "The database is busy or away; `Retry-After` says when to try again.",
}


def describe() -> dict[str, Any]:
    """Return the description of the whole API."""
    spec = APISpec(
        title="Mellon portal",
        version=VERSION,
        openapi_version="3.1.0",
        info={"description": ABOUT},
        tags=[{"name": scope.value} for scope in ApiScope],
        security=[{"key": []}],
    )
    spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    for name, schema in (("Problem", _PROBLEM), ("Charts", _CHARTS), ("SheetAddress", _SHEET)):
        spec.components.schema(name, schema)
    for kind in (SyncStatus, ChartAnswer):
        _add_type(spec, kind)
    _add_path(spec, ApiScope.STATUS, "/status", "How fresh the data is", brand_parameter(), _json("SyncStatus"))
    _add_path(spec, ApiScope.CHARTS, "/charts", "Which charts there are", brand_parameter(), _json("Charts"))
    for chart_id in CHART_IDS:
        parameters, answer = chart_parameters(chart_id), _tagged(_json("ChartAnswer"))
        _add_path(spec, ApiScope.CHARTS, f"/charts/{chart_id}", f"The chart {chart_id}", parameters, answer)
    for table, export in EXPORTS.items():
        _add_table(spec, table, export.row)
    made: dict[str, Any] = spec.to_dict()
    return made


def _add_table(spec: APISpec, table: str, row: type) -> None:
    """Add a table's rows and its file."""
    page, name = PAGES[table].title, f"{row.__name__}s"
    _add_type(spec, row)
    spec.components.schema(name, _page_of(row.__name__))
    changed = {409: "A sync has landed since the page before: begin without a cursor."}
    rows, file = _tagged(_json(name)), _tagged({"text/csv": {"schema": {"type": "string"}}})
    _add_path(spec, ApiScope.ROWS, f"/rows/{table}", f"Rows of {page}", row_parameters(table), rows, changed)
    too_long = {413: "The table is longer than a file may be: filter it."}
    parameters = file_parameters(table)
    _add_path(spec, ApiScope.ROWS, f"/rows/{table}.csv", f"{page} as a whole file", parameters, file, too_long)
    sheet = f"/rows/{table}/sheet-address"
    _add_path(spec, ApiScope.ROWS, sheet, f"An address for a spreadsheet: {page}", parameters, _json("SheetAddress"))


def _page_of(row: str) -> dict[str, Any]:
    return {
        "type": _OBJECT,
        "description": "A page of rows, of `total` in all; `next_cursor` leads on, and is null at the end.",
        "required": ["data_version", "total", "next_cursor", "rows"],
        "properties": {
            "data_version": {"type": "integer"},
            "total": {"type": "integer"},
            "next_cursor": {"type": ["string", "null"]},
            "rows": {"type": "array", "items": {"$ref": f"#/components/schemas/{row}"}},
        },
    }


def _add_type(spec: APISpec, kind: type) -> None:
    """Add a dataclass, and those that it holds, under their own names."""
    schema = TypeAdapter(kind).json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    for name, held in {**schema.pop("$defs", {}), kind.__name__: schema}.items():
        if name not in spec.components.schemas:
            spec.components.schema(name, _as_answered(held))


def _as_answered(schema: Any) -> Any:
    """Return a schema in which a moment may be a day, as it is where no hour is known."""
    if isinstance(schema, list):
        return [_as_answered(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "date-time":
        return {"anyOf": [{"type": "string", "format": each} for each in ("date-time", "date")]}
    return {name: _as_answered(value) for name, value in schema.items()}


def _json(schema: str) -> dict[str, Any]:
    return {_JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _tagged(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer that has an ETag, and need not be sent again."""
    return {"content": content, "headers": {"ETag": {"schema": {"type": "string"}}}}


def _add_path(
    spec: APISpec,
    scope: ApiScope,
    path: str,
    summary: str,
    parameters: Sequence[Parameter],
    answer: Mapping[str, Any],
    errors: Mapping[int, str] | None = None,
) -> None:
    is_tagged = "headers" in answer
    responses: dict[str, Any] = {"200": {"description": summary, **(answer if is_tagged else {"content": answer})}}
    if is_tagged:
        responses["304"] = {
            "description": "Nothing has changed since the answer with the `If-None-Match` of the request."
        }
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, words in sorted({**_ERRORS, **(errors or {})}.items()):
        responses[str(status)] = {"description": words, "content": problem}
    operation = {
        "tags": [scope.value],
        "summary": summary,
        "description": f"Needs the scope `{scope.value}`.",
        "operationId": path.strip("/").replace("/", "-").replace(".", "-"),
        "parameters": [parameter.described() for parameter in parameters],
        "responses": responses,
    }
    spec.path(path=f"/api/v1{path}", operations={"get": operation})
