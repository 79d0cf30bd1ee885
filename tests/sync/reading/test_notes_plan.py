"""Whose notes a run reads, by tables of cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notes_rhythm import NotesRhythm, notes_rhythm, rhythm_words
from sync.reading.notes_plan import LiveContact, next_try, plan_notes

LEARNING, DAILY, EACH_RUN = NotesRhythm.LEARNING, NotesRhythm.DAILY, NotesRhythm.EACH_RUN

TEN = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
NOON = TEN + timedelta(hours=2)


def after(**parts: float) -> datetime:
    return TEN + timedelta(**parts)


def contact(name: str, **changes: object) -> LiveContact:
    usual = {"contact_type": "1", "active": True, "modified_at": TEN, "read_at": TEN, "read_state": TEN}
    return LiveContact(name, **{**usual, **changes})  # type: ignore[arg-type]


def test_notes_are_read_changed_first_then_never_read_then_oldest() -> None:
    contacts = [
        contact("resting vendor", contact_type="3"),
        contact("resting inactive", active=False),
        contact("read long ago", read_at=after(days=-9)),
        contact("read lately"),
        contact("new vendor", contact_type="3", read_at=None, modified_at=after(days=5)),
        contact("new prospect", read_at=None, modified_at=after(days=-2)),
        contact("newest prospect", read_at=None, modified_at=after(days=1)),
        contact("changed before", modified_at=after(days=2)),
        contact("changed last", modified_at=after(days=3)),
        contact("change unknown", modified_at=None),
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
    assert due(contacts, LEARNING) == order
    assert due(list(reversed(contacts)), LEARNING, budget=2) == order[:2]
    assert plan_notes(contacts, 2, LEARNING, NOON).changed_waiting == 1
    assert [plan_notes(contacts, budget, LEARNING, NOON).takes_turns for budget in (7, 8)] == [True, False]


def due(contacts: list[LiveContact], rhythm: NotesRhythm, now: datetime = NOON, budget: int = 10_000) -> list[str]:
    return [contact.client_id for contact in plan_notes(contacts, budget, rhythm, now).due]


def resting(count: int, **changes: object) -> list[LiveContact]:
    """Contacts of every kind that have not changed and were all read at ten."""
    kinds: list[dict[str, object]] = [{}, {"active": False}, {"contact_type": "3"}]
    return [contact(f"{number}", **kinds[number % 3] | changes) for number in range(count)]


def test_once_the_date_is_trusted_every_contact_is_asked_once_a_day_and_not_all_at_once() -> None:
    contacts = resting(2_400)
    plans = [due(contacts, DAILY, TEN + timedelta(hours=hour)) for hour in range(1, 25)]
    assert set(plans[-1]) == {contact.client_id for contact in contacts}
    each_hour = [len(set(later) - set(earlier)) for earlier, later in zip([[], *plans], plans, strict=False)]
    assert all(50 < count < 150 for count in each_hour)  # a hundred each, give or take
    first = set(plans[0])
    read_again = [contact._replace(read_at=after(hours=1)) for contact in contacts if contact.client_id in first]
    assert not due(read_again, DAILY, TEN + timedelta(hours=20))


def test_where_the_date_tells_nothing_lively_contacts_are_asked_in_every_run() -> None:
    lively = [contact("vendor", lively=True, contact_type="3"), contact("drawer", lively=True, active=False)]
    soon = TEN + timedelta(seconds=1)
    planned = due([*resting(300), *lively], EACH_RUN, soon)
    assert set(planned[:2]) == {"vendor", "drawer"}
    assert len(planned) < 10
    assert due(lively, DAILY, soon) == []
    assert due([*resting(300), contact("changed", modified_at=TEN + timedelta(days=2))], EACH_RUN, soon)[0] == "changed"


def test_who_could_not_be_read_steps_back_for_longer_each_time_and_behind_all_others() -> None:
    waits = [next_try(failures, TEN) - TEN for failures in range(1, 40)]
    assert waits[0] == timedelta(0)
    assert waits == sorted(waits)
    assert waits[1] > timedelta(0)
    assert waits[-1] == timedelta(days=7)
    bad = {"failures": 2, "retry_at": after(hours=2), "failed_state": TEN, "read_at": None}
    contacts = [contact("bad", **bad), contact("never read", read_at=None)]
    assert due(contacts, LEARNING, after(hours=1)) == ["never read"]
    assert plan_notes(contacts, 9, LEARNING, after(hours=1)).stepped_back == 1
    assert due(contacts, LEARNING, after(hours=3)) == ["never read", "bad"]
    assert due(contacts, LEARNING, after(hours=3), budget=1) == ["never read"]
    mended = contact("bad", **bad | {"modified_at": after(minutes=5)})
    assert due([mended], LEARNING, after(hours=1)) == ["bad"]


def test_the_contacts_read_last_are_witnesses_unless_they_failed() -> None:
    contacts = [contact(str(hour), read_at=after(hours=-hour)) for hour in range(1, 8)]
    contacts.append(contact("failed", read_at=TEN, failures=1, retry_at=TEN))
    assert [witness.client_id for witness in plan_notes(contacts, 1, DAILY, NOON).witnesses] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("with_newer_date", "without", "rhythm"),
    [(0, 0, LEARNING), (19, 0, LEARNING), (20, 0, DAILY), (500, 0, DAILY), (0, 1, EACH_RUN), (500, 1, EACH_RUN)],
)
def test_the_rhythm_follows_the_evidence_and_says_it_in_words(
    with_newer_date: int, without: int, rhythm: NotesRhythm
) -> None:
    assert notes_rhythm(with_newer_date, without) is rhythm
    words = rhythm_words(with_newer_date, without)
    assert str(without or with_newer_date) in words
    assert words.endswith(".")
