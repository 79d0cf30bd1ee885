"""A view is a link: the page's path and every filter, sort order, page number and open panel as query parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlencode

from cleaning import LONGEST_KEY, name_key, one_line

MOST_VALUES: Final = 50
LONGEST_VALUE: Final = LONGEST_KEY

_MANGLED: Final = "amp;"
"""What stands before a parameter's name where a link was copied out of HTML."""

_NOT_A_FILTER: Final = ("page", "lead", "note")
"""What points into one answer, and so ends when a filter changes: a page number, an open panel."""


@dataclass(frozen=True, slots=True)
class View:
    """What a reader looks at. `parameters` are kept in the order of their names, so that equal views are equal."""

    path: str
    parameters: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, path: str, query: Mapping[str, str | Sequence[str] | None]) -> View:
        """Make a view of what a query string held; blanks and repetitions go, too much of anything is cut off."""
        kept = []
        for name, given in sorted(query.items()):
            values = [given] if isinstance(given, str) else list(given or ())
            clean = tuple(dict.fromkeys(filter(None, (_clean(value) for value in values[:MOST_VALUES]))))
            if clean:
                kept.append((name.removeprefix(_MANGLED)[:LONGEST_VALUE], clean))
        return cls(path, tuple(kept[:MOST_VALUES]))

    @classmethod
    def parsed(cls, path: str, query: object) -> View:
        """Make a view of the text of a query string; anything but a text is an empty one."""
        text = query.removeprefix("?") if isinstance(query, str) else ""
        pairs = parse_qs(text, max_num_fields=None) if text.count("&") <= MOST_VALUES * 2 else {}
        return cls.of(path, pairs)

    def values(self, name: str) -> tuple[str, ...]:
        """Return all values of a parameter, in the order given."""
        return dict(self.parameters).get(name, ())

    def value(self, name: str) -> str:
        """Return the first value of a parameter, or an empty text."""
        return next(iter(self.values(name)), "")

    def number(self, name: str, *, otherwise: int, most: int = 1_000_000) -> int:
        """Return a parameter as a positive whole number; anything else is taken for `otherwise`."""
        text = self.value(name)
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            return otherwise
        return max(1, min(most, int(text)))

    def only(self, *names: str) -> View:
        """Return the view with nothing but these parameters: what a page knows, whatever a link holds."""
        return View(self.path, tuple(pair for pair in self.parameters if pair[0] in names))

    def set_to(self, name: str, *values: str) -> View:
        """Return the view with a parameter set to these values, or without it if there are none."""
        query: dict[str, Sequence[str]] = dict(self.parameters)
        query[name] = values
        return View.of(self.path, query)

    def toggled(self, name: str, value: str) -> View:
        """Return the view with a filter value added, or removed where it is set; page and panel start over."""
        held = self.values(name)
        same = [kept for kept in held if name_key(kept) == name_key(value)]
        values = tuple(kept for kept in held if kept not in same) if same else (*held, value)
        return self.narrowed().set_to(name, *values)

    def narrowed(self) -> View:
        """Return the view for another set of rows: the first page of it, no panel open."""
        return self.without(*_NOT_A_FILTER)

    def without(self, *names: str) -> View:
        """Return the view without these parameters."""
        return View(self.path, tuple(pair for pair in self.parameters if pair[0] not in names))

    def to(self, path: str, *kept: str) -> View:
        """Return the view of another page that takes along only the parameters named."""
        return View(path, self.only(*kept).parameters)

    @property
    def query(self) -> str:
        """The query string, without the question mark."""
        return urlencode([(name, value) for name, values in self.parameters for value in values])

    @property
    def href(self) -> str:
        """The link itself, relative to the host."""
        return f"{self.path}?{self.query}" if self.parameters else self.path


def _clean(value: object) -> str:
    """Return a value as names are stored, so that every name is found by its own link."""
    return one_line(str(value))[:LONGEST_VALUE].strip()
