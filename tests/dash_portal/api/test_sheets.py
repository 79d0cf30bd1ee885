"""Addresses for spreadsheets: they open one table, as filtered, as long as the key lives; and nothing else."""

from __future__ import annotations

import csv
import io
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from database import AgencySession
from models import ApiKey, ApiScope, utc_now
from tests.dash_portal.api.conftest import LEADS
from tests.dash_portal.portal_world import PortalWorld


def address(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.json is not None, answer.text
    return str(urlsplit(answer.json["address"]).path)


def test_a_spreadsheet_gets_the_table_that_was_asked_for_and_no_other(filled: PortalWorld) -> None:
    key = filled.make_key("own", ApiScope.ROWS)
    path = address(filled.program(key), "/api/v1/rows/leads/sheet-address?source=Source+1+of+own")
    assert key not in path
    answer = filled.visitor().get(path, buffered=True)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    heading, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert heading[0] == "Name"
    assert len(rows) == LEADS // 2
    assert "of other" not in answer.text
    assert "Set-Cookie" not in answer.headers
    browser = filled.sign_in("agency@mellon.example")
    assert browser.get(path, buffered=True).data == answer.data, "whoever opens it sees the key's brand"
    for changed in (
        path[:-1],
        path.replace("/sheet/", "/sheet/x"),
        f"{path}?q=x",
        f"{path}?brand=other",
        "/api/v1/sheet/x",
    ):
        assert filled.visitor().get(changed).status_code in {400, 401, 403}, changed


def test_it_ends_with_its_key(filled: PortalWorld) -> None:
    path = address(filled.program(filled.make_key("own")), "/api/v1/rows/notes/sheet-address")
    assert filled.visitor().get(path, buffered=True).status_code == 200
    with AgencySession(filled.engine) as session:
        session.exec(select(ApiKey)).one().revoked_at = utc_now()
        session.commit()
    assert filled.visitor().get(path).status_code == 401


@pytest.mark.parametrize("email", ["viewer@own.example", "agency@mellon.example"])
def test_only_a_key_of_rows_gets_one(world: PortalWorld, email: str) -> None:
    path = "/api/v1/rows/leads/sheet-address"
    assert world.sign_in(email).get(path).status_code == 403
    assert world.program(world.make_key("own", ApiScope.CHARTS)).get(path).status_code == 403
    program = world.program(world.make_key("own", ApiScope.ROWS))
    assert program.get("/api/v1/rows/nothing/sheet-address").status_code == 404
    assert program.get(f"{path}?sort=size").status_code == 400
