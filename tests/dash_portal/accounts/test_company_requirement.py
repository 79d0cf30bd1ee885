"""Where a brand, or the agency, requires company accounts: passwords open nothing, but for one emergency admin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from dash_portal.accounts.brands import reactivate_brand, suspend_brand
from dash_portal.accounts.company_requirement import require_of_agency, require_of_brand
from dash_portal.accounts.erasing import erase_accounts
from dash_portal.accounts.errors import AccountError, FieldError
from dash_portal.accounts.people import change_role, create_user, deactivate_user, give_brand_back, take_brand
from database import AgencySession
from models import Role, utc_now
from tests.dash_portal.accounts.company_world import (
    go_and_come_back,
    invite,
    is_signed_in,
    provider_of,
    switch_on,
)
from tests.dash_portal.accounts.openid_provider import OpenIdProvider
from tests.dash_portal.accounts.test_company_sign_in import ON_ONE_DATABASE, PAT, link
from tests.dash_portal.accounts.test_joining import NEW, join_anew
from tests.dash_portal.accounts.test_memberships import opened, opened_by_password
from tests.dash_portal.portal_world import PASSWORD, PortalWorld

AGENCY = "agency@mellon.example"
SECOND = "second@mellon.example"
STAFF = "staff@mellon.example"
WHO = "viewer@own.example"


@pytest.fixture
def provider(world: PortalWorld) -> Iterator[OpenIdProvider]:
    with provider_of(world) as served:
        yield served


def require_at_own(world: PortalWorld, client: FlaskClient | None = None) -> FlaskClient:
    """Have the agency require company accounts of the own brand, on the screen; return the agency's browser."""
    client = client or world.sign_in(AGENCY)
    page = client.get("/agency/brands/own")
    assert 'href="/agency/brands/own/sign-in"' in page.text
    done = world.post(client, "/agency/brands/own/sign-in/require")
    assert done.headers["Location"] == "/agency/brands/own/sign-in?done=required"
    return client


def add_second_admin(world: PortalWorld) -> int:
    with AgencySession(world.engine, writes=True) as session:
        user = create_user(
            session,
            actor=world.actor(AGENCY),
            email=SECOND,
            role=Role.AGENCY_ADMIN,
            tenant_id=None,
            password=PASSWORD,
        )
        session.commit()
        return user.id or 0


