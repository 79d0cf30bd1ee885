"""Upstream text made safe to keep: no control characters, no lone surrogates, and HTML only in sanitised form."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

import nh3

from cleaning import clean_text, one_line
from markup import BLOCKS, TAG

_MARKUP: Final = re.compile("[<>&]")
_OTHER_BLOCKS: Final = (
    "article|section|header|footer|main|nav|aside|address|center|dl|dt|dd|figure|figcaption|fieldset|form|details|"
    "summary"
)

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
MOST_CHARACTERS: Final = 200_000

# Markup that the cleaner gives back as it is: text, and formatting without any attribute, each tag closed where it
# should be. Most notes are just that, and the cleaner lets go of Python's lock: waiting for it again behind the threads
# that read pages took a quarter of a first sync. Measured again in pairs: without this a first sync takes 5 to 17 %
# more CPU on both databases, and at 1.9 times the floor on PostgreSQL it has 5 to give.
_PLAIN: Final = r"(?:[^<>&\r\xa0]++|&(?:amp|lt|gt|quot|#0?39);)*+"
_FORMATTED: Final = "|".join(f"<{tag}>{_PLAIN}</{tag}>" for tag in ("b", "i", "em", "strong", "u"))
_RUN: Final = rf"{_PLAIN}(?:(?:<br>|{_FORMATTED}){_PLAIN})*+"
_PARAGRAPH: Final = "|".join(f"<{tag}>{_RUN}</{tag}>" for tag in ("p", "blockquote"))
_LIST: Final = "|".join(f"<{tag}>(?:<li>{_RUN}</li>)*+</{tag}>" for tag in ("ul", "ol"))
_HARMLESS: Final = re.compile(rf"{_RUN}(?:(?:{_PARAGRAPH}|{_LIST}){_RUN})*+")
_QUOTES: Final = re.compile("&(?:quot|#0?39);")
_ENTITY: Final = re.compile("&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_HALF_ENTITY: Final = re.compile("&[#A-Za-z0-9]{0,31}$")
_NEWLINE: Final = re.compile(r"[ \t]*(?:\r\n?|\n)")
# What stands in angle brackets for a mail program is no tag: `Pat <pat@example.com>`, `<https://example.com>`.
_ADDRESS: Final = re.compile(
    r"""<((?:(?:https?|tel|mailto):|www\.)[^<>\s"']{1,2000}|[^<>\s"'=/]{1,200}@[^<>\s"']{1,200})>"""
)
_BLOCK_OR_BREAK: Final = re.compile(rf"<(?:br|hr|{BLOCKS})\b")
_TAG_OR_NEWLINE: Final = re.compile(rf"({TAG.pattern})|{_NEWLINE.pattern}")
_OTHER_BLOCK: Final = re.compile(rf"<(/?)(?:{_OTHER_BLOCKS})\b", re.IGNORECASE)
_CLOSING_TAGS: Final = 1_000  # room for the closing tags of what was cut


def clean_line(text: str) -> str:
    """Return the text as one line: no control characters, every run of white space one space."""
    return one_line(text[:MOST_CHARACTERS])


def clean_name(text: str) -> str:
    """Return a name as people read it, the same name always in the same letters: entities unescaped, accents composed.

    Twice, because a form and a database may each have escaped it once. What an entity spells is cleaned like the rest.
    """
    for _ in range(2):
        if "&" in text:
            text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return clean_line(unicodedata.normalize("NFC", text))


def sanitise_html(markup: str) -> str:
    """Return HTML that is harmless on a page, at most 200,000 characters of it.

    Formatting, lists and links stay; no script, style, handler or form does. The lines of plain text are lines of the
    result. It is cut after it was cleaned: what comes before the words may be far longer than they are.
    """
    text = clean_text(markup)
    if not _MARKUP.search(text):
        return _cut(_NEWLINE.sub("<br>", text))
    if _HARMLESS.fullmatch(text):
        sanitised = _QUOTES.sub(_quote, text) if "&" in text else text
    else:
        # Blocks that are not let through still end lines. Entities may spell what was taken out above, so the result
        # is cleaned once more.
        text = _OTHER_BLOCK.sub(r"<\1div", _ADDRESS.sub(r"&lt;\1&gt;", text))
        sanitised = _cleaned(text)
    has_lines = "\n" in sanitised or "\r" in sanitised
    if has_lines and not _BLOCK_OR_BREAK.search(sanitised):  # plain text, perhaps with words set off: lines are meant
        sanitised = _TAG_OR_NEWLINE.sub(lambda part: part[1] or "<br>", sanitised)
    return _cut(sanitised)


def _cleaned(text: str) -> str:
    """Return what the cleaner lets through, hard spaces as letters: it writes them as entities."""
    return clean_text(CLEANER.clean(text).replace("&nbsp;", "\xa0"))


def _cut(sanitised: str) -> str:
    """Return sanitised HTML cut to length, with no half a tag at its end and all tags closed."""
    if len(sanitised) <= MOST_CHARACTERS:
        return sanitised
    cut = sanitised[: MOST_CHARACTERS - _CLOSING_TAGS]
    cut = cut[: cut.rfind("<")] if cut.rfind("<") > cut.rfind(">") else cut
    return _cleaned(_HALF_ENTITY.sub("", cut))[:MOST_CHARACTERS]


def _quote(entity: re.Match[str]) -> str:
    return '"' if entity[0] == "&quot;" else "'"
