"""Rules that change say so by their version: else answers that were read by the old ones would never be read anew."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest

from models import utc_now
from sync.api.clienttether import Answer
from sync.api.envelope import Envelope
from sync.mapping import rules
from sync.mapping.rules import answer_hash
from tests.sync.mapping.golden_rows import FILE, golden_rows

ZONE = ZoneInfo("America/New_York")


def test_rules_that_make_other_rows_bear_another_version() -> None:
    assert golden_rows() == json.loads(FILE.read_text()), (
        "the rules make other rows than before: raise RULES_VERSION in sync/mapping/rules.py, then run "
        "python -m tests.sync.mapping.golden_rows"
    )


def test_an_answer_is_known_again_only_under_the_same_rules_zone_and_body(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(body: bytes) -> Answer:
        return Answer("read_client_history_notes/1", utc_now(), body, Envelope([], None))

    first = answer_hash([answer(b"a")], ZONE)
    assert answer_hash([answer(b"a")], ZONE) == first
    assert answer_hash([answer(b"b")], ZONE) != first
    assert answer_hash([answer(b"a"), answer(b"b")], ZONE) != first
    assert answer_hash([answer(b"a")], ZoneInfo("Europe/Paris")) != first
    monkeypatch.setattr(rules, "_RULES", b"rules of another version")
    assert answer_hash([answer(b"a")], ZONE) != first
