from __future__ import annotations

import re

import pytest
from sqlmodel import select

from database import AgencySession
from models import ApiKey
from tests.dash_portal.portal_world import PortalWorld

WISH = {"name": "Till system", "scopes": "charts", "days": "90"}
PAGES = {"admin@own.example": "/team/keys", "agency@mellon.example": "/agency/brands/own/keys"}


@pytest.mark.parametrize("email", PAGES)
def test_a_key_is_shown_once_listed_with_what_it_is_and_revoked(world: PortalWorld, email: str) -> None:
    client, page = world.sign_in(email), PAGES[email]
    shown = world.post(client, page, **WISH).text
    key = re.findall(r'id="made" type="text" readonly value="(mpk_[^"]+)"', shown)[0]
    assert world.program(key).get("/api/charts/leads-by-source").status_code == 200
    assert world.program(key).get("/api/sync/status").status_code == 403
    listed = client.get(page).text
    assert key not in listed
    for words in ("Till system", key[-4:], "reads charts", "last used", "made by"):
        assert words in listed
    with AgencySession(world.engine) as session:
        key_id = session.exec(select(ApiKey.id)).one()
    assert world.post(client, f"{page}/{key_id}/revoke").status_code == 303
    assert world.program(key).get("/api/charts/leads-by-source").status_code == 401
    assert "Till system" not in client.get(page).text
    assert world.post(client, f"{page}/{key_id}/revoke").status_code == 404


@pytest.mark.parametrize("email", PAGES)
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": " "}, "Please say what the key is for"),
        ({"scopes": ""}, "is not a valid choice|Please choose what the key may read"),
        ({"scopes": "everything"}, "not a valid choice|not valid choices"),
        ({"days": "7"}, "Not a valid choice"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    world: PortalWorld, email: str, changes: dict[str, str], words: str
) -> None:
    answer = world.post(world.sign_in(email), PAGES[email], **(WISH | {"name": "Till"} | changes))
    assert answer.status_code == 400
    assert re.search(rf'class="field-error" id="\w+-error" role="alert">[^<]*({words})', answer.text), answer.text
    assert "name" in changes or 'value="Till"' in answer.text


@pytest.mark.parametrize("email", ["viewer@own.example", "admin@other.example"])
def test_keys_are_for_the_brands_own_admins_and_the_agency(world: PortalWorld, email: str) -> None:
    world.make_key("own")
    with AgencySession(world.engine) as session:
        key_id = session.exec(select(ApiKey.id)).one()
    client = world.sign_in(email)
    assert client.get("/agency/brands/own/keys").status_code == 403
    assert world.post(client, f"/agency/brands/own/keys/{key_id}/revoke").status_code == 403
    if email.startswith("viewer"):
        assert client.get("/team/keys").status_code == 403
        assert world.post(client, "/team/keys", **WISH).status_code == 403
    else:
        assert "everything" not in client.get("/team/keys").text
    assert world.post(client, f"/team/keys/{key_id}/revoke").status_code in {403, 404}
    with AgencySession(world.engine) as session:
        assert session.exec(select(ApiKey.revoked_at)).one() is None
