"""Where the next page of a table's rows begins, written so that it can stand in an address.

It counts rows of one question about one version of the data, at one moment: a sync that lands in between would shift
them, so that rows were missed or read twice. Whoever asks on is told so instead, and begins anew.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

LONGEST_CURSOR: Final = 200
_NOT_ASKED: Final = frozenset({"cursor", "limit"})


class CursorError(ValueError):
    """The text is no cursor, or one of another question."""


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """After how many rows (`offset`) of which version of the data to go on, with the question of this fingerprint."""

    data_version: int
    offset: int
    moment: datetime
    question: str

    def written(self) -> str:
        """Return it as it stands in an address."""
        return urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


def read_cursor(text: str, question: str) -> Cursor:
    """Return the cursor that was written so for this question. Raises CursorError."""
    try:
        cursor = msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Cursor)
    except (Error, ValueError) as malformed:
        raise CursorError(text) from malformed
    if cursor.question != question or not 0 <= cursor.offset < 2**31 or cursor.moment.tzinfo is None:
        raise CursorError(text)
    return cursor


def fingerprint(table: str, parameters: Mapping[str, Sequence[str]]) -> str:
    """Return by what a question is known: its table and parameters, but for those that only say which stretch."""
    question: Any = [
        table,
        sorted((name, list(values)) for name, values in parameters.items() if name not in _NOT_ASKED),
    ]
    return hashlib.sha256(msgspec.json.encode(question)).hexdigest()[:16]
