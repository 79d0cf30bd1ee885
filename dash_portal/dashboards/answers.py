"""Finished answers, kept in the process until the brand's data changes.

What a dashboard shows changes only when a sync lands, and a sync gives the brand a new data version: an answer kept
under (brand, data version, question) is never stale and needs no time-out. What also depends on the calendar names
its day in the question.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final, TypeVar

from dash_portal.brand_access import Brand

Answer = TypeVar("Answer")

MOST_ANSWERS: Final = 400


class Answers:
    """A bounded store of answers, safe under threads; the one used longest ago goes first.

    Questions asked at the same moment by several threads are each worked out, and the last one stays: an answer can be
    worked out twice, but no thread ever waits for another.
    """

    def __init__(self, most: int = MOST_ANSWERS) -> None:
        """Keep at most this many answers."""
        self._most = most
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def answer(self, brand: Brand, question: Hashable, work_out: Callable[[], Answer]) -> Answer:
        """Return the answer to a question about a brand's data, working it out if it is not known.

        The data version was read before the rows are, so an answer can be newer than its key says, never older.
        """
        key = (brand.tenant_id, brand.data_version, question)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                known: Answer = self._kept[key]
                return known
        fresh = work_out()
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
