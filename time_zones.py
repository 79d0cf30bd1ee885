"""Time zones by their names, as brands and people have them; both wings read days and hours by them."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo | None:
    """Return the time zone of that name; None where this machine knows none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones ("America"), an endless name
        return None


def zone_of(name: str) -> ZoneInfo:
    """Return a brand's time zone; a name that is not known counts as UTC, rather than breaking a page or a sync."""
    return find_zone(name) or ZoneInfo("UTC")
