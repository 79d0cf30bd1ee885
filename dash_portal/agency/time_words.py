"""Ages and durations as one says them."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from dash_portal.brand_time import age_text, clock_text, day_text, local, local_day


def ago(moment: datetime | None, now: datetime) -> str:
    """Say how long ago a moment is: just now, 12 min ago; never, where there is none."""
    if moment is None:
        return "never"
    age = age_text(max(0.0, (now - moment).total_seconds()))
    return age if age == "just now" else f"{age} ago"


def took(seconds: float | None) -> str:
    """Say how long something took: 0.4 s, 12 s, 3 min 5 s, 2 h 4 min."""
    if seconds is None:
        return "–"  # noqa: RUF001 - a dash on purpose
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


@lru_cache(maxsize=1024)
def at(moment: datetime, now: datetime, zone: str) -> str:
    """Say when something is or was on that zone's clock; the day is named where it is not today's."""
    clock = f"{clock_text(moment, zone)} {local(moment, zone):%Z}"
    day = local_day(moment, zone)
    return clock if day == local_day(now, zone) else f"{day_text(day)}, {clock}"
