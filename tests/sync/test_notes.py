"""The reading of notes over several runs: bad neighbours, what dates tell, and what a steady run costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from database import brand_transaction
from emulator import AccountPlan, Fault
from models import Note, NoteEvidence, NoteFailure, NoteReading, ResourceStatus, RunStatus, utc_now
from sync.tables import table_of
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import SyncWorld

KEY = "CT_noted_key"
CALL = "read_client_history_notes"


def world_of(make_world: MakeWorld, contacts: int, **settings: Any) -> tuple[SyncWorld, int, Any]:
    world = make_world(
        AccountPlan(name="A", web_key=KEY, seed=5, contacts=contacts), **{"sync_notes_budget": 500} | settings
    )
    return world, world.add_brand(KEY, "brand"), world.emulator.account(KEY)


def asked_contacts(world: SyncWorld) -> list[str]:
    """Whose notes were asked for since the requests were last cleared."""
    return [request.record_id for request in world.emulator.requests if request.call == CALL]


def add_note(account: Any, client_id: str, number: int, *, moves_date: bool) -> None:
    """Somebody writes a note; it shows in the contact's date or not."""
    template = next(notes[0] for notes in account.notes.values() if notes)
    now = f"{utc_now():%Y-%m-%d %H:%M:%S}"
    with account.changing():
        account.notes.setdefault(client_id, []).append(template | {"note_id": f"9{number:08}", "created": now})
        if moves_date:
            place = next(i for i, row in enumerate(account.contacts) if row["client_id"] == client_id)
            later = f"{utc_now() + timedelta(seconds=number):%Y-%m-%d %H:%M:%S}"
            account.contacts[place] = account.contacts[place] | {"last_modified_date": later}


def evidence(world: SyncWorld, tenant: int) -> tuple[int, int]:
    rows = world.rows(NoteEvidence, tenant)
    return (rows[0]["with_newer_date"], rows[0]["without_newer_date"]) if rows else (0, 0)


@pytest.mark.parametrize(("fault", "options"), [(Fault.HTTP_500, {}), (Fault.UNKNOWN_CALL, {"variant": "http"})])
def test_contacts_that_can_never_be_read_hold_up_nobody_and_step_back(
    make_world: MakeWorld, fault: Fault, options: dict[str, Any]
) -> None:
    world, tenant, account = world_of(make_world, 30)
    bad = [contact["client_id"] for contact in account.contacts[:5]]
    for client_id in bad:
        world.emulator.set_fault(fault, CALL, record_id=client_id, **options)
    assert world.sync("brand") is RunStatus.PARTIAL
    notes = {client: rows for client, rows in account.notes.items() if rows and client not in bad}
    assert {row["client_id"] for row in world.live(Note, tenant)} == set(notes)
    assert {error["record_id"] for error in world.errors(tenant)} == set(bad)

    world.sync("brand")  # the first failure may be the moment's: they are asked once more, and then left alone
    world.emulator.clear_requests()
    assert world.sync("brand") is RunStatus.PARTIAL
    assert not set(asked_contacts(world)) & set(bad)
    assert {row["client_id"]: row["failures"] for row in world.rows(NoteFailure, tenant)} == dict.fromkeys(bad, 2)

    world.emulator.clear_faults()
    with brand_transaction(world.engine, tenant) as connection:
        connection.execute(update(table_of(NoteFailure)).values(retry_at=utc_now()))
    assert world.sync("brand") is RunStatus.SUCCESS
    assert not world.rows(NoteFailure, tenant)
    assert len(world.live(Note, tenant)) == sum(map(len, account.notes.values()))


def test_one_bad_neighbour_makes_nobody_elses_notes_old(make_world: MakeWorld) -> None:
    world, tenant, account = world_of(make_world, 30)
    world.sync("brand")
    first = world.freshness(tenant)["notes"]["whole_read_at"]
    bad = account.contacts[0]["client_id"]
    world.emulator.set_fault(Fault.HTTP_500, CALL, record_id=bad)
    add_note(account, bad, 1, moves_date=True)
    assert world.sync("brand") is RunStatus.PARTIAL
    fresh = world.freshness(tenant)["notes"]
    assert fresh["last_status"] is ResourceStatus.PARTIAL
    assert fresh["whole_read_at"] > first

    world.emulator.set_fault(Fault.HTTP_500, CALL)
    second = fresh["whole_read_at"]
    add_note(account, account.contacts[1]["client_id"], 2, moves_date=True)
    world.emulator.clear_requests()
    world.sync("brand")
    assert world.freshness(tenant)["notes"]["whole_read_at"] == second
    assert len(set(asked_contacts(world))) < 12  # the call is down: it is not asked for everyone
    assert [row["client_id"] for row in world.rows(NoteFailure, tenant)] == [bad]


