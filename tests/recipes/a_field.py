"""Run by `tests/test_recipes.py` in the copy of the tree to which the recipe of a field was applied."""

from __future__ import annotations

import csv
import io

from emulator import AccountPlan
from tests.dash_portal.portal_world import close_world
from tests.dash_portal.portal_world import make_world as make_portal_world
from tests.pages.asked_pages import ask_page
from tests.sync.conftest import MakeWorld
from tests.sync.conftest import cipher as cipher  # noqa: PLC0414 - fixtures are found by their names in this module
from tests.sync.conftest import make_world as make_world  # noqa: PLC0414

KEY = "CT_key_of_own"


def test_the_field_travels_from_the_wire_to_page_and_file(
    make_world: MakeWorld, database_url: str, encryption_key: str
) -> None:
    portal = make_portal_world(database_url, encryption_key)
    sync = make_world(AccountPlan(name="Own", web_key=KEY, seed=7, contacts=40, events=0, notes=0))
    sync.sync("own")
    sent = {str(row["client_id"]): row for row in sync.emulator.account(KEY).contacts}
    prospects = {client_id: row["territory"] for client_id, row in sent.items() if str(row["contact_type"]) == "1"}
    assert len(set(prospects.values())) > 3

    visitor = portal.sign_in("viewer@own.example")
    lines = list(csv.DictReader(io.StringIO(visitor.get("/export/leads.csv").text.lstrip("\ufeff"))))
    assert sorted(line["Territory"] for line in lines) == sorted(prospects.values())
    rows = visitor.get("/api/v1/rows/leads?limit=1000").json
    assert rows is not None
    assert {row["client_id"]: row["territory"] for row in rows["rows"]} == prospects
    client_id, territory = next(iter(prospects.items()))
    assert territory in str(ask_page(portal, visitor, "/leads", f"?lead={client_id}").tree)
    close_world(portal)
