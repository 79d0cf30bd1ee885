"""How often somebody may ask: an allowance that is used up one by one, and grows again evenly with time."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil
from threading import Lock


class Allowances:
    """The allowances of all who ask; safe under threads. One that is whole again is forgotten."""

    def __init__(self, most: int, *, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Allow each at most so many at once, and as many again within so many seconds."""
        self._most = most
        self._seconds_each = seconds / most
        self._clock = clock
        self._lock = Lock()
        self._whole_at: dict[str, float] = {}
        self._looked_through_at = clock()

    def take(self, who: str) -> int:
        """Use one of theirs up and return 0; where none is left, return after how many whole seconds one is."""
        with self._lock:
            now = self._clock()
            self._forget_whole(now)
            whole_at = max(now, self._whole_at.get(who, now)) + self._seconds_each
            too_early = whole_at - now - self._most * self._seconds_each
            if too_early > self._seconds_each * 1e-6:  # what additions of fractions leave over is none
                return ceil(too_early)
            self._whole_at[who] = whole_at
            return 0

    def forget(self) -> None:
        """Give everybody all of theirs back: for tests."""
        with self._lock:
            self._whole_at.clear()

    def _forget_whole(self, now: float) -> None:
        """Drop, once in a while, those who have all of theirs: else who asked once would be remembered for ever."""
        if now - self._looked_through_at >= self._most * self._seconds_each:
            self._whole_at = {who: whole_at for who, whole_at in self._whole_at.items() if whole_at > now}
            self._looked_through_at = now