def test_where_a_brand_requires_it_passwords_open_nothing_and_company_accounts_do(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    client = world.sign_in(WHO)
    link(world, client, provider)
    agency = require_at_own(world)
    assert "1 of 2 people of the brand have linked one" in agency.get("/agency/brands/own/sign-in").text
    assert not is_signed_in(client), "it may have begun with a password"
    refused = world.try_to_sign_in(client, WHO)
    wrong = world.try_to_sign_in(client, "viewer@other.example", "wrong password here")
    assert (refused.status_code, wrong.status_code) == (401, 401)
    assert "don&#39;t fit together" in refused.text
    assert "Sign in with Acme" in refused.text
    assert go_and_come_back(client).status_code == 303
    assert is_signed_in(client)
    assert world.try_to_sign_in(world.visitor(), "viewer@other.example").status_code == 303
    world.post(agency, "/agency/brands/own/sign-in/lift")
    assert world.try_to_sign_in(world.visitor(), WHO).status_code == 303
    assert is_signed_in(client)
    kinds = ("company_sign_in_required", "company_sign_in_lifted")
    assert [world.audit(kind)[0].tenant_id for kind in kinds] == [world.brands["own"]] * 2


def test_links_for_passwords_are_of_no_use_there(world: PortalWorld, provider: OpenIdProvider) -> None:
    agency, admin = world.sign_in(AGENCY), world.sign_in("admin@own.example")
    reset = rf"/agency/users/{world.people[WHO]}/reset"
    (made,) = re.findall(r'value="http://localhost(/reset/[^"]+)"', world.post(agency, reset).text)
    require_at_own(world, agency)
    assert world.visitor().get(made).status_code == 410
    assert not is_signed_in(admin)
    late = world.post(agency, reset)
    assert (late.status_code, "would open nothing" in late.text) == (400, True)


@ON_ONE_DATABASE
def test_who_is_invited_there_joins_with_a_company_account_alone(world: PortalWorld, provider: OpenIdProvider) -> None:
    require_at_own(world)
    path = invite(world, "pat@acme.example")
    client = world.visitor()
    page = client.get(path)
    assert 'name="password"' not in page.text
    chosen = {"name": "Pat", "password": "nine quiet harbours", "again": "nine quiet harbours"}
    (token,) = re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    refused = client.post(path, data=chosen | {"csrf_token": token})
    assert (refused.status_code, "join with your company&#39;s account" in refused.text) == (400, True)
    (way,) = re.findall(r'href="([^"]*)">Join with Acme', page.text)
    assert go_and_come_back(client, way).status_code == 303


@ON_ONE_DATABASE
def test_whose_password_opens_nothing_is_not_asked_for_it_and_can_not_unlink(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    client = world.sign_in(WHO)
    link(world, client, provider)
    require_at_own(world)
    assert go_and_come_back(client).status_code == 303
    page = client.get("/account").text
    assert 'name="current"' not in page
    assert "/unlink" not in page
    for path in ("/account/password", "/account/confirm", "/account/two-step/off"):
        answer = world.post(client, path, current=PASSWORD, password="nine quiet harbours", again="nine quiet harbours")
        assert (answer.status_code, "company&#39;s account" in answer.text) == (400, True), path
    assert 'name="current"' not in client.get("/account/confirm").text


def test_the_agency_requires_it_of_everyone_but_one(world: PortalWorld, provider: OpenIdProvider) -> None:
    second = add_second_admin(world)
    actor, other = world.sign_in(AGENCY), world.sign_in(SECOND)
    assert 'href="/agency/users/sign-in"' in actor.get("/agency/users").text
    form = actor.get("/agency/users/sign-in").text
    assert f'<option selected value="{world.people[AGENCY]}">' in form
    assert "http://localhost/login/with/acme/back" in form
    done = world.post(actor, "/agency/users/sign-in/require", emergency=str(world.people[AGENCY]))
    assert done.headers["Location"] == "/agency/users/sign-in?done=required"
    assert [is_signed_in(client) for client in (actor, other)] == [True, False]
    assert world.try_to_sign_in(world.visitor(), SECOND).status_code == 401
    assert world.try_to_sign_in(world.visitor(), AGENCY).status_code == 303
    assert world.try_to_sign_in(world.visitor(), WHO).status_code == 303, "brands decide for themselves"
    link(world, actor, provider)
    assert world.post(actor, "/agency/users/sign-in/require", emergency=str(second)).status_code == 303
    assert is_signed_in(actor)
    assert world.try_to_sign_in(world.visitor(), SECOND).status_code == 303
    assert world.try_to_sign_in(world.visitor(), AGENCY).status_code == 401
    assert world.post(actor, "/agency/users/sign-in/lift").status_code == 303
    assert world.try_to_sign_in(world.visitor(), AGENCY).status_code == 303


@ON_ONE_DATABASE
def test_nobody_requires_it_who_could_not_come_back(world: PortalWorld, provider: OpenIdProvider) -> None:
    second = add_second_admin(world)
    actor = world.sign_in(AGENCY)
    answer = world.post(actor, "/agency/users/sign-in/require", emergency=str(second))
    assert (answer.status_code, "could not sign in any more" in answer.text) == (400, True)
    for wrong in ("", "0", str(world.people[WHO])):
        assert world.post(actor, "/agency/users/sign-in/require", emergency=wrong).status_code == 400
    switch_on(world)
    for path in ("/agency/users/sign-in/require", "/agency/brands/own/sign-in/require"):
        answer = world.post(actor, path, emergency=str(world.people[AGENCY]))
        assert (answer.status_code, "no provider is switched on" in answer.text) == (400, True)
    assert world.try_to_sign_in(world.visitor(), SECOND).status_code == 303
    assert world.try_to_sign_in(world.visitor(), WHO).status_code == 303


def test_the_emergency_admin_stays_one_who_can_sign_in(world: PortalWorld) -> None:
    second = add_second_admin(world)
    actor, now = world.actor(SECOND), utc_now()
    named = world.people[AGENCY]
    with AgencySession(world.engine, writes=True) as session:
        require_of_agency(session, actor=world.actor(AGENCY), emergency_id=named, now=now)
        session.commit()
    actor = world.actor(SECOND)
    with AgencySession(world.engine, writes=True) as session:
        with pytest.raises(AccountError, match="emergency admin"):
            deactivate_user(session, actor=actor, user_id=named, now=now)
        with pytest.raises(AccountError, match="emergency admin"):
            change_role(
                session, actor=actor, user_id=named, role=Role.TENANT_ADMIN, tenant_id=world.brands["own"], now=now
            )
        with pytest.raises(AccountError, match="emergency admin"):
            erase_accounts(session, AGENCY, None, actor=actor)
        for wrong in (world.people[WHO], world.people["gone@own.example"]):
            with pytest.raises(FieldError):
                require_of_agency(session, actor=world.actor(AGENCY), emergency_id=wrong, now=now)
        deactivate_user(session, actor=world.actor(AGENCY), user_id=second, now=now)
        with pytest.raises(FieldError):
            require_of_agency(session, actor=world.actor(AGENCY), emergency_id=second, now=now)
        session.rollback()


@pytest.mark.parametrize("email", [WHO, "admin@own.example"])
def test_only_the_agency_requires_it(world: PortalWorld, email: str) -> None:
    actor = world.actor(email)
    with AgencySession(world.engine, writes=True) as session:
        with pytest.raises(AccountError):
            require_of_brand(session, actor=actor, tenant_id=world.brands["own"], required=True, now=utc_now())
        with pytest.raises(AccountError):
            require_of_agency(session, actor=actor, emergency_id=world.people[AGENCY], now=utc_now())


def ways_in(world: PortalWorld) -> tuple[set[str], set[str]]:
    """Return which brands a password, and which a company account, opens to somebody now."""
    client = world.visitor()
    go_and_come_back(client)
    return opened_by_password(world, WHO), opened(client)


def at_brand(world: PortalWorld, change: str, slug: str = "own") -> None:
    """Have the agency change something about the brand, or about what somebody may do there."""
    common: dict[str, Any] = {"actor": world.actor(AGENCY), "tenant_id": world.brands[slug]}
    verbs: dict[str, Callable[[AgencySession], object]] = {
        "require": lambda session: require_of_brand(session, required=True, now=utc_now(), **common),
        "lift": lambda session: require_of_brand(session, required=False, now=utc_now(), **common),
        "take": lambda session: take_brand(session, user_id=world.people[WHO], now=utc_now(), **common),
        "give back": lambda session: give_brand_back(session, user_id=world.people[WHO], **common),
        "suspend": lambda session: suspend_brand(session, now=utc_now(), **common),
        "reactivate": lambda session: reactivate_brand(session, now=utc_now(), **common),
    }
    with AgencySession(world.engine, writes=True) as session:
        verbs[change](session)
        session.commit()


def test_of_several_brands_the_strictest_decides_how_their_person_signs_in(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    world.give(WHO, "other")
    client = world.sign_in(WHO)
    link(world, client, provider)
    both: set[str] = {"own", "other"}
    at_brand(world, "require")
    assert opened(client) == set(), "it began with a password, and sees the brand that requires more"
    assert ways_in(world) == (set(), both)
    at_brand(world, "require", "other")
    at_brand(world, "lift")
    assert ways_in(world) == (set(), both), "the other one still requires it"
    at_brand(world, "lift", "other")
    assert ways_in(world) == (both, both)
    assert opened(client) == set(), "what ended stays over"


@pytest.mark.parametrize(("closed", "opened_again"), [("take", "give back"), ("suspend", "reactivate")])
def test_a_brand_that_is_not_open_to_them_requires_nothing_of_its_person(
    world: PortalWorld, provider: OpenIdProvider, closed: str, opened_again: str
) -> None:
    world.give(WHO, "other")
    link(world, world.sign_in(WHO), provider)
    at_brand(world, "require")
    at_brand(world, closed)
    assert ways_in(world) == ({"other"}, {"other"})
    by_password, by_company = world.sign_in(WHO), world.visitor()
    go_and_come_back(by_company)
    at_brand(world, opened_again)
    assert opened(by_password) == set(), "a password opens nothing of someone of whom the brand requires more"
    assert opened(by_company) == {"own", "other"}
    assert ways_in(world) == (set(), {"own", "other"})


@ON_ONE_DATABASE
def test_a_brand_that_requires_it_and_is_joined_further_binds_from_then_on(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    client = join_anew(world, PAT, NEW)
    link(world, client, provider)
    at_brand(world, "require", "other")
    assert opened(client) == {"own"}
    by_company = world.visitor()
    go_and_come_back(by_company, f"{invite(world, PAT, 'other')}/with/acme")
    assert opened(by_company) == {"own", "other"}
    assert opened(client) == opened_by_password(world, PAT, NEW) == set()


@ON_ONE_DATABASE
def test_the_agencys_people_are_bound_by_the_agency_alone_and_the_emergency_admin_by_nobody(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    add_second_admin(world)
    world.hire(STAFF, "own")
    at_brand(world, "require")
    assert opened_by_password(world, SECOND) == {"own", "other", "shut"}
    assert opened_by_password(world, STAFF) == {"own"}
    with AgencySession(world.engine, writes=True) as session:
        require_of_agency(session, actor=world.actor(AGENCY), emergency_id=world.people[AGENCY], now=utc_now())
        session.commit()
    assert opened_by_password(world, AGENCY) == {"own", "other", "shut"}
    assert opened_by_password(world, SECOND) == opened_by_password(world, STAFF) == set()
