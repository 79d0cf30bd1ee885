"""A company account that opens somebody already: it takes a further brand for them, and their other account of a brand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dash_portal.accounts.people import deactivate_user
from database import AgencySession
from models import utc_now
from tests.dash_portal.accounts.company_world import address_back, go_and_come_back, invite, provider_of
from tests.dash_portal.accounts.openid_provider import OpenIdProvider
from tests.dash_portal.accounts.test_company_sign_in import ON_ONE_DATABASE, PAT, WHO, join, link, way_on
from tests.dash_portal.accounts.test_confirmation import let_time_pass
from tests.dash_portal.accounts.test_joining import NEW, join_anew, people_of, second_step
from tests.dash_portal.accounts.test_memberships import opened, opened_by_password
from tests.dash_portal.portal_world import PortalWorld

COMPANY = "/account/company/acme/join"


@pytest.fixture
def provider(world: PortalWorld) -> Iterator[OpenIdProvider]:
    with provider_of(world) as served:
        yield served


def accept(world: PortalWorld, path: str) -> tuple[FlaskClient, TestResponse]:
    """Follow an invitation's link with the company account; return the browser and what it is answered."""
    client = world.visitor()
    (way,) = re.findall(r'href="([^"]*)">Join with Acme', client.get(path).text)
    return client, go_and_come_back(client, way)


