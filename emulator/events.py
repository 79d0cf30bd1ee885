"""The calendar of an account: appointments of the coming three weeks, a few past ones, a few tasks."""

import random
from calendar import SATURDAY
from datetime import datetime, timedelta
from typing import Final

from emulator.contacts import Scene, first_client_id
from emulator.dates import wire_time
from emulator.plan import Dialect
from emulator.rows import WireRow
from emulator.stages import PROSPECT
from emulator.vocabulary import APPOINTMENTS, PAST_STATES, TEAM_APPOINTMENTS, UPCOMING_STATES

# What the parameter `event_type` asks for, as a key of the row that names it differently.
CATEGORY: Final = "event_category"
APPOINTMENT: Final = "appt"
TASK: Final = "task"
_COMING_DAYS: Final = 21
_KEYS: Final = {
    Dialect.FIRST: (
        "start_date",
        "end_date",
        "event_type",
        "title",
        "client_name",
        "client_id",
        "description",
        "status",
    ),
    Dialect.SECOND: ("scheduled_at", "end", "type", "subject", "contact_name", "contact_id", "notes", "state"),
}


def start_key(dialect: Dialect) -> str:
    """Return the field that holds an event's start in this dialect."""
    return _KEYS[dialect][0]


def make_events(scene: Scene, contacts: list[WireRow]) -> list[WireRow]:
    """All events of the plan in the order they were made, which is not the order they happen in."""
    plan = scene.plan
    rng = random.Random(f"{plan.seed}/events")
    prospects = [contact for contact in contacts if str(contact["contact_type"]) == PROSPECT]
    first_id = first_client_id(plan) + 20_000_000
    if plan.events is not None:
        coming = plan.events
        past = tasks = 0
    else:
        coming, past, tasks = max(14, min(plan.contacts // 8, 400)), 8, 4
    rows = [
        make_event(rng, scene, prospects, first_id + number * 3, _coming(rng, scene, number))
        for number in range(coming)
    ]
    for number in range(past + tasks):
        event_id = first_id + (coming + number) * 3
        when = _on_the_quarter(rng, scene.local_now - timedelta(days=rng.randrange(1, 10)))
        category = APPOINTMENT if number < past else TASK
        rows.append(make_event(rng, scene, prospects, event_id, when, category=category))
    rng.shuffle(rows)
    return rows


def make_event(
    rng: random.Random,
    scene: Scene,
    prospects: list[WireRow],
    event_id: int,
    start: datetime,
    *,
    category: str = APPOINTMENT,
) -> WireRow:
    """One row of `read_all_events`; one in twelve is the team's own and has no contact."""
    with_contact = bool(prospects) and rng.random() > 1 / 12
    kind, title, description = rng.choice(APPOINTMENTS if with_contact else TEAM_APPOINTMENTS)
    contact = rng.choice(prospects) if with_contact else {"firstName": "", "lastName": "", "client_id": "0"}
    end = start + timedelta(minutes=rng.choice((30, 30, 45, 60, 120)))
    state = rng.choice(UPCOMING_STATES if start > scene.local_now else PAST_STATES)
    values = (
        wire_time(start),
        wire_time(end) if rng.random() > 0.1 else "",
        kind,
        title.replace("{first}", contact["firstName"].strip()),
        f"{contact['firstName']} {contact['lastName']}".strip(),
        contact["client_id"],
        description,
        state,
    )
    event = {"event_id": str(event_id)} | dict(zip(_KEYS[scene.plan.dialect], values, strict=True))
    return event | {CATEGORY: category, "all_day": "0"}


def coming_start(rng: random.Random, scene: Scene) -> datetime:
    """Return a start on a working day of the coming three weeks, from tomorrow on."""
    days = (scene.local_now + timedelta(days=ahead) for ahead in range(1, _COMING_DAYS))
    return _on_the_quarter(rng, rng.choice([day for day in days if day.weekday() < SATURDAY]))


def _coming(rng: random.Random, scene: Scene, number: int) -> datetime:
    """Put the first two later today while there is a later today, the next two tomorrow, the others any day."""
    today = scene.local_now
    if number < 2 and today.hour < 20:
        return today.replace(minute=0, second=0) + timedelta(hours=1 + number, minutes=15 * number)
    if number < 4:
        return _on_the_quarter(rng, today + timedelta(days=1))
    return coming_start(rng, scene)


def _on_the_quarter(rng: random.Random, day: datetime) -> datetime:
    return day.replace(hour=rng.randrange(8, 18), minute=rng.choice((0, 15, 30, 45)), second=0)
