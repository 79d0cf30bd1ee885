"""Whose notes a run reads, by tables of cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sync.reading.notes_plan import NoteCandidate, plan_notes

TEN = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def after(**parts: float) -> datetime:
    return TEN + timedelta(**parts)


def candidate(name: str, **changes: object) -> NoteCandidate:
    usual = {"contact_type": "1", "active": True, "modified_at": TEN, "read_at": TEN, "read_state": TEN}
    return NoteCandidate(name, **{**usual, **changes})  # type: ignore[arg-type]


def test_notes_are_read_changed_first_then_never_read_then_oldest() -> None:
    contacts = [
        candidate("resting vendor", contact_type="3"),
        candidate("resting inactive", active=False),
        candidate("read long ago", read_at=after(days=-9)),
        candidate("read lately"),
        candidate("new vendor", contact_type="3", read_at=None, modified_at=after(days=5)),
        candidate("new prospect", read_at=None, modified_at=after(days=-2)),
        candidate("newest prospect", read_at=None, modified_at=after(days=1)),
        candidate("changed before", modified_at=after(days=2)),
        candidate("changed last", modified_at=after(days=3)),
        candidate("change unknown", modified_at=None),
    ]
    order = [
        "changed last",
        "changed before",
        "change unknown",
        "newest prospect",
        "new prospect",
        "new vendor",
        "read long ago",
        "read lately",
    ]
    assert [contact.client_id for contact in plan_notes(contacts, 100).due] == order
    assert [contact.client_id for contact in plan_notes(reversed(contacts), 2).due] == order[:2]
    assert plan_notes(contacts, 2).changed_waiting == 1
