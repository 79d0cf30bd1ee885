"""Errors as programs get them: `application/problem+json` (RFC 9457), and what the standard headers say beside it."""

from __future__ import annotations

from flask import Response, jsonify, request

from dash_portal.accounts.key_holder import asks_with_key
from dash_portal.api.key_guard import ScopeMissingError, TooManyRequestsError
from models import ApiScope

_BAD_KEY = "This key opens nothing: it is not known, revoked or expired, or its brand is suspended."
_NO_KEY = "Send an API key with the request, as Authorization: Bearer KEY."
_NO_SCOPE = "No API key opens this."


def speaks_in_problems() -> bool:
    """Tell whether errors are answered in this form: to whoever brings a key, and everywhere below /api/v1."""
    return asks_with_key() or f"{request.path}/".startswith("/api/v1/")


def problem(status: int, title: str, detail: str) -> Response:
    """Return the answer of this status; title and detail are sentences for whoever writes the program."""
    made = jsonify({"type": "about:blank", "title": title, "status": status, "detail": detail})
    made.status_code, made.mimetype = status, "application/problem+json"
    return made


def key_refused() -> Response:
    """Answer whose key, if any, opens nothing."""
    if asks_with_key():
        made = problem(401, "This key is refused", _BAD_KEY)
        made.headers["WWW-Authenticate"] = 'Bearer realm="api", error="invalid_token"'
    else:
        made = problem(401, "A key is needed", _NO_KEY)
        made.headers["WWW-Authenticate"] = 'Bearer realm="api"'
    return made


def scope_missing(error: ScopeMissingError) -> Response:
    """Answer whose key is not for this."""
    made = problem(403, "Not with this key", _NO_SCOPE if error.scope is None else _scope_words(error.scope))
    scope = "" if error.scope is None else f', scope="{error.scope.value}"'
    made.headers["WWW-Authenticate"] = f'Bearer realm="api", error="insufficient_scope"{scope}'
    return made


def too_many_requests(error: TooManyRequestsError) -> Response:
    """Answer whose key has asked too often."""
    made = problem(429, "Too many requests", f"This key has asked too often: ask again in {error.seconds} s.")
    made.headers["Retry-After"] = str(error.seconds)
    return made


def data_changed() -> Response:
    """Answer who asks on after the data has changed."""
    return problem(409, "The data has changed", "A sync has landed since the page before: begin without a cursor.")


def _scope_words(scope: ApiScope) -> str:
    return f"This needs a key with the scope {scope.value}."
