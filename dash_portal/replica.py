"""A streaming replica for rows: never older ones than the primary has told of, and no page fails because it is away.

The primary says who asks, which version a brand's data has and how old it is; the replica is asked for the rows, and
only once it has replayed that version. So no reader ever goes back in time, whichever process answers, and nothing has
to be remembered of anybody.
"""

from __future__ import annotations

import time
from threading import Lock
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import ProgrammingError
from sqlmodel import select

from dash_portal.database_away import AWAY, tell_away
from database import BrandSession
from models import Tenant

CONNECT_SECONDS: Final = 2
"""How long a page waits for a replica that is silent: half as long as for the primary, which it can do without less."""
LEFT_ALONE_SECONDS: Final = 30.0
"""For how long a replica that did not answer is not asked: else each page would first wait for it."""

_UNUSABLE: Final = (*AWAY, ProgrammingError)
"""Raised where the replica does not answer, or is of something else: no such table, or none that may be read."""


class Replica:
    """The database that rows may be read from instead of the primary; safe under threads."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine that leads to it. It is connected to when it is first asked."""
        self.engine = engine
        self._lock = Lock()
        self._is_away = False
        self._left_alone_until = 0.0  # monotonic seconds

    def open(self, tenant_id: int, data_version: int) -> BrandSession | None:
        """Return a session that sees this version of the brand's data, or a newer one.

        None where the replica has not come so far, or can't be used; a log line a minute tells of the latter.
        """
        if not self._may_be_asked():
            return None
        session = BrandSession(self.engine, tenant_id)
        try:
            replayed = session.exec(select(Tenant.data_version)).one_or_none()  # none: the brand has not come here yet
        except _UNUSABLE as away:
            session.close()
            self._leave_alone()
            tell_away(away, path="DATABASE_READ_URL", what="the replica is away")
            return None
        self._is_away = False
        if replayed is None or replayed < data_version:
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
