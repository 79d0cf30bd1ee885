"""When a brand is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from models import RunStatus, Trigger
from sync.reading.notes_plan import NoteCandidate, plan_notes
from sync.running.runs import History, RunRequest
from sync.running.schedule import due_run, jitter, missed_between, slot_after, slot_before

HOURLY = "0 * * * *"
TEN = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
GOOD = (RunStatus.SUCCESS,)


def after(**parts: float) -> datetime:
    return TEN + timedelta(**parts)


def test_slots_are_computed_in_utc() -> None:
    assert slot_before(HOURLY, TEN) == TEN
    assert slot_before(HOURLY, after(minutes=-0.01)) == after(hours=-1)
    assert slot_before(HOURLY, after(minutes=59)) == TEN
    assert slot_after(HOURLY, TEN) == after(hours=1)
    tokyo = after(minutes=30).astimezone(tz=None)
    assert slot_before(HOURLY, tokyo) == TEN
    assert slot_before("* * * * * */15", after(seconds=31)) == after(seconds=30)


@pytest.mark.parametrize("summer", [datetime(2026, 3, 8, 7, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)])
def test_a_change_of_clocks_neither_doubles_nor_skips_a_slot(summer: datetime) -> None:
    slots = {slot_before(HOURLY, summer + timedelta(minutes=minute)) for minute in range(0, 180, 7)}
    assert sorted(slots) == [min(slots) + timedelta(hours=hour) for hour in range(len(slots))]


def test_jitter_is_stable_small_and_different() -> None:
    delays = {slug: jitter(slug, timedelta(hours=1)) for slug in map("brand-{}".format, range(50))}
    assert delays == {slug: jitter(slug, timedelta(hours=1)) for slug in delays}
    assert all(timedelta(0) <= delay < timedelta(minutes=2) for delay in delays.values())
    assert len(set(delays.values())) == 50
    assert max(jitter(slug, timedelta(seconds=10)) for slug in delays) < timedelta(seconds=0.5)


@pytest.mark.parametrize(
    ("history", "now", "run_request"),
    [
        (History(), after(minutes=20), RunRequest(Trigger.SCHEDULE, TEN)),
        (History(TEN, GOOD), after(minutes=20), None),
        (History(after(hours=-1), GOOD), after(minutes=2), RunRequest(Trigger.SCHEDULE, TEN)),
        (History(after(hours=-11), GOOD), after(minutes=2), RunRequest(Trigger.CATCH_UP, TEN, 10)),
        (History(TEN, (RunStatus.ABANDONED, *GOOD)), after(minutes=20), RunRequest(Trigger.CATCH_UP)),
        (History(TEN, (RunStatus.ABANDONED,)), after(minutes=20), RunRequest(Trigger.CATCH_UP)),
        (History(TEN, (RunStatus.ABANDONED,) * 3), after(minutes=20), None),
        (History(TEN, (RunStatus.FAILED, RunStatus.ABANDONED)), after(minutes=20), None),
        (History(TEN, (RunStatus.RUNNING,)), after(minutes=20), None),
    ],
)
def test_a_brand_is_due_once_a_slot_and_catches_up_once(
    history: History, now: datetime, run_request: RunRequest | None
) -> None:
    assert due_run(HOURLY, "brand", history, now) == run_request


def test_a_brand_waits_out_its_jitter() -> None:
    delay = jitter("brand", timedelta(hours=1))
    history = History(after(hours=-1), GOOD)
    assert due_run(HOURLY, "brand", history, TEN + delay / 2) is None
    assert due_run(HOURLY, "brand", history, TEN + delay) is not None


def test_missed_slots_are_counted_up_to_a_bound() -> None:
    assert missed_between(HOURLY, TEN, after(hours=1)) == 0
    assert missed_between(HOURLY, TEN, after(hours=5)) == 4
    assert missed_between("* * * * * *", TEN, after(days=30)) == 10_000


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
