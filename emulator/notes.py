"""The history notes of an account: call logs, e-mails, texts, meetings, by several authors, some of them hostile."""

import random
from datetime import datetime

from emulator.contacts import Scene, first_client_id
from emulator.dates import moment_of, waking_hour_before, wire_time
from emulator.plan import Dialect
from emulator.rows import WireRow
from emulator.stages import PROSPECT
from emulator.vocabulary import HOSTILE_NOTES, NOTES

_KEYS = {
    Dialect.FIRST: ("note_id", "note", "user_name", "created", "type"),
    Dialect.SECOND: ("history_id", "content", "created_by", "date_added", "note_type"),
}
# More contacts than this have notes only where the plan says so: large accounts stay small in memory.
_MOST_NOTED_BY_DEFAULT = 2_000


def note_keys(dialect: Dialect) -> tuple[str, str, str, str, str]:
    """Return the field names of id, text, author, date and kind in this dialect."""
    return _KEYS[dialect]


def make_notes(scene: Scene, contacts: list[WireRow]) -> dict[str, list[WireRow]]:
    """Return the notes by client id; only contacts that have any are in it."""
    plan = scene.plan
    rng = random.Random(f"{plan.seed}/notes")
    noted, count = _volumes(scene)
    prospects = [contact for contact in contacts if str(contact["contact_type"]) == PROSPECT]
    others = [contact for contact in contacts if str(contact["contact_type"]) != PROSPECT]
    rng.shuffle(prospects)
    chosen = (prospects + others)[:noted]
    if not chosen:
        return {}
    readers = chosen + rng.choices(chosen, [rng.random() ** 2 for _ in chosen], k=count - len(chosen))
    notes: dict[str, list[WireRow]] = {contact["client_id"]: [] for contact in chosen}
    note_id = first_client_id(plan) + 40_000_000
    for number, contact in enumerate(readers):
        note_id += rng.randrange(1, 5)
        written = _written_at(rng, scene, contact)
        notes[contact["client_id"]].append(make_note(rng, scene, note_id, contact, written, hostile=number % 53 == 7))
    return notes


def make_note(
    rng: random.Random, scene: Scene, note_id: int, contact: WireRow, written: datetime, *, hostile: bool = False
) -> WireRow:
    """One row of `read_client_history_notes`."""
    kind, text = rng.choice(HOSTILE_NOTES if hostile else NOTES)
    first, last = rng.choice(scene.people.team)
    author = rng.choice((f"{first} {last}",) * 9 + ("System", ""))
    values = (str(note_id), _addressed(text, contact, first), author, wire_time(written), kind)
    return dict(zip(note_keys(scene.plan.dialect), values, strict=True)) | {"is_pinned": "0"}


def _addressed(text: str, contact: WireRow, lead: str) -> str:
    text = text.replace("{first}", contact["firstName"].replace("<", "&lt;")).replace("{lead}", lead)
    return text.replace("{city}", contact["city"] or "the area")


def _written_at(rng: random.Random, scene: Scene, contact: WireRow) -> datetime:
    created = moment_of(contact["created"])
    days = (scene.local_now - created).days if created else 60
    return waking_hour_before(rng, scene.local_now, max(0, days) * rng.random())


def _volumes(scene: Scene) -> tuple[int, int]:
    """How many contacts have notes, and how many notes they have together."""
    plan = scene.plan
    noted = (
        min(round(plan.contacts * 0.6), _MOST_NOTED_BY_DEFAULT) if plan.noted_contacts is None else plan.noted_contacts
    )
    noted = min(noted, plan.contacts)
    count = noted * 3 if plan.notes is None else plan.notes
    return min(noted, count), count
