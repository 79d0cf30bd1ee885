"""Words of an address or a form, as members of a closed vocabulary."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

Word = TypeVar("Word", bound=StrEnum)


def member(vocabulary: type[Word], word: str) -> Word | None:
    """Return the member of this value, or None where the vocabulary has none."""
    try:
        return vocabulary(word)
    except ValueError:
        return None
