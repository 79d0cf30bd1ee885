"""Signing in with the company's account: who is let in, by what, and how it ends."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlmodel import select
from structlog.testing import capture_logs

from dash_portal.accounts.brands import suspend_brand
from dash_portal.accounts.key_rotation import rotate_keys
from dash_portal.accounts.people import change_role, deactivate_user
from dash_portal.accounts.throttling import PER_ACCOUNT
from database import AgencySession
from models import Identity, Role, UserSession, utc_now
from settings import NewPeople
from tests.dash_portal.accounts.company_world import (
    BROWSER,
    LEAVE,
    address_back,
    go_and_come_back,
    invite,
    is_signed_in,
    provider_of,
    switch_on,
)
from tests.dash_portal.accounts.openid_provider import OpenIdProvider
from tests.dash_portal.accounts.test_confirmation import let_time_pass
from tests.dash_portal.accounts.test_sign_in import set_up_two_step
from tests.dash_portal.portal_world import PASSWORD, PortalWorld

PAT = "pat@acme.example"
WHO = "viewer@own.example"
ON_ONE_DATABASE = pytest.mark.parametrize("database_kind", ["sqlite"])
"""For what differs before anything reaches the database, or in what it is asked by all other tests too."""


@pytest.fixture
def provider(world: PortalWorld) -> Iterator[OpenIdProvider]:
    with provider_of(world) as served:
        yield served


def link(world: PortalWorld, client: FlaskClient, provider: OpenIdProvider) -> None:
    """Link the provider's person to whoever is signed in."""
    page = world.post(client, "/account/company/acme/link")
    answer = client.get(address_back(way_on(page.text)))
    assert answer.headers["Location"] == "/account?done=linked"


def way_on(page: str) -> str:
    """Return where a page that leads to the provider goes on to by itself."""
    (address,) = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
    return str(address).replace("&amp;", "&")


def join(world: PortalWorld, slug: str | None = "own") -> FlaskClient:
    """Return a browser of Pat, who has just accepted an invitation."""
    invite(world, PAT, slug)
    client = world.visitor()
    assert go_and_come_back(client).status_code == 303
    return client


