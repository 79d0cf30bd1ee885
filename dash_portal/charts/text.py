"""How much room a text takes, and how it breaks into lines: guessed alike for both engines, as Python can't measure."""

from functools import lru_cache
from textwrap import wrap
from unicodedata import east_asian_width

FONT_FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif'
"""The page's own font (Bootstrap's native stack), by name: a measured or exported chart can't inherit it."""

FONT_SIZE = 12
LINE_HEIGHT = 15
MOST_LINES = 4
LONGEST_WHOLE_WORD = 20

_NARROW = frozenset(" .,;:'|!()[]ijlI-")
_WIDE = frozenset("mwMW@%<>+=~&#…")


@lru_cache(maxsize=4096)
def text_width(text: str) -> float:
    """Guess the width of one line in pixels at FONT_SIZE, rather too wide than too narrow."""
    return sum(map(_letter_width, text))


def plain(text: str, otherwise: str = "(none)") -> str:
    """Return a text on one line, without control characters; upstream names hold anything."""
    shown = " ".join(text.split())
    if not shown.isprintable():
        shown = " ".join("".join(letter for letter in shown if letter.isprintable()).split())
    return shown or otherwise


@lru_cache(maxsize=4096)
def lines_of(text: str, width: float) -> tuple[str, ...]:
    """Break a plain text into lines of about `width` pixels; what goes beyond four is cut with an ellipsis."""
    longest_word = max(map(len, text.split()))
    letters = max(4, int(width / (text_width(text) / len(text))), min(longest_word, LONGEST_WHOLE_WORD))
    return tuple(wrap(text, letters, max_lines=MOST_LINES, placeholder="…"))


def _letter_width(letter: str) -> float:
    if letter in _NARROW:
        return 4.7
    if letter in _WIDE or east_asian_width(letter) in "WF":
        return 12.6
    return 9.0 if letter.isupper() else 7.4
