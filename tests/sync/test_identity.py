"""What is one record and what are several, whatever ids the account gives them."""

from __future__ import annotations

from typing import Any

from emulator import AccountPlan
from models import Note, RunStatus
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import SyncWorld

KEY = "CT_identity_key"


def small_world(make_world: MakeWorld, **settings: Any) -> tuple[SyncWorld, int, Any]:
    world = make_world(AccountPlan(name="A", web_key=KEY, seed=5, contacts=30), **{"sync_notes_budget": 100} | settings)
    tenant = world.add_brand(KEY, "brand")
    return world, tenant, world.emulator.account(KEY)


def notes_of(world: SyncWorld, tenant: int) -> set[tuple[str, str]]:
    return {(row["client_id"], row["note_id"]) for row in world.live(Note, tenant)}


def test_contacts_may_number_their_notes_alike(make_world: MakeWorld) -> None:
    world, tenant, account = small_world(make_world)
    for notes in account.notes.values():
        for number, note in enumerate(notes, 1):
            note["note_id"] = str(number)
    assert world.sync("brand") is RunStatus.SUCCESS
    everyones = {(client, note["note_id"]) for client, notes in account.notes.items() for note in notes}
    assert notes_of(world, tenant) == everyones

    client, notes = next((client, notes) for client, notes in account.notes.items() if len(notes) > 1)
    gone = notes.pop(0)
    account.contacts[:] = [
        contact | {"last_modified_date": "2026-01-02 03:04:05"} if contact["client_id"] == client else contact
        for contact in account.contacts
    ]
    assert world.sync("brand") is RunStatus.SUCCESS
    assert notes_of(world, tenant) == everyones - {(client, gone["note_id"])}


def test_notes_without_ids_are_all_kept_and_stay_the_same_from_run_to_run(make_world: MakeWorld) -> None:
    world, tenant, account = small_world(make_world)
    for notes in account.notes.values():
        for note in notes:
            del note["note_id"]
    client, notes = next((client, notes) for client, notes in account.notes.items() if notes)
    notes.append(dict(notes[0]))  # a twin: the same words of the same author at the same second
    assert world.sync("brand") is RunStatus.SUCCESS
    first = notes_of(world, tenant)
    assert len(first) == sum(map(len, account.notes.values()))
    assert not world.errors(tenant)

    notes.insert(0, dict(notes[0]) | {"note": "One more."})
    assert world.sync("brand") is RunStatus.SUCCESS
    now = notes_of(world, tenant)
    assert first < now
    assert {added[0] for added in now - first} == {client}
    assert world.results(tenant)["notes"]["removed"] == 0
