"""Two at once, again and again: what must not happen, happens in no order of events."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any, TypeVar

import pytest
from flask.testing import FlaskClient
from sqlmodel import col, func, select, update

from dash_portal.accounts import brands, links, people
from dash_portal.accounts.access import lock_person
from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.passwords import fitting_hashes, hash_password
from dash_portal.accounts.sessions import find_session
from dash_portal.accounts.sign_in import Outcome, Visitor, check_password
from dash_portal.accounts.throttling import PER_ACCOUNT
from dash_portal.accounts.web_keys import brands_sharing_keys
from dash_portal.portal import Portal
from database import AgencySession
from models import Invite, Role, SignInFailure, Tenant, TenantLogo, User, UserSession, utc_now
from tests.dash_portal.co_branding.test_logo_files import png
from tests.dash_portal.portal_world import PASSWORD, PortalWorld

ROUNDS = 20
WHO = "viewer@own.example"
NEW = "nine quiet harbours"


Result = TypeVar("Result")


def together(*calls: Callable[[], Result]) -> list[Result]:
    """Carry out the calls at the same moment, and return what each returned."""
    start = Barrier(len(calls))

    def call_when_all_are_there(call: Callable[[], Result]) -> Result:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call_when_all_are_there, calls))


def portal_of(world: PortalWorld) -> Portal:
    portal = world.app.extensions["portal"]
    assert isinstance(portal, Portal)
    return portal


Browser = tuple[FlaskClient, str]


def browser_of(world: PortalWorld, email: str) -> Browser:
    """Return a signed-in browser and its token."""
    client = world.sign_in(email)
    return client, world.csrf_token(client)


def send(browser: Browser, path: str, form: Mapping[str, Any]) -> int:
    client, token = browser
    return client.post(path, data={**form, "csrf_token": token}).status_code


def restore(world: PortalWorld) -> None:
    """Give everybody their password, role and access back, and forget failures; epochs stay where they are."""
    with AgencySession(world.engine, writes=True) as session:
        session.execute(update(User).values(active=True, closed_by_agency=False, password_hash=hash_password(PASSWORD)))
        session.execute(SignInFailure.__table__.delete())  # type: ignore[attr-defined]
        session.commit()


def sign_in_with_old_password(world: PortalWorld) -> str | None:
    attempt = check_password(
        portal_of(world), email=WHO, password=PASSWORD, visitor=Visitor("192.0.2.1", ""), now=utc_now()
    )
    assert attempt.outcome in {Outcome.SIGNED_IN, Outcome.REFUSED}
    return attempt.token


def change_password(world: PortalWorld) -> None:
    with AgencySession(world.engine, writes=True) as session:
        people.set_password(session, lock_person(session, world.people[WHO]), NEW, now=utc_now())
        session.commit()


def use_reset_link(world: PortalWorld) -> None:
    with AgencySession(world.engine, writes=True) as session:
        link = links.make_reset_link(
            session, actor=world.actor("admin@own.example"), user_id=world.people[WHO], now=utc_now()
        )
        session.commit()
    with AgencySession(world.engine, writes=True) as session:
        links.use_reset_link(session, link.token, password=NEW, address="", now=utc_now())
        session.commit()


def deactivate(world: PortalWorld) -> None:
    with AgencySession(world.engine, writes=True) as session:
        actor = world.actor("agency@mellon.example")
        people.deactivate_user(session, actor=actor, user_id=world.people[WHO], now=utc_now())
        session.commit()


def suspend(world: PortalWorld) -> None:
    with AgencySession(world.engine, writes=True) as session:
        actor = world.actor("agency@mellon.example")
        brands.suspend_brand(session, actor=actor, tenant_id=world.brands["own"], now=utc_now())
        session.commit()
    with AgencySession(world.engine, writes=True) as session:
        brands.reactivate_brand(session, actor=actor, tenant_id=world.brands["own"], now=utc_now())
        session.commit()


@pytest.mark.parametrize("change", [change_password, use_reset_link, deactivate, suspend])
def test_a_sign_in_that_runs_while_access_changes_leaves_no_living_session(
    world: PortalWorld, change: Callable[[PortalWorld], None]
) -> None:
    for _ in range(ROUNDS):
        restore(world)
        before = world.user(WHO).access_epoch
        token, _ = together(lambda: sign_in_with_old_password(world), lambda: change(world))
        restore(world)  # nothing wakes when the access is given back
        if token is not None and change is not suspend:
            assert find_session(world.engine, token, now=utc_now()) is None
        with AgencySession(world.engine) as session:
            assert session.get_one(User, world.people[WHO]).access_epoch > before
            present = col(UserSession.access_epoch) == col(User.access_epoch)
            living = select(func.count()).select_from(UserSession).join(User, col(User.id) == UserSession.user_id)
            question = living.where(present, col(UserSession.ended_at).is_(None), User.email == WHO)
            assert session.exec(question).one() == 0 or change is suspend


def test_a_password_that_changes_during_its_check_opens_nothing(
    world: PortalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order that a race needs, made on purpose: the change comes between the look at the password and the session."""

    def fit_and_are_changed(password_hashes: Iterable[str], password: str) -> frozenset[str]:
        answer = fitting_hashes(password_hashes, password)
        change_password(world)
        return answer

    monkeypatch.setattr("dash_portal.accounts.sign_in.fitting_hashes", fit_and_are_changed)
    assert sign_in_with_old_password(world) is None
    with AgencySession(world.engine) as session:
        assert session.exec(select(func.count()).select_from(UserSession)).one() == 0


