"""From when to when an appointment lasts, by a table of what accounts write."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sync.mapping.event_span import event_span
from sync.mapping.wire_values import as_time

NEW_YORK = ZoneInfo("America/New_York")


def text(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(NEW_YORK):%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("start", "end", "starts", "ends", "all_day"),
    [
        ("2026-05-04 10:00:00", "2026-05-04 11:00:00", "05-04 10:00", "05-04 11:00", False),
        ("2026-05-04 22:00:00", "2026-05-05 01:00:00", "05-04 22:00", "05-05 01:00", False),
        ("2026-05-04 10:00:00", "2026-05-07 16:00:00", "05-04 10:00", "05-07 16:00", False),
        ("2026-05-04 10:00:00", "", "05-04 10:00", None, False),
        ("2026-05-04 10:00:00", "0000-00-00 00:00:00", "05-04 10:00", None, False),
        ("2026-05-04 10:00:00", "1970-01-01 00:00:00", "05-04 10:00", None, False),
        ("2026-05-04 10:00:00", "2099-12-31 00:00:00", "05-04 10:00", None, False),
        ("2026-05-04 10:00:00", "2026-05-04 09:00:00", "05-04 10:00", None, False),
        ("2026-05-04 10:00:00", "2026-05-06", "05-04 10:00", "05-06 23:59", False),
        ("2026-05-04", "", "05-04 00:00", "05-04 23:59", True),
        ("2026-05-04", "2026-05-04", "05-04 00:00", "05-04 23:59", True),
        ("2026-05-04", "2026-05-06", "05-04 00:00", "05-06 23:59", True),
        ("2026-05-04", "2026-05-01", "05-04 00:00", "05-04 23:59", True),
        ("2026-05-04", "2099-12-31", "05-04 00:00", "05-04 23:59", True),
        ("2026-05-04", "2026-05-04 17:00:00", "05-04 00:00", "05-04 17:00", False),
        ("", "2026-05-04 17:00:00", None, None, False),
    ],
)
def test_an_appointment_lasts_as_long_as_can_be_meant(
    start: str, end: str, starts: str | None, ends: str | None, *, all_day: bool
) -> None:
    span = event_span(as_time(start), as_time(end), NEW_YORK)
    assert (text(span.starts_at), text(span.ends_at), span.all_day) == (starts, ends, all_day)


@pytest.mark.parametrize("start", ["2026-05-04", "2026-05-04 10:00:00"])
def test_an_occurrence_is_the_same_in_another_time_zone(start: str) -> None:
    spans = [event_span(as_time(start), None, ZoneInfo(zone)) for zone in ("America/New_York", "Asia/Tokyo")]
    assert spans[0].occurrence == spans[1].occurrence
    assert spans[0].starts_at != spans[1].starts_at
    assert spans[0].starts_at is not None
    assert spans[0].starts_at.tzinfo is UTC
