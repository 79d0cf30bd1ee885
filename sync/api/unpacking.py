"""Undoing the compression of an answer, never beyond its limit: a few hundred bytes can hold gigabytes."""

from __future__ import annotations

import zlib
from typing import Final

_GZIP_BEGINS: Final = b"\x1f\x8b"
# What zlib is told to expect: gzip's own frame, zlib's, or none, which some servers call deflate too.
_WINDOWS: Final = {
    "gzip": (zlib.MAX_WBITS | 16,),
    "x-gzip": (zlib.MAX_WBITS | 16,),
    "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS),
}


class TooMuchError(Exception):
    """Unpacked, it is larger than the limit."""


def unpacked(body: bytes, encodings: str, most: int) -> bytes:
    """Return what a body says in plain bytes, `encodings` being what its header names, the last one outermost.

    What is not compressed as its header says stays as it came, and so does what is compressed in a way that we don't
    ask for; what is gzip without a word of it is unpacked too. Raises TooMuchError over `most` bytes.
    """
    names = [name.strip().lower() for name in encodings.split(",")] if encodings else []
    if not names and body.startswith(_GZIP_BEGINS):
        names = ["gzip"]
    for name in reversed(names):
        body = _unpacked_once(body, _WINDOWS.get(name, ()), most)
    return body


def _unpacked_once(body: bytes, windows: tuple[int, ...], most: int) -> bytes:
    for window in windows:
        try:
            return _inflated(body, window, most)
        except zlib.error:
            continue
    return body


def _inflated(packed: bytes, window: int, most: int) -> bytes:
    """Unpack every part: gzip may be written as several, one behind the other."""
    parts: list[bytes] = []
    size = 0
    while True:
        unpacker = zlib.decompressobj(window)
        parts.append(unpacker.decompress(packed, most + 1 - size))
        size += len(parts[-1])
        if size > most:
            raise TooMuchError
        packed = unpacker.unused_data
        if not packed.startswith(_GZIP_BEGINS):
            return b"".join(parts)
