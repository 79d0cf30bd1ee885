from __future__ import annotations

from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlmodel import col, select

from dash_portal.accounts import links, people, two_step
from dash_portal.accounts.brands import suspend_brand
from dash_portal.accounts.passwords import WeakPasswordError, check_new_password, is_outdated
from dash_portal.accounts.sign_in import Visitor, check_password
from dash_portal.accounts.throttling import PER_ACCOUNT, PER_ADDRESS
from dash_portal.security import local_path
from database import AgencySession
from models import Role, User, UserSession, utc_now
from tests.dash_portal.portal_world import PASSWORD, PortalWorld


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/api/charts").status_code == 200


def test_a_person_signs_in_and_comes_to_the_page_they_wanted(world: PortalWorld) -> None:
    client = world.visitor()
    away = client.get("/hot-list?stage=qr%20sent")
    assert away.status_code == 302
    assert away.headers["Location"] == "/login?next=/hot-list?stage%3Dqr%2520sent"
    page = client.get(away.headers["Location"])
    assert 'name="next" value="/hot-list?stage=qr%20sent"' in page.text
    answer = world.try_to_sign_in(client, " Viewer@OWN.example ", next="/hot-list?stage=qr%20sent")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/hot-list?stage=qr%20sent")
    assert is_signed_in(client)
    entry = world.audit("signed_in")[0]
    assert (entry.actor_email, entry.tenant_id, entry.address) == (
        "viewer@own.example",
        world.brands["own"],
        "127.0.0.1",
    )


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("viewer@own.example", "wrong password here"),
        ("nobody@own.example", PASSWORD),
        ("gone@own.example", PASSWORD),
        ("viewer@shut.example", PASSWORD),
        ("", ""),
        ("viewer@own.example", PASSWORD + "x" * 100_000),
    ],
)
def test_every_refusal_reads_the_same(world: PortalWorld, email: str, password: str) -> None:
    client = world.visitor()
    answer = world.try_to_sign_in(client, email, password)
    assert answer.status_code == 401
    assert "don&#39;t fit together" in answer.text
    assert not is_signed_in(client)
    assert world.audit("sign_in_failed")[0].actor_id is None


def test_a_password_typed_as_e_mail_is_not_kept(world: PortalWorld) -> None:
    world.try_to_sign_in(world.visitor(), PASSWORD, "whatever it was")
    assert world.audit("sign_in_failed")[0].actor_email == ""


def test_a_form_without_the_token_is_refused(world: PortalWorld) -> None:
    client = world.visitor()
    client.get("/login")
    answer = client.post("/login", data={"email": "viewer@own.example", "password": PASSWORD})
    assert answer.status_code == 400
    assert not is_signed_in(client)


@pytest.mark.parametrize("email", ["viewer@own.example", "nobody@own.example"])
def test_guessing_at_an_account_is_throttled_whether_or_not_it_exists(world: PortalWorld, email: str) -> None:
    for attempt in range(PER_ACCOUNT):
        guesser = world.visitor(REMOTE_ADDR=f"192.0.2.{attempt}")
        assert world.try_to_sign_in(guesser, email, "wrong password here").status_code == 401
    refused = world.try_to_sign_in(world.visitor(REMOTE_ADDR="192.0.2.99"), email)
    assert refused.status_code == 429
    assert "quarter of an hour" in refused.text
    assert len(world.audit("sign_in_throttled")) == 1


def test_guessing_from_an_address_is_throttled(world: PortalWorld) -> None:
    guesser = world.visitor(REMOTE_ADDR="192.0.2.7")
    for attempt in range(PER_ADDRESS):
        world.try_to_sign_in(guesser, f"guess-{attempt}@own.example", "wrong password here")
    assert world.try_to_sign_in(guesser, "viewer@own.example").status_code == 429
    assert world.try_to_sign_in(world.visitor(REMOTE_ADDR="192.0.2.8"), "viewer@own.example").status_code == 303


def test_signing_in_forgives_own_mistakes(world: PortalWorld) -> None:
    for _ in range(3):
        client = world.visitor()
        for _ in range(PER_ACCOUNT - 1):
            world.try_to_sign_in(client, "viewer@own.example", "wrong password here")
        assert world.try_to_sign_in(client, "viewer@own.example").status_code == 303


