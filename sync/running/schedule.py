"""When a brand is due: pure rules over the schedule, the clock and what was run before. All times are UTC."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Final

from croniter import croniter

from models import RunStatus, Trigger
from sync.running.runs import History, RunRequest

_MOST_JITTER: Final = 120.0
_JITTER_SHARE: Final = 0.05
_MOST_MISSED: Final = 10_000
MOST_CRASHES: Final = 3


def slot_before(cron: str, now: datetime) -> datetime:
    """Return the latest scheduled time that is not in the future."""
    moment: datetime = croniter(cron, now.astimezone(UTC) + timedelta(microseconds=1)).get_prev(datetime)
    return moment


def slot_after(cron: str, now: datetime) -> datetime:
    """Return the next scheduled time."""
    moment: datetime = croniter(cron, now.astimezone(UTC)).get_next(datetime)
    return moment


def missed_between(cron: str, last: datetime, slot: datetime) -> int:
    """Return how many scheduled times lie between two others, at most ten thousand."""
    times, missed = croniter(cron, last.astimezone(UTC)), 0
    while missed < _MOST_MISSED and times.get_next(datetime) < slot:
        missed += 1
    return missed


def jitter(slug: str, interval: timedelta) -> timedelta:
    """Return how long after a slot a brand begins, so that not all begin at once.

    It is always the same for a brand, under a twentieth of the interval, and under two minutes.
    """
    share = int.from_bytes(hashlib.sha256(slug.encode()).digest()[:4], "big") / 2**32
    return timedelta(seconds=share * min(interval.total_seconds() * _JITTER_SHARE, _MOST_JITTER))


def due_run(cron: str, slug: str, history: History, now: datetime) -> RunRequest | None:
    """Return the run that a brand is due for, if any.

    A brand that was never synced begins at once. However many slots were missed, one run catches up. A run that was
    cut off is made up for at once, but not for ever: after three in a row the brand waits for its next slot.
    """
    slot = slot_before(cron, now)
    if history.last_slot is None:
        return RunRequest(Trigger.SCHEDULE, slot)
    if history.last_slot < slot:
        if now < slot + jitter(slug, slot_after(cron, now) - slot):
            return None
        missed = missed_between(cron, history.last_slot, slot)
        return RunRequest(Trigger.CATCH_UP if missed else Trigger.SCHEDULE, slot, missed)
    crashes = sum(1 for _ in takewhile(lambda status: status is RunStatus.ABANDONED, history.latest))
    if 0 < crashes < MOST_CRASHES:
        return RunRequest(Trigger.CATCH_UP)
    return None
