"""What is still to come, and on which days it is shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from dash_portal.brand_access import Brand
from dash_portal.dashboards.schedule import (
    Appointment,
    appointment_of,
    by_day,
    description_text,
    first_and_last_day,
    upcoming_statement,
)
from database import AgencySession, BrandSession
from encryption import Cipher
from models import TenantStatus
from tests.factories import make_activity, make_tenant

NOW = datetime(2026, 5, 4, 16, 0, tzinfo=UTC)  # noon in New York


def at(days: float) -> datetime:
    return NOW + timedelta(days=days)


def test_what_lasts_is_listed_while_any_of_it_is_still_to_come(engine: Engine, encryption_key: str) -> None:
    whole_day = {"all_day": True, "starts_at": at(-0.5), "ends_at": at(0.5) - timedelta(seconds=1)}
    spans: dict[str, dict[str, Any]] = {
        "over": {"starts_at": at(-2), "ends_at": at(-1)},
        "began without an end": {"starts_at": at(-0.01)},
        "under way for days": {"starts_at": at(-2), "ends_at": at(1)},
        "today, all day": whole_day,
        "to come": {"starts_at": at(1)},
    }
    with AgencySession(engine, writes=True) as session:
        tenant = make_tenant(Cipher((encryption_key,)))
        session.add(tenant)
        session.flush()
        assert tenant.id is not None
        session.add_all(make_activity(tenant.id, event_id=name, title=name, **span) for name, span in spans.items())
        session.commit()
        brand = Brand(
            tenant_id=tenant.id,
            slug=tenant.slug,
            name=tenant.name,
            timezone="America/New_York",
            viewers_zone="Asia/Tokyo",
            status=TenantStatus.ACTIVE,
            data_version=0,
            accent_colour=None,
        )
    with BrandSession(engine, brand.tenant_id) as session:
        listed = [appointment_of(row) for row in session.execute(upcoming_statement(NOW))]
    assert [appointment.title for appointment in listed] == ["under way for days", "today, all day", "to come"]

    days = {appointment.title: first_and_last_day(appointment, brand) for appointment in listed}
    assert days["today, all day"] == (date(2026, 5, 4), date(2026, 5, 4))  # wherever its reader is
    assert days["under way for days"] == (date(2026, 5, 3), date(2026, 5, 6))  # in Tokyo
    assert [day.day for day in by_day(listed, brand)] == [date(2026, 5, 3), date(2026, 5, 4), date(2026, 5, 6)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<p>Go through the <b>QR</b>.</p>", "Go through the QR."),
        ("<p>Items 5, 7</p><ul><li>Fees</li><li>Build-out</li></ul>", "Items 5, 7 Fees Build-out"),
        ("up<i>per</i>case &amp; <br>more", "uppercase & more"),
        ('<a href="https://example.com" title="a > b">the map</a>', "the map"),
    ],
)
def test_a_description_reads_as_one_line_of_whole_words(content: str, words: str) -> None:
    start = datetime(2026, 5, 4, 15, tzinfo=UTC)
    appointment = Appointment("1", start, None, False, "", "", None, "", content, "")
    assert description_text(appointment) == words
