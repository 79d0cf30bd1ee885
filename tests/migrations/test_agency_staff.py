"""The agency's staff in the eyes of the release before, which knows none: nobody with a brand, and never more."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from dash_portal.accounts.agency_people import agency_role
from dash_portal.accounts.memberships import role_at
from database import AgencySession
from encryption import Cipher
from models import Role, StaffBrand, User
from tests.factories import make_tenant

STAFF, BRAND = 1, 1


@pytest.fixture
def hired(engine: Engine, encryption_key: str) -> Engine:
    """A database with a brand, and someone of the staff who looks after it."""
    with AgencySession(engine) as session:
        session.add(make_tenant(Cipher((encryption_key,))))
        session.add(User(email="staff@mellon.example", role=Role.TENANT_VIEWER, password_hash="x", is_staff=True))
        session.flush()
        session.add(StaffBrand(user_id=STAFF, tenant_id=BRAND))
        session.commit()
    return engine


def memberships(connection: Connection) -> int:
    return int(connection.scalar(text("SELECT count(*) FROM memberships")) or 0)


def test_the_release_before_reads_words_that_it_knows_and_no_brand(hired: Engine) -> None:
    with AgencySession(hired) as session:
        connection = session.connection()
        read = connection.execute(text("SELECT role, tenant_id FROM users")).one()
        assert tuple(read) == ("tenant_viewer", None)
        assert memberships(connection) == 0


@pytest.mark.parametrize(
    ("written", "at_agency", "at_brand"),
    [
        pytest.param("active = false, closed_by_agency = true", None, None, id="deactivated"),
        pytest.param("active = true", Role.AGENCY_STAFF, None, id="reactivated"),
        pytest.param("role = 'agency_admin'", Role.AGENCY_ADMIN, None, id="an admin"),
        pytest.param("role = 'tenant_admin', tenant_id = 1", None, Role.TENANT_ADMIN, id="a brand's admin"),
        pytest.param("name = 'New', password_hash = 'y'", Role.AGENCY_STAFF, None, id="another name and password"),
    ],
)
def test_what_the_release_before_makes_of_staff_is_what_they_are(
    hired: Engine, written: str, at_agency: Role | None, at_brand: Role | None
) -> None:
    with AgencySession(hired) as session:
        session.connection().execute(text(f"UPDATE users SET {written}"))
        user = session.get_one(User, STAFF)
        assert role_at(session, user, None) is at_agency
        assert role_at(session, user, BRAND) is at_brand
        assert at_brand is None or agency_role(user) is None


def test_whom_the_release_before_gives_a_brand_is_of_that_brand_alone(hired: Engine) -> None:
    given = (
        "INSERT INTO memberships (id, created_at, updated_at, tenant_id, user_id, role, active, closed_by_agency) "
        "SELECT 'given', created_at, updated_at, 1, id, 'tenant_viewer', true, false FROM users"
    )
    with AgencySession(hired) as session:
        session.connection().execute(text(given))
        user = session.get_one(User, STAFF)
        assert agency_role(user) is None, "else this brand's admin could set the password of one of the agency's staff"
        assert role_at(session, user, BRAND) is Role.TENANT_VIEWER
        assert user.active


def test_an_invitation_of_staff_makes_nobody_in_the_release_before(hired: Engine) -> None:
    joined = (
        "INSERT INTO users (created_at, updated_at, password_set_at, email, name, role, password_hash, active) "
        "SELECT created_at, updated_at, password_set_at, 'new@mellon.example', '', 'tenant_viewer', 'x', true FROM users"
    )
    with AgencySession(hired) as session, pytest.raises(IntegrityError):
        session.connection().execute(text(joined))
