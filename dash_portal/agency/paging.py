"""One page of a list that may be long: which one the address asks for, and what of the list stands on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from flask import request

PER_PAGE: Final = 40
"""How many brands, people, entries or answers stand on a page: as many brands as an agency of today has, in 100 KB."""

_PAGE_DIGITS: Final = 6

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class ShownPage:
    """Page `number`, counted from 1, of a list of `total` entries, of which a page holds `per_page`."""

    number: int
    total: int
    per_page: int

    @property
    def pages(self) -> int:
        """How many pages the list has: an empty one has one, too."""
        return max(1, -(-self.total // self.per_page))

    @property
    def before(self) -> int:
        """How many entries stand on the pages before."""
        return (self.number - 1) * self.per_page

    @property
    def until(self) -> int:
        """Which entry is the page's last, counted from 1."""
        return min(self.total, self.before + self.per_page)

    def of(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Return what of the whole list stands on this page."""
        return entries[self.before : self.until]


def shown_page(total: int, wanted: int = 1, per_page: int = PER_PAGE) -> ShownPage:
    """Return the page that is wanted, the nearest one where the list has no such page."""
    first = ShownPage(1, total, per_page)
    return ShownPage(max(1, min(wanted, first.pages)), total, per_page)


def asked_page() -> int:
    """Return which page of a list the address asks for, from 1; anything but a number of six digits is the first."""
    text = request.values.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= _PAGE_DIGITS else 1
