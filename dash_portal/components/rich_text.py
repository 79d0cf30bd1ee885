"""Upstream HTML as components of our own: whatever it holds, only these elements and plain text come out.

Nothing is ever set as HTML. Text was sanitised when it was stored; here an element that is not known gives up its tag,
scripts and styles with all they hold, and links keep only web and mail addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any, Final

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

_KEPT: Final[dict[str, Callable[[list[Any]], Component]]] = {
    "p": html.P,
    "div": html.Div,
    "ul": html.Ul,
    "ol": html.Ol,
    "li": html.Li,
    "b": html.Strong,
    "strong": html.Strong,
    "i": html.Em,
    "em": html.Em,
    "u": html.U,
    "s": html.S,
    "blockquote": html.Blockquote,
    "pre": html.Pre,
    "code": html.Code,
    "h1": html.H4,
    "h2": html.H4,
    "h3": html.H4,
    "h4": html.H4,
    "h5": html.H5,
    "h6": html.H6,
    "table": dbc.Table,
    "thead": html.Thead,
    "tbody": html.Tbody,
    "tr": html.Tr,
    "td": html.Td,
    "th": html.Th,
}
_DROPPED: Final = frozenset({"script", "style", "template", "iframe", "object", "svg", "math", "title", "noscript"})
_DEEPEST: Final = 40
_LINK: Final = re.compile(r"(?:https?://|mailto:|tel:)[^\s]+", re.IGNORECASE)


def rich_text(content: str, *, search: str = "") -> Component:
    """Return upstream HTML as inert components, the words of a search marked in its text."""
    reader = _Reader(_pattern(search))
    reader.feed(content)
    reader.close()
    return dbc.Container(reader.children, fluid=True, class_name="rich-text")


def marked_pieces(text: str, search: str) -> list[Any]:
    """Return a plain text as the pieces of a cell, what matches a search marked."""
    return [
        part if isinstance(part, str) else {"text": part.children, "tag": "mark"}
        for part in _marked(text, _pattern(search))
    ]


def _pattern(search: str) -> re.Pattern[str] | None:
    words = sorted({re.escape(word) for word in search.split()[:8]}, key=len, reverse=True)
    return re.compile("|".join(words), re.IGNORECASE) if words else None


def _marked(text: str, pattern: re.Pattern[str] | None) -> list[Any]:
    if pattern is None:
        return [text]
    parts: list[Any] = []
    end = 0
    for match in pattern.finditer(text):
        parts.extend((text[end : match.start()], html.Mark(match.group())))
        end = match.end()
    parts.append(text[end:])
    return [part for part in parts if part != ""]


class _Reader(HTMLParser):
    """Builds the components; the innermost open element gathers what comes next."""

    def __init__(self, pattern: re.Pattern[str] | None) -> None:
        super().__init__(convert_charrefs=True)
        self.children: list[Any] = []
        self._open: list[tuple[str, list[Any]]] = [("", self.children)]
        self._dropping = 0
        self._pattern = pattern

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self._dropping += 1
        if self._dropping:
            return
        if tag in {"br", "hr"}:
            self._open[-1][1].append(html.Br() if tag == "br" else html.Hr())
            return
        if (tag not in _KEPT and tag != "a") or len(self._open) > _DEEPEST:
            return
        children: list[Any] = []
        self._open[-1][1].append(_link(children, dict(attrs)) if tag == "a" else _KEPT[tag](children))
        self._open.append((tag, children))

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._dropping = max(0, self._dropping - 1)
            return
        opened = [name for name, _ in self._open]
        if not self._dropping and tag in opened:
            del self._open[len(opened) - 1 - opened[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self._open[-1][1].extend(_marked(data, self._pattern))


def _link(children: list[Any], attributes: dict[str, str | None]) -> Component:
    address = (attributes.get("href") or "").strip()
    if not _LINK.fullmatch(address):
        return html.Span(children)
    return html.A(children, href=address, target="_blank", rel="noopener noreferrer nofollow")