def test_a_history_longer_than_what_is_given_is_read_as_far_as_it_goes_and_said(make_world: MakeWorld) -> None:
    world, tenant, account = world_of(make_world, 30)
    long = next(client for client, notes in account.notes.items() if len(notes) > 1)
    world.emulator.set_fault(Fault.ODD_TOTALS, CALL, record_id=long, variant="high", rows=140)
    for number in (7, 8):  # at first sight, and when it is asked again
        assert world.sync("brand") is RunStatus.PARTIAL
        assert len(world.live(Note, tenant)) == sum(map(len, account.notes.values()))
        (error,) = world.errors(tenant)
        assert error["record_id"] == long
        given = len(account.notes[long])
        assert f"gives {given} of this contact's {given + 140} notes" in error["message"]
        add_note(account, long, number, moves_date=True)
    world.emulator.clear_faults()
    assert world.sync("brand") is RunStatus.SUCCESS
    assert len(world.live(Note, tenant)) == sum(map(len, account.notes.values()))


@pytest.mark.parametrize("moves_date", [True, False])
def test_what_new_notes_do_to_their_contacts_date_is_learned(make_world: MakeWorld, *, moves_date: bool) -> None:
    world, tenant, account = world_of(make_world, 40)
    world.sync("brand")
    assert evidence(world, tenant) == (0, 0)
    prospects = [row for row in account.contacts if str(row["contact_type"]) == "1"]
    noted = [row["client_id"] for row in prospects if row["clients_sales_cycle"] in {"", "New Lead", "Outbound Call"}][
        :4
    ]
    assert noted
    for number, client_id in enumerate(noted):
        add_note(account, client_id, number, moves_date=moves_date)
    world.sync("brand")
    assert evidence(world, tenant) == ((len(noted), 0) if moves_date else (0, 0))
    world.sync("brand")
    assert evidence(world, tenant) == ((len(noted), 0) if moves_date else (0, len(noted)))
    assert len(world.live(Note, tenant)) == sum(map(len, account.notes.values()))


def test_a_note_that_is_written_while_the_contacts_are_read_is_no_evidence_against_the_date(
    make_world: MakeWorld,
) -> None:
    world, tenant, account = world_of(make_world, 40)
    world.sync("brand")
    prospect = next(row for row in account.contacts if row["clients_sales_cycle"] == "Outbound Call")
    add_note(account, prospect["client_id"], 1, moves_date=False)  # the note is there, its contact was read before it
    world.sync("brand")
    with account.changing():
        place = account.contacts.index(prospect)
        account.contacts[place] = prospect | {"last_modified_date": f"{utc_now():%Y-%m-%d %H:%M:%S}"}
    world.sync("brand")
    assert evidence(world, tenant) == (1, 0)


def test_a_steady_run_of_three_hundred_contacts_costs_few_calls_once_it_is_learned(make_world: MakeWorld) -> None:
    world, tenant, account = world_of(make_world, 300)
    world.sync("brand")
    assert not world.rows(NoteFailure, tenant)
    with brand_transaction(world.engine, tenant) as connection:
        stamps = {"tenant_id": tenant, "created_at": utc_now(), "updated_at": utc_now()}
        learned = {"with_newer_date": 20, "without_newer_date": 0}
        connection.execute(table_of(NoteEvidence).insert().values(**stamps, **learned))
        connection.execute(update(table_of(NoteReading)).values(read_at=utc_now() - timedelta(hours=1)))
    changed = account.contacts[7]["client_id"]
    add_note(account, changed, 1, moves_date=True)
    world.emulator.clear_requests()
    assert world.sync("brand") is RunStatus.SUCCESS
    assert len(world.emulator.requests) <= 40
    assert changed in asked_contacts(world)
    assert any(row["note_id"] == "900000001" for row in world.live(Note, tenant))


def test_that_a_contact_gave_the_same_answer_is_written_once_a_day(make_world: MakeWorld) -> None:
    world, tenant, _ = world_of(make_world, 30)
    world.sync("brand")
    world.emulator.clear_requests()
    world.sync("brand")
    steady = set(asked_contacts(world))
    assert len(steady) > 5
    readings, someone = table_of(NoteReading), min(steady)
    with brand_transaction(world.engine, tenant) as connection:
        long_ago = update(readings).where(readings.c.client_id == someone)
        connection.execute(long_ago.values(read_at=utc_now() - timedelta(days=2)))

    def read_at() -> dict[str, Any]:
        return {row["client_id"]: row["read_at"] for row in world.rows(NoteReading, tenant)}

    before = read_at()
    assert world.sync("brand") is RunStatus.SUCCESS
    after = read_at()
    moved = {client for client in after if after[client] != before[client]}
    assert someone in moved
    assert len(moved) <= 2, "and whose moment of the day lay just between the two runs"
    assert world.with_settings(sync_notes_budget=3).sync("brand") is RunStatus.SUCCESS
    assert sum(at != after[client] for client, at in read_at().items()) >= 3, (
        "where they take turns it tells whose it is"
    )