def test_a_copied_cookie_ends_with_the_session(world: PortalWorld) -> None:
    client = world.sign_in_by_form("viewer@own.example")
    copied = client.get_cookie("session")
    assert copied is not None
    assert copied.http_only
    assert copied.same_site == "Lax"
    thief = world.visitor()
    thief.set_cookie("session", copied.value)
    assert is_signed_in(thief)
    assert world.post(client, "/logout").headers["Location"] == "/login"
    assert not is_signed_in(client)
    assert not is_signed_in(thief)
    assert len(world.audit("signed_out")) == 1


def test_a_session_is_256_bits_that_the_database_does_not_hold(world: PortalWorld) -> None:
    portal, now = world.app.extensions["portal"], utc_now()
    visitor = Visitor("192.0.2.1", "")
    tokens = [
        check_password(portal, email="viewer@own.example", password=PASSWORD, visitor=visitor, now=now).token or ""
        for _ in range(2)
    ]
    assert tokens[0] != tokens[1]
    assert all(len(urlsafe_b64decode(token + "=")) == 32 for token in tokens)
    with AgencySession(world.engine) as session:
        stored = str(session.execute(text("SELECT * FROM user_sessions")).all())
    assert not [token for token in tokens if token in stored]


@pytest.mark.parametrize("path", ["/logout", "/login", "/login/code"])
def test_a_head_changes_nothing(world: PortalWorld, path: str) -> None:
    """It needs no token: another page of the same site could send it."""
    client = world.sign_in_by_form("viewer@own.example")
    wrong = {"email": "viewer@own.example", "password": "wrong password here"}
    assert client.head(path, data=wrong).status_code in {200, 302}
    assert world.visitor().head(path, data=wrong).status_code in {200, 302, 303}
    assert is_signed_in(client)
    assert world.audit("sign_in_failed") == world.audit("signed_out") == []


def test_the_session_is_renewed_at_sign_in(world: PortalWorld) -> None:
    client = world.visitor()
    client.get("/login")
    before = client.get_cookie("session")
    world.try_to_sign_in(client, "viewer@own.example")
    first = client.get_cookie("session")
    world.try_to_sign_in(client, "viewer@own.example")
    again = client.get_cookie("session")
    assert before is not None
    assert first is not None
    assert again is not None
    assert len({before.value, first.value, again.value}) == 3


@pytest.mark.parametrize(
    ("column", "age", "lives"),
    [
        ("last_seen_at", timedelta(hours=11, minutes=59), True),
        ("last_seen_at", timedelta(hours=12, minutes=1), False),
        ("created_at", timedelta(days=13, hours=23), True),
        ("created_at", timedelta(days=14, minutes=1), False),
    ],
)
def test_sessions_idle_out_and_end(world: PortalWorld, column: str, age: timedelta, lives: bool) -> None:
    client = world.sign_in_by_form("viewer@own.example")
    with AgencySession(world.engine) as session:
        session.execute(update(UserSession).values({column: utc_now() - age}))
        session.commit()
    assert is_signed_in(client) is lives


@pytest.mark.parametrize(
    ("who", "asked_by_the_tab", "opened_by_the_person"),
    [
        ("viewer@own.example", "/api/sync/status", "/leads"),
        ("agency@mellon.example", "/agency/sync/_live", "/agency/sync"),
        ("agency@mellon.example", "/agency/sync/own/live", "/agency/sync/own"),
    ],
)
def test_a_person_keeps_a_session_alive_and_an_open_tab_does_not(
    world: PortalWorld, who: str, asked_by_the_tab: str, opened_by_the_person: str
) -> None:
    client = world.sign_in_by_form(who)

    def seen_hours_ago() -> float:
        with AgencySession(world.engine) as session:
            row = session.exec(select(UserSession)).one()
            return (utc_now() - row.last_seen_at).total_seconds() / 3600

    with AgencySession(world.engine) as session:
        session.execute(update(UserSession).values(last_seen_at=utc_now() - timedelta(hours=3)))
        session.commit()
    assert client.get(asked_by_the_tab).status_code == 200
    assert seen_hours_ago() > 2.9
    assert client.get(opened_by_the_person).status_code == 200
    assert seen_hours_ago() < 0.1


