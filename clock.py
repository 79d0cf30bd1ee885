"""What time it is. A process that shares its work with others goes by the database's clock once it has been told it.

From then on it counts on by the monotonic clock, which nobody can set: that a machine's own clock jumps by a day is
never seen. All times are timezone-aware UTC.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

_told: Final[dict[str, tuple[datetime, float]]] = {}
"""Under one key, the time that was told last and the monotonic seconds at which it was."""
_DATABASE: Final = "database"


def utc_now() -> datetime:
    """Return the present moment."""
    last = _told.get(_DATABASE)
    if last is None:
        return machine_now()
    moment, at = last
    return moment + timedelta(seconds=time.monotonic() - at)


def machine_now() -> datetime:
    """Return what this machine's own clock says."""
    return datetime.now(UTC)


def follow(moment: datetime) -> datetime:
    """Go by this time from now on, until another is told; return it."""
    _told[_DATABASE] = (moment, time.monotonic())
    return moment


def follow_no_more() -> None:
    """Go by this machine's clock again."""
    _told.clear()
