"""What people and programs are told when something can't be answered: plain words, never a detail of the cause."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

import structlog
from dash.exceptions import DependencyException, PageError
from flask import Flask, Response, jsonify, make_response, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from dash_portal.accounts.browser import look_no_more
from dash_portal.accounts.errors import AccountError, NotAllowedError, NotFoundError
from dash_portal.api.key_guard import ScopeMissingError, TooManyRequestsError
from dash_portal.api.problems import (
    data_changed,
    key_refused,
    problem,
    scope_missing,
    speaks_in_problems,
    too_many_requests,
)
from dash_portal.api.row_pages import DataChangedError
from dash_portal.brand_access import BrandForbiddenError, NoBrandError, NotSignedInError, RoleForbiddenError
from dash_portal.co_branding.page_head import page_head
from dash_portal.security import asked_by_htmx, speaks_to_a_program
from database_away import AWAY, tell_away

_log = structlog.get_logger("portal")

_WORDS: Final = {
    400: (
        "This can't be understood",
        "The link or the form was not what the portal expects. Please go back and retry.",
    ),
    401: ("Please sign in", "Your session has ended. Please sign in again."),
    403: ("Not yours to see", "You don't have access to this. If you should, please ask your agency."),
    404: ("Nothing here", "There is no such page."),
    405: ("This can't be done here", "The portal doesn't answer this kind of request here."),
    413: ("Too much at once", "What was sent is larger than the portal takes."),
    500: ("Something went wrong", "This is our fault, and it has been noted. Please try again in a minute."),
    503: ("Please try again", "The portal is busy at the moment. Please try again in a minute."),
}


def init_app(app: Flask) -> None:
    """Answer every error in the house's words."""
    app.register_error_handler(NotSignedInError, _not_signed_in)
    app.register_error_handler(ScopeMissingError, scope_missing)
    app.register_error_handler(TooManyRequestsError, too_many_requests)
    app.register_error_handler(DataChangedError, lambda _error: data_changed())
    app.register_error_handler(BrandForbiddenError, _forbidden)
    app.register_error_handler(RoleForbiddenError, _forbidden)
    app.register_error_handler(NotAllowedError, _forbidden)
    app.register_error_handler(NotFoundError, lambda _error: answer(404))
    app.register_error_handler(AccountError, lambda error: answer(400, str(error)))
    app.register_error_handler(NoBrandError, _no_brand)
    app.register_error_handler(CSRFError, _csrf_missing)
    app.register_error_handler(DependencyException, lambda _error: answer(404))
    app.register_error_handler(PageError, lambda _error: answer(404))
    app.register_error_handler(HTTPException, _http_error)
    for away in AWAY:
        app.register_error_handler(away, _database_away)
    app.register_error_handler(Exception, _unexpected)


def answer(status: int, detail: str | None = None) -> Response:
    """Return the answer of this status, as a page for people and as JSON for programs."""
    title, words = _WORDS.get(status, _WORDS[500 if status >= 500 else 400])
    if speaks_in_problems():
        return problem(status, title, detail or words)
    if speaks_to_a_program():
        made = jsonify({"error": detail or words})
    else:
        head = None if status >= 500 else page_head()  # what failed once is not asked again
        page = render_template("error.html", title=title, words=detail or words, status=status, head=head)
        made = make_response(page)
    made.status_code = status
    if asked_by_htmx():
        made.headers["HX-Reswap"] = "none"  # the page stays as it is, and its script tells that something failed
    return made


def _not_signed_in(_error: NotSignedInError) -> Response:
    return key_refused() if speaks_in_problems() else answer(401)


def _forbidden(_error: Exception) -> Response:
    _log.warning("access refused", path=request.path, method=request.method)
    return answer(403)


def _no_brand(_error: NoBrandError) -> Response:
    return answer(404, "There is no active brand yet. As soon as the agency has one, its numbers appear here.")


def _csrf_missing(error: CSRFError) -> Response:
    _log.warning("request without a valid token", path=request.path, reason=str(error.description))
    return answer(400, "This form has been open for too long. Please reload the page and try again.")


def _http_error(error: HTTPException) -> Any:
    status = error.code or 500
    if 300 <= status < 400:
        location = error.get_response().headers.get("Location", "/")
        return redirect(location, code=status)
    own_words = error.description if status in {400, 413} and error.description != type(error).description else None
    made = answer(status, own_words if isinstance(own_words, str) and own_words.startswith("This ") else None)
    if status == 405 and (allowed := error.get_response().headers.get("Allow")):
        made.headers["Allow"] = allowed
    return made


def _database_away(error: SQLAlchemyError) -> Response:
    tell_away(error, path=request.path)
    look_no_more()  # else the page that says so, and the log of requests, would ask once more
    made = answer(503)
    made.headers["Retry-After"] = "30"
    return made


def _unexpected(error: Exception) -> Response:
    mark = uuid4().hex[:8]
    _log.error("unexpected error", path=request.path, mark=mark, exc_info=error)
    return answer(500, f"This is our fault, and it has been noted. Please try again in a minute. (Note {mark})")
