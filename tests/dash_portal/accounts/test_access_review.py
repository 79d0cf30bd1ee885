"""Who has access, how they sign in and when they last did, on the screen and as a file."""

from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from dash_portal.accounts.access_review import Only, Sign
from database import AgencySession
from models import Identity, Membership, Tenant, User, utc_now
from tests.dash_portal.portal_world import PortalWorld

AGENCY, ADMIN, VIEWER = "agency@mellon.example", "admin@own.example", "viewer@own.example"


def change(world: PortalWorld, email: str, **columns: object) -> None:
    with AgencySession(world.engine, writes=True) as session:
        user = session.exec(select(User).where(User.email == email)).one()
        for name, value in columns.items():
            setattr(user, name, value)
        session.commit()


def file_of(client: FlaskClient, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


@pytest.mark.parametrize(
    ("sign", "looked_at"),
    [
        (Sign(None, has_second_step=False), {None, Only.NEVER_SIGNED_IN, Only.NO_SECOND_STEP}),
        (Sign(utc_now(), has_second_step=False), {None, Only.NO_SECOND_STEP}),
        (Sign(utc_now(), has_second_step=True), {None}),
    ],
)
def test_who_is_looked_at(sign: Sign, looked_at: set[Only | None]) -> None:
    assert {only for only in (None, *Only) if sign.is_of(only)} == looked_at


@pytest.mark.parametrize(
    ("sign", "way"),
    [
        (Sign(None, has_second_step=False), "password"),
        (Sign(None, has_second_step=True), "password and code"),
        (Sign(None, has_second_step=False, by_company=True), "company account or password"),
        (Sign(None, has_second_step=False, by_password=False, by_company=True), "company account"),
        (Sign(None, has_second_step=False, by_password=False), "nothing yet"),
    ],
)
def test_a_way_in_is_said_in_words(sign: Sign, way: str) -> None:
    assert sign.way == way


def test_a_company_account_is_seen_and_which_brand_requires_it_is_the_agencys_to_know(world: PortalWorld) -> None:
    """Of a person of two brands the other one's admin sees nothing of what the first requires."""
    world.sign_in(VIEWER)
    world.give(VIEWER, "other")
    with AgencySession(world.engine, writes=True) as session:
        session.add(Identity(user_id=world.people[VIEWER], issuer="https://company.example", subject="1"))
        for membership in session.exec(select(Membership).where(Membership.user_id == world.people[VIEWER])):
            membership.last_sign_in_at = utc_now()
            session.add(membership)
        session.get_one(Tenant, world.brands["own"]).company_sign_in_only = True
        session.commit()
    seen = {
        email: {
            line["Brand"]: line["Signs in with"]
            for line in file_of(world.sign_in(email), path)
            if line["E-mail"] == VIEWER
        }
        for email, path in ((AGENCY, "/agency/users/file.csv"), ("admin@other.example", "/team/file.csv"))
    }
    assert seen[AGENCY] == {"Own Brand": "company account", "Other Brand": "company account"}
    assert seen["admin@other.example"] == {"Other Brand": "company account or password"}


def test_the_agency_sees_and_takes_along_who_may_see_what(world: PortalWorld) -> None:
    world.sign_in(VIEWER)
    world.give(VIEWER, "other")
    change(world, VIEWER, totp_confirmed_at=utc_now())
    agency = world.sign_in(AGENCY)
    lines = {(line["E-mail"], line["Brand"]): line for line in file_of(agency, "/agency/users/file.csv")}
    assert lines[VIEWER, "Own Brand"]["Signs in with"] == lines[VIEWER, "Other Brand"]["Signs in with"]
    assert lines[VIEWER, "Own Brand"]["Second step"] == "on"
    assert lines[VIEWER, "Own Brand"]["Last sign-in"] != "never"
    assert lines[AGENCY, "agency"]["Role"] == "Agency admin"
    assert lines["gone@own.example", "Own Brand"]["Access"] == "none"
    never = {line["E-mail"] for line in file_of(agency, "/agency/users/file.csv?only=never")}
    assert VIEWER not in never
    assert ADMIN in never
    page = agency.get("/agency/users?only=no-second-step").text
    assert "viewer@other.example" in page
    assert VIEWER not in page
    assert [entry.details["what"] for entry in world.audit("exported")] == ["people", "people"]


def test_a_brands_admin_sees_the_own_people_since_they_are_there(world: PortalWorld) -> None:
    """Neither a sign-in nor a second step from before the membership: both would tell of another brand."""
    change(world, "viewer@other.example", totp_confirmed_at=utc_now(), last_sign_in_at=utc_now())
    world.give("viewer@other.example", "own")
    world.sign_in(VIEWER)
    admin = world.sign_in(ADMIN)
    lines = {line["E-mail"]: line for line in file_of(admin, "/team/file.csv")}
    assert lines.keys() == {VIEWER, ADMIN, "gone@own.example", "viewer@other.example"}
    assert (lines["viewer@other.example"]["Last sign-in"], lines["viewer@other.example"]["Second step"]) == (
        "never",
        "off",
    )
    assert lines[VIEWER]["Last sign-in"] != "never"
    never = admin.get("/team?only=never").text
    assert "viewer@other.example" in never
    assert f"{VIEWER} ·" not in never
    assert {line["Brand"] for line in lines.values()} == {"Own Brand"}
    assert [entry.tenant_id for entry in world.audit("exported")] == [world.brands["own"]]


def test_no_cell_of_the_file_is_a_formula(world: PortalWorld) -> None:
    change(world, VIEWER, name="=1+1")
    for email, path in ((AGENCY, "/agency/users/file.csv"), (ADMIN, "/team/file.csv")):
        assert "'=1+1" in {line["Name"] for line in file_of(world.sign_in(email), path)}
