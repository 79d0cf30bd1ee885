"""Names where there is little room: cut at the end of a word, and so that names which differ go on to differ.

The hover, the spoken words and the data hold each name whole.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import Final

from dash_portal.charts.text import text_width

Fits = Callable[[str], bool]
"""Whether there is room for a text."""

MOST_LETTERS: Final = 60
"""So many letters of a name are shown where it may take several lines."""

_ELLIPSIS: Final = "…"
_LOOSE: Final = " -,;:/(&\N{EN DASH}"
"""What hangs loose at the end of a name that is cut behind it."""


def told_apart(names: Sequence[str], fits: Fits) -> tuple[str, ...]:
    """Return each name so short that it fits, cut at the end of a word.

    Where two names would then read alike, each keeps its first word, and goes on with the word that tells it from the
    one that is most like it.
    """
    cut = [_cut(name, fits) for name in names]
    shown = []
    for name, short in zip(names, cut, strict=True):
        others = {other for other, cut_alike in zip(names, cut, strict=True) if cut_alike == short} - {name}
        shown.append(_cut_apart(name, others, fits) if others else short)
    return tuple(shown)


def broken(text: str, width: float) -> tuple[str, ...]:
    """Break a text between its words into lines of that width (in pixels of the guessed font), as full as may be."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}") <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return tuple(lines)


def is_short(text: str) -> bool:
    """Whether a text has few enough letters for a place where it may take several lines."""
    return len(text) <= MOST_LETTERS


def has_room(width: float, most_lines: int) -> Fits:
    """Return what says whether a text fits into so many lines of that width."""

    def fits(text: str) -> bool:
        lines = broken(text, width)
        return len(lines) <= most_lines and all(text_width(line) <= width for line in lines)

    return fits


def _cut(name: str, fits: Fits) -> str:
    return _as_much_as_fits("", name.split(), fits) or _without_middle(name, fits)


def _cut_apart(name: str, others: Iterable[str], fits: Fits) -> str:
    """Cut out what a name shares with the others behind its first word; of a single word, its middle."""
    words = name.split()
    shared = min(max(_shared(words, other.split()) for other in others), len(words) - 1)
    if len(words) > 1:
        for head in (f"{words[0]}{_ELLIPSIS} ", f"{_ELLIPSIS} "):
            if shown := _as_much_as_fits(head, words[max(1, shared) :], fits):
                return shown
    return _without_middle(name, fits)


def _as_much_as_fits(head: str, words: Sequence[str], fits: Fits) -> str:
    """Return the words behind that head, cut behind the last one that fits; "" where not even the first one does."""
    whole = f"{head}{' '.join(words)}"
    if fits(whole):
        return whole
    longest = ""
    for count in range(1, len(words)):
        text = " ".join(words[:count]).rstrip(_LOOSE)
        if not fits(f"{head}{text}{_ELLIPSIS}"):
            break
        longest = f"{head}{text}{_ELLIPSIS}" if text else longest
    return longest


def _shared(words: Sequence[str], others: Sequence[str]) -> int:
    """Return with how many equal words two names begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(words, others, strict=False)))


def _without_middle(name: str, fits: Fits) -> str:
    """Cut the middle out of a name without a place to part at: its beginning and its end tell it from others."""
    if fits(name):
        return name
    head, tail, shown = "", "", _ELLIPSIS
    for first, last in zip(name, reversed(name), strict=True):
        head, tail = head + first, last + tail
        text = f"{head.rstrip()}{_ELLIPSIS}{tail.lstrip()}"  # where a space was, a line might have ended
        if not fits(text):
            break
        shown = text
    return shown
