"""A living worker says so, often enough that a dead one is soon known (`models.WORKER_DEAD_AFTER`).

By the database's clock: neither a worker nor a web process whose own clock is wrong takes the living for dead.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, update

from database import database_now
from models import WorkerHeartbeat
from sync.api.pace import CallTally
from sync.storing.ledger import insert_or_update
from sync.tables import table_of

BEAT_SECONDS: Final = 10.0
_FORGOTTEN_AFTER: Final = timedelta(days=7)
_BEATS: Final = table_of(WorkerHeartbeat)


def beat(connection: Connection, worker: str, started_at: datetime | None, calls: CallTally) -> datetime:
    """Say that the worker lives, and what calls it has made since it started; return when that was.

    `started_at` is None at its first beat.
    """
    now = database_now(connection)
    row = {"worker": worker, "started_at": started_at or now, "beat_at": now, **asdict(calls)}
    insert_or_update(connection, _BEATS, [row])
    return started_at or now


def record_stop(connection: Connection, worker: str) -> None:
    """Say that the worker ends by its own will, and forget workers that ended long ago."""
    now = database_now(connection)
    mine = update(_BEATS).where(_BEATS.c.worker == worker)
    connection.execute(mine.values(stopped_at=now, beat_at=now, updated_at=now))
    connection.execute(delete(_BEATS).where(_BEATS.c.beat_at < now - _FORGOTTEN_AFTER))
