"""How long a change of the schema waits for others, and how it lets them by meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

_LETS_GO_AFTER: Final = 0.5
_LOOK_AGAIN_SECONDS: Final = 0.5
_BUSY_STATES: Final = frozenset({"55P03", "40P01"})  # lock_not_available, deadlock_detected
_log = structlog.get_logger("portal")
Made = TypeVar("Made")


class SchemaBusyError(Exception):
    """Somebody else used the schema for too long; the message is one plain line."""


@dataclass
class SchemaPatience:
    """Waits `seconds` in all, in attempts of `attempt_seconds`, between which whoever queues behind is let by.

    On PostgreSQL a statement that waits for a table holds up everybody who comes after it, readers too: that is why one
    attempt is short.
    """

    seconds: float
    attempt_seconds: float = _LETS_GO_AFTER
    _until: float = field(init=False)
    _has_told: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._until = time.monotonic() + self.seconds

    @staticmethod
    def means_busy(error: DBAPIError) -> bool:
        """Tell whether a statement failed only because somebody else holds what it needs."""
        return getattr(error.orig, "sqlstate", None) in _BUSY_STATES or "database is locked" in str(error.orig)

    def until_free(self, attempt: Callable[[], Made], what: str) -> Made:
        """Return what the attempt returns, made again until nobody holds what it needs. It must undo a failed one.

        Raises SchemaBusyError when the time is over; `what` names in the log what waits.
        """
        while True:
            try:
                return attempt()
            except DBAPIError as held:
                if not self.means_busy(held):
                    raise
                self.wait(what, f"a table that it needs is in use for more than {self.seconds:g} seconds")

    def wait(self, what: str, reason: str) -> None:
        """Wait a moment, and say the first time that it is waited. Raises SchemaBusyError when the time is over."""
        if time.monotonic() >= self._until:
            raise SchemaBusyError(f"{what} had to wait for too long and is not done: {reason}; run migrate again")
        if not self._has_told:
            _log.warning("migrate waits", what=what)
        self._has_told = True
        time.sleep(min(_LOOK_AGAIN_SECONDS, self.seconds))