@pytest.mark.parametrize("verb", ["deactivate", "demote"])
def test_two_admins_of_the_agency_can_not_remove_each_other(world: PortalWorld, verb: str) -> None:
    with AgencySession(world.engine, writes=True) as session:
        second = people.create_user(
            session,
            actor=world.actor("agency@mellon.example"),
            email="second@mellon.example",
            role=Role.AGENCY_ADMIN,
            tenant_id=None,
            password=PASSWORD,
        )
        session.commit()
    ids = {"agency@mellon.example": world.people["agency@mellon.example"], "second@mellon.example": second.id or 0}

    def remove(by: str, whom: str) -> Callable[[], str]:
        actor = world.actor(by)

        def carry_out() -> str:
            with AgencySession(world.engine, writes=True) as session:
                try:
                    if verb == "deactivate":
                        people.deactivate_user(session, actor=actor, user_id=ids[whom], now=utc_now())
                    else:
                        own = world.brands["own"]
                        role = Role.TENANT_VIEWER
                        people.change_role(
                            session, actor=actor, user_id=ids[whom], role=role, tenant_id=own, now=utc_now()
                        )
                    session.commit()
                except AccountError:
                    return "refused"
            return "removed"

        return carry_out

    for _ in range(ROUNDS):
        with AgencySession(world.engine, writes=True) as session:
            both = update(User).where(col(User.id).in_(ids.values()))
            session.execute(both.values(active=True, role=Role.AGENCY_ADMIN, tenant_id=None))
            session.commit()
        first, other = ids
        assert sorted(together(remove(first, other), remove(other, first))) == ["refused", "removed"]
        with AgencySession(world.engine) as session:
            left = select(func.count()).where(User.role == Role.AGENCY_ADMIN, col(User.active))
            assert session.exec(left).one() == 1


def test_invitations_of_one_address_leave_one_that_is_open(world: PortalWorld) -> None:
    browsers = [browser_of(world, "admin@own.example") for _ in range(3)]
    for attempt in range(ROUNDS):
        form = {"email": f"new-{attempt}@own.example"}
        statuses = together(*(partial(send, browser, "/team/invite", form) for browser in browsers))
        assert statuses == [200, 200, 200]
    with AgencySession(world.engine) as session:
        waiting = select(Invite.email).where(col(Invite.revoked_at).is_(None))
        assert Counter(session.exec(waiting)) == {f"new-{attempt}@own.example": 1 for attempt in range(ROUNDS)}


def test_brands_of_one_short_name_are_made_once_and_logos_replace_each_other(world: PortalWorld) -> None:
    browsers = [browser_of(world, "agency@mellon.example") for _ in range(3)]
    for attempt in range(ROUNDS):
        form = {
            "slug": f"brand-{attempt}",
            "name": f"Brand {attempt}",
            "timezone": "UTC",
            "web_key": f"CT_key_of_brand_{attempt}",
        }
        statuses = together(*(partial(send, browser, "/agency/brands", form) for browser in browsers))
        assert sorted(statuses) == [303, 400, 400]
        files = [{"logo": (io.BytesIO(png(width)), "logo.png")} for width in (1, 2, 3)]
        uploads = [
            partial(send, browser, "/agency/brands/own/logo/light", file)
            for browser, file in zip(browsers, files, strict=True)
        ]
        assert together(*uploads) == [303, 303, 303]
    with AgencySession(world.engine) as session:
        made = select(func.count()).select_from(Tenant).where(col(Tenant.slug).startswith("brand-"))
        assert session.exec(made).one() == ROUNDS
        assert session.exec(select(func.count()).select_from(TenantLogo)).one() == 1


