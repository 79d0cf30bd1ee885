from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest

from dash_portal.accounts import links, people
from dash_portal.accounts.brands import suspend_brand
from dash_portal.accounts.errors import AccountError, LinkUnusableError, NotAllowedError
from dash_portal.accounts.links import Link
from dash_portal.accounts.throttling import PER_ADDRESS
from database import AgencySession, PortalSession
from models import Role, utc_now
from tests.dash_portal.portal_world import PortalWorld

NEW = "nine quiet harbours"


def invite(world: PortalWorld, email: str = "new@own.example", by: str = "admin@own.example") -> Link:
    with AgencySession(world.engine, writes=True) as session:
        link = links.invite_user(
            session,
            actor=world.actor(by),
            email=email,
            role=Role.TENANT_VIEWER,
            tenant_id=world.brands["own"],
            now=utc_now(),
        )
        session.commit()
    return link


def reset(world: PortalWorld, email: str = "viewer@own.example") -> Link:
    with AgencySession(world.engine, writes=True) as session:
        link = links.make_reset_link(
            session, actor=world.actor("admin@own.example"), user_id=world.people[email], now=utc_now()
        )
        session.commit()
    return link


def on_postgresql(world: PortalWorld) -> bool:
    return world.engine.dialect.name == "postgresql"


def test_an_invited_person_joins_their_brand_and_no_other(world: PortalWorld) -> None:
    link = invite(world)
    client = world.visitor()
    page = client.get(link.path)
    assert "Welcome to Own Brand" in page.text
    assert "new@own.example" in page.text
    answer = world.post(client, link.path, page=link.path, name="  New\nPerson ", password=NEW, again=NEW)
    assert answer.headers["Location"] == "/"
    assert client.get("/leads?brand=own").status_code == 200, "who has joined is signed in"
    assert client.get("/leads?brand=other").status_code == 403
    user = world.user("new@own.example")
    assert (user.name, user.role, user.tenant_id) == ("New Person", Role.TENANT_VIEWER, world.brands["own"])
    assert [entry.actor_email for entry in world.audit("invite_accepted")] == ["new@own.example"]


def test_who_joins_the_agency_is_asked_for_a_second_step(world: PortalWorld) -> None:
    with AgencySession(world.engine, writes=True) as session:
        agency = world.actor("agency@mellon.example")
        link = links.invite_user(
            session, actor=agency, email="new@mellon.example", role=Role.AGENCY_ADMIN, tenant_id=None, now=utc_now()
        )
        session.commit()
    client = world.visitor()
    answer = world.post(client, link.path, page=link.path, name="New", password=NEW, again=NEW)
    assert answer.headers["Location"].startswith("/account/two-step")
    assert client.get("/agency/sync").status_code == 200


def test_joining_signs_nobody_in_where_too_many_attempts_came_from(world: PortalWorld) -> None:
    link, client = invite(world), world.visitor()
    for number in range(PER_ADDRESS):
        world.try_to_sign_in(client, f"nobody{number}@own.example", "wrong")
    answer = world.post(client, link.path, page=link.path, name="New", password=NEW, again=NEW)
    assert answer.headers["Location"] == "/login?done=password"
    assert client.get("/leads").status_code == 302
    assert world.user("new@own.example").name == "New"


def test_the_database_holds_no_token(world: PortalWorld) -> None:
    link = invite(world)
    with world.engine.connect() as connection:
        if on_postgresql(world):
            connection.exec_driver_sql("SELECT set_config('portal.brand', 'agency', true)")
        stored = [connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in ("invites", "audit_log")]
    assert all(stored)
    assert link.token not in str(stored)


@pytest.mark.parametrize("make", [invite, reset])
def test_a_link_works_once(world: PortalWorld, make: Callable[[PortalWorld], Link]) -> None:
    link = make(world)
    first, second = world.visitor(), world.visitor()
    token = world.csrf_token(second, link.path)
    answer = world.post(first, link.path, page=link.path, name="New", password=NEW, again=NEW)
    assert answer.status_code == 303
    form = {"name": "New", "password": NEW, "again": NEW, "csrf_token": token}
    assert second.post(link.path, data=form).status_code == 410
    assert second.get(link.path).status_code == 410


