"""What a reader sees of sanitised HTML, as text: the one rule for both wings."""

from __future__ import annotations

import html
import re
from typing import Final

from cleaning import clean_text

BLOCKS: Final = "p|div|blockquote|pre|h[1-6]|ul|ol|li|table|tr|td|th"
TAG: Final = re.compile(r"""<(?:[^">]|"[^"]*")*>""")
"""A tag of sanitised markup, which quotes every attribute with double quotes: a `>` within them ends nothing."""

_MARKUP: Final = re.compile("[<>&]")
_LINE_END: Final = re.compile(rf"<(?:br|hr|/?(?:{BLOCKS}))\b(?:[^\">]|\"[^\"]*\")*>", re.IGNORECASE)
_BLANK_LINES: Final = re.compile(r"[ \t\r\f]*\n\s*")


def plain_text(sanitised: str) -> str:
    """Return what a reader sees of sanitised HTML: blocks end lines, entities are characters."""
    if not _MARKUP.search(sanitised):
        return sanitised
    text = html.unescape(TAG.sub("", _LINE_END.sub("\n", sanitised)))
    return clean_text(_BLANK_LINES.sub("\n", text) if "\n" in text else text)
