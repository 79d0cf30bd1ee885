"""Every pair of a right that changes and a thing made before it: nothing outlives the right, nothing wakes with it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from dash_portal.accounts import brands, links, people, two_step
from dash_portal.accounts.access import lock_person
from dash_portal.accounts.staff import set_staff
from dash_portal.accounts.staff_terms import StaffTerms
from dash_portal.exports import DownloadEndedError
from database import AgencySession
from models import ApiKey, Role, User, utc_now
from tests.dash_portal.portal_world import PASSWORD, PortalWorld
from tests.factories import commit_counted, make_lead

WHO = "admin@own.example"
NEW = "nine quiet harbours"

Change = Callable[[PortalWorld, AgencySession], object]


def agency(world: PortalWorld) -> dict[str, object]:
    return {"actor": world.actor("agency@mellon.example"), "now": utc_now()}


def role(to: Role, brand: str | None) -> Change:
    return lambda world, session: people.change_role(
        session,
        user_id=world.people[WHO],
        role=to,
        tenant_id=world.brands[brand] if brand else None,
        **agency(world),  # type: ignore[arg-type]
    )


def staff(brand: str) -> Change:
    return lambda world, session: set_staff(
        session,
        user_id=world.people[WHO],
        terms=StaffTerms(frozenset({world.brands[brand]})),
        **agency(world),  # type: ignore[arg-type]
    )


def password(to: str) -> Change:
    def change(world: PortalWorld, session: AgencySession) -> None:
        user = lock_person(session, world.people[WHO])
        people.set_password(session, user, to, now=utc_now())

    return change


def deactivate(world: PortalWorld, session: AgencySession) -> None:
    people.deactivate_user(session, user_id=world.people[WHO], **agency(world))  # type: ignore[arg-type]


def reactivate(world: PortalWorld, session: AgencySession) -> None:
    people.reactivate_user(session, actor=world.actor("agency@mellon.example"), user_id=world.people[WHO])


def suspend(world: PortalWorld, session: AgencySession) -> None:
    brands.suspend_brand(session, tenant_id=world.brands["own"], **agency(world))  # type: ignore[arg-type]


def open_again(world: PortalWorld, session: AgencySession) -> None:
    brands.reactivate_brand(session, tenant_id=world.brands["own"], **agency(world))  # type: ignore[arg-type]


def second_step_on(world: PortalWorld, session: AgencySession) -> None:
    user, then = lock_person(session, world.people[WHO]), utc_now() - timedelta(minutes=5)
    secret = two_step.begin_two_step(session, user, cipher=world.cipher)
    code = pyotp.TOTP(secret).at(then)
    two_step.confirm_two_step(session, user, code=code, cipher=world.cipher, now=then, actor=world.actor(WHO))


def second_step_off(world: PortalWorld, session: AgencySession) -> None:
    people.let_in_without_code(session, user_id=world.people[WHO], **agency(world))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Case:
    """A right that changes, and how it is given back."""

    change: Change
    back: Change
    links_fall: bool = True


CASES = {
    "password": Case(password(NEW), password(PASSWORD)),
    "role": Case(role(Role.TENANT_VIEWER, "own"), role(Role.TENANT_ADMIN, "own")),
    "higher role": Case(role(Role.AGENCY_ADMIN, None), role(Role.TENANT_ADMIN, "own")),
    "agency staff": Case(staff("own"), role(Role.TENANT_ADMIN, "own")),
    "brand": Case(role(Role.TENANT_ADMIN, "other"), role(Role.TENANT_ADMIN, "own")),
    "activity": Case(deactivate, reactivate),
    "suspension": Case(suspend, open_again, links_fall=False),  # what the brand's links open comes back with the brand
    "second step": Case(second_step_on, second_step_off, links_fall=False),
}


def carry_out(world: PortalWorld, change: Change) -> None:
    with AgencySession(world.engine, writes=True) as session:
        change(world, session)
        session.commit()


def make_links(world: PortalWorld) -> dict[str, str]:
    """Return an invitation and a reset link that the person made, and a reset link made for them."""
    own, now = world.brands["own"], utc_now()
    with AgencySession(world.engine, writes=True) as session:
        invitation = links.invite_user(
            session,
            actor=world.actor(WHO),
            email="new@own.example",
            role=Role.TENANT_VIEWER,
            tenant_id=own,
            now=now,
        )
        made = links.make_reset_link(
            session, actor=world.actor(WHO), user_id=world.people["viewer@own.example"], now=now
        )
        received = links.make_reset_link(session, user_id=world.people[WHO], **agency(world))  # type: ignore[arg-type]
        session.commit()
    return {"invitation": invitation.path, "reset made": made.path, "reset received": received.path}


def living_parts(client: FlaskClient, token: str) -> set[str]:
    """Return which of the things that an open tab may ask for are answered."""
    callback = client.post("/_dash-update-component", json={}, headers={"X-CSRFToken": token})
    answers = {
        "session": client.get("/account").status_code == 200,
        "API": client.get("/api/charts/pipeline-stages").status_code not in {401, 403},
        "page": client.get("/leads").status_code == 200,
        "open page": callback.status_code != 401,
        "download": client.get("/export/leads.csv", buffered=True).status_code == 200,
        "team": client.get("/team").status_code == 200,
    }
    return {name for name, is_alive in answers.items() if is_alive}


class Download:
    """A table that is read a little at a time, in a context of its own: as beside other requests of the same browser."""

    def __init__(self, client: FlaskClient, path: str) -> None:
        self._context = copy_context()
        self._pieces = self._context.run(lambda: iter(client.get(path).response))

    def read_first(self) -> None:
        """Read until something came."""
        while not self._context.run(next, self._pieces):
            pass

    def read_on(self) -> None:
        """Read all that is left."""
        while self._context.run(next, self._pieces, None) is not None:
            pass


def begin_download(world: PortalWorld, client: FlaskClient, path: str = "/export/leads.csv") -> Download:
    with AgencySession(world.engine) as session:
        session.add_all(make_lead(world.brands["own"]) for _ in range(600))
        commit_counted(session, world.brands["own"])
    download = Download(client, path)
    download.read_first()
    return download


def good_links(world: PortalWorld, paths: dict[str, str]) -> set[str]:
    return {name for name, path in paths.items() if world.visitor().get(path).status_code == 200}


@pytest.mark.parametrize("name", sorted(CASES))
def test_nothing_outlives_the_right_it_stands_on_and_nothing_wakes_with_it(world: PortalWorld, name: str) -> None:
    case = CASES[name]
    client, paths = world.sign_in(WHO), make_links(world)
    token = world.csrf_token(client)
    assert len(living_parts(client, token)) == 6
    assert len(good_links(world, paths)) == 3
    download = begin_download(world, client)
    carry_out(world, case.change)
    with pytest.raises(DownloadEndedError):
        download.read_on()
    assert living_parts(client, token) == set()
    if name != "second step":
        assert good_links(world, paths) == set()
    carry_out(world, case.back)
    assert living_parts(client, token) == set(), "what was revoked stays revoked"
    assert len(good_links(world, paths)) == (0 if case.links_fall else 3)


def test_a_download_ends_with_its_brand_where_the_session_goes_on_for_another(world: PortalWorld) -> None:
    world.give(WHO, "other")
    client = world.sign_in(WHO)
    download = begin_download(world, client, "/export/leads.csv?brand=own")
    carry_out(world, suspend)
    with pytest.raises(DownloadEndedError):
        download.read_on()
    assert client.get("/leads?brand=other").status_code == 200


@pytest.mark.parametrize("by_address", [False, True], ids=["key", "address for a spreadsheet"])
def test_a_programs_download_ends_with_its_key(world: PortalWorld, by_address: bool) -> None:
    program, path = world.program(world.make_key("own")), "/api/v1/rows/leads.csv"
    if by_address:
        answer = program.get("/api/v1/rows/leads/sheet-address").json
        assert answer is not None
        program, path = world.visitor(), urlsplit(answer["address"]).path
    download = begin_download(world, program, path)
    with AgencySession(world.engine) as session:
        session.exec(select(ApiKey)).one().revoked_at = utc_now()
        session.commit()
    with pytest.raises(DownloadEndedError):
        download.read_on()


def test_a_reset_link_is_void_once_the_person_is_someone_else(world: PortalWorld) -> None:
    """Even where the change withdrew nothing: the link looks at the person itself."""
    paths = make_links(world)
    with AgencySession(world.engine) as session:
        viewer = session.exec(select(User).where(User.email == "viewer@own.example")).one()
        viewer.role, viewer.tenant_id = Role.AGENCY_ADMIN, None
        session.commit()
    assert good_links(world, paths) == {"invitation", "reset received"}
    client = world.visitor()
    form = {"password": NEW, "again": NEW, "csrf_token": world.csrf_token(client)}
    assert client.post(paths["reset made"], data=form).status_code == 410


@pytest.mark.parametrize(
    ("column", "value"), [("active", False), ("role", Role.TENANT_VIEWER)], ids=["deactivated", "demoted"]
)
def test_a_link_is_void_once_its_maker_might_not_make_it(world: PortalWorld, column: str, value: object) -> None:
    paths = make_links(world)
    with AgencySession(world.engine) as session:
        setattr(session.exec(select(User).where(User.email == WHO)).one(), column, value)
        session.commit()
    assert good_links(world, paths) <= {"reset received"}
    client = world.visitor()
    form = {"name": "New", "password": NEW, "again": NEW, "csrf_token": world.csrf_token(client)}
    assert client.post(paths["invitation"], data=form).status_code == 410


def test_a_demoted_admin_of_the_agency_leaves_no_way_back_in(world: PortalWorld) -> None:
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
        link = links.invite_user(
            session,
            actor=world.actor("second@mellon.example"),
            email="back@mellon.example",
            role=Role.AGENCY_ADMIN,
            tenant_id=None,
            now=utc_now(),
        )
        people.change_role(
            session,
            user_id=second.id or 0,
            role=Role.TENANT_VIEWER,
            tenant_id=world.brands["own"],
            **agency(world),  # type: ignore[arg-type]
        )
        session.commit()
    assert world.visitor().get(link.path).status_code == 410


def test_the_agency_alone_gives_back_what_it_took(world: PortalWorld) -> None:
    admin, viewer_id = world.sign_in(WHO), world.people["viewer@own.example"]
    member = world.membership("viewer@own.example")
    with AgencySession(world.engine, writes=True) as session:
        people.deactivate_user(session, user_id=viewer_id, **agency(world))  # type: ignore[arg-type]
        session.commit()
    assert f"/team/{member}/reactivate" not in admin.get("/team").text
    refused = world.post(admin, f"/team/{member}/reactivate")
    assert refused.status_code == 400
    assert "only the agency can give it back" in refused.text
    world.post(admin, f"/team/{member}/deactivate")
    assert world.post(admin, f"/team/{member}/reactivate").status_code == 400
    assert not world.user("viewer@own.example").active
    by_agency = world.sign_in("agency@mellon.example")
    assert world.post(by_agency, f"/agency/users/{viewer_id}/reactivate").status_code == 303
    assert world.user("viewer@own.example").active


@pytest.mark.parametrize("verb", ["reset", "two-step-off", "deactivate", "role"])
def test_an_admin_does_not_use_the_admins_way_on_themselves(world: PortalWorld, verb: str) -> None:
    client = world.sign_in("agency@mellon.example")
    own = world.people["agency@mellon.example"]
    answer = world.post(client, f"/agency/users/{own}/{verb}", role="tenant_viewer", brand="own")
    assert answer.status_code == 400
    assert "/reset/" not in answer.text
    user = world.user("agency@mellon.example")
    assert (user.active, user.role) == (True, Role.AGENCY_ADMIN)


def test_the_agency_frees_an_address_for_the_brand_it_belongs_to(world: PortalWorld) -> None:
    agency_browser = world.sign_in("agency@mellon.example")
    squatter = world.people["viewer@own.example"]
    free = f"/agency/users/{squatter}/free-address"
    assert world.post(agency_browser, free).status_code == 400, "not while the person has access"
    world.post(agency_browser, f"/agency/users/{squatter}/deactivate")
    assert world.post(agency_browser, free).status_code == 303
    admin = world.sign_in("admin@other.example")
    shown = world.post(admin, "/team/invite", email="viewer@own.example").text
    link = shown.split('value="http://localhost')[1].split('"')[0]
    client = world.visitor()
    assert world.post(client, link, page=link, name="V", password=NEW, again=NEW).status_code == 303
    assert world.try_to_sign_in(client, "viewer@own.example", NEW).status_code == 303
    assert world.user("viewer@own.example").tenant_id == world.brands["other"]
    assert world.post(agency_browser, f"/agency/users/{squatter}/reactivate").status_code == 400
