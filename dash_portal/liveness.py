"""What a host asks: does the process live, and can it do its work."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from dash_portal.portal import portal
from database import PortalSession
from migrations import is_current
from models import WORKER_DEAD_AFTER, WorkerHeartbeat, utc_now

blueprint = Blueprint("liveness", __name__)


@blueprint.get("/healthz")
def healthz() -> dict[str, str]:
    """Say that the process answers; the database is not asked."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def readyz() -> tuple[dict[str, Any], int]:
    """Say whether the database answers and is migrated (200, else 503), and whether a worker lives."""
    try:
        migrated = is_current(portal().engine)
        answer = {
            "status": "ready" if migrated else "not ready",
            "database": "ok",
            "migrations": "current" if migrated else "behind",
            "worker": _worker() if migrated else "unknown",
        }
    except SQLAlchemyError:
        answer = {"status": "not ready", "database": "away", "migrations": "unknown", "worker": "unknown"}
    return answer, 200 if answer["status"] == "ready" else 503


def _worker() -> str:
    living = select(WorkerHeartbeat.worker).where(
        col(WorkerHeartbeat.beat_at) > utc_now() - WORKER_DEAD_AFTER, col(WorkerHeartbeat.stopped_at).is_(None)
    )
    with PortalSession(portal().engine) as session:
        return "alive" if session.exec(living.limit(1)).first() is not None else "not seen"
