"""Finished answers, kept in the process until the brand's data changes.

What a dashboard shows changes only when a sync lands, and a sync gives the brand a new data version: an answer kept
under (brand, data version, question) is never stale and needs no time-out. What also depends on the calendar names
its day in the question.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Event, Lock
from typing import Any, Final, TypeVar, cast

from dash_portal.brand_access import Brand

Answer = TypeVar("Answer")

MOST_ANSWERS: Final = 400
PATIENCE_SECONDS: Final = 5.0
"""For how long a thread waits for another one's answer to the same question."""


class Answers:
    """A bounded store of answers, safe under threads; the one used longest ago goes first.

    Of several threads that ask the same at the same moment, as everybody does of a web that has just started and when
    new data has come, one works it out and the others wait for it, each instead of doing the same work beside it. They
    don't wait for ever: an answer that fails, or takes too long, each of them works out by itself.
    """

    def __init__(self, most: int = MOST_ANSWERS) -> None:
        """Keep at most this many answers."""
        self._most = most
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()
        self._under_way: dict[Hashable, Event] = {}

    def answer(self, brand: Brand, question: Hashable, work_out: Callable[[], Answer]) -> Answer:
        """Return the answer to a question about a brand's data, working it out if it is not known.

        The data version was read before the rows are, so an answer can be newer than its key says, never older.
        """
        key = (brand.tenant_id, brand.data_version, question)
        with self._lock:
            if key in self._kept:
                return cast(Answer, self._known(key))
            others = self._under_way.get(key)
            mine = self._under_way.setdefault(key, Event())
        if others is not None:
            others.wait(PATIENCE_SECONDS)
            with self._lock:
                if key in self._kept:
                    return cast(Answer, self._known(key))
            return self._keep(key, work_out())
        try:
            return self._keep(key, work_out())
        finally:
            with self._lock:
                del self._under_way[key]
            mine.set()

    def _known(self, key: Hashable) -> Any:
        self._kept.move_to_end(key)
        return self._kept[key]

    def _keep(self, key: Hashable, fresh: Answer) -> Answer:
        with self._lock:
            self._kept[key] = fresh
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return fresh

    def forget(self) -> None:
        """Drop everything: for tests and measurements of a process that knows nothing yet."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        """Return how many answers are kept."""
        return len(self._kept)


ANSWERS: Final = Answers()