def test_an_invitation_adds_its_brand_to_whom_the_company_account_opens(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    elsewhere, path = join(world), invite(world, PAT, "other")
    client, answer = accept(world, path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/leads?brand=other")
    assert opened(client) == opened(elsewhere) == {"own", "other"}
    assert people_of(world, PAT) == 1
    assert world.visitor().get(path).status_code == 410, "the link is used up"
    assert [entry.tenant_id for entry in world.audit("brand_joined")] == [world.brands["other"]]


def seen_by_admin(world: PortalWorld, email: str) -> tuple[str, str]:
    """Return what the other brand's admin sees of this person: on the page, and in the file."""
    admin = world.sign_in("admin@other.example")
    (line,) = [line for line in re.findall(r"<li>.*?</li>", admin.get("/team").text, re.DOTALL) if email in line]
    (row,) = [row for row in admin.get("/team/file.csv").text.splitlines() if email in row]
    changing = r'[0-9a-f]{32}|value="[^"]+"|\d\d \w{3} \d{4}(, \d\d:\d\d)?|\d{4}-\d\d-\d\d[ T][\d:.+]+'
    as_page, in_file = (re.sub(changing, "", text.replace(email, "ADDRESS")) for text in (line, row))
    return as_page, in_file


@ON_ONE_DATABASE
def test_a_brands_admin_does_not_see_that_the_account_was_there(world: PortalWorld, provider: OpenIdProvider) -> None:
    join(world)
    accept(world, invite(world, PAT, "other"))
    provider.claims = {"sub": "person-2", "email": "new@acme.example"}
    accept(world, invite(world, "new@acme.example", "other"))
    assert seen_by_admin(world, PAT) == seen_by_admin(world, "new@acme.example")


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("of", "invited", "to", "claims"),
    [
        ("own", "someone.else@acme.example", "other", {}),
        ("own", PAT, "other", {"email_verified": False}),
        ("own", PAT, "other", {"email": "pat.married@acme.example"}),
        ("own", "pat.married@acme.example", "other", {"email": "pat.married@acme.example"}),
        ("own", PAT, None, {}),
        (None, PAT, "other", {}),
    ],
)
def test_an_invitation_that_is_not_for_whom_the_account_opens_stays_open(
    world: PortalWorld, provider: OpenIdProvider, of: str | None, invited: str, to: str | None, claims: dict[str, Any]
) -> None:
    """The three addresses must be one: a brand's admin would else see that they invited someone they did not know."""
    join(world, of)
    before, path = world.roles(PAT), invite(world, invited, to)
    provider.claims = claims
    client, answer = accept(world, path)
    assert (answer.status_code, opened(client)) == (401, set())
    assert "this invitation is not for that one" in answer.text
    assert "brand=other" not in answer.text, "nothing leads to a brand that is not theirs"
    assert (world.roles(PAT), world.visitor().get(path).status_code) == (before, 200)
    assert "it opens someone" in str(world.audit("sign_in_failed")[-1].details["cause"])


@ON_ONE_DATABASE
def test_an_account_linked_by_its_owner_is_told_which_address_the_invitation_needs(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    link(world, world.sign_in(WHO), provider)
    _, answer = accept(world, invite(world, PAT, "other"))
    assert "ask for an invitation of the e-mail address that you sign in as" in answer.text
    assert world.roles(WHO).keys() == {"own"}


@ON_ONE_DATABASE
def test_who_has_a_second_step_gives_its_code_before_the_further_brand_opens(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    join(world)
    phone = second_step(world, PAT)
    client, answer = accept(world, invite(world, PAT, "other"))
    assert answer.headers["Location"] == "/login/code?next=/leads?brand%3Dother"
    assert opened(client) == set()
    done = world.post(client, "/login/code", page="/login/code", code=phone.now(), next="/leads?brand=other")
    assert done.headers["Location"] == "/leads?brand=other"
    assert opened(client) == {"own", "other"}


@ON_ONE_DATABASE
def test_a_further_brand_gives_nothing_back_that_was_taken(world: PortalWorld, provider: OpenIdProvider) -> None:
    join(world)
    with AgencySession(world.engine, writes=True) as session:
        actor, user_id = world.actor("agency@mellon.example"), world.user(PAT).id or 0
        deactivate_user(session, actor=actor, user_id=user_id, now=utc_now())
        session.commit()
    client, _ = accept(world, invite(world, PAT, "other"))
    assert opened(client) == {"other"}


def two_accounts(world: PortalWorld) -> tuple[FlaskClient, FlaskClient]:
    """Give Pat an account with a password at one brand, and one of the company's at the other; return a browser of each."""
    by_password = join_anew(world, PAT, NEW)
    by_company, _ = accept(world, invite(world, PAT, "other"))
    assert (opened(by_password), opened(by_company)) == ({"own"}, {"other"})
    return by_password, by_company


def join_accounts(world: PortalWorld, client: FlaskClient) -> TestResponse:
    page = client.get("/account").text
    assert f'action="{COMPANY}"' in page
    assert "Join what your Acme account opens" in page
    return client.get(address_back(way_on(world.post(client, COMPANY).text)))


def test_the_account_that_a_company_account_opens_becomes_one_with_ones_own(
    world: PortalWorld, provider: OpenIdProvider
) -> None:
    client, by_company = two_accounts(world)
    others_member = world.membership(PAT, "other")
    answer = join_accounts(world, client)
    assert answer.headers["Location"] == "/account?done=joined_by_company"
    assert "Both accounts are one" in client.get(answer.headers["Location"]).text
    assert opened(client) == {"own", "other"}, "this browser goes on"
    assert opened(by_company) == set(), "the other account's sessions have ended"
    again = world.visitor()
    assert go_and_come_back(again).status_code == 303
    assert opened(again) == opened_by_password(world, PAT, NEW) == {"own", "other"}
    assert people_of(world, PAT) == 1
    assert world.membership(PAT, "other") == others_member, "so that the other brand's admin notices nothing"


@ON_ONE_DATABASE
def test_only_who_has_just_proven_themselves_joins_accounts(world: PortalWorld, provider: OpenIdProvider) -> None:
    client, _ = two_accounts(world)
    assert client.post(COMPANY).status_code == 400, "a form of one's own"
    back = address_back(way_on(world.post(client, COMPANY).text))
    let_time_pass(world, minutes=6)
    assert world.post(client, COMPANY).headers["Location"].startswith("/account/confirm")
    assert client.get(back).status_code in {302, 400}
    assert opened(client) == {"own"}


@ON_ONE_DATABASE
@pytest.mark.parametrize("why", ["nobody", "another address", "less safe", "a code is owed", "the agency's"])
def test_accounts_that_may_not_be_one_stay_two(world: PortalWorld, provider: OpenIdProvider, why: str) -> None:
    words = {
        "nobody": "opens no other account here",
        "another address": "has another e-mail address",
        "less safe": "set it up for this one first",
        "a code is owed": "has a second step here",
        "the agency's": "no brand of their own",
    }
    if why != "nobody":
        join(world, None if why == "the agency's" else "other")
    if why in {"less safe", "a code is owed"}:
        second_step(world, PAT)
        provider.claims = {"amr": ["mfa"] if why == "less safe" else ["pwd"]}
    client = world.sign_in(WHO) if why in {"nobody", "another address"} else join_anew(world, PAT, NEW)
    answer = join_accounts(world, client)
    assert (answer.status_code, words[why] in answer.text) == (400, True)
    assert opened(client) == {"own"}
