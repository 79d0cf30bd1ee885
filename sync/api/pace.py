"""How fast calls may follow each other under one access token, and how long a run may wait for its turn.

The vendor documents no limit, and all brands share the token: what one brand's call is told concerns all of them. So
the limit is felt for: half as fast after a refusal, a little faster after each quiet while.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from models import SyncErrorKind
from sync.failures import OutOfPatienceError

_WINDOW: Final = 10.0
_QUIET: Final = 5.0
_SLOWEST: Final = 0.5
_UNLIMITED_FROM: Final = 50.0
_LONGEST_HOLD: Final = 60.0
_LOOK_AGAIN: Final = 0.02
_CALLS_OF_A_MEAN: Final = 200
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class CallTally:
    """How many calls a worker has begun, how many failed or came too early, and the seconds they waited in all."""

    calls: int = 0
    calls_failed: int = 0
    calls_refused: int = 0
    waited_seconds: float = 0.0


class Pace:
    """The pace of all calls under one token, shared by all brands and threads of a worker. Times are in seconds.

    `calls_per_second` is None while nothing was ever refused: then calls go as they come. `call_seconds` is how long
    a call takes, as the mean of the latest ones; 0 before the first.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self.calls_per_second: float | None = None
        self.call_seconds = 0.0
        self._answered = 0
        self._held_until = self._next_at = self._changed_at = float("-inf")
        self._starts: deque[float] = deque(maxlen=500)
        self._under_way = 0
        self._refusals = 0
        self._answered_since_cut = False
        self._tally = CallTally()

    def tally(self) -> CallTally:
        """Return what was counted since the worker started."""
        return self._tally

    def waited(self, seconds: float) -> None:
        """Count that a call has waited for its turn."""
        with self._lock:
            self._count(waited_seconds=seconds)

    def _count(self, **more: float) -> None:
        self._tally = replace(self._tally, **{name: getattr(self._tally, name) + by for name, by in more.items()})

    def claim(self) -> float:
        """Begin a call if one may begin now, and return 0; else return after how many seconds to ask again."""
        with self._lock:
            now = self._clock()
            wait = max(self._held_until, self._next_at) - now
            if wait > 0:
                return wait
            if self._refusals and self._under_way:
                return _LOOK_AGAIN  # one call feels its way before all that waited set off together
            if self.calls_per_second is not None:
                self._next_at = now + 1 / self.calls_per_second
            self._starts.append(now)
            self._under_way += 1
            self._count(calls=1)
            return 0.0

    def answered(self, seconds: float) -> None:
        """End a call that was let in: after a quiet while, calls may follow each other a little faster.

        `seconds` is how long the answer took, without the wait for the call's turn.
        """
        with self._lock:
            self._under_way -= 1
            self._answered = min(self._answered + 1, _CALLS_OF_A_MEAN)
            self.call_seconds += (seconds - self.call_seconds) / self._answered
            self._refusals = 0
            self._answered_since_cut = True
            now = self._clock()
            if self.calls_per_second is None or now - self._changed_at < _QUIET:
                return
            faster = self.calls_per_second + max(self.calls_per_second / 10, _SLOWEST / 10)
            self.calls_per_second = faster if faster < _UNLIMITED_FROM else None
            self._changed_at = now

    def failed(self) -> None:
        """End a call that failed for reasons of its own."""
        with self._lock:
            self._under_way -= 1
            self._count(calls_failed=1)

    def refused(self, retry_after: float | None, wait: float) -> None:
        """End a call that came too early: hold all back for as long as the answer asks, or `wait` and ever longer.

        Calls that were under way together are refused together, which is one refusal: only what was answered since
        then shows that the pace was too quick anew.
        """
        with self._lock:
            self._under_way -= 1
            self._refusals += 1
            self._count(calls_refused=1)
            now = self._clock()
            hold = wait * 2 ** min(self._refusals - 1, 10) if retry_after is None else retry_after
            self._held_until = max(self._held_until, now + min(hold, _LONGEST_HOLD))
            if not self._answered_since_cut:
                return
            self.calls_per_second = max((self.calls_per_second or self._observed(now)) / 2, _SLOWEST)
            self._answered_since_cut = False
            self._changed_at = max(now, self._held_until)

    def _observed(self, now: float) -> float:
        """Return how many calls a second began lately; within the first second, as if it were over."""
        lately = [start for start in self._starts if now - start <= _WINDOW]
        return len(lately) / max(now - lately[0], 1.0) if lately else _SLOWEST


class Patience:
    """How many seconds one run may wait for its turn in all, however many of its calls wait at once."""

    def __init__(self, most: float, clock: Clock = time.monotonic) -> None:
        self._most, self._clock, self._lock = most, clock, threading.Lock()
        self._spent = self._since = 0.0
        self._waiting = 0

    @contextmanager
    def waiting(self, seconds: float) -> Iterator[None]:
        """Spend the time the block takes. Raises OutOfPatienceError where `seconds` more would be too many."""
        with self._lock:
            now = self._clock()
            spent = self._spent + (now - self._since if self._waiting else 0.0)
            if spent + seconds > self._most:
                raise OutOfPatienceError(SyncErrorKind.RATE_LIMITED, _OUT_OF_PATIENCE)
            if self._waiting == 0:
                self._since = now
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1
                if self._waiting == 0:
                    self._spent += self._clock() - self._since


_OUT_OF_PATIENCE: Final = (
    "ClientTether asks for fewer requests, and this run has waited long enough: the next one begins with what is left"
)
