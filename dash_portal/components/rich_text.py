"""Upstream HTML as components of our own: whatever it holds, only these elements and plain text come out.

Nothing is ever set as HTML. Text was sanitised when it was stored, and is once more; here an element that is not known
gives up its tag, scripts and styles with all they hold, and links keep only web, mail and phone addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any, Final

import dash_bootstrap_components as dbc
import nh3
from dash import html
from dash.development.base_component import Component

_SAME = "p div ul ol li strong em u s blockquote pre code h4 h5 h6 thead tbody tr td th br hr"
_KEPT: Final[dict[str, Callable[[list[Any]], Component]]] = {
    **{tag: getattr(html, tag.capitalize()) for tag in _SAME.split()},
    **dict.fromkeys(("h1", "h2", "h3"), html.H4),  # the panel's own headings stand above
    "b": html.Strong,
    "i": html.Em,
    "table": dbc.Table,
}
_CLEANER: Final = nh3.Cleaner(
    tags={*_KEPT, "a"},
    clean_content_tags={"script", "style", "template", "iframe", "object", "svg", "math", "title", "noscript"},
    attributes={"a": {"href"}},
    link_rel=None,
)
_VOID: Final = ("br", "hr")
_DEEPEST: Final = 40
_LINK: Final = re.compile(r"(?:https?://|mailto:|tel:)[^\s]+", re.IGNORECASE)


def rich_text(content: str, *, search: str = "") -> Component:
    """Return upstream HTML as inert components, the words of a search marked in its text."""
    reader = _Reader(_pattern(search))
    reader.feed(_CLEANER.clean(content))
    reader.close()
    return dbc.Container(reader.open[0], fluid=True, class_name="rich-text")


def marked_pieces(text: str, search: str) -> list[Any]:
    """Return a plain text as the pieces of a cell, what matches a search marked."""
    return [
        part if isinstance(part, str) else {"text": part.children, "tag": "mark"}
        for part in _marked(text, _pattern(search))
    ]


def _pattern(search: str) -> re.Pattern[str] | None:
    words = sorted({re.escape(word) for word in search.split()[:8]}, key=len, reverse=True)
    return re.compile(f"({'|'.join(words)})", re.IGNORECASE) if words else None


def _marked(text: str, pattern: re.Pattern[str] | None) -> list[Any]:
    if pattern is None:
        return [text]
    parts = enumerate(pattern.split(text))  # what matches stands at every odd place
    return [html.Mark(part) if place % 2 else part for place, part in parts if part]


class _Reader(HTMLParser):
    """Builds the components of cleaned HTML, in which every element is closed; the last of `open` gathers more."""

    def __init__(self, pattern: re.Pattern[str] | None) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[list[Any]] = [[]]
        self._pattern = pattern

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        children: list[Any] = []
        if tag in _VOID:
            self.open[-1].append(_KEPT[tag](children))
        elif len(self.open) > _DEEPEST:
            self.open.append(self.open[-1])  # its text goes on in what is around it
        else:
            self.open[-1].append(_link(children, dict(attrs)) if tag == "a" else _KEPT[tag](children))
            self.open.append(children)

    def handle_endtag(self, _tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].extend(_marked(data, self._pattern))


def _link(children: list[Any], attributes: dict[str, str | None]) -> Component:
    address = (attributes.get("href") or "").strip()
    if not _LINK.fullmatch(address):
        return html.Span(children)
    return html.A(children, href=address, target="_blank", rel="noopener noreferrer nofollow")
