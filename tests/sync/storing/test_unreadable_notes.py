"""Notes that can't be read: told until someone lets them be, by the command line or on the brand's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from dash_portal.accounts.audit import Actor
from dash_portal.agency.understanding import accept_unreadable_records
from database import AgencySession, agency_transaction
from emulator import AccountPlan
from models import Note, NoteReading, Resource, ResourceStatus, Role, RunStatus, utc_now
from sync.tables import table_of
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import SyncWorld

KEY = "CT_some_key"
AGENCY = Actor(None, "agency@mellon.example", Role.AGENCY_ADMIN, None, "192.0.2.1")
SAYS_NOTHING = {"note_id": "", "note": "", "user_name": "", "created": ""}


def world_of(make_world: MakeWorld) -> tuple[SyncWorld, int]:
    world = make_world(AccountPlan(name="A", web_key=KEY, seed=5, contacts=40, notes=60), sync_notes_budget=100)
    return world, world.add_brand(KEY, "brand")


def spoil(world: SyncWorld, how_many: int) -> list[str]:
    """Add a record that says nothing to the notes of some contacts; return who they are."""
    account = world.emulator.account(KEY)
    spoiled = [client for client, notes in account.notes.items() if notes][:how_many]
    with account.changing():
        for client in spoiled:
            account.notes[client].append(dict(SAYS_NOTHING))
    return spoiled


def accept(world: SyncWorld, tenant: int, *, on_screen: bool) -> RunStatus | None:
    if not on_screen:
        return world.sync("brand", accept=True)
    run_id = world.runs(tenant)[-1]["run_id"]
    with AgencySession(world.engine) as session:
        accept_unreadable_records(session, actor=AGENCY, tenant_id=tenant, resource=Resource.NOTES, run_id=run_id)
        session.commit()
    return world.sync("brand")


@pytest.mark.parametrize("on_screen", [False, True], ids=["--accept", "on the screen"])
def test_unreadable_notes_are_told_until_they_are_let_be(make_world: MakeWorld, *, on_screen: bool) -> None:
    world, tenant = world_of(make_world)
    spoiled = spoil(world, 2)
    assert world.sync("brand") is RunStatus.PARTIAL
    told = world.results(tenant)["notes"]
    assert (told["status"], told["rejected"]) == (ResourceStatus.PARTIAL, 2)
    # What can be read of these contacts is there, and so are all others' notes.
    assert {row["client_id"] for row in world.live(Note, tenant)} >= set(spoiled)

    assert accept(world, tenant, on_screen=on_screen) is RunStatus.SUCCESS
    for _ in range(2):
        assert world.sync("brand") is RunStatus.SUCCESS

    spoil(world, 3)
    with agency_transaction(world.engine) as connection:  # whoever was read is due again in time
        connection.execute(update(table_of(NoteReading)).values(read_at=utc_now() - timedelta(days=2)))
    assert world.sync("brand") is RunStatus.PARTIAL
    assert world.results(tenant)["notes"]["rejected"] > 2
