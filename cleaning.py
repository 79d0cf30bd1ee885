"""The one rule for names: what is kept of them when they are stored, put into links and looked for."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# NUL is refused by PostgreSQL, lone surrogates by UTF-8; the bidirectional controls can disguise what is written.
CONTROL: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\uffff]"
)
"""Signs that no text keeps. Joiners, soft hyphens, marks of direction and letters of tomorrow are part of a name."""

LONGEST_KEY: Final = 255
"""Names are told apart by so many characters, in keys as in links."""


def clean_text(text: str) -> str:
    """Return text of several lines without control characters, trimmed; cutting it is for who knows its markup."""
    if not text.isprintable():
        text = CONTROL.sub("", text)
    return text.strip()


def one_line(text: str) -> str:
    """Return the text as one line: no control characters, every run of white space one space."""
    if not text.isprintable():
        text = CONTROL.sub(" ", text)
    return " ".join(text.split())


@lru_cache(maxsize=4096)
def name_key(name: str) -> str:
    """Return what names are joined, grouped and looked for by: case-folded, at most 255 characters."""
    return name.casefold()[:LONGEST_KEY].strip()