def test_a_web_key_that_several_enter_at_once_is_one_brands(world: PortalWorld) -> None:
    agency, cipher = world.actor("agency@mellon.example"), world.cipher

    def make(slug: str, web_key: str) -> str:
        with AgencySession(world.engine, writes=True) as session:
            try:
                brands.create_brand(
                    session, actor=agency, slug=slug, name=slug, timezone="UTC", web_key=web_key, cipher=cipher
                )
                session.commit()
            except AccountError:
                return "refused"
        return "taken"

    def replace(slug: str, web_key: str) -> str:
        with AgencySession(world.engine, writes=True) as session:
            try:
                brands.replace_web_key(
                    session, actor=agency, tenant_id=world.brands[slug], web_key=web_key, cipher=cipher
                )
                session.commit()
            except AccountError:
                return "refused"
        return "taken"

    for attempt in range(ROUNDS):
        web_key = f"CT_key_number_{attempt}"
        calls = [partial(make, f"new-{attempt}-{number}", web_key) for number in range(2)]
        outcomes = together(*calls, partial(replace, "own", web_key), partial(replace, "other", web_key))
        assert sorted(outcomes) == ["refused", "refused", "refused", "taken"]
    with AgencySession(world.engine) as session:
        assert brands_sharing_keys(session, cipher) == []


def test_of_many_guesses_at_once_no_more_are_tried_than_one_by_one(world: PortalWorld) -> None:
    for attempt in range(ROUNDS):
        email, visitor = f"guess-{attempt}@own.example", Visitor(f"192.0.2.{attempt}", "")

        def guess(email: str = email, visitor: Visitor = visitor) -> Outcome:
            wrong = "wrong password here"
            return check_password(portal_of(world), email=email, password=wrong, visitor=visitor, now=utc_now()).outcome

        outcomes = Counter(together(*[guess] * (PER_ACCOUNT + 4)))
        assert outcomes == {Outcome.REFUSED: PER_ACCOUNT, Outcome.THROTTLED: 4}
        assert len(world.audit("sign_in_throttled")) == attempt + 1, "one row a window, however many tries"


def test_of_many_guesses_at_an_open_tabs_password_form_no_more_are_tried(world: PortalWorld) -> None:
    browsers = [browser_of(world, WHO) for _ in range(PER_ACCOUNT + 2)]
    for _ in range(ROUNDS):
        restore(world)
        refused = partial(world.audit, "sign_in_failed")
        before = len(refused())
        together(*(partial(send, browser, "/account/confirm", {"current": "x"}) for browser in browsers))
        assert len(refused()) - before == PER_ACCOUNT, "so many were looked at, the others turned away"


def test_an_invitation_is_used_before_its_makers_demotion_or_not_at_all(world: PortalWorld) -> None:
    agency = world.actor("agency@mellon.example")
    maker_id, own = world.people["admin@own.example"], world.brands["own"]

    def give(role: Role) -> None:
        with AgencySession(world.engine, writes=True) as session:
            people.change_role(session, actor=agency, user_id=maker_id, role=role, tenant_id=own, now=utc_now())
            session.commit()

    for attempt in range(ROUNDS):
        email = f"new-{attempt}@own.example"
        with AgencySession(world.engine, writes=True) as session:
            link = links.invite_user(
                session,
                actor=world.actor("admin@own.example"),
                email=email,
                role=Role.TENANT_VIEWER,
                tenant_id=own,
                now=utc_now(),
            )
            session.commit()

        def accept(token: str = link.token) -> None:
            with AgencySession(world.engine, writes=True) as session:
                try:
                    links.accept_invite(session, token, name="New", password=NEW, address="", now=utc_now())
                    session.commit()
                except AccountError:
                    return

        together(accept, lambda: give(Role.TENANT_VIEWER))
        demoted = world.audit("role_changed")[-1].created_at
        joined = [entry.created_at for entry in world.audit("invite_accepted") if entry.actor_email == email]
        assert all(moment <= demoted for moment in joined)
        give(Role.TENANT_ADMIN)
