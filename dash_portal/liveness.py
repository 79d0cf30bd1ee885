"""What a host asks: does the process live, and can it do its work."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from sqlalchemy.exc import SQLAlchemyError

from dash_portal.portal import portal
from database import PortalSession, has_unreadable_tables
from database_away import AWAY
from migrations import Standing, standing
from watching import living_workers

blueprint = Blueprint("liveness", __name__)


@blueprint.get("/healthz")
def healthz() -> dict[str, str]:
    """Say that the process answers; the database is not asked."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def readyz() -> tuple[dict[str, Any], int]:
    """Say whether the database answers, may be read and serves this release (200, else 503); and if a worker lives.

    `migrations` is `newer` where the schema is a newer release's that serves this one too.

    `cause` names what is amiss: away, rights, behind, or worker (which alone keeps nobody from reading the pages).
    """
    stands: Standing | None = None
    try:
        with portal().engine.connect() as connection:
            stands = standing(connection)
        cause = _cause(stands)
    except AWAY:
        cause = "away"
    except SQLAlchemyError:  # not even the number of the schema, or no heartbeat, may be read
        cause = "rights"
    is_ready = cause in {None, "worker"}
    answer = {
        "status": "ready" if is_ready else "not ready",
        "database": cause if cause in {"away", "rights"} else "ok",
        "migrations": "behind" if cause == "behind" else "unknown" if stands is None else stands.value,
        "worker": "unknown" if not is_ready else "alive" if cause is None else "not seen",
        "cause": cause,
    }
    return answer, 200 if is_ready else 503


def _cause(stands: Standing) -> str | None:
    if stands not in {Standing.CURRENT, Standing.NEWER}:
        return "behind"
    if has_unreadable_tables(portal().engine):
        return "rights"
    return None if _is_worker_alive() else "worker"


def _is_worker_alive() -> bool:
    with PortalSession(portal().engine) as session:
        return bool(living_workers(session.connection()))