def test_deactivation_and_suspension_end_open_tabs_at_once(world: PortalWorld) -> None:
    agency = world.actor("agency@mellon.example")
    viewer, other = world.sign_in_by_form("viewer@own.example"), world.sign_in_by_form("viewer@other.example")
    with AgencySession(world.engine) as session:
        people.deactivate_user(session, actor=agency, user_id=world.people["viewer@own.example"], now=utc_now())
        suspend_brand(session, actor=agency, tenant_id=world.brands["other"], now=utc_now())
        session.commit()
    for client in (viewer, other):
        assert client.get("/api/sync/status").status_code == 401
        assert client.post("/_dash-update-component", json={}).status_code == 401
        assert client.get("/leads").status_code == 302


def test_a_changed_role_ends_sessions(world: PortalWorld) -> None:
    admin = world.sign_in_by_form("admin@own.example")
    with AgencySession(world.engine) as session:
        people.change_role(
            session,
            actor=world.actor("agency@mellon.example"),
            user_id=world.people["admin@own.example"],
            role=Role.TENANT_VIEWER,
            tenant_id=world.brands["own"],
            now=utc_now(),
        )
        session.commit()
    assert not is_signed_in(admin)
    assert world.sign_in_by_form("admin@own.example").get("/team").status_code == 403


def test_an_old_hash_is_made_anew_at_sign_in(world: PortalWorld) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    with AgencySession(world.engine) as session:
        session.execute(update(User).where(col(User.email) == "viewer@own.example").values(password_hash=old))
        session.commit()
    assert is_outdated(old)
    world.sign_in_by_form("viewer@own.example")
    assert not is_outdated(world.user("viewer@own.example").password_hash)
    world.sign_in_by_form("viewer@own.example")


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "elevenchars",
        "password1234",
        "Password2024!!",
        "aaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "qwertyuiop123",
        "own brand 2024",
        "viewer@own.example",
        "x" * 129,
    ],
)
def test_guessable_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError):
        check_new_password(password, personal=("viewer@own.example", "Viewer", "Own Brand", "own"))


@pytest.mark.parametrize("password", [PASSWORD, "twelve chars", "морозное утро 7", "            never mind"])
def test_any_long_password_will_do(password: str) -> None:
    check_new_password(password, personal=("viewer@own.example", "Viewer", "Own Brand", "own"))


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/leads?source=Facebook", "/leads?source=Facebook"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/leads\r\nSet-Cookie: x=1", "/"),
        ("javascript:alert(1)", "/"),
        ("leads", "/"),
        ("", "/"),
        (None, "/"),
        ("/login?next=/login", "/"),
        ("/logout", "/"),
        ("/_dash-layout", "/"),
    ],
)
def test_next_is_local_only(target: str | None, leads_to: str) -> None:
    assert local_path(target) == leads_to


@given(st.text(alphabet="/\\:@.%?#ax\t\n\x00é ", max_size=12))
def test_next_never_leaves_the_portal(target: str) -> None:
    path = local_path(target)
    assert path.startswith("/")
    assert not path.startswith("//")
    assert "\\" not in path
    assert path.isprintable()


def set_up_two_step(world: PortalWorld, email: str) -> tuple[str, list[str]]:
    """Switch the second step on, some minutes ago; return the app's secret and the recovery codes."""
    then = utc_now() - timedelta(minutes=5)
    with AgencySession(world.engine, writes=True) as session:
        user = session.exec(select(User).where(User.email == email)).one()
        secret = two_step.begin_two_step(session, user, cipher=world.cipher)
        code = pyotp.TOTP(secret).at(then)
        codes = two_step.confirm_two_step(
            session, user, code=code, cipher=world.cipher, now=then, actor=world.actor(email)
        )
        session.commit()
    return secret, codes


