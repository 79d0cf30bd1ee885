"""Long tails folded into one category that can be opened."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

SHOWN: Final = 10
OPEN: Final = "\x1f"
"""What a click on the folded category asks for: the tail laid open, not a filter. No name holds this sign."""


def unfolded(keys: Sequence[str], selected: Collection[str], *, shown: int = SHOWN) -> tuple[str, ...]:
    """Return the keys that keep a bar of their own, in the order given: the first ones, and whatever is selected.

    A tail of one is never folded: "Other (1)" would hide a name and save nothing.
    """
    if len(keys) <= shown + 1:
        return tuple(keys)
    return tuple(key for number, key in enumerate(keys) if number < shown or key in selected)


def folded_name(count: int) -> str:
    """Name the category that stands for `count` others."""
    return f"Other ({count})"
