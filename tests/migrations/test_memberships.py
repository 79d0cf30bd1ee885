"""Brand by brand what each may do: an upgrade gives nobody more or less, and the release before goes on beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

import migrations
from dash_portal.accounts.passwords import hash_password
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.portal import open_portal
from database import agency_transaction
from tests.conftest import engine_of
from tests.dash_portal.portal_world import PASSWORD, PortalWorld, close_world, make_settings, password_hash, shared_app
from tests.migrations.test_kept_rows import STAMP

BEFORE_MEMBERSHIPS = "0028"
BRANDS = {"own": "active", "other": "active", "shut": "suspended"}
PEOPLE = (
    ("viewer@own.example", PASSWORD, "tenant_viewer", "own", True, False),
    ("admin@own.example", PASSWORD, "tenant_admin", "own", True, False),
    ("gone@own.example", PASSWORD, "tenant_viewer", "own", False, False),
    ("closed@own.example", PASSWORD, "tenant_admin", "own", False, True),
    ("viewer@shut.example", PASSWORD, "tenant_viewer", "shut", True, False),
    ("both@own.example", PASSWORD, "tenant_viewer", "own", True, False),
    ("both@own.example", "nine quiet harbours", "tenant_admin", "other", True, False),
    ("agency@mellon.example", PASSWORD, "agency_admin", None, True, False),
    ("left@mellon.example", PASSWORD, "agency_admin", None, False, True),
)
PATHS = (
    "/leads",
    "/leads?brand=own",
    "/leads?brand=other",
    "/leads?brand=shut",
    "/api/charts/leads-sources",
    "/api/charts/leads-sources?brand=other",
    "/export/leads.csv?brand=own",
    "/account",
    "/team",
    "/agency/users",
    "/agency/sync/own",
)
BEFORE: dict[str, dict[str, int]] = json.loads((Path(__file__).parent / "opened_before_memberships.json").read_text())
"""What each person could open before, by path: asked of that release, on a database filled by `fill`."""


def fill(connection: Connection, hashed: Any) -> None:
    """Add brands and people of each kind to a database of the schema before."""
    at = {"at": STAMP if connection.dialect.name == "postgresql" else "2026-03-01 15:00:00.000000"}
    for number, (brand, status) in enumerate(BRANDS.items(), 1):
        connection.execute(
            text(
                "INSERT INTO tenants (created_at, updated_at, id, slug, name, timezone, status, web_key_encrypted, "
                "web_key_last4, data_version) VALUES (:at, :at, :id, :slug, :slug, 'UTC', :status, 'x', 'y', 0)"
            ),
            at | {"id": number, "slug": brand, "status": status},
        )
    for number, (email, password, role, slug, active, closed) in enumerate(PEOPLE, 1):
        connection.execute(
            text(
                "INSERT INTO users (created_at, updated_at, password_set_at, id, email, name, role, tenant_id, "
                "password_hash, active, access_epoch, closed_by_agency) VALUES "
                "(:at, :at, :at, :id, :email, '', :role, :tenant_id, :hash, :active, 0, :closed)"
            ),
            at
            | {"id": number, "email": email, "role": role, "hash": hashed(password), "active": active}
            | {"closed": closed, "tenant_id": list(BRANDS).index(slug) + 1 if slug else None},
        )


def opened_by_each(world: Any) -> dict[str, dict[str, int]]:
    """Return by person how each path is answered, after they signed in as far as they may."""
    answers = {}
    for email, password, role, *_ in PEOPLE:
        client = world.visitor()
        world.try_to_sign_in(client, email, password)
        answers[f"{email} as {role}"] = {path: client.get(path, buffered=True).status_code for path in PATHS}
    return answers


@pytest.fixture
def filled(empty_database_url: str) -> Iterator[Engine]:
    """A database that the release before has filled, after this release's `migrate`."""
    with engine_of(empty_database_url) as engine:
        with migrations.schema_transaction(engine) as connection:
            migrations.upgrade_within(connection, BEFORE_MEMBERSHIPS)
            fill(connection, lambda _password: password_hash())
        migrations.upgrade(engine)
        yield engine


def test_after_the_upgrade_each_may_open_what_they_might_before_and_nothing_else(
    empty_database_url: str, encryption_key: str
) -> None:
    with engine_of(empty_database_url) as engine:
        with migrations.schema_transaction(engine) as connection:
            migrations.upgrade_within(connection, BEFORE_MEMBERSHIPS)
            fill(connection, lambda password: hash_password(password, salted_like=password_hash()))
        migrations.upgrade(engine)
        settings = make_settings(empty_database_url, encryption_key)
        app = shared_app(encryption_key)
        app.extensions["portal"] = open_portal(settings)
        ANSWERS.forget()
        world = PortalWorld(settings, app, engine, settings.cipher())
        assert opened_by_each(world) == BEFORE
        close_world(world)
    assert {status for answers in BEFORE.values() for status in answers.values()} == {200, 302, 401, 403}


Access = tuple[str, bool, bool]
"""A role, whether it is active, and whether the agency closed it."""
VIEWER: Access = ("tenant_viewer", True, False)
ADMIN: Access = ("tenant_admin", True, False)


def at_brands(connection: Connection, user_id: int) -> dict[str, Access]:
    """Return what the memberships say of a person."""
    question = text(
        "SELECT slug, role, active, closed_by_agency FROM memberships JOIN tenants ON tenants.id = tenant_id "
        "WHERE user_id = :id"
    )
    return {row[0]: (row[1], bool(row[2]), bool(row[3])) for row in connection.execute(question, {"id": user_id})}


