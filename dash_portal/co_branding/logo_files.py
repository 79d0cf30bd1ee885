"""Making an uploaded logo safe: what is kept is rebuilt from the few parts of a picture that are needed to see it.

A PNG keeps its pixels and colours and loses everything else (text, profiles, whatever follows its end). An SVG keeps
known drawing elements and attributes; scripts, styles, links, foreign content and references to elsewhere go.
"""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ET  # what could make it dangerous (DTDs, entities) is refused before it parses
import zlib
from dataclasses import dataclass
from typing import Final

LARGEST_BYTES: Final = 200_000
LARGEST_SIDE: Final = 2_000

_PNG_MARK: Final = b"\x89PNG\r\n\x1a\n"
_KEPT_CHUNKS: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}

_SVG: Final = "http://www.w3.org/2000/svg"
_MOST_ELEMENTS: Final = 5_000
_DEEPEST: Final = 60
_ELEMENTS: Final = frozenset(
    (  # noqa: SIM905 - a list of words reads best as words
        "svg g path rect circle ellipse line polyline polygon defs linearGradient radialGradient stop "
        "clipPath mask title text tspan"
    ).split()
)
_ATTRIBUTES: Final = frozenset(
    (  # noqa: SIM905 - a list of words reads best as words
        "viewBox width height x y x1 y1 x2 y2 cx cy r rx ry fx fy d points transform fill fill-rule "
        "fill-opacity stroke stroke-width stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray "
        "stroke-dashoffset stroke-opacity opacity id offset stop-color stop-opacity gradientUnits "
        "gradientTransform spreadMethod clip-path clip-rule clipPathUnits mask maskUnits maskContentUnits "
        "preserveAspectRatio color font-family font-size font-weight font-style text-anchor letter-spacing dx "
        "dy display visibility"
    ).split()
)
_STYLE_NAMES: Final = frozenset(
    (  # noqa: SIM905 - a list of words reads best as words
        "fill fill-rule fill-opacity stroke stroke-width stroke-linecap stroke-linejoin stroke-opacity "
        "opacity stop-color stop-opacity clip-rule display visibility font-family font-size font-weight"
    ).split()
)
_OWN_REFERENCE: Final = re.compile(r"url\(\s*['\"]?#[\w.-]+['\"]?\s*\)", re.ASCII)
_FUNCTIONS: Final = frozenset(
    {"matrix", "translate", "scale", "rotate", "skewx", "skewy", "rgb", "rgba", "hsl", "hsla", ""}
)
_CALL: Final = re.compile(r"([^\s(),]*)\s*\(")
_NEVER_DRAWN: Final = re.compile(r"[\\@&<>{};:]|/\*")
"""Escapes, at-rules, entities, schemes and comments: no drawing needs them, and each can hide a function's name."""
_DECLARATION: Final = re.compile(r"<!(?!--|\[CDATA\[)")


class LogoError(Exception):
    """The file can't be taken; the message says why in one plain sentence."""


@dataclass(frozen=True, slots=True)
class SafeLogo:
    """A logo that may be shown."""

    media_type: str
    body: bytes


def safe_logo(body: bytes) -> SafeLogo:
    """Return the logo, rebuilt. Raises LogoError for anything that is not a PNG or an SVG of a sensible size."""
    if not body:
        raise LogoError("Please choose a file.")
    if len(body) > LARGEST_BYTES:
        raise LogoError("A logo may have 200 KB at most.")
    if body.startswith(_PNG_MARK):
        return SafeLogo("image/png", _safe_png(body))
    if b"<svg" in body[:2000]:
        return SafeLogo("image/svg+xml", _safe_svg(body))
    raise LogoError("A logo is a PNG or an SVG file.")


def _safe_png(body: bytes) -> bytes:
    try:
        chunks = _chunks(body)
        width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
    except (struct.error, IndexError) as broken:
        raise LogoError("This PNG is damaged.") from broken
    if chunks[0][0] != b"IHDR" or colour not in _CHANNELS or (compression, filtering) != (0, 0) or interlace > 1:
        raise LogoError("This PNG is damaged.")
    if not (1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE):
        raise LogoError(f"A logo may have {LARGEST_SIDE} pixels a side at most.")
    _check_pixels(b"".join(data for kind, data in chunks if kind == b"IDAT"), width, height, depth * _CHANNELS[colour])
    return _PNG_MARK + b"".join(_chunk(kind, data) for kind, data in chunks if kind in _KEPT_CHUNKS)


