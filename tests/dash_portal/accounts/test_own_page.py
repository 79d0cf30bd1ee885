from __future__ import annotations

import re

import pyotp
import pytest

from dash_portal.accounts.errors import NotAllowedError
from dash_portal.accounts.two_step import switch_off_two_step
from database import AgencySession
from models import User, utc_now
from tests.dash_portal.portal_world import PASSWORD, PortalWorld

NEW = "nine quiet harbours"


@pytest.mark.parametrize("path", ["/account", "/team", "/no-such-page"])
def test_plain_pages_keep_the_brands_face_and_tabs(world: PortalWorld, path: str) -> None:
    page = world.sign_in("admin@own.example").get(path).text
    assert re.search(r'class="brand" href="/">.*<span>Own Brand</span>', page, re.DOTALL)
    assert re.findall(r'class="tab" href="([^"]+)"', page) == [
        "/leads",
        "/pipeline",
        "/hot-list",
        "/notes",
        "/schedule",
    ]
    assert 'href="/logout"' in page


def test_the_agencys_people_keep_its_tabs_and_a_visitor_gets_none(world: PortalWorld) -> None:
    page = world.sign_in("agency@mellon.example").get("/account").text
    assert "Mellon agency" in page
    assert 'class="tab" href="/agency/sync"' in page
    assert 'class="tab"' not in world.visitor().get("/login").text


def test_changing_the_password_ends_every_other_session(world: PortalWorld) -> None:
    here, elsewhere = world.sign_in("viewer@own.example"), world.sign_in("viewer@own.example")
    answer = world.post(here, "/account/password", current=PASSWORD, password=NEW, again=NEW)
    assert answer.headers["Location"] == "/account?done=password"
    assert here.get("/api/charts").status_code == 200
    assert elsewhere.get("/api/charts").status_code == 401
    assert world.try_to_sign_in(world.visitor(), "viewer@own.example").status_code == 401
    assert world.try_to_sign_in(world.visitor(), "viewer@own.example", NEW).status_code == 303
    assert world.audit("password_changed")[0].details == {"sessions_ended": 1}


@pytest.mark.parametrize(
    ("current", "password", "again"),
    [("not my password", NEW, NEW), (PASSWORD, NEW, NEW + "x"), (PASSWORD, "short", "short")],
)
def test_a_password_is_not_changed_by_mistake(world: PortalWorld, current: str, password: str, again: str) -> None:
    client = world.sign_in("viewer@own.example")
    answer = world.post(client, "/account/password", current=current, password=password, again=again)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert world.try_to_sign_in(world.visitor(), "viewer@own.example").status_code == 303


def test_whoever_finds_an_open_tab_can_not_guess_the_password(world: PortalWorld) -> None:
    client = world.sign_in("viewer@own.example")
    answers = [
        world.post(client, "/account/password", current=f"guess {guess}", password=NEW, again=NEW).text
        for guess in range(11)
    ]
    assert "too many attempts" in answers[-1]
    assert "too many attempts" not in answers[0]


def test_sessions_can_be_ended_one_by_one_and_all_at_once(world: PortalWorld) -> None:
    here = world.sign_in("viewer@own.example")
    others = [world.sign_in("viewer@own.example", HTTP_USER_AGENT="Firefox on Windows") for _ in range(3)]
    ends = re.findall(r'action="(/account/sessions/[0-9a-f]{32}/end)"', here.get("/account").text)
    assert len(ends) == 3
    assert world.post(here, ends[0]).status_code == 303
    assert sum(other.get("/api/charts").status_code == 401 for other in others) == 1
    assert world.post(here, "/account/sessions/end").status_code == 303
    assert all(other.get("/api/charts").status_code == 401 for other in others)
    assert here.get("/api/charts").status_code == 200


def test_nobody_ends_another_persons_session(world: PortalWorld) -> None:
    viewer, stranger = world.sign_in("viewer@own.example"), world.sign_in("viewer@other.example")
    world.sign_in("viewer@own.example")
    (end,) = re.findall(r'action="(/account/sessions/[0-9a-f]{32}/end)"', viewer.get("/account").text)
    world.post(stranger, end)
    assert end in viewer.get("/account").text


def test_a_name_is_shown_as_it_was_typed_and_never_as_html(world: PortalWorld) -> None:
    client = world.sign_in("viewer@own.example")
    assert world.post(client, "/account/name", name="<script>alert(1)</script>").status_code == 303
    page = client.get("/account").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert world.post(client, "/account/name", name=" \n ").status_code == 400


def test_two_step_sign_in_from_set_up_to_off(world: PortalWorld) -> None:
    client = world.sign_in("agency@mellon.example")
    page = client.get("/account/two-step").text
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert secret is not None
    assert 'src="data:image/svg+xml' in page
    assert world.post(client, "/account/two-step", code="000000").status_code == 400
    done = world.post(client, "/account/two-step", code=pyotp.TOTP(secret[1]).now())
    codes = re.findall(r"<code>([a-z0-9-]{29})</code>", done.text)
    assert len(codes) == 10
    assert world.user("agency@mellon.example").totp_secret_encrypted != secret[1]
    assert secret[1] not in client.get("/account").text
    newcomer = world.visitor()
    assert world.try_to_sign_in(newcomer, "agency@mellon.example").headers["Location"] == "/login/code"

    wrong = world.post(client, "/account/two-step/off", current="not my password")
    assert wrong.status_code == 400
    renewed = world.post(client, "/account/two-step/codes", current=PASSWORD).text
    assert not set(codes) & set(re.findall(r"<code>([a-z0-9-]{29})</code>", renewed))
    used = world.post(newcomer, "/login/code", page="/login/code", code=codes[0])
    assert used.status_code == 401
    assert world.post(client, "/account/two-step/off", current=PASSWORD).status_code == 303
    assert world.try_to_sign_in(world.visitor(), "agency@mellon.example").headers["Location"] == "/"
    assert [len(world.audit(action)) for action in ("two_step_on", "recovery_codes_renewed", "two_step_off")] == [
        1,
        1,
        1,
    ]


def test_the_agency_lets_in_who_lost_phone_and_codes(world: PortalWorld) -> None:
    with AgencySession(world.engine, writes=True) as session:
        user = session.get_one(User, world.people["viewer@own.example"])
        user.totp_secret_encrypted, user.totp_confirmed_at = world.cipher.encrypt("A" * 32), utc_now()
        session.commit()
    path = f"/agency/users/{world.people['viewer@own.example']}/two-step-off"
    assert world.post(world.sign_in("admin@own.example"), path).status_code == 403
    agency = world.sign_in("agency@mellon.example")
    assert "Switch two-step sign-in off" in agency.get("/agency/users").text
    assert world.post(agency, path).status_code == 303
    assert world.try_to_sign_in(world.visitor(), "viewer@own.example").headers["Location"] == "/"
    entry = world.audit("two_step_off")[0]
    assert (entry.actor_email, entry.details["email"]) == ("agency@mellon.example", "viewer@own.example")


def test_a_tenant_admin_can_not_switch_off_anothers_second_step(world: PortalWorld) -> None:
    admin = world.actor("admin@own.example")
    with AgencySession(world.engine, writes=True) as session:
        user = session.get_one(User, world.people["viewer@own.example"])
        with pytest.raises(NotAllowedError):
            switch_off_two_step(session, user, actor=admin, now=utc_now())
