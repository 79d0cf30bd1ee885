"""Letters with and without their accents, the same on both databases: neither engine's own tables are asked."""

from __future__ import annotations

from typing import Final
from unicodedata import normalize

_STROKES: Final = {"Ł": "l", "ł": "l", "Ø": "o", "ø": "o", "Đ": "d", "đ": "d"}
"""Letters that Unicode does not take apart."""


def _plain(letter: str) -> str:
    base = _STROKES.get(letter) or normalize("NFKD", letter)[0].lower()
    return base if base.isascii() and base.isalpha() else ""


_LATIN: Final = [chr(code) for first, last in ((0xC0, 0x24F), (0x1E00, 0x1EFF)) for code in range(first, last + 1)]

ACCENTED: Final = "".join(letter for letter in _LATIN if _plain(letter))
"""Every Latin letter with an accent."""

PLAIN: Final = "".join(_plain(letter) for letter in ACCENTED)
"""The small letter without it, in the same order."""

_TABLE: Final = str.maketrans(ACCENTED, PLAIN)


def unaccented(text: str | None) -> str | None:
    """Return a text in small letters, those with accents without them."""
    return None if text is None else normalize("NFC", text).translate(_TABLE).lower()
