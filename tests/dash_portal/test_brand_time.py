"""Times as people read them: a date without a clock is that date to everyone, and has no hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from dash_portal.brand_time import clock_text, in_text, local_day, moment_text
from date_only import date_of, moment_of_date

DAY = date(2026, 3, 1)
ZONES = ("Pacific/Honolulu", "America/New_York", "UTC", "Asia/Kolkata", "Pacific/Auckland", "Pacific/Kiritimati")


@pytest.mark.parametrize("zone", ZONES)
def test_a_date_without_a_clock_is_that_date_in_every_zone_and_no_hour_is_shown_of_it(zone: str) -> None:
    kept = moment_of_date(DAY)
    assert local_day(kept, zone) == DAY
    assert moment_text(kept, zone) == "1 Mar 2026"
    assert clock_text(kept, zone) == ""


def test_a_moment_at_the_same_hour_is_none() -> None:
    moment = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    assert date_of(moment) is None
    assert moment_text(moment, "America/New_York") == "1 Mar 2026, 5:00 AM EST"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-30, "now"),
        (0, "now"),
        (1, "in 1 min"),
        (60, "in 1 min"),
        (11 * 60 + 1, "in 12 min"),
        (12 * 60, "in 12 min"),
        (60 * 60, "in 1 h"),
        (3 * 3600 + 5 * 60, "in 3 h 5 min"),
    ],
)
def test_what_is_still_to_come_is_told_by_how_far_off_it_is(seconds: int, words: str) -> None:
    now = datetime(2026, 7, 14, 9, 0, tzinfo=UTC)
    assert in_text(now + timedelta(seconds=seconds), now) == words
