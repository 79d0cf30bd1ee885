from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient

from dash_portal.exports import EXPORTS
from database import AgencySession
from tests.dash_portal.portal_world import PortalWorld, close_world, make_world
from tests.factories import commit_counted, make_lead, make_note, make_opportunity, make_stage

FORMULAS = ("=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1")


def rows_of(client: FlaskClient, path: str) -> list[list[str]]:
    answer = client.get(path, buffered=True)
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("table", sorted(EXPORTS))
def test_an_export_is_written_into_the_audit_log(world: PortalWorld, table: str) -> None:
    client = world.sign_in("viewer@own.example")
    assert len(rows_of(client, f"/export/{table}.csv")) >= 1
    entry = world.audit("exported")[0]
    assert (entry.actor_email, entry.tenant_id, entry.details) == (
        "viewer@own.example",
        world.brands["own"],
        {"what": table},
    )


def test_no_cell_starts_a_formula(world: PortalWorld) -> None:
    with AgencySession(world.engine) as session:
        for text in FORMULAS:
            session.add(make_lead(world.brands["own"], name=text, company=text, sales_lead=text))
            session.add(make_note(world.brands["own"], author=text, kind=text, content_text=text))
        commit_counted(session, world.brands["own"])
    client = world.sign_in("viewer@own.example")
    for table in ("leads", "notes"):
        rows = rows_of(client, f"/export/{table}.csv")
        assert len(rows) == len(FORMULAS) + 1
        for cell in (cell for row in rows for cell in row):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert not cell.lstrip().startswith(("=", "@"))


def test_too_long_a_table_is_refused_in_plain_words(database_url: str, encryption_key: str) -> None:
    world = make_world(database_url, encryption_key, portal_export_rows=3)
    with AgencySession(world.engine) as session:
        session.add_all(make_lead(world.brands["own"], lead_source="A") for _ in range(3))
        session.add(make_lead(world.brands["own"], lead_source="B"))
        commit_counted(session, world.brands["own"])
    client = world.sign_in("viewer@own.example")
    refused = client.get("/export/leads.csv", buffered=True)
    assert refused.status_code == 413
    assert "more than 3 rows" in refused.text
    assert world.audit("exported") == []
    assert len(rows_of(client, "/export/leads.csv?source=A")) == 4
    close_world(world)


def test_deals_begin_with_those_that_came_farthest_and_end_with_the_parked(world: PortalWorld) -> None:
    brand = world.brands["own"]
    stages = (("New Lead", -1, 0), ("FDD Sent", 1, 20), ("FA Signed", 2, 100), ("Future Interest", 3, 1))
    with AgencySession(world.engine) as session:
        for name, position, likelihood in stages:
            session.add(make_stage(brand, name, position, likelihood=likelihood))
            session.add(make_opportunity(brand, stage_name=name, stage_key=name.casefold()))
        commit_counted(session, brand)
    rows = rows_of(world.sign_in("viewer@own.example"), "/export/pipeline.csv")
    place = rows[0].index("Stage")
    assert [row[place] for row in rows[1:]] == ["FA Signed", "FDD Sent", "New Lead", "Future Interest"]
