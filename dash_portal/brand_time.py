"""Times as people read them: in the brand's own zone, its days as they begin and end there; ages and durations."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from date_only import date_of
from time_zones import zone_of


def local(moment: datetime, zone: str) -> datetime:
    """Return a moment on the brand's clock."""
    return moment.astimezone(zone_of(zone))


def local_day(moment: datetime, zone: str) -> date:
    """Return the brand's calendar day of a moment; a date without a clock is that day in every zone."""
    return date_of(moment) or local(moment, zone).date()


def midnight(day: date, zone: str) -> datetime:
    """Return the moment (UTC) at which a day begins for the brand."""
    return datetime.combine(day, time(), zone_of(zone)).astimezone(UTC)


def days_since(moment: datetime, today: date, zone: str) -> int:
    """Return how many of the brand's midnights have passed since a moment; never less than 0."""
    return max(0, (today - local_day(moment, zone)).days)


def day_text(day: date) -> str:
    """Write a day: 3 Nov 2026."""
    return f"{day.day} {day:%b %Y}"


@lru_cache(maxsize=8192)
def moment_text(moment: datetime, zone: str) -> str:
    """Write a moment with its zone: 3 Nov 2026, 4:05 PM EST; a date without a clock as 3 Nov 2026."""
    if date_of(moment) is not None:
        return day_text(local_day(moment, zone))
    at = local(moment, zone)
    return f"{day_text(at.date())}, {clock_text(moment, zone)} {at:%Z}"


def zone_text(zone: str) -> str:
    """Write the name of a zone: America/New York."""
    return zone.replace("_", " ")


def clock_text(moment: datetime, zone: str) -> str:
    """Write the time of day: 4:05 PM; nothing of a date without a clock."""
    if date_of(moment) is not None:
        return ""
    return f"{local(moment, zone):%I:%M %p}".lstrip("0")


def day_heading(day: date, today: date) -> str:
    """Name a day the way one says it: Today, Tomorrow, Wednesday; the date follows beside it."""
    if day == today:
        return "Today"
    if day == today + timedelta(days=1):
        return "Tomorrow"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return f"{day:%A}"


def age_text(seconds: float) -> str:
    """Write an age: just now, 12 min, 3 h 5 min, 2 days."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest and hours < 12 else f"{hours} h"
    return f"{hours // 24} days"


def ago_text(moment: datetime | None, now: datetime) -> str:
    """Write how long ago a moment is: just now, 12 min ago; never, where there is none."""
    if moment is None:
        return "never"
    age = age_text(max(0.0, (now - moment).total_seconds()))
    return age if age == "just now" else f"{age} ago"


def in_text(moment: datetime, now: datetime) -> str:
    """Write how far off a moment is: now, in 12 min, in 3 h 5 min."""
    age = age_text((moment - now).total_seconds() + 59)  # a minute that has begun is still to come
    return "now" if age == "just now" else f"in {age}"


def duration_text(seconds: float | None) -> str:
    """Write how long something took: 0.4 s, 12 s, 3 min 5 s, 2 h 4 min."""
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


def nearby_text(moment: datetime, now: datetime, zone: str) -> str:
    """Write a moment near to now, on that zone's clock: 4:05 PM EST; the day is named where it is not today's."""
    return _nearby_text(moment.replace(second=0, microsecond=0), local_day(now, zone), zone)


@lru_cache(maxsize=4096)
def _nearby_text(minute: datetime, today: date, zone: str) -> str:
    clock = f"{clock_text(minute, zone)} {local(minute, zone):%Z}"
    day = local_day(minute, zone)
    return clock if day == today else f"{day_text(day)}, {clock}"
