"""What a callback request must look like before Dash sees it.

Anyone who is signed in can write such a request by hand. One that does not have the shape of a registered callback is
answered with 400, so that nothing malformed reaches Dash or a page. What a well-formed one asks for is judged by the
callback itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from dash import Dash
from flask import Flask, abort, request

from dash_portal.accounts.rights_table import OF_CALLBACK
from dash_portal.brand_access import require
from dash_portal.security import check_parameters

PATH: Final = "/_dash-update-component"
_DEEPEST: Final = 40
_MOST_ENTRIES: Final = 200

_TEXT: Final = (str,)
_COUNT: Final = (int, float, type(None))
_SHAPES: Final[Mapping[str, tuple[type, ...]]] = {
    "search": _TEXT,
    "hash": _TEXT,
    "href": _TEXT,
    "n_clicks": _COUNT,
    "n_intervals": _COUNT,
    "n_submit": _COUNT,
    "n_blur": _COUNT,
    "clickData": (dict, type(None)),
    "cellClicked": (dict, type(None)),
    "is_open": (bool, type(None)),
}
"""The values that a browser sends for these properties; other properties are judged by their callback."""


def init_app(app: Flask, dash_app: Dash) -> None:
    """Check each callback request against the callbacks that the portal has, and the rights of whoever sends it."""

    @app.before_request
    def _check_callback() -> None:
        if request.path == PATH and request.method == "POST":
            body = _body()
            output = str(body.get("output"))
            registered = dash_app.callback_map.get(output)
            if registered is None or "callback" not in registered or not _fits(body, output, registered):
                abort(400, "This request does not fit the page. Please reload it.")
            require(OF_CALLBACK.get(str(registered["inputs"][0]["id"])))


def _body() -> dict[str, Any]:
    try:
        body = request.get_json()
        text = json.dumps(body, allow_nan=False, ensure_ascii=False)
        text.encode()  # lone surrogates can't be stored or sent back, nor can NUL
    except (RecursionError, ValueError):
        abort(400, "This request can't be read.")
    if not isinstance(body, dict) or "\\u0000" in text or _too_deep(body, _DEEPEST):
        abort(400, "This request can't be read.")
    return body


def _fits(body: Mapping[str, Any], output: str, registered: Mapping[str, Any]) -> bool:
    """Tell whether the request names exactly the inputs, states and outputs of the callback it calls."""
    changed = body.get("changedPropIds", [])
    if (
        not isinstance(changed, list)
        or len(changed) > _MOST_ENTRIES
        or not all(isinstance(name, str) for name in changed)
    ):
        return False
    given_outputs = body.get("outputs")
    outputs = given_outputs if _is_many(output) else [given_outputs]
    return (
        _all_fit(body.get("inputs", []), registered["inputs"])
        and _all_fit(body.get("state", []), registered["state"])
        and (registered.get("no_output") or _all_fit(outputs, _named_outputs(output)))
    )


def _is_many(output: str) -> bool:
    return output.startswith("..") and output.endswith("..")


def _named_outputs(output: str) -> list[dict[str, str]]:
    names = output[2:-2].split("...") if _is_many(output) else [output]
    return [{"id": name.rpartition(".")[0], "property": name.rpartition(".")[2]} for name in names]


def _all_fit(given: object, registered: list[dict[str, Any]]) -> bool:
    if not isinstance(given, list) or len(given) != len(registered):
        return False
    return all(_one_fits(entry, spec) for entry, spec in zip(given, registered, strict=True))


def _one_fits(given: object, spec: Mapping[str, Any]) -> bool:
    pattern = _pattern(str(spec["id"]))
    if pattern is not None and ["ALL"] in pattern.values():
        return (
            isinstance(given, list)
            and len(given) <= _MOST_ENTRIES
            and all(_is_entry(entry, spec, pattern) for entry in given)
        )
    return _is_entry(given, spec, pattern)


def _is_entry(given: object, spec: Mapping[str, Any], pattern: Mapping[str, Any] | None) -> bool:
    if not isinstance(given, dict) or not isinstance(given.get("property"), str):
        return False
    if given["property"].partition("@")[0] != str(spec["property"]).partition("@")[0]:
        return False
    return _id_fits(given.get("id"), str(spec["id"]), pattern) and _value_fits(given)


def _id_fits(given: object, name: str, pattern: Mapping[str, Any] | None) -> bool:
    if pattern is None:
        return given == name
    if not isinstance(given, dict) or given.keys() != pattern.keys():
        return False
    plain = all(isinstance(value, str | int | float) and len(str(value)) <= _MOST_ENTRIES for value in given.values())
    return plain and all(isinstance(wanted, list) or given[key] == wanted for key, wanted in pattern.items())


def _value_fits(given: Mapping[str, Any]) -> bool:
    name, value = str(given["property"]), given.get("value")
    if name == "pathname":
        return isinstance(value, str) and value.startswith("/")
    if name not in _SHAPES or value is None:
        return True
    if not isinstance(value, _SHAPES[name]) or (_SHAPES[name] is _COUNT and isinstance(value, bool)):
        return False
    if name == "search":
        check_parameters(parse_qsl(str(value).removeprefix("?"), keep_blank_values=True, max_num_fields=1000))
    return True


def _pattern(name: str) -> Mapping[str, Any] | None:
    """Return the parts of a pattern-matching id; the parts that may be anything are lists, such as ["ALL"]."""
    if not name.startswith("{"):
        return None
    parts = json.loads(name)
    return parts if isinstance(parts, dict) else None


def _too_deep(value: object, left: int) -> bool:
    if left == 0:
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_too_deep(item, left - 1) for item in inner)
