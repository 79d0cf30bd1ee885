"""One log line for each answered request: what was asked, by whom, how it ended, how long it took. Counted, too."""

from __future__ import annotations

import time

import structlog
from flask import Flask, Response, g, request

from dash_portal.accounts.browser import signed_in
from dash_portal.accounts.key_holder import known_key_id
from dash_portal.monitoring.counting import count_request
from dash_portal.monitoring.slowness import tell_slow_page
from dash_portal.portal import portal
from dash_portal.security import OPEN_TO_EVERYONE
from logs import scrub

_log = structlog.get_logger("portal.requests")


def init_app(app: Flask) -> None:
    """Write a line after each request but those for files and checks of liveness."""
    app.before_request(_start_clock)
    app.after_request(_write_line)


def _start_clock() -> None:
    g.request_began = time.perf_counter()


def _write_line(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("request_began", time.perf_counter())
    settings = portal().settings
    if settings.portal_monitor_token is not None:
        count_request(request.endpoint, response.status_code, seconds)
    tell_slow_page(seconds, settings.portal_slow_seconds)
    quiet = request.endpoint in OPEN_TO_EVERYONE and request.method == "GET" and response.status_code < 400
    if not quiet and not request.path.startswith("/_dash-component-suites/"):
        who = signed_in() if request.endpoint not in OPEN_TO_EVERYONE else None
        _log.info(
            "request",
            method=request.method,
            path=str(scrub(request.path))[:200],  # first scrubbed, then cut: half a token would not look like one
            status=response.status_code,
            milliseconds=round(seconds * 1000, 1),
            user=who.user_id if who else None,
            key=known_key_id(),
            brand=request.args.get("brand", "")[:63] or None,
        )
    return response