def test_with_two_steps_the_password_alone_opens_nothing(world: PortalWorld) -> None:
    secret, _codes = set_up_two_step(world, "viewer@own.example")
    client = world.visitor()
    answer = world.try_to_sign_in(client, "viewer@own.example", next="/notes")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login/code?next=/notes")
    assert not is_signed_in(client)
    wrong = world.post(client, "/login/code", page="/login/code", code="000000")
    assert wrong.status_code == 401
    assert not is_signed_in(client)
    code = pyotp.TOTP(secret).now()
    right = world.post(client, "/login/code", page="/login/code", code=f"{code[:3]} {code[3:]}", next="/notes")
    assert (right.status_code, right.headers["Location"]) == (303, "/notes")
    assert is_signed_in(client)
    assert world.audit("signed_in")[0].details == {"two_step": True}


def test_a_code_is_good_once(world: PortalWorld) -> None:
    secret, recovery = set_up_two_step(world, "viewer@own.example")
    code = pyotp.TOTP(secret).now()
    for given_code, status in ((code, 303), (code, 401), (recovery[0], 303), (recovery[0], 401), (recovery[1], 303)):
        client = world.visitor()
        world.try_to_sign_in(client, "viewer@own.example")
        assert world.post(client, "/login/code", page="/login/code", code=given_code).status_code == status
    assert len(world.audit("recovery_code_used")) == 2


def test_guessing_codes_is_throttled(world: PortalWorld) -> None:
    set_up_two_step(world, "viewer@own.example")
    client = world.visitor()
    world.try_to_sign_in(client, "viewer@own.example")
    answers = [
        world.post(client, "/login/code", page="/login/code", code=f"{guess:06}").status_code
        for guess in range(PER_ACCOUNT)
    ]
    assert answers[-1] == 429
    assert 303 not in answers


def test_a_changed_password_voids_who_is_half_way_in(world: PortalWorld) -> None:
    secret, _codes = set_up_two_step(world, "viewer@own.example")
    client = world.visitor()
    world.try_to_sign_in(client, "viewer@own.example")
    with AgencySession(world.engine) as session:
        user = session.get_one(User, world.people["viewer@own.example"])
        people.set_password(session, user, "another long one 7", now=utc_now())
        session.commit()
    answer = world.post(client, "/login/code", page="/login/code", code=pyotp.TOTP(secret).now())
    assert answer.headers["Location"] == "/login"
    assert not is_signed_in(client)


def test_nobody_is_half_way_in_without_the_password(world: PortalWorld) -> None:
    assert world.visitor().get("/login/code").headers["Location"] == "/login"


def test_agency_staff_are_asked_for_a_second_step_once_in_a_while(world: PortalWorld) -> None:
    def comes_to() -> str:
        answer = world.try_to_sign_in(world.visitor(), "agency@mellon.example", next="/leads")
        return str(answer.headers["Location"])

    assert comes_to() == "/account/two-step?next=/leads"
    assert comes_to() == "/leads"
    with AgencySession(world.engine) as session:
        session.execute(update(User).values(two_step_asked_at=datetime(2020, 1, 1, tzinfo=UTC)))
        session.commit()
    assert comes_to() == "/account/two-step?next=/leads"
    assert world.try_to_sign_in(world.visitor(), "viewer@own.example").headers["Location"] == "/"


def test_a_reset_opens_a_throttled_account_and_ends_its_sessions(world: PortalWorld) -> None:
    viewer = world.sign_in_by_form("viewer@own.example")
    for _ in range(PER_ACCOUNT):
        world.try_to_sign_in(world.visitor(), "viewer@own.example", "wrong password here")
    with AgencySession(world.engine) as session:
        link = links.make_reset_link(
            session,
            actor=world.actor("agency@mellon.example"),
            user_id=world.people["viewer@own.example"],
            now=utc_now(),
        )
        session.commit()
    client = world.visitor()
    new = "eleven red kites"
    used = world.post(client, link.path, page=link.path, password=new, again=new)
    assert (used.status_code, used.headers["Location"]) == (303, "/login?done=password")
    assert not is_signed_in(viewer)
    assert world.try_to_sign_in(world.visitor(), "viewer@own.example", new).status_code == 303
