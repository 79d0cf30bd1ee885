"""Dates without a clock among moments: how the tables keep them, and how they are known again when they are shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final

_CLOCK: Final = time(10, 0, 0, 1)
"""The hour of UTC that is the same date from Honolulu to Auckland, so that it also sorts and counts as that date; and
a microsecond, which no clock of ClientTether's tells, as the mark that no hour was meant."""


def moment_of_date(day: date) -> datetime:
    """Return what a date without a clock is kept as (UTC)."""
    return datetime.combine(day, _CLOCK, UTC)


def date_of(moment: datetime) -> date | None:
    """Return the date that a kept moment stands for; None where it is a moment and no mere date."""
    if moment.microsecond != _CLOCK.microsecond:
        return None
    kept = moment.astimezone(UTC)
    return kept.date() if kept.time() == _CLOCK else None