def as_before(connection: Connection, user_id: int) -> tuple[str | None, Access]:
    """Return what the release before reads of a person: a brand, and what they may do there."""
    question = text(
        "SELECT slug, role, active, closed_by_agency FROM users LEFT JOIN tenants ON tenants.id = tenant_id "
        "WHERE users.id = :id"
    )
    slug, role, active, closed = connection.execute(question, {"id": user_id}).one()
    return slug, (role, bool(active), bool(closed))


def give_another_brand(connection: Connection, user_id: int) -> None:
    connection.execute(
        text(
            "INSERT INTO memberships (id, created_at, updated_at, tenant_id, user_id, role, active, closed_by_agency) "
            "SELECT 'second', created_at, updated_at, 2, id, 'tenant_viewer', true, false FROM users WHERE id = :id"
        ),
        {"id": user_id},
    )


@pytest.mark.parametrize(
    ("user_id", "change", "then"),
    [
        pytest.param(1, "role = 'tenant_admin'", {"own": ADMIN}, id="another role"),
        pytest.param(1, "tenant_id = 2", {"other": VIEWER}, id="another brand"),
        pytest.param(1, "role = 'agency_admin', tenant_id = NULL", {}, id="to the agency"),
        pytest.param(8, "role = 'tenant_viewer', tenant_id = 2", {"other": VIEWER}, id="from the agency"),
        pytest.param(1, "active = false", {"own": ("tenant_viewer", False, False)}, id="out by the brand"),
        pytest.param(
            1,
            "active = false, closed_by_agency = true",
            {"own": ("tenant_viewer", False, True)},
            id="out by the agency",
        ),
        pytest.param(3, "closed_by_agency = true", {"own": ("tenant_viewer", False, True)}, id="closed afterwards"),
        pytest.param(3, "role = 'tenant_admin'", {"own": ("tenant_admin", False, False)}, id="a role without access"),
        pytest.param(3, "active = true", {"own": VIEWER}, id="in again"),
        pytest.param(4, "active = true, closed_by_agency = false", {"own": ADMIN}, id="in again by the agency"),
    ],
)
def test_what_the_release_before_writes_reaches_the_memberships(
    filled: Engine, user_id: int, change: str, then: dict[str, Access]
) -> None:
    with migrations.schema_transaction(filled) as connection:
        connection.execute(text(f"UPDATE users SET {change} WHERE id = :id"), {"id": user_id})
        assert at_brands(connection, user_id) == then


@pytest.mark.parametrize(
    ("change", "then", "shown"),
    [
        pytest.param("users SET name = 'New' WHERE id = 1", {"own": VIEWER, "other": VIEWER}, "own", id="a name"),
        pytest.param(
            "users SET active = false WHERE id = 1",
            {"own": ("tenant_viewer", False, False), "other": VIEWER},
            "other",
            id="out by the first brand",
        ),
        pytest.param(
            "users SET active = false, closed_by_agency = true WHERE id = 1",
            {"own": ("tenant_viewer", False, True), "other": ("tenant_viewer", False, True)},
            None,
            id="out by the agency",
        ),
        pytest.param(
            "users SET tenant_id = 3 WHERE id = 1", {"shut": VIEWER, "other": VIEWER}, "shut", id="another brand"
        ),
        pytest.param("users SET tenant_id = 2 WHERE id = 1", {"other": VIEWER}, "other", id="a brand they have"),
        pytest.param(
            "memberships SET active = false WHERE id = 'second'",
            {"own": VIEWER, "other": ("tenant_viewer", False, False)},
            "own",
            id="this release takes the second",
        ),
        pytest.param(
            "memberships SET active = false, closed_by_agency = true WHERE user_id = 1 AND id <> 'second'",
            {"own": ("tenant_viewer", False, True), "other": VIEWER},
            "other",
            id="this release takes the first",
        ),
        pytest.param(
            "memberships SET role = 'tenant_admin' WHERE user_id = 1",
            {"own": ADMIN, "other": ADMIN},
            "own",
            id="this release gives roles",
        ),
        pytest.param(
            "memberships SET active = false WHERE user_id = 1",
            {"own": ("tenant_viewer", False, False), "other": ("tenant_viewer", False, False)},
            None,
            id="this release takes all",
        ),
    ],
)
def test_of_someone_with_two_brands_the_release_before_sees_one_that_is_active(
    filled: Engine, change: str, then: dict[str, Access], shown: str | None
) -> None:
    with migrations.schema_transaction(filled) as connection:
        give_another_brand(connection, 1)
        connection.execute(text(f"UPDATE {change}"))
        assert at_brands(connection, 1) == then
        slug, access = as_before(connection, 1)
        if shown is None:
            assert not access[1]
        else:
            assert (slug, access) == (shown, then[shown])


def test_when_the_release_before_erases_a_brand_who_has_another_stays(filled: Engine) -> None:
    with agency_transaction(filled) as connection:
        give_another_brand(connection, 1)
        connection.execute(text("DELETE FROM tenants WHERE id = 1"))
        assert at_brands(connection, 1) == {"other": VIEWER}
        assert as_before(connection, 1) == ("other", VIEWER)
        left = connection.scalars(text("SELECT id FROM users ORDER BY id")).all()
        assert left == [1, 5, 7, 8, 9]