def test_of_two_at_once_one_gets_in(world: PortalWorld) -> None:
    link = invite(world)
    start, ended = Barrier(2), []

    def accept() -> None:
        start.wait()
        try:
            with PortalSession(world.engine, writes=True) as session:
                links.accept_invite(session, link.token, name="New", password=NEW, address="", now=utc_now())
                session.commit()
            ended.append("in")
        except LinkUnusableError:
            ended.append("refused")

    threads = [Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["in", "refused"]


def test_links_grow_old(world: PortalWorld) -> None:
    for link, lasts, is_reset in ((invite(world), timedelta(days=7), False), (reset(world), timedelta(hours=1), True)):
        made = link.expires_at - lasts
        with PortalSession(world.engine) as session:
            links.find_link(session, link.token, is_reset=is_reset, now=made + lasts - timedelta(seconds=1))
            with pytest.raises(LinkUnusableError):
                links.find_link(session, link.token, is_reset=is_reset, now=made + lasts)


def test_a_link_opens_only_its_own_door(world: PortalWorld) -> None:
    joining, resetting = invite(world), reset(world)
    client = world.visitor()
    assert client.get(f"/reset/{joining.token}").status_code == 410
    assert client.get(f"/join/{resetting.token}").status_code == 410
    assert client.get("/join/anything-else").status_code == 410


def test_a_weak_password_leaves_the_link_good(world: PortalWorld) -> None:
    link = invite(world)
    client = world.visitor()
    for password, again in (("short", "short"), (NEW, NEW + "x"), ("own brand 2024", "own brand 2024")):
        answer = world.post(client, link.path, page=link.path, name="New", password=password, again=again)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
    assert world.post(client, link.path, page=link.path, name="New", password=NEW, again=NEW).status_code == 303


def test_links_of_a_suspended_brand_or_a_deactivated_admin_are_void(world: PortalWorld) -> None:
    agency = world.actor("agency@mellon.example")
    by_admin, client = invite(world), world.visitor()
    with AgencySession(world.engine, writes=True) as session:
        people.deactivate_user(session, actor=agency, user_id=world.people["admin@own.example"], now=utc_now())
        session.commit()
    assert client.get(by_admin.path).status_code == 410
    by_agency = invite(world, by="agency@mellon.example")
    assert client.get(by_agency.path).status_code == 200
    with AgencySession(world.engine, writes=True) as session:
        suspend_brand(session, actor=agency, tenant_id=world.brands["own"], now=utc_now())
        session.commit()
    assert client.get(by_agency.path).status_code == 410


def test_a_new_invitation_withdraws_the_earlier_one(world: PortalWorld) -> None:
    first, second, client = invite(world), invite(world), world.visitor()
    assert client.get(first.path).status_code == 410
    assert client.get(second.path).status_code == 200


@pytest.mark.parametrize(
    ("role", "slug"),
    [(Role.TENANT_ADMIN, "own"), (Role.TENANT_VIEWER, "other"), (Role.AGENCY_ADMIN, None)],
)
def test_a_tenant_admin_invites_viewers_of_the_own_brand_only(world: PortalWorld, role: Role, slug: str | None) -> None:
    with AgencySession(world.engine, writes=True) as session, pytest.raises(NotAllowedError):
        links.invite_user(
            session,
            actor=world.actor("admin@own.example"),
            email="new@own.example",
            role=role,
            tenant_id=world.brands[slug] if slug else None,
            now=utc_now(),
        )


def test_a_viewer_invites_nobody(world: PortalWorld) -> None:
    with pytest.raises(NotAllowedError):
        invite(world, by="viewer@own.example")


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "a b@c.example", "<b>@c.example", "viewer@own.example"])
def test_malformed_and_taken_addresses_are_refused(world: PortalWorld, email: str) -> None:
    with pytest.raises(AccountError):
        invite(world, email)


def test_link_tokens_stay_out_of_the_log(world: PortalWorld, capfd: pytest.CaptureFixture[str]) -> None:
    link = invite(world)
    client = world.visitor()
    world.post(client, link.path, page=link.path, name="New", password="short", again="short")
    written = "".join(capfd.readouterr())
    assert link.token not in written