def _chunks(body: bytes) -> list[tuple[bytes, bytes]]:
    """Return the file's chunks up to its end, each with a right check sum."""
    chunks: list[tuple[bytes, bytes]] = []
    place = len(_PNG_MARK)
    while not chunks or chunks[-1][0] != b"IEND":
        (length,) = struct.unpack_from(">I", body, place)
        kind, data = body[place + 4 : place + 8], body[place + 8 : place + 8 + length]
        (check,) = struct.unpack_from(">I", body, place + 8 + length)
        if zlib.crc32(kind + data) != check:
            raise LogoError("This PNG is damaged.")
        chunks.append((kind, data))
        place += 12 + length
    return chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _check_pixels(packed: bytes, width: int, height: int, bits: int) -> None:
    """Unpack the pixels, and not a byte more than the picture can have: a small file must not become a huge one."""
    most = (width * bits // 8 + 2) * height + 8 * (width + height) + 64
    try:
        unpacker = zlib.decompressobj()
        pixels = unpacker.decompress(packed, most + 1)
    except zlib.error as broken:
        raise LogoError("This PNG is damaged.") from broken
    if not pixels or len(pixels) > most or unpacker.unconsumed_tail:
        raise LogoError("This PNG is damaged.")


def _safe_svg(body: bytes) -> bytes:
    try:
        text = body.decode("utf-8-sig")
        if _DECLARATION.search(text):
            text = re.sub(r"<!DOCTYPE[^<>\[\]]*>", "", text, count=1, flags=re.IGNORECASE)
            if _DECLARATION.search(text):
                raise LogoError("This SVG holds declarations that a logo doesn't need.")
        root = ET.fromstring(text)  # noqa: S314 - without declarations there are no entities
    except (UnicodeDecodeError, ET.ParseError, RecursionError, ValueError) as broken:
        raise LogoError("This SVG can't be read.") from broken
    if root.tag != f"{{{_SVG}}}svg":
        raise LogoError("This SVG can't be read.")
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        raise LogoError("This SVG is too intricate for a logo.")
    kept = _kept(root, 0)
    kept.set("xmlns", _SVG)
    if "viewBox" not in kept.attrib and not {"width", "height"} <= kept.attrib.keys():
        raise LogoError("This SVG doesn't say how large it is (viewBox).")
    made: bytes = ET.tostring(kept, encoding="utf-8")
    return made


def _kept(element: ET.Element, depth: int) -> ET.Element:
    """Return the element with what is known of it, and the same of its children."""
    name = _local(element.tag)
    made = ET.Element(name, _kept_attributes(element))
    if name in {"text", "tspan", "title"}:
        made.text = element.text
    for child in element:
        if depth < _DEEPEST and isinstance(child.tag, str) and _local(child.tag) in _ELEMENTS:
            made.append(_kept(child, depth + 1))
            if name in {"text", "tspan"}:
                made[-1].tail = child.tail
    return made


def _kept_attributes(element: ET.Element) -> dict[str, str]:
    kept = {name: value for name, value in element.attrib.items() if name in _ATTRIBUTES and _stays_here(value)}
    style = element.attrib.get("style", "")
    for name, _, value in (part.partition(":") for part in style.split(";")):
        if name.strip() in _STYLE_NAMES and _stays_here(value):
            kept[name.strip()] = value.strip()
    return kept


def _stays_here(value: str) -> bool:
    """Tell whether a value refers to nothing outside of its own file: it calls only functions that draw."""
    without_own = _OWN_REFERENCE.sub(" ", value)
    if _NEVER_DRAWN.search(without_own):
        return False
    return all(name.lower() in _FUNCTIONS for name in _CALL.findall(without_own))


def _local(tag: str) -> str:
    """Return the name of an SVG element; a name of another vocabulary is none that is known."""
    return tag.removeprefix(f"{{{_SVG}}}")
