"""The web role's rights and the tables' guards on PostgreSQL: what must be, whatever became of them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, text

import migrations
from database import PORTAL_ROLE, create_engine
from migrations.history import apply_up_to
from settings import Settings

GRANTS = text(
    "SELECT table_name, column_name, privilege_type FROM information_schema.column_privileges "
    "WHERE grantee = 'portal_web' AND table_schema = 'public' UNION "
    "SELECT table_name, NULL, privilege_type FROM information_schema.table_privileges "
    "WHERE grantee = 'portal_web' AND table_schema = 'public'"
)
GUARDS = text(
    "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_expr(p.polqual, p.polrelid), "
    "pg_get_expr(p.polwithcheck, p.polrelid) FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid "
    "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
)


@pytest.fixture(params=["postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """SQLite has neither roles nor guards."""
    return str(request.param)


def rights(engine: Engine) -> tuple[set[Any], set[Any]]:
    with engine.connect() as connection:
        return {tuple(row) for row in connection.execute(GRANTS)}, {tuple(row) for row in connection.execute(GUARDS)}


def test_the_revisions_alone_give_the_rights_that_must_be(empty_database_url: str) -> None:
    engine = create_engine(Settings(database_url=empty_database_url).database_url)
    with migrations.schema_transaction(engine) as connection:
        apply_up_to(connection, PORTAL_ROLE, "head")
    by_revisions = rights(engine)
    migrations.upgrade(engine)
    assert rights(engine) == by_revisions
    assert len(by_revisions[0]) > 100
    engine.dispose()


def test_whatever_was_taken_away_or_given_migrate_brings_about_what_must_be(engine: Engine) -> None:
    as_they_must_be = rights(engine)
    with engine.begin() as connection:
        for statement in (
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM portal_web",
            "GRANT DELETE ON leads TO portal_web",
            "GRANT UPDATE ON audit_log TO portal_web",
            "ALTER TABLE notes DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE users NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY own_brand ON leads",
            "DROP POLICY own_brand ON user_sessions",
            "CREATE POLICY more ON hot_list_items USING (true)",
            "ALTER POLICY own_brand ON tenants WITH CHECK (true)",
        ):
            connection.execute(text(statement))
    assert rights(engine) != as_they_must_be
    migrations.upgrade(engine)
    assert rights(engine) == as_they_must_be
