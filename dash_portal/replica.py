"""A streaming replica for rows: never older ones than the primary has told of, and no page fails because it is away.

The primary says who asks, which version a brand's data has and how old it is; the replica is asked for the rows, and
only once it has replayed that version, and the schema that this release may count on. So no reader ever goes back in
time, whichever process answers, and nothing has to be remembered of anybody.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from sqlalchemy import Engine, literal_column
from sqlalchemy import select as select_columns
from sqlalchemy.exc import ProgrammingError
from sqlmodel import col

from database import BrandSession
from database_away import AWAY, tell_away
from models import Tenant

CONNECT_SECONDS: Final = 2
"""How long a page waits for a silent replica: half as long as for the primary, without which there is no page."""
LEFT_ALONE_SECONDS: Final = 30.0
"""For how long a replica that did not answer is not asked: else each page would first wait for it."""

_UNUSABLE: Final = (*AWAY, ProgrammingError)
"""Raised where the replica does not answer, or is of something else: no such table, or none that may be read."""


_VERSIONS: Final[Any] = select_columns(
    col(Tenant.data_version), literal_column("(SELECT version_num FROM alembic_version)")
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a database has come: the version of a brand's data, and the schema that it stands in."""

    data_version: int
    schema: str


def progress_of(session: BrandSession) -> Progress | None:
    """Return how far the database of a brand's session has come; None where it does not know the brand."""
    row = session.execute(_VERSIONS).one_or_none()
    return None if row is None else Progress(*row)


class Replica:
    """The database that rows may be read from instead of the primary; safe under threads."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine that leads to it. It is connected to when it is first asked."""
        self.engine = engine
        self._lock = Lock()
        self._is_away = False
        self._left_alone_until = 0.0  # monotonic seconds

    def open(self, tenant_id: int, primary: Progress) -> BrandSession | None:
        """Return a session that sees the brand's data as the primary has it, or newer.

        None where the replica has not come so far, or can't be used; a log line a minute tells of the latter.
        """
        if not self._may_be_asked():
            return None
        session = BrandSession(self.engine, tenant_id)
        try:
            replayed = progress_of(session)
        except _UNUSABLE as away:
            session.close()
            self._leave_alone()
            tell_away(away, path="DATABASE_READ_URL", what="the replica is away")
            return None
        self._is_away = False
        if replayed is None or replayed.schema != primary.schema or replayed.data_version < primary.data_version:
            session.close()
            return None
        return session

    def _leave_alone(self) -> None:
        with self._lock:
            self._is_away = True
            self._left_alone_until = time.monotonic() + LEFT_ALONE_SECONDS

    def _may_be_asked(self) -> bool:
        """Tell whether it is to be tried. While it is away one thread does, now and then, and the others go on."""
        with self._lock:
            now = time.monotonic()
            if self._is_away and now < self._left_alone_until:
                return False
            if self._is_away:
                self._left_alone_until = now + LEFT_ALONE_SECONDS
            return True
