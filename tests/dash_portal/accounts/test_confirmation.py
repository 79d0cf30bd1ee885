"""What could hand an account to someone else asks for the password (and code) of the last five minutes."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from database import AgencySession
from models import UserSession, utc_now
from tests.dash_portal.accounts.test_sign_in import set_up_two_step
from tests.dash_portal.portal_world import PASSWORD, PortalWorld

WHO = "viewer@own.example"
NEW = "nine quiet harbours"


def let_time_pass(world: PortalWorld, **passed: float) -> None:
    with AgencySession(world.engine) as session:
        session.execute(update(UserSession).values(confirmed_at=utc_now() - timedelta(**passed)))
        session.commit()


def signed_in_with_code(world: PortalWorld) -> tuple[FlaskClient, str, list[str]]:
    """Return a browser of someone with a second step, their app's secret and their recovery codes."""
    secret, recovery = set_up_two_step(world, WHO)
    client = world.visitor()
    world.try_to_sign_in(client, WHO)
    assert world.post(client, "/login/code", page="/login/code", code=recovery[0]).status_code == 303
    return client, secret, recovery


@pytest.mark.parametrize("path", ["/account/password", "/account/two-step", "/account/two-step/off"])
def test_without_fresh_proof_the_form_leads_to_the_question(world: PortalWorld, path: str) -> None:
    client = world.sign_in(WHO)
    let_time_pass(world, minutes=5, seconds=1)
    answer = world.post(client, path, password=NEW, again=NEW, code="123456")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/account/confirm?next=/account")
    assert world.user(WHO).totp_secret_encrypted is None
    assert world.try_to_sign_in(world.visitor(), WHO).status_code == 303


def test_the_set_up_of_a_second_step_asks_first(world: PortalWorld) -> None:
    client = world.sign_in(WHO)
    assert client.get("/account/two-step").status_code == 200, "signing in is proof"
    let_time_pass(world, minutes=6)
    away = client.get("/account/two-step?next=/leads")
    assert away.headers["Location"] == "/account/confirm?next=/account/two-step?next%3D/leads"
    question = client.get(away.headers["Location"])
    assert "Confirm it is you" in question.text
    assert 'name="code"' not in question.text
    wrong = world.post(client, "/account/confirm", current="not my password", next="/account/two-step")
    assert (wrong.status_code, client.get("/account/two-step").status_code) == (400, 303)
    right = world.post(client, "/account/confirm", current=PASSWORD, next="/account/two-step")
    assert (right.status_code, right.headers["Location"]) == (303, "/account/two-step")
    assert client.get("/account/two-step").status_code == 200
    assert len(world.audit("identity_confirmed")) == 1


def test_who_has_a_second_step_needs_the_code_too(world: PortalWorld) -> None:
    client, secret, recovery = signed_in_with_code(world)
    assert 'id="password-code"' not in client.get("/account").text
    let_time_pass(world, minutes=6)
    assert 'id="password-code"' in client.get("/account").text
    assert 'name="code"' in client.get("/account/confirm").text
    for form in ({"current": PASSWORD}, {"current": PASSWORD, "code": "000000"}):
        for path in ("/account/two-step/codes", "/account/two-step/off", "/account/password"):
            answer = world.post(client, path, password=NEW, again=NEW, **form)
            assert answer.status_code == 400
            assert "code doesn&#39;t fit" in answer.text
    changed = world.post(
        client, "/account/password", current=PASSWORD, code=pyotp.TOTP(secret).now(), password=NEW, again=NEW
    )
    assert changed.status_code == 303
    let_time_pass(world, minutes=6)
    renewed = world.post(client, "/account/two-step/codes", current=NEW, code=recovery[1])
    assert len(re.findall(r"<code>([a-z0-9-]{29})</code>", renewed.text)) == 10


def test_proof_lasts_five_minutes_and_counts_for_its_own_session(world: PortalWorld) -> None:
    client, secret, _recovery = signed_in_with_code(world)
    let_time_pass(world, minutes=6)
    code = pyotp.TOTP(secret).now()
    assert world.post(client, "/account/confirm", current=PASSWORD, code=code).status_code == 303
    assert len(re.findall(r"<code>([a-z0-9-]{29})</code>", world.post(client, "/account/two-step/codes").text)) == 10
    let_time_pass(world, minutes=6)
    assert world.post(client, "/account/two-step/codes").headers["Location"] == "/account/confirm?next=/account"


def test_a_new_set_up_has_a_new_secret_and_a_new_password_clears_it(world: PortalWorld) -> None:
    client = world.sign_in(WHO)
    secrets = [re.findall(r"<code>([A-Z2-7]{32})</code>", client.get("/account/two-step").text)[0] for _ in range(2)]
    assert secrets[0] != secrets[1]
    old = world.post(client, "/account/two-step", code=pyotp.TOTP(secrets[0]).now())
    assert old.status_code == 400
    assert secrets[1] in old.text, "after a mistyped code the same secret is shown again"
    assert world.post(client, "/account/password", current=PASSWORD, password=NEW, again=NEW).status_code == 303
    assert world.user(WHO).totp_secret_encrypted is None
    late = world.post(client, "/account/two-step", code=pyotp.TOTP(secrets[1]).now())
    assert late.headers["Location"] == "/account/two-step"
    assert world.user(WHO).totp_confirmed_at is None


def test_switching_the_second_step_on_ends_every_other_session(world: PortalWorld) -> None:
    client, elsewhere = world.sign_in(WHO), world.sign_in(WHO)
    (secret,) = re.findall(r"<code>([A-Z2-7]{32})</code>", client.get("/account/two-step").text)
    assert world.post(client, "/account/two-step", code=pyotp.TOTP(secret).now()).status_code == 200
    assert client.get("/api/charts").status_code == 200
    assert elsewhere.get("/api/charts").status_code == 401
