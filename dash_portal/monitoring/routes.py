"""What a monitor asks with its token: are the syncs in time (`/healthz/sync`), and all figures (`/metrics`)."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST

from dash_portal.monitoring.figures import all_figures
from dash_portal.portal import portal
from database import agency_transaction
from database_away import AWAY, tell_away
from watching import look

blueprint = Blueprint("monitoring", __name__)


@blueprint.before_request
def _require_token() -> Response | None:
    """Let nobody in but the monitor; where no token is set, there is nothing here."""
    token = portal().settings.portal_monitor_token
    if token is None:
        abort(404)
    given = request.headers.get("Authorization", "").encode()
    if hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode()):
        return None
    return Response("", 401, {"WWW-Authenticate": 'Bearer realm="monitor"'})


@blueprint.get("/healthz/sync")
def sync() -> tuple[dict[str, Any], int]:
    """Say whether a worker lives and every active brand's data is in time: 200, else 503 with the late brands."""
    settings = portal().settings
    try:
        with agency_transaction(portal().engine, writes=False) as connection:
            watch = look(connection, settings.sync_cron, settings.sync_late_slots)
    except AWAY as away:
        tell_away(away, path=request.path)
        return {"status": "failing", "cause": "the database is away"}, 503
    answer = {
        "status": "failing" if watch.causes else "ok",
        "worker": "alive" if watch.workers else "not seen",
        "late": [age.slug for age in watch.late],
        "causes": list(watch.causes),
    }
    return answer, 503 if watch.causes else 200


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return the figures of all web processes, of the syncs and of the workers in the Prometheus text format."""
    return Response(all_figures(portal().engine, portal().settings), content_type=CONTENT_TYPE_LATEST)
