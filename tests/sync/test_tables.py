"""How a row is told from another: whoever changes that has every row of every brand written once more."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from sync.reading.resources import LEADS_TABLE, NOTES_TABLE
from sync.tables import MirrorTable

TEN = datetime(2026, 5, 4, 10, 0, 0, 250_000, tzinfo=UTC)
LEAD = {
    "client_id": "15000112",
    "contact_type": "1",
    "name": 'Zoë "Z" Åkesson',
    "company": "",
    "email": "zoe@example.com",
    "phone": "555-0100",
    "address": "",
    "city": "",
    "state": "",
    "postal_code": "007",
    "whiteboard": "first line\nsecond\tline",
    "deal_size": Decimal("49500.50"),
    "lead_source": "Web",
    "lead_source_key": "web",
    "stage_name": "New Lead",
    "stage_key": "new lead",
    "action_plan": "",
    "sales_lead": "",
    "lead_created_at": TEN,
    "last_modified_at": None,
}
NOTE = {
    "client_id": "15000112",
    "note_id": "7",
    "author": "Ana",
    "kind": "call",
    "content": "<p>Hello</p>",
    "content_text": "Hello",
    "noted_at": TEN,
}


@pytest.mark.parametrize(("table", "row"), [(LEADS_TABLE, LEAD), (NOTES_TABLE, NOTE)], ids=["lead", "note"])
def test_a_rows_hash_is_that_of_releases_before(table: MirrorTable, row: dict[str, Any]) -> None:
    """It says what was decided: JSON of all columns in their order, decimals as text, moments in UTC.

    Where it must become another, say so in CHANGELOG: the first sync after the upgrade writes every row once more.
    """
    written = [
        "2026-05-04T10:00:00.250000Z" if value == TEN else str(value) if isinstance(value, Decimal) else value
        for value in row.values()
    ]
    as_json = json.dumps(written, ensure_ascii=False, separators=(",", ":"))
    assert table.pack(row)[-1] == hashlib.sha256(as_json.encode()).hexdigest()
