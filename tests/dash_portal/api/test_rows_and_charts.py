"""/api/v1 as a program meets it: rows page by page and as a file, charts, ETags, and what it is told that goes wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import col, select, update

from dash_portal.dashboards.chart_catalogue import CHART_IDS
from dash_portal.exports import EXPORTS
from database import AgencySession
from date_only import moment_of_date
from models import Lead, Tenant
from tests.dash_portal.api.conftest import LEADS
from tests.dash_portal.api.test_key_guard import problem_of
from tests.dash_portal.portal_world import PortalWorld


def data_changes(world: PortalWorld) -> None:
    """Let a sync land that takes the first lead away."""
    with AgencySession(world.engine) as session:
        first = session.exec(select(Lead).where(Lead.tenant_id == world.brands["own"])).first()
        assert first is not None
        session.delete(first)
        session.exec(update(Tenant).values(data_version=col(Tenant.data_version) + 1))
        session.commit()


def read(client: FlaskClient, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert isinstance(answer.json, dict)
    return answer.json


@pytest.mark.parametrize("table", sorted(EXPORTS))
def test_rows_are_those_of_the_page_and_of_the_own_brand(filled: PortalWorld, table: str) -> None:
    program = filled.program(filled.make_key("own"))
    answer = read(program, f"/api/v1/rows/{table}")
    assert answer["total"] == len(answer["rows"]) == (LEADS if table == "leads" else 1)
    assert "of own" in str(answer["rows"])
    assert "of other" not in str(answer)
    assert answer["next_cursor"] is None
    file = program.get(f"/api/v1/rows/{table}.csv", buffered=True)
    assert (file.status_code, file.mimetype) == (200, "text/csv")
    assert file.text.count("of own") >= answer["total"]
    person = filled.sign_in("viewer@own.example")
    assert read(person, f"/api/v1/rows/{table}")["rows"] == answer["rows"]
    page_file = person.get(f"/export/{table}.csv", buffered=True)
    assert (file.data, file.headers["Content-Disposition"]) == (
        page_file.data,
        page_file.headers["Content-Disposition"],
    )


def test_fields_are_typed_as_they_are_described(filled: PortalWorld) -> None:
    with AgencySession(filled.engine) as session:
        day = moment_of_date(datetime(2026, 3, 2, tzinfo=UTC).date())
        session.exec(update(Lead).values(lead_created_at=day))
        session.commit()
    program = filled.program(filled.make_key("own"))
    lead = read(program, "/api/v1/rows/leads")["rows"][0]
    assert (lead["deal_size"], lead["created_at"]) == ("45000.50", "2026-03-02")
    meeting = read(program, "/api/v1/rows/schedule")["rows"][0]
    assert datetime.fromisoformat(meeting["starts_at"]).utcoffset() == timedelta(0)
    assert meeting["description"] == "Bring it"
    hot = read(program, "/api/v1/rows/hot-list")["rows"][0]
    assert (hot["iff"], hot["priority"], hot["stuck"]) == ("45000.00", "Warm", False)


def test_filters_search_and_sort_are_those_of_the_page(filled: PortalWorld) -> None:
    program = filled.program(filled.make_key("own"))

    def names(query: str) -> list[str]:
        return [row["name"] for row in read(program, f"/api/v1/rows/leads?{query}")["rows"]]

    assert names("q=lead+3") == ["Lead 3 of own"]
    assert names("sort=-name&limit=2") == ["Lead 6 of own", "Lead 5 of own"]
    assert len(names("source=source+1+of+own")) == LEADS // 2
    assert names("source=Source+0+of+own&source=Source+1+of+own&sort=name") == [
        f"Lead {number} of own" for number in range(LEADS)
    ]


def test_pages_hold_each_row_once_and_end(filled: PortalWorld) -> None:
    program, seen, query = filled.program(filled.make_key("own")), [], "sort=name&limit=3"
    while True:
        page = read(program, f"/api/v1/rows/leads?{query}")
        seen += [row["name"] for row in page["rows"]]
        assert page["total"] == LEADS
        if page["next_cursor"] is None:
            break
        query = f"sort=name&limit=3&cursor={page['next_cursor']}"
    assert seen == [f"Lead {number} of own" for number in range(LEADS)]


def test_who_asks_on_after_a_sync_is_told_to_begin_anew(filled: PortalWorld) -> None:
    program = filled.program(filled.make_key("own"))
    cursor = read(program, "/api/v1/rows/leads?limit=3")["next_cursor"]
    data_changes(filled)
    answer = program.get(f"/api/v1/rows/leads?limit=3&cursor={cursor}")
    assert problem_of(answer) == (409, "The data has changed")
    again = read(program, "/api/v1/rows/leads?limit=3")
    assert again["total"] == LEADS - 1
    assert read(program, f"/api/v1/rows/leads?limit=3&cursor={again['next_cursor']}")["total"] == LEADS - 1


@pytest.mark.parametrize(
    "path", ["/api/v1/rows/leads", "/api/v1/rows/notes.csv", "/api/v1/charts/leads-by-source?format=echarts"]
)
def test_what_is_known_is_not_sent_again_until_the_data_changes(filled: PortalWorld, path: str) -> None:
    program = filled.program(filled.make_key("own"))
    etag = program.get(path, buffered=True).headers["ETag"]
    known = {"If-None-Match": f'"another", {etag}'}
    same = program.get(path, headers=known)
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", etag)
    packed = program.get(path, headers={"Accept-Encoding": "gzip"}, buffered=True).headers["ETag"]
    assert program.get(path, headers={"If-None-Match": packed}).status_code == 304
    other_question = path + ("&" if "?" in path else "?") + "brand=own"
    assert program.get(other_question, headers=known, buffered=True).status_code == 200
    other_brand = filled.program(filled.make_key("other"))
    assert other_brand.get(path, headers=known, buffered=True).status_code == 200
    data_changes(filled)
    changed = program.get(path, headers=known, buffered=True)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag


def test_charts_and_status_are_those_of_the_old_paths(filled: PortalWorld) -> None:
    program = filled.program(filled.make_key("own"))
    listed = read(program, "/api/v1/charts")
    assert [chart["id"] for chart in listed["charts"]] == list(CHART_IDS)
    for form in listed["formats"]:
        path = f"charts/leads-by-source?format={form}&source=Source+1+of+own"
        assert read(program, f"/api/v1/{path}") == read(program, f"/api/{path}")
    new, old = read(program, "/api/v1/status"), read(program, "/api/sync/status")
    assert (new.keys(), new["status"], new["resources"]) == (old.keys(), old["status"], old["resources"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/rows/nothing", 404),
        ("/api/v1/rows/nothing.csv", 404),
        ("/api/v1/charts/nothing", 404),
        ("/api/v1/nothing", 404),
        ("/api/v1", 404),
        ("/api/v1/rows/leads?limit=0", 400),
        ("/api/v1/rows/leads?limit=1001", 400),
        ("/api/v1/rows/leads?limit=%EF%BC%91", 400),
        ("/api/v1/rows/leads?limit=1&limit=2", 400),
        ("/api/v1/rows/leads?sort=size", 400),
        ("/api/v1/rows/leads?sauce=web", 400),
        ("/api/v1/rows/leads?only=everything", 400),
        ("/api/v1/rows/leads?q=", 400),
        ("/api/v1/rows/leads?q=%00", 400),
        ("/api/v1/rows/leads?cursor=nonsense", 400),
        ("/api/v1/rows/schedule?q=x", 400),
        ("/api/v1/rows/leads.csv?limit=5", 400),
        ("/api/v1/charts/leads-by-source?format=pdf", 400),
        ("/api/v1/charts/leads-by-source?stage=x", 400),
        ("/api/v1/status?format=x", 400),
        ("/api/v1/rows/leads?brand=other", 403),
    ],
)
def test_what_can_not_be_answered_is_said_as_a_problem(world: PortalWorld, path: str, status: int) -> None:
    for client in (world.program(world.make_key("own")), world.sign_in("viewer@own.example")):
        assert problem_of(client.get(path))[0] == status


def test_a_cursor_goes_on_with_its_own_question_alone(filled: PortalWorld) -> None:
    program = filled.program(filled.make_key("own"))
    cursor = read(program, "/api/v1/rows/leads?limit=3")["next_cursor"]
    assert program.get(f"/api/v1/rows/leads?limit=2&cursor={cursor}").status_code == 200
    for path in ("leads?sort=name&", "leads?q=lead&", "pipeline?"):
        assert problem_of(program.get(f"/api/v1/rows/{path}cursor={cursor}"))[0] == 400


def test_without_key_and_session_it_is_said_how_to_ask(world: PortalWorld) -> None:
    answer = world.visitor().get("/api/v1/status")
    assert problem_of(answer) == (401, "A key is needed")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_file_that_a_person_takes_is_audited_and_a_programs_is_not(filled: PortalWorld) -> None:
    filled.program(filled.make_key("own")).get("/api/v1/rows/leads.csv", buffered=True)
    assert filled.audit("exported") == []
    filled.sign_in("viewer@own.example").get("/api/v1/rows/leads.csv", buffered=True)
    assert [entry.details for entry in filled.audit("exported")] == [{"what": "leads"}]
