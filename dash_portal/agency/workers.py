"""Whether any worker is alive: without one nothing is synced, whatever a page says about the next run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from database import AgencySession
from models import WORKER_DEAD_AFTER, WorkerHeartbeat


@dataclass(frozen=True, slots=True)
class Workers:
    """How many workers are alive, and when one was last heard of (UTC; None: never)."""

    alive: int
    last_heard_at: datetime | None


def find_workers(session: AgencySession, now: datetime) -> Workers:
    """Return how many workers are alive now."""
    beats = session.exec(
        select(WorkerHeartbeat.beat_at, WorkerHeartbeat.stopped_at).order_by(col(WorkerHeartbeat.beat_at).desc())
    ).all()
    alive = [beat for beat, stopped in beats if stopped is None and now - beat < WORKER_DEAD_AFTER]
    return Workers(len(alive), beats[0][0] if beats else None)
