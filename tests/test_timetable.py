"""When syncs are due: slots, each brand's own delay, and what both wings say about the next run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from timetable import jitter, missed_between, next_run, slot_after, slot_before

HOURLY = "0 * * * *"
TEN = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


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
    delays = {slug: jitter(slug, TEN, timedelta(hours=1)) for slug in map("brand-{}".format, range(50))}
    assert delays == {slug: jitter(slug, TEN, timedelta(hours=1)) for slug in delays}
    assert all(timedelta(0) <= delay < timedelta(minutes=2) for delay in delays.values())
    assert len(set(delays.values())) == 50
    assert max(jitter(slug, TEN, timedelta(seconds=10)) for slug in delays) < timedelta(seconds=0.5)


def test_missed_slots_are_counted_up_to_a_bound() -> None:
    assert missed_between(HOURLY, TEN, after(hours=1)) == 0
    assert missed_between(HOURLY, TEN, after(hours=5)) == 4
    assert missed_between("* * * * * *", TEN, after(days=30)) == 10_000


@pytest.mark.parametrize("slug", ["brand", "another", "a-third"])
def test_the_next_run_is_the_brands_own_delay_after_a_slot_and_never_past(slug: str) -> None:
    delay = jitter(slug, TEN, timedelta(hours=1))
    assert delay > timedelta(0)
    assert next_run(HOURLY, slug, TEN) == TEN + delay
    then = after(hours=1) + jitter(slug, after(hours=1), timedelta(hours=1))
    assert next_run(HOURLY, slug, TEN + delay) == then
    assert next_run(HOURLY, slug, after(minutes=59)) == then


@pytest.mark.parametrize(
    "interval", [timedelta(hours=1), timedelta(minutes=15), timedelta(days=1), timedelta(seconds=30)]
)
def test_brands_take_turns_at_being_first(interval: timedelta) -> None:
    slugs = [f"brand-{number}" for number in range(6)]
    slots = [TEN + number * interval for number in range(120)]
    first = [min(slugs, key=lambda slug, slot=slot: jitter(slug, slot, interval)) for slot in slots]  # type: ignore[misc]
    assert set(first) == set(slugs)
    assert {slug for slug in slugs if slug in first[:60]} == set(slugs)
