from __future__ import annotations

from typing import Any

from dash_portal.api.description import describe
from dash_portal.dashboards.chart_catalogue import CHART_IDS
from dash_portal.exports import EXPORTS
from tests.dash_portal.portal_world import PortalWorld


def test_the_description_names_every_path_that_is_served_and_no_other() -> None:
    paths = describe()["paths"]
    tables = [f"/api/v1/rows/{table}{ending}" for table in EXPORTS for ending in ("", ".csv", "/sheet-address")]
    charts = [f"/api/v1/charts/{chart_id}" for chart_id in CHART_IDS]
    assert set(paths) == {"/api/v1/status", "/api/v1/charts", *charts, *tables}


def test_every_reference_leads_somewhere_and_moments_may_be_days() -> None:
    description = describe()
    schemas = description["components"]["schemas"]

    def references(part: Any) -> set[str]:
        if isinstance(part, dict):
            own = {part["$ref"]} if "$ref" in part else set()
            return own.union(*map(references, part.values()))
        return set().union(*map(references, part)) if isinstance(part, list) else set()

    assert {f"#/components/schemas/{name}" for name in schemas} >= references(description) > set()
    created = str(schemas["LeadRow"]["properties"]["created_at"])
    assert "'date-time'" in created
    assert "'date'" in created


def test_whoever_may_ask_may_read_how(world: PortalWorld) -> None:
    program, person = world.program(world.make_key("own")), world.sign_in("viewer@own.example")
    for client in (program, person):
        answer = client.get("/api/v1/openapi.json")
        assert answer.json is not None
        assert answer.json["openapi"] == "3.1.0"
    page = person.get("/developers").text
    for words in (
        "/api/v1/rows/leads",
        "weighted_iff",
        "next_cursor",
        "new, active, qualified, signed",
        "from 1 to 1000",
    ):
        assert words in page
    assert world.visitor().get("/developers").headers["Location"] == "/login?next=/developers"
    assert world.visitor().get("/api/v1/openapi.json").status_code == 401
