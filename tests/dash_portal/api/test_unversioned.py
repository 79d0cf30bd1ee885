from __future__ import annotations

import io
import json

import pytest
from sqlalchemy import text

from dash_portal.dashboards.chart_catalogue import CHART_IDS
from database import AgencySession
from tests.dash_portal.portal_world import PortalWorld
from tests.factories import commit_counted, make_lead, make_opportunity, make_stage


@pytest.fixture
def filled(world: PortalWorld) -> PortalWorld:
    with AgencySession(world.engine) as session:
        for slug, count in (("own", 3), ("other", 5)):
            tenant_id = world.brands[slug]
            session.add(make_stage(tenant_id, "New Lead", -1))
            session.add_all(make_lead(tenant_id, lead_source=f"Source of {slug}") for _ in range(count))
            session.add_all(make_opportunity(tenant_id) for _ in range(count))
        commit_counted(session, *world.brands.values())
    return world


def test_each_chart_is_answered_in_three_forms(filled: PortalWorld) -> None:
    client = filled.sign_in("viewer@own.example")
    assert client.get("/api/charts").json == {"charts": list(CHART_IDS), "formats": ["data", "echarts", "plotly"]}
    for chart_id in CHART_IDS:
        for form, key in (("data", "categories"), ("echarts", "series"), ("plotly", "data")):
            answer = client.get(f"/api/charts/{chart_id}?format={form}")
            assert answer.status_code == 200
            assert answer.json is not None
            assert set(answer.json) == {"id", "title", "format", "data_version", "config"}
            assert (answer.json["id"], answer.json["format"]) == (chart_id, form)
            assert key in answer.json["config"]


def test_a_charts_numbers_are_the_own_brands(filled: PortalWorld) -> None:
    def counted(email: str, query: str = "") -> dict[str, int]:
        config = filled.sign_in(email).get(f"/api/charts/leads-by-source{query}").json["config"]  # type: ignore[index]
        return dict(zip(config["categories"], config["series"][0]["values"], strict=True))

    assert counted("viewer@own.example") == {"Source of own": 3}
    assert counted("viewer@other.example") == {"Source of other": 5}
    assert counted("agency@mellon.example", "?brand=own") == {"Source of own": 3}
    assert counted("agency@mellon.example") == {"Source of other": 5}, "the first active brand by name"


def test_filters_are_those_of_the_page(filled: PortalWorld) -> None:
    client = filled.sign_in("viewer@own.example")
    config = client.get("/api/charts/leads-by-status?source=Nothing%20like%20it").json["config"]  # type: ignore[index]
    assert sum(config["series"][0]["values"]) == 0


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/charts/no-such-chart", 404),
        ("/api/charts/leads-by-source?format=pdf", 400),
        ("/api/charts/leads-by-source?" + "&".join(f"source={n}" for n in range(101)), 400),
        ("/api/charts/leads-by-source?source=" + "x" * 501, 400),
        ("/api/charts/leads-by-source?source=%00", 400),
        ("/api/nothing", 404),
        ("/api/charts/leads-by-source?brand=other", 403),
        ("/api/sync/status?brand=other", 403),
        ("/api/sync/status?brand=no-such-brand", 403),
        ("/api/sync/status?brand=own&brand=other", 403),
    ],
)
def test_what_can_not_be_answered_is_said_in_plain_json(world: PortalWorld, path: str, status: int) -> None:
    answer = world.sign_in("viewer@own.example").get(path)
    assert answer.status_code == status
    assert isinstance(answer.json, dict)
    assert set(answer.json) == {"error"}


def test_the_sync_status_says_how_old_the_data_is(world: PortalWorld) -> None:
    answer = world.sign_in("viewer@own.example").get("/api/sync/status")
    assert answer.json is not None
    assert {"status", "last_sync_at", "age_seconds", "stale", "next_sync_at", "resources"} <= set(answer.json)
    assert answer.json["status"] == "never"


def test_checks_of_liveness_need_nobody(world: PortalWorld) -> None:
    client = world.visitor()
    assert client.get("/healthz").json == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json) == (
        200,
        {"status": "ready", "database": "ok", "migrations": "current", "worker": "not seen", "cause": "worker"},
    )


def test_a_process_goes_on_with_a_newer_schema_that_serves_it_and_not_with_another(world: PortalWorld) -> None:
    newer = text("UPDATE alembic_version SET version_num = '9999', serves_from = :serves")
    for serves, status, word in (("0025", 200, "newer"), ("9998", 503, "behind")):
        with world.engine.begin() as connection:
            connection.execute(newer, {"serves": serves})
        answer = world.visitor().get("/readyz")
        assert answer.json is not None
        assert (answer.status_code, answer.json["migrations"]) == (status, word)


def test_too_large_a_body_is_refused_before_it_is_read(world: PortalWorld) -> None:
    client = world.sign_in("viewer@own.example")
    token = world.csrf_token(client)
    answer = client.post(
        "/_dash-update-component",
        data=json.dumps({"output": "x" * 300_000}),
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )
    assert answer.status_code == 413
    assert client.post("/account/name", data={"name": "x" * 2_000_000, "csrf_token": token}).status_code == 413


def test_a_body_of_unsaid_length_is_bounded_too(world: PortalWorld) -> None:
    client = world.sign_in("viewer@own.example")
    answer = client.post(
        "/_dash-update-component",
        input_stream=io.BytesIO(b'{"output": "' + b"x" * 1_200_000 + b'"}'),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
        headers={"X-CSRFToken": world.csrf_token(client)},
    )
    assert answer.status_code == 413


def test_without_a_brand_the_agency_is_told_so(world: PortalWorld) -> None:
    with AgencySession(world.engine) as session:
        session.connection().exec_driver_sql("UPDATE tenants SET status = 'suspended'")
        session.commit()
    answer = world.sign_in("agency@mellon.example").get("/api/sync/status")
    assert answer.status_code == 404
    assert "no active brand" in answer.json["error"]  # type: ignore[index]
