"""When a brand is due: pure rules over the schedule, the clock and what was run before. All times are UTC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import takewhile
from typing import Final

from models import RunStatus, Trigger
from sync.running.runs import BrandAccount, History, RunRequest
from timetable import jitter, missed_between, slot_after, slot_before

MOST_CRASHES: Final = 3


def due_run(cron: str, slug: str, history: History, now: datetime) -> RunRequest | None:
    """Return the run that a brand is due for, if any.

    A brand that was never synced begins at once. However many slots were missed, one run catches up. A run that was
    cut off is made up for at once, but not for ever: after three in a row the brand waits for its next slot.
    """
    slot = slot_before(cron, now)
    if history.last_slot is None:
        return RunRequest(Trigger.SCHEDULE, slot)
    if history.last_slot < slot:
        if now < slot + jitter(slug, slot, slot_after(cron, now) - slot):
            return None
        missed = missed_between(cron, history.last_slot, slot)
        return RunRequest(Trigger.CATCH_UP if missed else Trigger.SCHEDULE, slot, missed)
    crashes = sum(1 for _ in takewhile(lambda status: status is RunStatus.ABANDONED, history.latest))
    if 0 < crashes < MOST_CRASHES:
        return RunRequest(Trigger.CATCH_UP)
    return None


def in_turn(cron: str, brands: Iterable[BrandAccount], now: datetime) -> list[BrandAccount]:
    """Return the brands in the order in which they begin in the present slot: each takes its turn at being first.

    Where a rate limit or a slow account leaves no time for all, the same ones would else be left out every time.
    """
    slot = slot_before(cron, now)
    interval = slot_after(cron, now) - slot
    return sorted(brands, key=lambda brand: (jitter(brand.slug, slot, interval), brand.slug))
