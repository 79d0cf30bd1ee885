"""Upstream text made safe to keep: no control characters, no lone surrogates, and HTML only in sanitised form."""

from __future__ import annotations

import html
import re
from typing import Final

import nh3

# NUL is refused by PostgreSQL, lone surrogates by UTF-8; the bidirectional controls can disguise what is written.
_CONTROL: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\uffff]"
)
_MARKUP: Final = re.compile("[<>&]")
_BLOCKS: Final = "p|div|blockquote|pre|h[1-6]|ul|ol|li|table|tr|td|th"
_LINE_END: Final = re.compile(rf"<(?:br|hr|/?(?:{_BLOCKS}))\b[^>]*>", re.IGNORECASE)
_BLANK_LINES: Final = re.compile(r"[ \t\r\f]*\n\s*")

_TAGS: Final = frozenset(
    {
        "a",
        "b",
        "blockquote",
        "br",
        "code",
        "div",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
    }
)
CLEANER: Final = nh3.Cleaner(
    tags=set(_TAGS),
    attributes={"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer nofollow",
)
_TAG: Final = re.compile(r"""<(?:[^">]|"[^"]*")*>""")  # of sanitised markup, which quotes every attribute
MOST_CHARACTERS: Final = 200_000

# Markup that the cleaner gives back as it is: text, and formatting without any attribute, each tag closed where it
# should be. Most notes are just that, and the cleaner lets go of Python's lock: waiting for it again behind the threads
# that read pages took a quarter of a first sync.
_PLAIN: Final = r"(?:[^<>&\r\xa0]++|&(?:amp|lt|gt|quot|#0?39);)*+"
_FORMATTED: Final = "|".join(f"<{tag}>{_PLAIN}</{tag}>" for tag in ("b", "i", "em", "strong", "u"))
_RUN: Final = rf"{_PLAIN}(?:(?:<br>|{_FORMATTED}){_PLAIN})*+"
_PARAGRAPH: Final = "|".join(f"<{tag}>{_RUN}</{tag}>" for tag in ("p", "blockquote"))
_LIST: Final = "|".join(f"<{tag}>(?:<li>{_RUN}</li>)*+</{tag}>" for tag in ("ul", "ol"))
_HARMLESS: Final = re.compile(rf"{_RUN}(?:(?:{_PARAGRAPH}|{_LIST}){_RUN})*+")
_QUOTES: Final = re.compile("&(?:quot|#0?39);")


def clean_text(text: str) -> str:
    """Return text of several lines without control characters, trimmed and at most 200,000 characters long."""
    if not text.isprintable():
        text = _CONTROL.sub("", text)
    return text[:MOST_CHARACTERS].strip()


def clean_line(text: str) -> str:
    """Return the text as one line: no control characters, every run of white space one space."""
    if not text.isprintable():
        text = _CONTROL.sub(" ", text)
    return " ".join(text[:MOST_CHARACTERS].split())


def sanitise_html(markup: str) -> str:
    """Return HTML that is harmless on a page: formatting, lists and links; no script, style, handler or form."""
    text = clean_text(markup)
    if not _MARKUP.search(text):
        return text
    if _HARMLESS.fullmatch(text):
        return _QUOTES.sub(_quote, text)
    # Entities may spell what was taken out above, so the result is cleaned once more.
    return clean_text(CLEANER.clean(text))


def _quote(entity: re.Match[str]) -> str:
    return '"' if entity[0] == "&quot;" else "'"


def plain_text(sanitised: str) -> str:
    """Return what a reader sees of sanitised HTML, as text: blocks end lines, entities are characters."""
    if not _MARKUP.search(sanitised):
        return sanitised
    stripped = _TAG.sub("", _LINE_END.sub("\n", sanitised))
    return clean_text(_BLANK_LINES.sub("\n", html.unescape(stripped)))
