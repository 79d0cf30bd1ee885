"""PostgreSQL's own guard, asked in plain SQL through the web role: every table with a brand, found in the metadata."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from dash_portal.portal import open_portal
from database import BRAND_OWNED_TABLES, PORTAL_ROLE, AgencySession
from models import RecoveryCode
from tests.dash_portal.portal_world import PortalWorld

TABLES = sorted(
    {name for name, table in SQLModel.metadata.tables.items() if "tenant_id" in table.columns} | {"tenants"}
)


@pytest.fixture(params=["postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Only PostgreSQL has row-level security."""
    return str(request.param)


@contextmanager
def web_connection(world: PortalWorld, brand: str | None) -> Iterator[Connection]:
    portal = open_portal(world.settings)
    with portal.engine.connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == PORTAL_ROLE
        if brand is not None:
            connection.execute(text("SELECT set_config('portal.brand', :brand, true)"), {"brand": brand})
        yield connection
    portal.engine.dispose()


OF_THE_AGENCY_ALONE = {"staff_brands"}
NOT_OF_STAFF = {"users", "memberships", "invites", "api_keys"}


def _owner(table: str) -> str:
    return "id" if table == "tenants" else "tenant_id"


def test_the_metadata_names_every_brand_owned_table() -> None:
    assert set(TABLES) >= BRAND_OWNED_TABLES
    assert {"users", "invites", "audit_log", "tenants"} <= set(TABLES)


@pytest.mark.parametrize("brand", [None, "", "0", "nonsense", "1 OR 1=1"])
def test_without_a_brand_no_row_is_there(marked: PortalWorld, brand: str | None) -> None:
    marked.sign_in("viewer@other.example")
    with AgencySession(marked.engine) as session:
        session.add(RecoveryCode(user_id=marked.people["viewer@other.example"], code_hash="x"))
        session.commit()
    with web_connection(marked, brand) as connection:
        for table in (*TABLES, "user_sessions", "recovery_codes"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


def test_with_a_brand_only_its_rows_are_there(marked: PortalWorld) -> None:
    marked.sign_in("viewer@other.example")
    marked.sign_in("viewer@own.example")
    marked.hire("staff@mellon.example", "own", "other")
    own = marked.brands["own"]
    with web_connection(marked, str(own)) as connection:
        for table in TABLES:
            owners = set(connection.scalars(text(f"SELECT {_owner(table)} FROM {table}")))
            assert owners == (set() if table in OF_THE_AGENCY_ALONE else {own}), table
        people = "SELECT u.tenant_id FROM user_sessions s JOIN users u ON u.id = s.user_id"
        assert set(connection.scalars(text(people))) == {own}
        assert connection.scalar(text("SELECT count(*) FROM user_sessions")) == 1


def test_with_several_brands_only_their_data_is_there(marked: PortalWorld) -> None:
    marked.hire("staff@mellon.example", "own", "shut")
    for email in ("viewer@own.example", "viewer@other.example"):
        marked.sign_in(email)
    theirs = {marked.brands["own"], marked.brands["shut"]}
    with web_connection(marked, ",".join(map(str, theirs))) as connection:
        for table in TABLES:
            owners = set(connection.scalars(text(f"SELECT {_owner(table)} FROM {table}")))
            if table == "audit_log":
                assert owners == {marked.brands["own"]}
            else:
                assert owners == (set() if table in OF_THE_AGENCY_ALONE | NOT_OF_STAFF else theirs), table
        for table in ("user_sessions", "identities", "recovery_codes"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


@pytest.mark.parametrize(
    "statement",
    [
        (
            "INSERT INTO sync_requests (tenant_id, request_id, status, accept, created_at, updated_at) "
            "VALUES (:other, 'x', 'queued', false, now(), now())"
        ),
        "UPDATE users SET tenant_id = :other WHERE tenant_id = :own",
        (
            "INSERT INTO audit_log (id, action, actor_email, tenant_id, address, details, created_at, updated_at) "
            "VALUES ('x', 'x', '', :other, '', '{}', now(), now())"
        ),
    ],
)
def test_with_a_brand_nothing_is_written_for_another(marked: PortalWorld, statement: str) -> None:
    own, other = marked.brands["own"], marked.brands["other"]
    with web_connection(marked, str(own)) as connection, pytest.raises(DBAPIError, match="row-level security"):
        connection.execute(text(statement), {"own": own, "other": other})


def test_the_web_role_owns_nothing_and_can_not_change_data(marked: PortalWorld) -> None:
    with web_connection(marked, str(marked.brands["own"])) as connection:
        owned = "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user"
        assert connection.scalar(text(owned)) == 0
    for statement in (
        "DELETE FROM leads",
        "UPDATE notes SET content = ''",
        "DELETE FROM audit_log",
        "DROP TABLE leads",
        "ALTER TABLE leads DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE mine (x int)",
    ):
        with web_connection(marked, str(marked.brands["own"])) as connection, pytest.raises(DBAPIError):
            connection.execute(text(statement))
