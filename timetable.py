"""When syncs are due: the slots of SYNC_CRON, and how long after a slot each brand begins. All times are UTC.

Both wings say when the next run is, the worker because it makes it and the portal because it announces it: they must
not differ.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from croniter import croniter

_MOST_JITTER: Final = 120.0
_JITTER_SHARE: Final = 0.05
_MOST_MISSED: Final = 10_000
_GOLDEN_RATIO: Final = (5**0.5 - 1) / 2


def slot_before(cron: str, now: datetime) -> datetime:
    """Return the latest scheduled time that is not in the future."""
    return _slots_around(cron, now)[0]


def slot_after(cron: str, now: datetime) -> datetime:
    """Return the next scheduled time."""
    return _slots_around(cron, now)[1]


@lru_cache(maxsize=64)
def _slots_around(cron: str, now: datetime) -> tuple[datetime, datetime]:
    """Read the expression once for all brands of one look at the clock: that takes longer than all else here."""
    moment = now.astimezone(UTC)
    # The slot that is due this very moment is the one before, and the next one is another.
    before: datetime = croniter(cron, moment + timedelta(microseconds=1)).get_prev(datetime)
    after: datetime = croniter(cron, moment).get_next(datetime)
    return before, after


def slots_back(cron: str, now: datetime, count: int) -> datetime:
    """Return the scheduled time that lies so many back: 1 is the latest that is not in the future."""
    times = croniter(cron, now.astimezone(UTC) + timedelta(microseconds=1))
    slot = now
    for _ in range(count):
        slot = times.get_prev(datetime)
    return slot


def missed_between(cron: str, last: datetime, slot: datetime) -> int:
    """Return how many scheduled times lie between two others, at most ten thousand."""
    times, missed = croniter(cron, last.astimezone(UTC)), 0
    while missed < _MOST_MISSED and times.get_next(datetime) < slot:
        missed += 1
    return missed


@lru_cache(maxsize=4096)
def jitter(slug: str, slot: datetime, interval: timedelta) -> timedelta:
    """Return how long after a slot a brand begins, so that not all begin at once.

    It is under a twentieth of the interval, and under two minutes. From slot to slot all brands move on along that
    stretch of time, and who leaves it at its end is the first of the next slot: so each takes its turn at being first.
    """
    place = int.from_bytes(hashlib.sha256(slug.encode()).digest()[:4], "big") / 2**32
    # The golden ratio's multiples never repeat and spread evenly, whatever the rhythm of the slots is.
    share = (place + slot.timestamp() / 60 * _GOLDEN_RATIO) % 1
    return timedelta(seconds=share * min(interval.total_seconds() * _JITTER_SHARE, _MOST_JITTER))


def next_run(cron: str, slug: str, now: datetime) -> datetime:
    """Return when the brand's next scheduled run begins: its jitter after a slot, perhaps after the one just past."""
    before, after = _slots_around(cron, now)
    interval = after - before
    begins = before + jitter(slug, before, interval)
    return begins if begins > now else after + jitter(slug, after, interval)
