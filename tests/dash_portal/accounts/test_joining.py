"""Several accounts of one address become one by proving both; and a brand's admin reaches no further than the brand."""

from __future__ import annotations

import re

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlmodel import col, select
from werkzeug.test import TestResponse

from dash_portal.accounts import links, two_step
from dash_portal.accounts.access import lock_person
from dash_portal.accounts.errors import NotAllowedError
from dash_portal.accounts.joining import join_account
from dash_portal.accounts.memberships import acting
from dash_portal.accounts.throttling import PER_ACCOUNT
from database import AgencySession
from models import Role, User, utc_now
from tests.dash_portal.accounts.test_memberships import opened, opened_by_password
from tests.dash_portal.portal_world import PASSWORD, PortalWorld

WHO = "viewer@other.example"
NOBODY = "nobody@other.example"
NEW, NEWER, WRONG = "nine quiet harbours", "eleven red kites", "wrong password here"


def invited(world: PortalWorld, email: str, slug: str = "own") -> str:
    """Return the path of a link by which this address may join the brand."""
    with AgencySession(world.engine, writes=True) as session:
        link = links.invite_user(
            session,
            actor=world.actor(f"admin@{slug}.example"),
            email=email,
            role=Role.TENANT_VIEWER,
            tenant_id=world.brands[slug],
            now=utc_now(),
        )
        session.commit()
    return link.path


def join_anew(world: PortalWorld, email: str, password: str, slug: str = "own") -> FlaskClient:
    """Have somebody join the brand as a new person; return their browser."""
    client, path = world.visitor(), invited(world, email, slug)
    assert world.post(client, path, page=path, name="N", password=password, again=password).status_code == 303
    return client


def join_with(world: PortalWorld, path: str, password: str, code: str = "") -> tuple[FlaskClient, TestResponse]:
    client = world.visitor()
    proof = {"account_password": password, "account_code": code}
    return client, world.post(client, f"{path}/account", page=path, **proof)


def second_step(world: PortalWorld, email: str) -> pyotp.TOTP:
    """Switch the second step on for the person of this address; return what their phone holds."""
    with AgencySession(world.engine, writes=True) as session:
        user_id = session.exec(select(User.id).where(User.email == email).order_by(col(User.id))).first()
        user = lock_person(session, user_id)
        phone = pyotp.TOTP(two_step.begin_two_step(session, user, cipher=world.cipher))
        user.totp_confirmed_at = utc_now()
        session.commit()
    return phone


def people_of(world: PortalWorld, email: str) -> int:
    with AgencySession(world.engine) as session:
        return len(session.exec(select(User).where(User.email == email)).all())


