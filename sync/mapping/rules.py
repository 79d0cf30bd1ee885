"""By which rules answers become rows: a version that changes with them, so that the same answer is then read anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from typing import Final
from zoneinfo import ZoneInfo

from sync.api.clienttether import Answer
from sync.mapping.field_names import AS_DOCUMENTED, FieldNames

# Raise it with every change to envelope.py or to this room that makes other rows of the same answer; the golden rows
# of tests/sync/mapping/test_rules.py fail when it was forgotten.
RULES_VERSION: Final = 6
_RULES: Final = f"rules {RULES_VERSION}, nh3 {version('nh3')}".encode()  # the cleaner decides what notes look like


def answer_hash(answers: Iterable[Answer], zone: ZoneInfo, names: FieldNames = AS_DOCUMENTED) -> str:
    """Return what tells the same answers, read by the same rules and names in the same time zone, from all others."""
    digest = hashlib.sha256(_RULES + zone.key.encode() + names.digest.encode())
    for answer in answers:
        digest.update(b"\0" + bytes.fromhex(answer.sha256))
    return digest.hexdigest()
