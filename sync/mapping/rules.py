"""By which rules answers become rows: a hash that changes with them, so that the same answer is then read anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sync.clienttether import Answer

_WHERE_THEY_ARE: Final = ("envelope.py", "records.py", "rows.py", "wire_text.py", "wire_values.py")


@cache
def _rules() -> bytes:
    folder = Path(__file__).parent
    sources = b"".join((folder / name).read_bytes() for name in _WHERE_THEY_ARE)
    return hashlib.sha256(sources + version("nh3").encode()).digest()


def answer_hash(answers: Iterable[Answer], zone: ZoneInfo) -> str:
    """Return what tells the same answers, read by the same rules in the same time zone, from all others."""
    told = hashlib.sha256(_rules() + zone.key.encode())
    for answer in answers:
        told.update(b"\0" + bytes.fromhex(answer.sha256))
    return told.hexdigest()