def test_who_has_an_account_joins_a_further_brand_with_it(world: PortalWorld) -> None:
    path = invited(world, WHO)
    client, answer = join_with(world, path, PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/leads?brand=own")
    assert opened(client) == {"own", "other"}
    assert people_of(world, WHO) == 1
    assert world.visitor().get(path).status_code == 410, "the link is used up"
    assert [entry.tenant_id for entry in world.audit("brand_joined")] == [world.brands["own"]]


def test_the_account_asks_for_its_second_step_here_too(world: PortalWorld) -> None:
    phone, path = second_step(world, WHO), invited(world, WHO)
    for code in ("", "000000"):
        assert join_with(world, path, PASSWORD, code)[1].status_code == 400
    assert world.roles(WHO).keys() == {"other"}
    client, answer = join_with(world, path, PASSWORD, phone.now())
    assert answer.status_code == 303
    assert opened(client) == {"own", "other"}


def seen(answer: TestResponse, email: str, path: str) -> tuple[int, str]:
    text = answer.text.replace(email, "ADDRESS").replace(path, "PATH")
    return answer.status_code, re.sub(r'name="csrf_token" value="[^"]+"', "TOKEN", text)


def test_the_link_says_the_same_whether_its_address_has_an_account_or_not(world: PortalWorld) -> None:
    answers: dict[str, list[tuple[int, str]]] = {WHO: [], NOBODY: []}
    for email, shown in answers.items():
        path = invited(world, email)
        shown.append(seen(world.visitor().get(path), email, path))
        for _ in range(PER_ACCOUNT + 1):
            shown.append(seen(join_with(world, path, WRONG)[1], email, path))
    assert answers[WHO] == answers[NOBODY]
    assert "too many attempts" in answers[WHO][-1][1]


@pytest.mark.parametrize("email", ["agency@mellon.example", "gone@own.example"])
def test_accounts_of_the_agency_and_those_without_access_join_nothing(world: PortalWorld, email: str) -> None:
    path = invited(world, email, "other")
    assert join_with(world, path, PASSWORD)[1].status_code == 400
    assert "other" not in world.roles(email)


def test_an_invitation_to_the_agency_is_joined_by_nobodys_brand_account(world: PortalWorld) -> None:
    with AgencySession(world.engine, writes=True) as session:
        actor, now = world.actor("agency@mellon.example"), utc_now()
        link = links.invite_user(session, actor=actor, email=WHO, role=Role.AGENCY_ADMIN, tenant_id=None, now=now)
        session.commit()
    assert "account_password" not in world.visitor().get(link.path).text
    assert join_with(world, link.path, PASSWORD)[1].status_code == 410
    assert world.user(WHO).role is Role.TENANT_VIEWER


def join_accounts(world: PortalWorld, client: FlaskClient, current: str, other: str, code: str = "") -> TestResponse:
    form = {"current": current, "account_password": other, "account_code": code}
    return world.post(client, "/account/join", **form)


def test_two_accounts_of_one_address_become_one(world: PortalWorld) -> None:
    client = join_anew(world, WHO, NEW)
    elsewhere, others_member = world.sign_in_by_form(WHO), world.membership(WHO, "other")
    assert join_accounts(world, client, WRONG, PASSWORD).status_code == 400
    assert join_accounts(world, client, NEW, WRONG).status_code == 400
    assert opened(client) == {"own"}
    assert join_accounts(world, client, NEW, PASSWORD).status_code == 303
    assert opened(client) == {"own", "other"}, "this browser goes on"
    assert opened(elsewhere) == set(), "the other account's sessions have ended"
    assert opened_by_password(world, WHO, NEW) == {"own", "other"}
    assert opened_by_password(world, WHO, PASSWORD) == set()
    assert people_of(world, WHO) == 1
    assert world.membership(WHO, "other") == others_member, "so that the other brand's admin notices nothing"
    team = world.sign_in("admin@other.example").get("/team").text
    assert WHO in team
    assert "freed-" not in team


def test_an_account_is_not_joined_to_one_that_is_less_safe(world: PortalWorld) -> None:
    phone, client = second_step(world, WHO), join_anew(world, WHO, NEW)
    refused = join_accounts(world, client, NEW, PASSWORD, phone.now())
    assert refused.status_code == 400
    assert "set it up for this one first" in refused.text
    assert opened(client) == {"own"}


def test_guesses_at_another_account_count_against_it(world: PortalWorld) -> None:
    client = join_anew(world, WHO, NEW)
    for _ in range(PER_ACCOUNT):
        assert join_accounts(world, client, NEW, WRONG).status_code == 400
    assert "too many attempts" in join_accounts(world, client, NEW, PASSWORD).text
    assert world.try_to_sign_in(world.visitor(), WHO, PASSWORD).status_code == 401


def test_the_agencys_people_join_no_account(world: PortalWorld) -> None:
    agency = world.sign_in("agency@mellon.example")
    assert "account_password" not in agency.get("/account").text
    join_anew(world, "agency@mellon.example", NEW)
    assert join_accounts(world, agency, PASSWORD, NEW).status_code == 400
    assert opened_by_password(world, "agency@mellon.example", NEW) == {"own"}


def test_nobody_joins_an_account_of_the_agencys_to_their_own(world: PortalWorld) -> None:
    """Not even who proved that it is theirs, as one does with a company account that opens it."""
    world.hire("admin@own.example", "other")
    with AgencySession(world.engine, writes=True) as session:
        theirs = select(User).where(User.email == "admin@own.example")
        of_brand, staff = session.exec(theirs.order_by(col(User.id))).all()
        mine = acting(session, of_brand, "192.0.2.1")
        with pytest.raises(NotAllowedError):
            join_account(session, actor=mine, other=staff, keep_session="", now=utc_now())


def reset_by_admin(world: PortalWorld, slug: str, email: str, password: str) -> list[TestResponse]:
    """Have the brand's admin make a link for a new password and use it; return all that they see of it."""
    admin, member = world.sign_in(f"admin@{slug}.example"), world.membership(email, slug)
    shown = world.post(admin, f"/team/{member}/reset")
    path = str(shown.text.split('value="http://localhost')[1].split('"')[0])
    door = world.visitor()
    answers = [shown, door.get(path), world.post(door, path, page=path, password=password, again=password)]
    answers += [world.try_to_sign_in(world.visitor(), email, password), admin.get("/team")]
    return [*answers, world.post(admin, f"/team/{member}/deactivate"), admin.get("/team")]


def as_read(answer: TestResponse) -> tuple[int, str, str]:
    text = re.sub(r'name="csrf_token" value="[^"]+"|/reset/[\w-]+', "NEW", answer.text)
    text = re.sub(r"\d\d \w{3} \d{4}(, \d\d:\d\d)?", "WHEN", text)
    return answer.status_code, answer.headers.get("Location", ""), text


def test_a_reset_by_a_brands_admin_opens_that_brand_alone(world: PortalWorld) -> None:
    world.give(WHO, "own")
    browser = world.sign_in(WHO)
    reset = reset_by_admin(world, "own", WHO, NEW)
    assert reset[2].status_code == reset[3].status_code == 303
    assert opened_by_password(world, WHO, PASSWORD) == {"other"}, "what is elsewhere keeps its password"
    assert opened(browser) == set()
    assert opened_by_password(world, WHO, NEW) == set(), "taken away meanwhile, as the admin may"


def test_who_has_a_second_step_keeps_it_in_both_parts(world: PortalWorld) -> None:
    world.give(WHO, "own")
    phone = second_step(world, WHO)
    reset = reset_by_admin(world, "own", WHO, NEW)
    assert reset[3].headers["Location"].startswith("/login/code")
    client = world.visitor()
    world.try_to_sign_in(client, WHO, PASSWORD)
    assert opened(client) == set()
    assert world.post(client, "/login/code", page="/login/code", code=phone.now()).status_code == 303
    assert opened(client) == {"other"}


def test_a_brands_admin_sees_no_difference_between_one_brand_and_several(world: PortalWorld) -> None:
    """The same admin, team and deeds: once with someone who has no other brand, once with someone who has."""
    world.sign_in("viewer@own.example")
    alone = [as_read(answer) for answer in reset_by_admin(world, "own", "viewer@own.example", NEW)]
    world.post(world.sign_in("admin@own.example"), f"/team/{world.membership('viewer@own.example')}/reactivate")
    world.give("viewer@own.example", "other")
    several = [as_read(answer) for answer in reset_by_admin(world, "own", "viewer@own.example", NEWER)]
    assert several == alone
    assert opened_by_password(world, "viewer@own.example", NEW) == {"other"}


def test_a_reset_by_the_agency_is_of_the_whole_account(world: PortalWorld) -> None:
    world.give(WHO, "own")
    agency = world.sign_in("agency@mellon.example")
    shown = world.post(agency, f"/agency/users/{world.people[WHO]}/reset").text
    path = re.search(r'id="link"[^>]*value="http://localhost([^"]+)"', shown)
    assert path is not None
    door = world.visitor()
    assert world.post(door, path[1], page=path[1], password=NEW, again=NEW).status_code == 303
    assert opened_by_password(world, WHO, NEW) == {"own", "other"}
    assert opened_by_password(world, WHO, PASSWORD) == set()
