"""The rows that a few wire rows of every kind become, kept in a file with the version of the rules that made them.

`python -m tests.sync.mapping.golden_rows` writes the file anew, once RULES_VERSION was raised.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from models import Resource
from sync.api.envelope import read_envelope
from sync.mapping.records import CONTACTS, EVENTS, NOTES, OPPORTUNITIES, STAGES, RecordKind, record_id
from sync.mapping.rows import event_row, lead_row, note_row, opportunity_rows, stage_rows
from sync.mapping.rules import RULES_VERSION
from sync.mapping.wire_record import WireRecord
from sync.tables import Row

FILE: Final = Path(__file__).with_name("golden_rows.json")
_ZONE: Final = ZoneInfo("America/New_York")
_WIRE: Final[dict[Resource, list[dict[str, Any]]]] = {
    Resource.LEADS: [
        {
            "client_id": "8051632",
            "firstName": " Pat ",
            "lastName": "O&#039;Hara",
            "compName": "",
            "email": "pat@example.com",
            "phone": "5551234567",
            "city": "Reno",
            "zip": 89501,
            "whiteboard": "<p>Calls <b>back</b></p><script>alert(1)</script>",
            "deal_size": "$90,000.00",
            "clients_lead_source": "Facebook ",
            "clients_sales_cycle": "QR  Sent",
            "contact_type": "1",
            "assigned_user": '{"first_name":"Lee","last_name":"Fox"}',
            "created": "2026-03-01 14:30:00",
            "last_modified_date": "2026-11-01 01:30:00",
        },
        {
            "client_id": 7,
            "compName": "Jose\u0301 &amp; Co",
            "created": "03/09/2026",
            "deal_size": "",
            "contact_type": 3,
        },
        {"client_id": "8", "lastName": "Roe", "contact_type": "Prospect", "clients_sales_cycle": "New Lead"},
    ],
    Resource.PIPELINE_ITEMS: [
        {
            "opportunity_id": "31",
            "client_id": "0",
            "contact_id": 8051632,
            "firstName": "Pat",
            "contact_sales_cycle": "FA Sent",
            "contact_type": "1",
            "deal_size": "49500.005",
            "odds": "",
            "probability": "12.5%",
            "close_date": "0000-00-00",
            "expected_close_date": "2026-12-24",
            "territory": "Reno",
        },
        {"opportunity_id": "32", "deal_size": "90.000", "likelihood": "very"},
    ],
    Resource.PIPELINE_STAGES: [
        {
            "sales_cycle_id": "2",
            "sales_cycle_name": "QR Sent",
            "sales_cycle_active_status": "1",
            "sales_cycle_order": "1",
            "likelihood_to_close": "4",
            "contact_type": "1",
        },
        {"sales_cycle_id": "3", "sales_cycle_name": "Lost", "sales_cycle_active_status": "No", "contact_type": "1"},
    ],
    Resource.NOTES: [
        {
            "note_id": "5",
            "note": "<ul><li>one</li><li>two</li></ul>From <a@b.example>",
            "user_name": "Lee Fox",
            "created": "2026-03-01T14:30:00Z",
            "type": "Call",
        },
        {"history_id": "6", "message": "plain\nlines & signs", "date": "2026-03-01"},
    ],
    Resource.SCHEDULED_ACTIVITIES: [
        {
            "event_id": "9",
            "start_date": "2026-03-08 02:30:00",
            "end_date": "",
            "event_type": "Call",
            "title": "Call Pat",
            "client_name": "Pat",
            "client_id": "8051632",
            "description": "by <i>phone</i>",
            "status": "open",
        }
    ],
}


def golden_rows() -> dict[str, Any]:
    """Return the rows of today's rules, ready for JSON, with their version."""
    return {"rules_version": RULES_VERSION, "rows": {kind.value: _rows(kind) for kind in _WIRE}}


def _rows(resource: Resource) -> list[dict[str, Any]]:
    body = json.dumps({"ResultCode": "CT_200", "data": _WIRE[resource]}).encode()
    raws = read_envelope(body).rows
    return [{name: _plain(value) for name, value in row.items()} for row in _mapped(resource, raws)]


def _mapped(resource: Resource, raws: list[Any]) -> list[Row]:
    match resource:
        case Resource.LEADS:
            return [lead_row(record, _ZONE) for record in _records(CONTACTS, raws)]
        case Resource.PIPELINE_ITEMS:
            return opportunity_rows(_records(OPPORTUNITIES, raws), _ZONE)
        case Resource.PIPELINE_STAGES:
            return stage_rows(_records(STAGES, raws))
        case Resource.NOTES:
            return [note_row(record, "8051632", _ZONE) for record in _records(NOTES, raws)]
        case Resource.SCHEDULED_ACTIVITIES:
            return [event_row(record, _ZONE) for record in _records(EVENTS, raws)]


def _records(kind: RecordKind, raws: list[Any]) -> list[Any]:
    reading = kind.reading()
    return [kind.read(WireRecord(raw, record_id(raw, reading.id_names), reading)) for raw in raws]


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def main() -> None:
    """Write the file anew; exit with 1 where rules changed under a version that is written down already."""
    fresh = golden_rows()
    kept = json.loads(FILE.read_text()) if FILE.exists() else {}
    if kept.get("rules_version") == RULES_VERSION and kept["rows"] != fresh["rows"]:
        sys.exit("the rules changed: raise RULES_VERSION in sync/mapping/rules.py first")
    FILE.write_text(json.dumps(fresh, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
