"""An address that another brand knows: a brand's admin, who may invite it and use the link, can't tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from dash_portal.accounts import links, people
from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.passwords import fitting_hashes, hash_password
from dash_portal.accounts.throttling import PER_ACCOUNT
from database import AgencySession
from models import Role, User, utc_now
from tests.dash_portal.portal_world import PASSWORD, PortalWorld

KNOWN, UNKNOWN = "viewer@other.example", "nobody@other.example"
NEW, NEWER = "nine quiet harbours", "eleven red kites"
WRONG = "wrong password here"


def seen(answer: TestResponse, email: str) -> tuple[int, str, str]:
    """Return an answer as its reader can compare it with another: without the address, and what is new each time."""
    text = answer.text.replace(email, "ADDRESS")
    ids = (r"/(join|reset)/[\w-]+", r"/team/\w{32}/", r"/(invites|sessions)/\w+/")
    for changing in (r'name="csrf_token" value="[^"]+"', *ids):
        text = re.sub(changing, "NEW", text)
    text = re.sub(r"\d\d \w{3} \d{4}(, \d\d:\d\d)?", "WHEN", text)
    return answer.status_code, answer.headers.get("Location", ""), text


def link_in(answer: TestResponse) -> str:
    return str(answer.text.split('value="http://localhost')[1].split('"')[0])


def life_of(world: PortalWorld, admin: FlaskClient, email: str) -> Iterator[TestResponse]:
    """Do with an address all that a brand's admin can do, from the invitation on; yield each answer."""
    door = world.visitor()

    def sign_in(password: str) -> TestResponse:
        return world.try_to_sign_in(world.visitor(), email, password)

    invited = world.post(admin, "/team/invite", email=email)
    yield invited
    yield admin.get("/team")
    yield sign_in(NEW)
    link = link_in(invited)
    yield door.get(link)
    yield world.post(door, link, page=link, name="N", password="short", again="short")
    yield world.post(door, link, page=link, name="N", password=NEW, again=NEW)
    yield door.get(link)
    yield sign_in(NEW)
    yield admin.get("/team")
    yield world.post(admin, "/team/invite", email=email)
    for _ in range(PER_ACCOUNT + 1):
        yield sign_in(WRONG)
    yield sign_in(NEW)
    user_id = world.membership(email, "own")
    reset = world.post(admin, f"/team/{user_id}/reset")
    yield reset
    link = link_in(reset)
    yield world.post(door, link, page=link, password=NEWER, again=NEWER)
    for password in (NEW, NEWER, WRONG):
        yield sign_in(password)
    yield world.post(admin, f"/team/{user_id}/deactivate")
    yield sign_in(NEWER)
    yield admin.get("/team")
    yield world.post(admin, f"/team/{user_id}/reactivate")
    yield sign_in(NEWER)
    browser = world.visitor()
    world.try_to_sign_in(browser, email, NEWER)
    yield browser.get("/account")
    yield browser.get("/leads?brand=other")


def test_every_answer_is_that_of_an_address_that_nobody_has(world: PortalWorld) -> None:
    answers = {}
    for email in (UNKNOWN, KNOWN):
        admin = world.sign_in("admin@own.example")
        answers[email] = [seen(answer, email) for answer in life_of(world, admin, email)]
        with AgencySession(world.engine, writes=True) as session:  # so that both find the team as it was
            user = session.exec(select(User).where(User.email == email, User.tenant_id == world.brands["own"])).one()
            session.delete(user)
            session.commit()
    for known, unknown in zip(answers[KNOWN], answers[UNKNOWN], strict=True):
        assert known == unknown
    assert [status for status, _, _ in answers[KNOWN]].count(303) > 5, "most of it was answered"


def join(world: PortalWorld, slug: str, email: str, password: str) -> None:
    """Let a brand's admin invite the address, and use the link themselves."""
    with AgencySession(world.engine, writes=True) as session:
        actor = world.actor(f"admin@{slug}.example")
        link = links.invite_user(
            session,
            actor=actor,
            email=email,
            role=Role.TENANT_VIEWER,
            tenant_id=world.brands[slug],
            now=utc_now(),
        )
        links.accept_invite(session, link.token, name="N", password=password, address="", now=utc_now())
        session.commit()


