"""Runs brands side by side: as many as are fixed, or as the rule of `side_by_side` allows from moment to moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from statistics import mean
from typing import Any, Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.pool import QueuePool

from settings import SyncSettings
from sync.api.pace import Pace
from sync.running.memory import memory_share
from sync.running.side_by_side import MOST, Conditions, at_start, brands_side_by_side

_LOOK_SECONDS: Final = 5.0
_FORGETTING: Final = 1.02  # an API that stays twice as slow counts as calm after three minutes
log = structlog.get_logger()


class BrandPool:
    """Runs what is submitted in that order, no more at once than allowed; the others wait."""

    def __init__(self, settings: SyncSettings) -> None:
        """Take the number of the settings; where they fix none, start with a few and follow `adjust`."""
        self._settings = settings
        self.at_once = at_start(settings.sync_brands_at_once)
        self._executor = ThreadPoolExecutor(settings.sync_brands_at_once or MOST, thread_name_prefix="brand")
        self._turn = threading.Condition()
        self._waiting = self._running = 0
        self._is_closed = False
        self._looked_at, self._worked = time.monotonic(), time.process_time()
        self._calm_seconds = float("inf")
        self._free_connections: list[int] = []

    def submit(self, task: Callable[..., object], *arguments: Any) -> Future[None]:
        """Have a task done when it is its turn."""
        with self._turn:
            self._waiting += 1
        future = self._executor.submit(self._in_turn, task, *arguments)
        future.add_done_callback(self._forget_cancelled)
        return future

    def _forget_cancelled(self, future: Future[None]) -> None:
        if future.cancelled():
            with self._turn:
                self._waiting -= 1

    def _in_turn(self, task: Callable[..., object], *arguments: Any) -> None:
        with self._turn:
            self._turn.wait_for(lambda: self._is_closed or self._running < self.at_once)
            self._waiting -= 1
            if self._is_closed:
                return
            self._running += 1
        try:
            task(*arguments)
        finally:
            with self._turn:
                self._running -= 1
                self._turn.notify()

    def close(self) -> None:
        """Begin nothing more; what runs goes on."""
        with self._turn:
            self._is_closed = True
            self._turn.notify_all()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def adjust(self, pace: Pace, engine: Engine) -> None:
        """Look at the connections, and every few seconds how many brands may go side by side from now on.

        Where their number is fixed nothing is to be looked at.
        """
        if self._settings.sync_brands_at_once is not None:
            return
        self._free_connections.append(_free_connections(engine))
        if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
            self.follow(self._conditions(pace))
            self._free_connections.clear()

    def follow(self, seen: Conditions) -> None:
        """Allow as many as the rule says under these conditions, and write a line where that is another number."""
        before = self.at_once
        with self._turn:
            self.at_once = brands_side_by_side(before, seen)
            self._turn.notify_all()
        if self.at_once != before:
            log.info(
                "brands_side_by_side",
                brands=self.at_once,
                before=before,
                waiting=seen.waiting,
                calls_per_second=seen.calls_per_second and round(seen.calls_per_second, 1),
                call_ms=round(seen.call_seconds * 1000),
                processor=round(seen.processor, 2),
                memory=round(seen.memory, 2),
                free_connections=round(seen.free_connections, 1),
            )

    def _conditions(self, pace: Pace) -> Conditions:
        looked_at, worked = time.monotonic(), time.process_time()
        processor = (worked - self._worked) / (looked_at - self._looked_at)
        self._looked_at, self._worked = looked_at, worked
        call_seconds = pace.call_seconds
        self._calm_seconds = min(call_seconds or float("inf"), self._calm_seconds * _FORGETTING)
        return Conditions(
            waiting=self._waiting,
            requests_per_brand=self._settings.sync_requests_per_brand,
            free_connections=mean(self._free_connections),
            calls_per_second=pace.calls_per_second,
            call_seconds=call_seconds,
            calm_seconds=self._calm_seconds,
            processor=processor,
            memory=memory_share(),
        )


def _free_connections(engine: Engine) -> int:
    """Return how many connections more the process may use at this moment."""
    assert isinstance(engine.pool, QueuePool)  # noqa: S101 - what create_engine makes for a file and for a server
    return engine.pool.size() - engine.pool.checkedout()
