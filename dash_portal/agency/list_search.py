"""What a search over the agency's own short lists finds: every word, in any order, whatever its case and accents."""

from __future__ import annotations

from flask import request

from accents import unaccented

_LONGEST: int = 100


def searched_words() -> str:
    """Return what the address, or a form, searches for, "" for nothing."""
    return request.values.get("q", "")[:_LONGEST].strip()


def holds(words: str, *texts: str) -> bool:
    """Tell whether each of the words is in one of the texts; no words are in every list."""
    if not words:
        return True
    text = unaccented(" ".join(texts)) or ""
    return all(word in text for word in (unaccented(words) or "").split())
