"""How a call is asked for pages: the vendor's parameters, or other ones that an operator found out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PAGE_SIZE: Final = 100


@dataclass(frozen=True, slots=True)
class CallParameters:
    """What the parameters of a call are named, and how many rows a page is asked for (100 at most)."""

    limit: str = "limit"
    offset: str = "offset"
    page_size: int = PAGE_SIZE

    def of_page(self, offset: int) -> dict[str, int]:
        """Return the parameters that ask for the page from row `offset` (0-based) on."""
        return {self.limit: self.page_size, self.offset: offset}
