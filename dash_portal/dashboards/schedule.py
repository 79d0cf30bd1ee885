"""Schedule: what comes next, day by day in the brand's own zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, and_, func
from sqlmodel import col

from dash_portal.brand_access import Brand
from dash_portal.brand_time import clock_text, day_text, local_day
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.dashboards.statements import select
from dash_portal.dashboards.table import TablePage, TableQuestion, page_of
from database import BrandSession
from markup import plain_text
from models import Lead, ScheduleCount, ScheduledActivity


@dataclass(frozen=True, slots=True)
class Appointment:
    """One appointment to come (times in UTC); `all_day`: it has no hours, only days of the brand's calendar."""

    event_id: str
    starts_at: datetime
    ends_at: datetime | None
    all_day: bool
    kind: str
    title: str
    client_id: str | None
    contact: str
    description: str
    status: str


@dataclass(frozen=True, slots=True)
class Day:
    """The appointments of one of the brand's days, soonest first."""

    day: date
    appointments: tuple[Appointment, ...]


def upcoming(session: BrandSession, brand: Brand, question: TableQuestion, now: datetime) -> TablePage[Appointment]:
    """Answer one page of what is still to come: what has not ended; known until the data or the minute changes."""
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    return ANSWERS.answer(brand, ("upcoming", question, minute), lambda: _upcoming(session, question, minute))


def _upcoming(session: BrandSession, question: TableQuestion, moment: datetime) -> TablePage[Appointment]:
    page = page_of(session, upcoming_statement(moment), question, known_total=_count_upcoming(session, moment))
    return page.of_rows(map(appointment_of, page.rows))


def _count_upcoming(session: BrandSession, moment: datetime) -> int:
    """Add up what the sync has counted by day; only what is left of the present day is counted here."""
    later = select(func.sum(ScheduleCount.activities)).where(col(ScheduleCount.last_day) > moment.date())
    tomorrow = datetime.combine(moment.date() + timedelta(days=1), time(), UTC)
    starts, ends = col(ScheduledActivity.starts_at), col(ScheduledActivity.ends_at)
    left_today = [starts.is_not(None), col(ScheduledActivity.removed_at).is_(None)]
    ending = select(func.count()).where(*left_today, ends >= moment, ends < tomorrow)
    starting = select(func.count()).where(*left_today, ends.is_(None), starts >= moment, starts < tomorrow)
    return sum(int(session.exec(counted).one() or 0) for counted in (later, ending, starting))


def upcoming_statement(moment: datetime) -> Select[Any]:
    """Return the statement of all appointments that have not ended at a moment, soonest first."""
    ends = func.coalesce(ScheduledActivity.ends_at, ScheduledActivity.starts_at)
    contact = func.coalesce(func.nullif(ScheduledActivity.contact_name, ""), Lead.name, "").label("contact")
    statement = (
        select(
            ScheduledActivity.event_id,
            ScheduledActivity.starts_at,
            ScheduledActivity.ends_at,
            ScheduledActivity.all_day,
            ScheduledActivity.kind,
            ScheduledActivity.title,
            ScheduledActivity.client_id,
            contact,
            ScheduledActivity.description,
            ScheduledActivity.status,
        )
        .join(
            Lead,
            and_(
                col(Lead.tenant_id) == col(ScheduledActivity.tenant_id),
                col(Lead.client_id) == col(ScheduledActivity.client_id),
            ),
            isouter=True,
        )
        .where(
            col(ScheduledActivity.removed_at).is_(None),
            col(ScheduledActivity.starts_at).is_not(None),
            ends >= moment,
        )
        .order_by(col(ScheduledActivity.starts_at), col(ScheduledActivity.event_id))
    )
    made: Select[Any] = statement
    return made


def appointment_of(row: Any) -> Appointment:
    """Make an appointment of a row of `upcoming_statement`."""
    return Appointment(
        event_id=row.event_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        all_day=row.all_day,
        kind=row.kind,
        title=row.title,
        client_id=row.client_id,
        contact=row.contact,
        description=row.description,
        status=row.status,
    )


def description_text(appointment: Appointment) -> str:
    """Return an appointment's description as one line of text."""
    return " ".join(plain_text(appointment.description).split())


def first_and_last_day(appointment: Appointment, brand: Brand) -> tuple[date, date]:
    """Return on which days an appointment begins and ends: the reader's; whole days are the brand's, and never move."""
    zone = brand.timezone if appointment.all_day else brand.display_zone
    return local_day(appointment.starts_at, zone), local_day(appointment.ends_at or appointment.starts_at, zone)


def times_text(appointment: Appointment, brand: Brand) -> str:
    """Say when an appointment begins and until when it lasts, where anybody says so; on another day, with that day."""
    zone = brand.display_zone
    first, last = first_and_last_day(appointment, brand)
    begins = "All day" if appointment.all_day else clock_text(appointment.starts_at, zone)
    clock = "" if appointment.all_day or not appointment.ends_at else clock_text(appointment.ends_at, zone)
    until = ", ".join(filter(None, (day_text(last) if last != first else "", clock)))
    return f"{begins} to {until}" if until else begins


def by_day(appointments: Iterable[Appointment], brand: Brand) -> tuple[Day, ...]:
    """Group appointments, given soonest first, by the day on which they begin."""
    days: dict[date, list[Appointment]] = {}
    for appointment in appointments:
        days.setdefault(first_and_last_day(appointment, brand)[0], []).append(appointment)
    return tuple(Day(day, tuple(days[day])) for day in sorted(days))
