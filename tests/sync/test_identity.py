"""What is one record and what are several, whatever ids the account gives them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from emulator import AccountPlan
from models import Note, PipelineStage, RunStatus, ScheduledActivity, utc_now
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


def test_the_occurrences_of_a_recurring_appointment_may_share_their_id(make_world: MakeWorld) -> None:
    world, tenant, account = small_world(make_world, sync_notes_budget=0)
    series = [dict(account.events[-1]) for _ in range(3)]
    for number, event in enumerate(series):
        event |= {"event_id": "77", "start_date": f"{utc_now() + timedelta(days=number + 3):%Y-%m-%d} 09:00:00"}
    # Of the days that may be over in one zone and not in the other none is there: those appointments would be gone.
    in_two_days = f"{utc_now() + timedelta(days=2):%Y-%m-%d}"
    account.events[:] = [*(event for event in account.events if event["start_date"] > in_two_days), *series]

    def occurrences() -> list[str]:
        return sorted(row["occurrence"] for row in world.live(ScheduledActivity, tenant) if row["event_id"] == "77")

    assert world.sync("brand") is RunStatus.SUCCESS
    expected = sorted(event["start_date"].replace(" ", "T") for event in series)
    assert occurrences() == expected
    world.change_brand("brand", timezone="Asia/Tokyo")  # the same appointments, at other moments
    assert world.sync("brand") is RunStatus.SUCCESS
    assert world.results(tenant)["scheduled_activities"]["removed"] == 0
    assert occurrences() == expected
    account.events.remove(series[2])
    assert world.sync("brand") is RunStatus.SUCCESS
    assert occurrences() == expected[:-1]


@pytest.mark.parametrize("orders", [["0"] * 9, ["-3", "-2", "-1"], ["", None, ""]])
def test_stages_stand_as_listed_where_their_order_numbers_say_nothing(
    make_world: MakeWorld, orders: list[str | None]
) -> None:
    world, tenant, account = small_world(make_world, sync_notes_budget=0)
    own = [stage for stage in account.stages if stage["contact_type"] == "1"]
    own.sort(key=lambda stage: int(stage["sales_cycle_order"]))
    for number, stage in enumerate(own):
        stage["sales_cycle_order"] = orders[min(number, len(orders) - 1)]
    account.stages[:] = own
    world.sync("brand")
    stages = sorted(
        (row for row in world.live(PipelineStage, tenant) if row["contact_type"] == "1"),
        key=lambda row: row["position"],
    )
    assert [row["name"] for row in stages] == ["New Lead", *(stage["sales_cycle_name"] for stage in own)]
    assert len({row["position"] for row in stages}) == len(stages)
