"""A living worker says so, often enough that a dead one is soon known (`models.WORKER_DEAD_AFTER`)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select, update

from models import WORKER_DEAD_AFTER, WorkerHeartbeat, utc_now
from sync.storing.ledger import insert_or_update
from sync.tables import table_of

BEAT_SECONDS: Final = 10.0
_FORGOTTEN_AFTER: Final = timedelta(days=7)
_BEATS: Final = table_of(WorkerHeartbeat)


def beat(connection: Connection, worker: str, started_at: datetime) -> None:
    """Say that the worker lives."""
    insert_or_update(connection, _BEATS, [{"worker": worker, "started_at": started_at, "beat_at": utc_now()}])


def record_stop(connection: Connection, worker: str) -> None:
    """Say that the worker ends by its own will, and forget workers that ended long ago."""
    now = utc_now()
    mine = update(_BEATS).where(_BEATS.c.worker == worker)
    connection.execute(mine.values(stopped_at=now, beat_at=now, updated_at=now))
    connection.execute(delete(_BEATS).where(_BEATS.c.beat_at < now - _FORGOTTEN_AFTER))


def living_workers(connection: Connection) -> list[str]:
    """Return the names of the workers that are alive."""
    alive = _BEATS.c.stopped_at.is_(None) & (_BEATS.c.beat_at > utc_now() - WORKER_DEAD_AFTER)
    return list(connection.scalars(select(_BEATS.c.worker).where(alive).order_by(_BEATS.c.worker)))
