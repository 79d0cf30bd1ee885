from __future__ import annotations

import io
import os

import pytest
from sqlmodel import SQLModel, select

from dash_portal.command_line import main
from database import AgencySession, agency_transaction
from models import User
from tests.dash_portal.portal_world import PortalWorld
from tests.factories import make_lead, make_note, make_tenant


@pytest.fixture
def typed(world: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> object:
    """Run a command of the portal, with what is typed when it asks; return its status."""
    monkeypatch.setattr("dash_portal.command_line.configure_logs", lambda: None)
    monkeypatch.setitem(os.environ, "DATABASE_URL", world.settings.database_url)

    def run(answer: str, *arguments: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(answer + "\n"))
        return main(list(arguments))

    return run


def rows_that_name(world: PortalWorld, tenant_id: int) -> dict[str, int]:
    """How many rows of each table are the brand's."""
    with agency_transaction(world.engine) as connection:
        tables = {name: table for name, table in SQLModel.metadata.tables.items() if "tenant_id" in table.c}
        counts = {
            name: len(connection.execute(select(table.c.tenant_id).where(table.c.tenant_id == tenant_id)).all())
            for name, table in tables.items()
        }
    return {name: count for name, count in counts.items() if count}


def fill(world: PortalWorld) -> None:
    with AgencySession(world.engine, writes=True) as session:
        for slug in ("own", "other"):
            session.add_all([make_lead(world.brands[slug]), make_note(world.brands[slug])])
        session.commit()


def test_a_brand_is_erased_only_when_its_name_is_typed_again(world: PortalWorld, typed: object) -> None:
    assert callable(typed)
    fill(world)
    world.sign_in("viewer@own.example")
    other = rows_that_name(world, world.brands["other"])
    assert typed("yes", "erase-brand", "own") == 2
    assert rows_that_name(world, world.brands["own"])["leads"] == 1
    assert typed("own", "erase-brand", "own") == 0
    assert set(rows_that_name(world, world.brands["own"])) == {"audit_log"}
    assert rows_that_name(world, world.brands["other"]) == other
    (entry,) = world.audit("brand_erased")
    assert (entry.details, entry.actor_email) == ({"slug": "own"}, "command line")
    assert typed("own", "erase-brand", "own") == 2, "there is none any more"


def test_the_id_of_an_erased_brand_is_never_anothers(world: PortalWorld, typed: object) -> None:
    assert callable(typed)
    newest = world.brands["shut"]
    assert typed("shut", "erase-brand", "shut") == 0
    with AgencySession(world.engine, writes=True) as session:
        brand = make_tenant(world.cipher)
        session.add(brand)
        session.commit()
        assert (brand.id or 0) > newest


def test_a_person_is_erased_with_their_sessions_and_without_a_trace_in_the_entry(
    world: PortalWorld, typed: object
) -> None:
    assert callable(typed)
    client = world.sign_in("viewer@own.example")
    assert typed("no", "erase-person", "viewer@own.example") == 2
    assert client.get("/account").status_code == 200
    assert typed("Viewer@Own.example", "erase-person", "Viewer@Own.example") == 0
    assert client.get("/account").status_code == 302
    with AgencySession(world.engine) as session:
        assert session.exec(select(User).where(User.email == "viewer@own.example")).first() is None
    entries = world.audit("person_erased")
    assert [entry.details for entry in entries] == [{"accounts": 1}, {"contacts": 0, "rows": 0, "answers": 0}]
    assert typed("agency@mellon.example", "erase-person", "agency@mellon.example") == 2, "the last who runs the portal"
    assert typed("17", "erase-person", "17") == 2, "an id is one brand's"
    assert typed("viewer@own.exmaple", "erase-person", "viewer@own.exmaple") == 2, "nobody: it may be misspelled"
