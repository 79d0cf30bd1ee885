"""From when to when an appointment lasts, whatever its start and end say or leave out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sync.mapping.wire_values import WireTime

_LONGEST: Final = timedelta(days=366)  # an end beyond that stands for "none": 2099-12-31 and the like
_LAST_SECOND: Final = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class EventSpan:
    """Start and end in UTC, and whether they name days of the brand's calendar instead of hours.

    `occurrence` is the start as text in the brand's own time, which another time zone of the brand leaves as it is.
    """

    starts_at: datetime | None
    ends_at: datetime | None
    all_day: bool
    occurrence: str


def event_span(start: WireTime | None, end: WireTime | None, zone: ZoneInfo) -> EventSpan:
    """Return the span of an appointment.

    A date without hours lasts until its day is over. An end before its start, or a year and more after it, is none.
    """
    if start is None:
        return EventSpan(None, None, all_day=False, occurrence="")
    starts_at = _moment(start, time(), zone)
    all_day = not isinstance(start, datetime) and not isinstance(end, datetime)
    last = end if end is not None or isinstance(start, datetime) else start
    ends_at = None if last is None else _moment(last, _LAST_SECOND, zone)
    if ends_at is not None and not starts_at <= ends_at <= starts_at + _LONGEST:
        ends_at = _moment(start, _LAST_SECOND, zone) if all_day else None
    if isinstance(start, datetime):
        occurrence = starts_at.astimezone(zone).replace(tzinfo=None).isoformat()
    else:
        occurrence = start.isoformat()
    return EventSpan(starts_at, ends_at, all_day, occurrence)


def _moment(written: WireTime, clock: time, zone: ZoneInfo) -> datetime:
    """Return a wire time in UTC; a date counts at `clock` of the brand's day."""
    if not isinstance(written, datetime):
        written = _on_day(written, clock)
    return (written if written.tzinfo else written.replace(tzinfo=zone)).astimezone(UTC)


def _on_day(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock)
