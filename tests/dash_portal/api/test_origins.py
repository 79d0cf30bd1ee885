from __future__ import annotations

from dataclasses import replace

import pytest

from tests.dash_portal.portal_world import PortalWorld

ALLOWED = "https://www.own.example"
CHARTS = "/api/v1/charts/leads-by-source"


@pytest.fixture
def world(world: PortalWorld) -> PortalWorld:
    """The world whose operator names one website."""
    settings = world.settings.model_copy(update={"portal_api_origins": f"{ALLOWED},https://another.example"})
    world.app.extensions["portal"] = replace(world.app.extensions["portal"], settings=settings)
    return world


def test_a_named_website_reads_with_a_key_and_never_with_a_cookie(world: PortalWorld) -> None:
    program = world.program(world.make_key("own"))
    answer = program.get(CHARTS, headers={"Origin": ALLOWED})
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    refused = world.program("mpk_unknown").get(CHARTS, headers={"Origin": ALLOWED})
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, ALLOWED)
    person = world.sign_in("viewer@own.example")
    assert "Access-Control-Allow-Origin" not in person.get(CHARTS, headers={"Origin": ALLOWED}).headers


@pytest.mark.parametrize("origin", ["https://evil.example", "https://www.own.example.evil.example", "null", ""])
def test_another_website_reads_nothing(world: PortalWorld, origin: str) -> None:
    answer = world.program(world.make_key("own")).get(CHARTS, headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    assert world.visitor().options(CHARTS, headers=asked).status_code == 401


def test_a_browser_is_told_before_it_sends_a_key(world: PortalWorld) -> None:
    asked = {
        "Origin": ALLOWED,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    answer = world.visitor().options(CHARTS, headers=asked)
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert answer.headers["Access-Control-Allow-Methods"] == "GET"
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    for path in ("/api/charts", "/leads", "/export/leads.csv"):
        elsewhere = world.visitor().options(path, headers=asked)
        assert "Access-Control-Allow-Origin" not in elsewhere.headers, path
        key = {"Authorization": f"Bearer {world.make_key('own', name=path)}", "Origin": ALLOWED}
        assert "Access-Control-Allow-Origin" not in world.visitor().get(path, headers=key).headers, path
