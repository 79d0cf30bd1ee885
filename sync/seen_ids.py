"""Which ids of a list have come before, in a few bytes each: long lists take little more memory than short ones."""

from __future__ import annotations

from array import array
from typing import Final

_SMALLEST: Final = 1 << 10
_ALL_BITS: Final = (1 << 64) - 1


class SeenIds:
    """A set of ids that keeps 64 bits of each, in a table of which at most two thirds are taken.

    Two ids may be taken for one: once in a thousand million lists of 200,000. Such a list has fewer records than it
    says and does not count as whole; the next process mixes other bits.
    """

    def __init__(self) -> None:
        self._table = array("Q", bytes(8 * _SMALLEST))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, identity: str) -> bool:
        """Take note of an id; tell whether it is new."""
        mark = (hash(identity) & _ALL_BITS) or 1
        if not self._put(mark):
            return False
        self._count += 1
        if self._count * 3 > len(self._table) * 2:
            self._grow()
        return True

    def _put(self, mark: int) -> bool:
        table, last = self._table, len(self._table) - 1
        place = mark & last
        while held := table[place]:
            if held == mark:
                return False
            place = (place + 1) & last
        table[place] = mark
        return True

    def _grow(self) -> None:
        marks = self._table
        self._table = array("Q", bytes(2 * 8 * len(marks)))
        for mark in marks:
            if mark:
                self._put(mark)