def test_an_invited_address_joins_its_brand_and_comes_to_the_page_it_wanted(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    invite(world, PAT)
    client = world.visitor()
    page = client.get(client.get("/hot-list?stage=qr%20sent").headers["Location"])
    (way,) = re.findall(r'href="(/login/with/acme[^"]*)">Sign in with Acme', page.text)
    assert not is_signed_in(client)
    answer = go_and_come_back(client, way)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/hot-list?stage=qr%20sent")
    assert is_signed_in(client)
    user = world.user(PAT)
    assert (user.name, user.role, user.tenant_id) == ("Pat Green", Role.TENANT_VIEWER, world.brands["own"])
    again = world.visitor()
    assert go_and_come_back(again).headers["Location"] == "/"
    assert is_signed_in(again)
    assert len(world.audit("invite_accepted")) == len(world.audit("identity_linked")) == 1
    assert [entry.details["company_account"] for entry in world.audit("signed_in")] == [True, True]


@ON_ONE_DATABASE
def test_what_the_browser_takes_along_says_how_it_must_come_back(world: PortalWorld, provider: OpenIdProvider) -> None:
    first, second = (parse_qs(urlsplit(world.visitor().get(LEAVE).headers["Location"]).query) for _ in range(2))
    assert first["redirect_uri"] == ["http://localhost/login/with/acme/back"]
    assert (first["response_type"], first["code_challenge_method"]) == (["code"], ["S256"])
    assert first["scope"] == ["openid email profile"]
    for secret in ("state", "nonce", "code_challenge"):
        assert len(first[secret][0]) >= 43
        assert first[secret] != second[secret]


@ON_ONE_DATABASE
def test_nobody_can_choose_where_a_sign_in_leads_outside(world: PortalWorld, provider: OpenIdProvider) -> None:
    invite(world, PAT)
    for outside in (
        "https://elsewhere.example/",
        "//elsewhere.example/leads",
        "/%5Celsewhere.example",
        "/%09/elsewhere.example",
    ):
        answer = go_and_come_back(world.visitor(), f"{LEAVE}?next={outside}")
        assert answer.headers["Location"] == "/", outside


@ON_ONE_DATABASE
def test_no_password_opens_an_account_that_has_none(world: PortalWorld, provider: OpenIdProvider) -> None:
    join(world)
    for password in ("!", "", PASSWORD):
        assert world.try_to_sign_in(world.visitor(), PAT, password).status_code == 401


@ON_ONE_DATABASE
def test_whatever_address_an_account_has_by_now_it_opens_the_same_person(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    join(world)
    provider.claims = {"email": "pat.married@acme.example", "email_verified": False}
    client = world.visitor()
    assert go_and_come_back(client).status_code == 303
    assert "Pat Green" in client.get("/account").text


@ON_ONE_DATABASE
def test_another_subject_of_the_same_address_is_somebody_else(world: PortalWorld, provider: OpenIdProvider) -> None:
    join(world)
    provider.claims = {"sub": "person-2"}
    client = world.visitor()
    answer = go_and_come_back(client)
    assert (answer.status_code, is_signed_in(client)) == (401, False)
    assert "nobody has invited" in str(world.audit("sign_in_failed")[-1].details["cause"])


def test_of_several_invitations_the_opened_link_decides(world: PortalWorld, provider: OpenIdProvider) -> None:
    invite(world, PAT, "own")
    path = invite(world, PAT, "other")
    client = world.visitor()
    unclear = go_and_come_back(client)
    assert (unclear.status_code, is_signed_in(client)) == (401, False)
    assert "Several brands have invited you" in unclear.text
    (way,) = re.findall(r'href="([^"]*)">Join with Acme', client.get(path).text)
    assert go_and_come_back(client, way).status_code == 303
    assert world.user(PAT).tenant_id == world.brands["other"]


def test_an_invitations_link_serves_the_address_it_was_made_for_and_no_other(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    path = invite(world, "someone.else@acme.example")
    client = world.visitor()
    assert go_and_come_back(client, f"{path}/with/acme").status_code == 401
    assert not is_signed_in(client)
    assert client.get("/join/nothing/with/acme").status_code == 410


def test_an_invitation_whose_maker_lost_the_right_to_it_is_void(world: PortalWorld, provider: OpenIdProvider) -> None:
    invite(world, PAT)
    with AgencySession(world.engine, writes=True) as session:
        suspend_brand(session, actor=world.actor("agency@mellon.example"), tenant_id=world.brands["own"], now=utc_now())
        session.commit()
    assert go_and_come_back(world.visitor()).status_code == 401


@pytest.mark.parametrize("end", ["deactivated", "suspended"])
def test_who_has_no_access_is_refused_as_if_unknown(world: PortalWorld, provider: OpenIdProvider, end: str) -> None:
    client = join(world)
    actor = world.actor("agency@mellon.example")
    with AgencySession(world.engine, writes=True) as session:
        if end == "deactivated":
            deactivate_user(session, actor=actor, user_id=world.user(PAT).id or 0, now=utc_now())
        else:
            suspend_brand(session, actor=actor, tenant_id=world.brands["own"], now=utc_now())
        session.commit()
    assert not is_signed_in(client)
    with capture_logs() as lines:
        refused = go_and_come_back(world.visitor())
    assert [line["cause"] for line in lines if "cause" in line] == ["whom it opens has no access"]
    provider.claims = {"sub": "person-2"}
    unknown = go_and_come_back(world.visitor())
    assert refused.status_code == unknown.status_code == 401
    assert without_tokens(refused.text) == without_tokens(unknown.text)


def without_tokens(page: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]+"', "", page)


def test_another_role_ends_the_session_and_the_account_still_opens_the_person(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    client = join(world)
    with AgencySession(world.engine, writes=True) as session:
        change_role(
            session,
            actor=world.actor("agency@mellon.example"),
            user_id=world.user(PAT).id or 0,
            role=Role.TENANT_ADMIN,
            tenant_id=world.brands["other"],
            now=utc_now(),
        )
        session.commit()
    assert not is_signed_in(client)
    assert go_and_come_back(client).status_code == 303
    assert is_signed_in(client)


def test_a_throttled_person_waits_here_too(world: PortalWorld, provider: OpenIdProvider) -> None:
    join(world)
    for attempt in range(PER_ACCOUNT):
        world.try_to_sign_in(world.visitor(REMOTE_ADDR=f"192.0.2.{attempt}"), PAT, "wrong password here")
    assert go_and_come_back(world.visitor()).status_code == 429


def test_the_signed_in_person_links_and_unlinks(world: PortalWorld, provider: OpenIdProvider) -> None:
    client, elsewhere = world.sign_in(WHO), world.sign_in(WHO)
    link(world, client, provider)
    by_company = world.visitor()
    assert go_and_come_back(by_company).status_code == 303
    assert "Viewer" in by_company.get("/account").text
    page = client.get("/account").text
    (unlink,) = re.findall(r'action="(/account/company/[^"]+/unlink)"', page)
    assert "pat@acme.example" in page
    let_time_pass(world, minutes=6)
    assert world.post(client, unlink).headers["Location"].startswith("/account/confirm")
    assert world.post(client, "/account/confirm", current=PASSWORD).status_code == 303
    assert world.post(client, unlink).headers["Location"] == "/account?done=unlinked"
    assert [is_signed_in(browser) for browser in (client, elsewhere, by_company)] == [True, False, False]
    assert go_and_come_back(world.visitor()).status_code == 401
    assert len(world.audit("identity_unlinked")) == 1


@ON_ONE_DATABASE
def test_linking_asks_for_the_password_first_and_begins_with_a_form_of_ones_own(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    client = world.sign_in(WHO)
    assert client.post("/account/company/acme/link").status_code == 400
    let_time_pass(world, minutes=6)
    assert world.post(client, "/account/company/acme/link").headers["Location"].startswith("/account/confirm")
    assert world.post(world.visitor(), "/account/company/acme/link").headers["Location"].startswith("/login")


def test_a_company_account_opens_one_person(world: PortalWorld, provider: OpenIdProvider) -> None:
    link(world, world.sign_in(WHO), provider)
    other = world.sign_in("viewer@other.example")
    page = world.post(other, "/account/company/acme/link")
    answer = other.get(address_back(way_on(page.text)))
    assert (answer.status_code, "opens another account" in answer.text) == (400, True)


@ON_ONE_DATABASE
def test_the_only_way_in_can_not_be_unlinked(world: PortalWorld, provider: OpenIdProvider) -> None:
    provider.claims = {"auth_time": int(time.time())}
    client = join(world)
    assert "/unlink" not in client.get("/account").text
    with AgencySession(world.engine) as session:
        (identity,) = session.exec(select(Identity)).all()
    answer = world.post(client, f"/account/company/{identity.id}/unlink")
    assert (answer.status_code, "only way in" in answer.text) == (400, True)
    stranger = world.sign_in(WHO)
    assert world.post(stranger, f"/account/company/{identity.id}/unlink").status_code == 400
    assert go_and_come_back(world.visitor()).status_code == 303


@ON_ONE_DATABASE
def test_what_would_hand_an_account_over_needs_a_password_typed_at_the_provider_just_now(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    client = join(world)
    away = client.get("/account/two-step")
    assert away.headers["Location"].startswith("/account/confirm"), "the provider did not say when it was typed"
    question = client.get(away.headers["Location"])
    assert 'name="current"' not in question.text
    assert "Type it at Acme" in question.text
    for auth_time, status in ((None, 400), (int(time.time()) - 3600, 400), (int(time.time()), 302)):
        provider.claims = {"auth_time": auth_time}
        page = world.post(client, "/account/company/acme/confirm", next="/account/two-step")
        assert parse_qs(urlsplit(way_on(page.text)).query)["max_age"] == ["0"]
        assert client.get(address_back(way_on(page.text))).status_code == status
    assert client.get("/account/two-step").status_code == 200


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("claims_supported", "prompt"), [(["sub", "auth_time"], ["login"]), (["sub"], None), (None, None)]
)
def test_a_provider_that_tells_when_the_password_was_typed_is_asked_to_have_it_typed(
    world: PortalWorld, provider: OpenIdProvider, claims_supported: list[str] | None, prompt: list[str] | None
) -> None:
    """Entra asks anew for `prompt=login` alone; a provider that can't say when it was typed is spared it: Google has none."""
    provider.discovery = {"claims_supported": claims_supported}
    client = world.sign_in(WHO)
    link(world, client, provider)
    page = world.post(client, "/account/company/acme/confirm", next="/account")
    assert parse_qs(urlsplit(way_on(page.text)).query).get("prompt") == prompt
    assert "prompt" not in parse_qs(urlsplit(world.visitor().get(LEAVE).headers["Location"]).query)


@ON_ONE_DATABASE
def test_proof_at_the_provider_counts_for_ones_own_account_only(world: PortalWorld, provider: OpenIdProvider) -> None:
    provider.claims = {"auth_time": int(time.time())}
    client = world.sign_in(WHO)
    link(world, client, provider)
    let_time_pass(world, minutes=6)
    provider.claims |= {"sub": "person-2"}
    page = world.post(client, "/account/company/acme/confirm", next="/account/two-step")
    assert client.get(address_back(way_on(page.text))).status_code == 400
    assert client.get("/account/two-step").status_code == 303


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("amr", "enforced", "asked"),
    [(None, False, True), (["pwd"], False, True), (["pwd", "mfa"], False, False), (None, True, False)],
)
def test_the_second_step_is_asked_for_unless_the_provider_has_done_so(
    world: PortalWorld, provider: OpenIdProvider, amr: list[str] | None, enforced: bool, asked: bool
) -> None:
    client = world.sign_in(WHO)
    link(world, client, provider)
    secret, _ = set_up_two_step(world, WHO)
    switch_on(world, provider.settings(second_step=enforced))
    provider.claims = {"amr": amr}
    client = world.visitor()
    answer = go_and_come_back(client, f"{LEAVE}?next=/leads")
    assert answer.headers["Location"] == ("/login/code?next=/leads" if asked else "/leads")
    assert is_signed_in(client) is not asked
    if asked:
        code = pyotp.TOTP(secret).now()
        assert world.post(client, "/login/code", page="/login/code", code=code, next="/leads").status_code == 303
        assert is_signed_in(client)


@ON_ONE_DATABASE
def test_agency_staff_are_asked_for_a_second_step_where_the_provider_asks_for_none(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    invite(world, PAT, None)
    assert go_and_come_back(world.visitor()).headers["Location"] == "/account/two-step"


def test_a_rule_lets_its_domain_in_and_no_other(world: PortalWorld, provider: OpenIdProvider) -> None:
    rules = (
        NewPeople("acme.example", Role.TENANT_VIEWER, "own"),
        NewPeople("shut.example", Role.TENANT_VIEWER, "shut"),
    )
    switch_on(world, provider.settings(new_people=rules))
    for number, email in enumerate(("pat@sub.acme.example", "pat@notacme.example", "pat@shut.example", WHO)):
        provider.claims = {"email": email, "sub": f"other-{number}"}
        assert go_and_come_back(world.visitor()).status_code == 401
    provider.claims = {"email_verified": False}
    assert go_and_come_back(world.visitor()).status_code == 401
    provider.claims = {}
    assert go_and_come_back(world.visitor()).status_code == 303
    user = world.user(PAT)
    assert (user.role, user.tenant_id) == (Role.TENANT_VIEWER, world.brands["own"])
    assert world.audit("user_created")[-1].details["rule"] == "acme.example"


@ON_ONE_DATABASE
def test_a_rule_takes_nobodys_account_over(world: PortalWorld, provider: OpenIdProvider) -> None:
    switch_on(world, provider.settings(new_people=(NewPeople("own.example", Role.TENANT_VIEWER, "own"),)))
    provider.claims = {"email": WHO}
    client = world.visitor()
    assert (go_and_come_back(client).status_code, is_signed_in(client)) == (401, False)


def test_signing_out_signs_out_of_the_provider_too(world: PortalWorld, provider: OpenIdProvider) -> None:
    client = join(world)
    page = world.post(client, "/logout")
    assert not is_signed_in(client)
    address = urlsplit(way_on(page.text))
    told = parse_qs(address.query)
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{provider.issuer}/sign-out"
    assert told["post_logout_redirect_uri"] == ["http://localhost/login"]
    assert len(told["id_token_hint"][0].split(".")) == 3
    assert BROWSER.get(way_on(page.text)).headers["Location"] == "http://localhost/login"
    assert world.post(world.sign_in(WHO), "/logout").headers["Location"] == "/login"


@ON_ONE_DATABASE
def test_signing_out_ends_here_where_the_provider_offers_nothing_or_is_away(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    client = join(world)
    provider.discovery = {"end_session_endpoint": None}
    switch_on(world, provider.settings())
    assert world.post(client, "/logout").headers["Location"] == "/login"
    provider.discovery = {}
    switch_on(world, provider.settings())
    assert go_and_come_back(client).status_code == 303
    provider.broken["/.well-known/openid-configuration"] = 500
    switch_on(world, provider.settings())
    assert world.post(client, "/logout").headers["Location"] == "/login"
    assert not is_signed_in(client)


def test_what_is_kept_for_sign_out_is_encrypted_and_follows_the_key(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    client = join(world)
    with AgencySession(world.engine, writes=True) as session:
        stored = session.exec(select(UserSession.id_token_encrypted)).one()
        assert world.cipher.decrypt(stored or "").count(".") == 2
        assert rotate_keys(session, actor=world.actor("agency@mellon.example"), cipher=world.cipher) == 4
        session.commit()
        assert session.exec(select(UserSession.id_token_encrypted)).one() != stored
        assert ".ey" not in str(session.execute(text("SELECT * FROM user_sessions")).all())
    assert "id_token_hint" in way_on(world.post(client, "/logout").text)


@ON_ONE_DATABASE
def test_who_is_signed_in_already_is_not_sent_away(world: PortalWorld, provider: OpenIdProvider) -> None:
    client = world.sign_in(WHO)
    assert client.get(f"{LEAVE}?next=/leads").headers["Location"] == "/leads"