def opened_brand(world: PortalWorld, password: str, email: str = KNOWN) -> str | None:
    """Return whose dashboards the password opens, if it opens any."""
    client = world.visitor()
    if world.try_to_sign_in(client, email, password).status_code != 303:
        return None
    (slug,) = [slug for slug in ("own", "other") if client.get(f"/leads?brand={slug}").status_code == 200]
    return slug


def test_each_password_opens_its_own_brand_and_takes_nothing_away_elsewhere(world: PortalWorld) -> None:
    join(world, "own", KNOWN, NEW)
    assert opened_brand(world, NEW) == "own"
    assert opened_brand(world, PASSWORD) == "other"
    assert opened_brand(world, WRONG) is None


def test_an_address_that_was_taken_first_is_still_free_for_the_brand_it_belongs_to(world: PortalWorld) -> None:
    join(world, "other", "new@own.example", NEW)
    join(world, "own", "new@own.example", NEWER)
    assert opened_brand(world, NEWER, "new@own.example") == "own"
    assert opened_brand(world, NEW, "new@own.example") == "other"


def test_who_chooses_anothers_password_finds_nothing_out(world: PortalWorld) -> None:
    join(world, "own", KNOWN, PASSWORD)
    assert opened_brand(world, PASSWORD) == "own"


def test_who_has_the_address_elsewhere_guesses_no_more_often(world: PortalWorld) -> None:
    join(world, "own", KNOWN, NEW)
    for _ in range(PER_ACCOUNT):
        assert opened_brand(world, WRONG) is None
        with AgencySession(world.engine, writes=True) as session:  # the guesser's own way to be forgiven
            user = session.exec(select(User).where(User.email == KNOWN, User.tenant_id == world.brands["own"])).one()
            admin = world.actor("admin@own.example")
            link = links.make_reset_link(session, actor=admin, user_id=user.id or 0, now=utc_now())
            links.use_reset_link(session, link.token, password=NEWER, address="", now=utc_now())
            session.commit()
        assert opened_brand(world, NEWER) == "own"
    assert opened_brand(world, PASSWORD) is None, "right, but not looked at any more"
    assert opened_brand(world, NEWER) == "own"


def test_signing_in_counts_against_nobody_of_the_same_address(world: PortalWorld) -> None:
    join(world, "own", KNOWN, NEW)
    for _ in range(PER_ACCOUNT + 1):
        assert opened_brand(world, NEW) == "own"
    assert opened_brand(world, PASSWORD) == "other"


def test_an_invitation_elsewhere_leaves_this_one_open(world: PortalWorld) -> None:
    made = []
    for slug in ("own", "other"):
        with AgencySession(world.engine, writes=True) as session:
            actor, tenant_id = world.actor("agency@mellon.example"), world.brands[slug]
            email, role, now = "new@own.example", Role.TENANT_VIEWER, utc_now()
            made.append(
                links.invite_user(session, actor=actor, email=email, role=role, tenant_id=tenant_id, now=now).path
            )
            session.commit()
    assert [world.visitor().get(path).status_code for path in made] == [200, 200]


def test_nobody_moves_to_a_brand_that_has_their_address(world: PortalWorld) -> None:
    join(world, "own", KNOWN, NEW)
    with AgencySession(world.engine, writes=True) as session, pytest.raises(AccountError, match="already someone"):
        people.change_role(
            session,
            actor=world.actor("agency@mellon.example"),
            user_id=world.people[KNOWN],
            role=Role.TENANT_VIEWER,
            tenant_id=world.brands["own"],
            now=utc_now(),
        )


def test_passwords_of_one_address_take_one_computation(world: PortalWorld) -> None:
    join(world, "own", KNOWN, NEW)
    with AgencySession(world.engine) as session:
        hashes = session.exec(select(User.password_hash).where(User.email == KNOWN)).all()
    assert len(hashes) == 2
    assert len({known.rpartition("$")[0] for known in hashes}) == 1


def test_a_password_is_found_among_hashes() -> None:
    first = hash_password(NEW)
    alike, other, same = hash_password(NEWER, salted_like=first), hash_password(NEWER), hash_password(NEW)
    hashes = [first, alike, other, "no hash at all"]
    assert fitting_hashes(hashes, NEW) == {first}
    assert fitting_hashes(hashes, NEWER) == {alike, other}
    assert fitting_hashes([first, same], NEW) == {first, same}
    assert fitting_hashes(hashes, WRONG) == fitting_hashes(hashes, NEW + "x" * 200) == fitting_hashes([], NEW) == set()
