"""Which websites' scripts may read /api/v1 from a browser (CORS): those that the operator names, with a key.

A browser asks before it sends a key to another host (a preflight, which never brings the key). Cookies are never
allowed along: what a script of another site reads, it reads by the key it was given.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

from dash_portal.accounts.key_holder import asks_with_key
from dash_portal.portal import portal

_BELOW: Final = "/api/v1/"
_ASKED_ANEW_AFTER: Final = "600"  # seconds
_TOLD: Final = "ETag, Retry-After"
_SENT: Final = "Authorization, If-None-Match"


def init_app(app: Flask) -> None:
    """Answer preflights, before anybody asks for a session, and let the named websites read what a key opens."""
    app.before_request(_answer_preflight)
    app.after_request(_let_read)


def _answer_preflight() -> Response | None:
    is_preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    if not is_preflight or not _is_allowed():
        return None
    answer = Response(status=204)
    answer.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
    answer.headers["Access-Control-Allow-Methods"] = "GET"
    answer.headers["Access-Control-Allow-Headers"] = _SENT
    answer.headers["Access-Control-Max-Age"] = _ASKED_ANEW_AFTER
    answer.vary.add("Origin")
    return answer


def _let_read(response: Response) -> Response:
    if request.path.startswith(_BELOW) and asks_with_key():
        response.vary.add("Origin")
        if _is_allowed():
            response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
            response.headers["Access-Control-Expose-Headers"] = _TOLD
    return response


def _is_allowed() -> bool:
    origins = portal().settings.api_origins
    return request.path.startswith(_BELOW) and request.headers.get("Origin", "").lower() in origins
