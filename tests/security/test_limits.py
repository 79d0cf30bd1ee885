"""What is larger than anything the portal's own pages send is refused, and what is just as large is taken."""

from __future__ import annotations

import pytest

from dash_portal.security import LONGEST_PARAMETER, MOST_PARAMETERS
from tests.dash_portal.portal_world import PortalWorld


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Limits do not depend on the database."""
    return str(request.param)


def test_links_have_so_many_parameters_of_such_a_length_and_no_more(world: PortalWorld) -> None:
    client = world.visitor()
    for count, length, status in (
        (MOST_PARAMETERS, LONGEST_PARAMETER, 200),
        (MOST_PARAMETERS + 1, 1, 400),
        (1, LONGEST_PARAMETER + 1, 400),
    ):
        parameters = [(f"p{number}", "x" * length) for number in range(count)]
        assert client.get("/login", query_string=parameters).status_code == status
    for length, status in ((4 * LONGEST_PARAMETER, 200), (4 * LONGEST_PARAMETER + 1, 400)):
        assert client.get("/login", query_string={"next": "/" * length}).status_code == status


def test_a_callback_is_forty_levels_deep_and_no_deeper(world: PortalWorld) -> None:
    client = world.sign_in("viewer@own.example")
    token = world.csrf_token(client)

    def answer(levels: int) -> str:
        raw = '{"inputs":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"
        headers = {"X-CSRFToken": token, "Content-Type": "application/json"}
        refused = client.post("/_dash-update-component", data=raw, headers=headers)
        assert refused.status_code == 400
        return refused.text

    assert "does not fit the page" in answer(40), "it was read"
    assert "can't be read" in answer(41)
