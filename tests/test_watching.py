from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from database import AgencySession, agency_transaction
from encryption import Cipher
from models import Resource, ResourceFreshness, ResourceStatus, TenantStatus, WorkerHeartbeat, utc_now
from tests.factories import make_tenant
from timetable import slots_back
from watching import ReadAge, late_brands, look

HOURLY = "0 * * * *"
TEN = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "now", "count", "slot"),
    [
        (HOURLY, TEN + timedelta(minutes=20), 1, TEN),
        (HOURLY, TEN, 1, TEN),
        (HOURLY, TEN + timedelta(minutes=20), 3, TEN - timedelta(hours=2)),
        ("0 8 * * 1-5", TEN, 2, datetime(2026, 5, 1, 8, 0, tzinfo=UTC)),  # over a weekend without slots
    ],
)
def test_slots_are_counted_back(cron: str, now: datetime, count: int, slot: datetime) -> None:
    assert slots_back(cron, now, count) == slot


def test_a_brand_is_late_by_its_oldest_resource_and_told_once() -> None:
    def age(slug: str, resource: Resource, minutes: int) -> ReadAge:
        moment = TEN + timedelta(minutes=minutes)
        return ReadAge(slug, resource, moment, moment)

    late = age("acme", Resource.NOTES, -90)
    ages = [age("acme", Resource.LEADS, -70), late, age("early", Resource.LEADS, -60), age("young", Resource.LEADS, 5)]
    assert late_brands(ages, TEN - timedelta(hours=1)) == (late,)


def test_what_is_amiss_is_read_from_the_database(engine: Engine, encryption_key: str) -> None:
    cipher, now = Cipher((encryption_key,)), utc_now()
    yesterday = now - timedelta(days=1)
    old = {"created_at": yesterday - timedelta(days=9), "status": TenantStatus.ACTIVE}
    with AgencySession(engine, writes=True) as session:
        changes: dict[str, dict[str, Any]] = {
            "fresh": {},
            "late": {},
            "never-read": {},
            "new": {"created_at": now},
            "suspended": {"status": TenantStatus.SUSPENDED},
            "woken": {"active_since": now},
            "not-offered": {},
        }
        brands = {slug: make_tenant(cipher, slug=slug, **(old | columns)) for slug, columns in changes.items()}
        session.add_all(brands.values())
        session.flush()

        def read(slug: str, at: datetime | None, status: ResourceStatus, attempt: datetime) -> None:
            session.add(
                ResourceFreshness(
                    tenant_id=brands[slug].id or 0,
                    resource=Resource.LEADS,
                    whole_read_at=at,
                    last_status=status,
                    last_attempt_at=attempt,
                )
            )

        read("fresh", now, ResourceStatus.SUCCESS, now)
        read("late", yesterday, ResourceStatus.FAILED, now)
        read("suspended", yesterday, ResourceStatus.SUCCESS, yesterday)
        read("woken", yesterday, ResourceStatus.SUCCESS, yesterday)
        read("not-offered", None, ResourceStatus.UNAVAILABLE, now)
        session.commit()
    with agency_transaction(engine, writes=False) as connection:
        watch = look(connection, HOURLY, 3)
    assert [age.slug for age in watch.late] == ["late", "never-read"]
    assert watch.causes[0] == "no worker is alive"
    assert watch.causes[1].startswith("late is late: leads was last read whole at ")
    assert watch.causes[2] == "never-read is late: nothing was ever read whole"
    with AgencySession(engine, writes=True) as session:
        session.add_all(
            [
                WorkerHeartbeat(worker="alive", started_at=now, beat_at=now),
                WorkerHeartbeat(worker="ended", started_at=now, beat_at=now, stopped_at=now),
                WorkerHeartbeat(worker="dead", started_at=yesterday, beat_at=yesterday),
            ]
        )
        session.commit()
    with agency_transaction(engine, writes=False) as connection:
        watch = look(connection, HOURLY, 300)
    assert (watch.workers, watch.causes) == (("alive",), ())
