"""What the web role may do with each table, and which tables hide their rows: brought about at every `migrate`.

Revisions grant what they add. But rights are not part of a table's copy: a restore into another cluster, another owner,
or a hand that took something away leaves a schema that is current and a portal that may not read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from database import BRAND_OWNED_TABLES
from migrations.row_security import (
    create_portal_role,
    let_portal,
    of_a_member,
    of_no_brand,
    of_one_of,
    protect,
    protect_accounts,
)

READS_AND: Final[Mapping[str, str]] = {
    "tenants": "INSERT, UPDATE",
    "tenant_logos": "INSERT, DELETE",
    "users": "INSERT, UPDATE",
    "staff_brands": "INSERT, DELETE",
    "memberships": "INSERT, UPDATE, DELETE",
    "invites": "INSERT, UPDATE",
    "api_keys": "INSERT, UPDATE",
    "user_sessions": "INSERT, UPDATE, DELETE",
    "recovery_codes": "INSERT, UPDATE, DELETE",
    "identities": "INSERT, DELETE",
    "sign_in_failures": "INSERT, DELETE",
    "audit_log": "INSERT",
    "sync_requests": "INSERT",
    "connection_checks": "INSERT",
    # What the agency accepts of a brand's answers; all else of the brands' data is the worker's to write.
    "resource_fields": "UPDATE (state, updated_at)",
    "resource_freshness": "UPDATE (accepted_unreadable, updated_at)",
    "call_habits": "UPDATE (accepted_surplus, updated_at)",
}
"""What the web role may do besides reading, by table; it reads all of them."""

_OF_A_BRAND: Final = BRAND_OWNED_TABLES | {"connection_checks"}
_ACCOUNTS: Final = {
    "tenants": of_one_of("id"),
    "users": of_a_member("users.id"),
    "staff_brands": of_no_brand("tenant_id"),  # none is told who of the agency looks after it
    "memberships": "tenant_id",
    "invites": "tenant_id",
    "api_keys": "tenant_id",
    "audit_log": of_one_of("tenant_id"),
    "user_sessions": of_a_member("user_sessions.user_id"),
    "recovery_codes": of_a_member("recovery_codes.user_id"),
    "identities": of_a_member("identities.user_id"),
}
_LETS_AGENCY: Final = (
    "CASE ( SELECT current_setting('portal.brand'::text, true) AS current_setting) WHEN 'agency'::text THEN true ",
    "((current_setting('portal.brand'::text, true) = ANY (ARRAY['agency'::text, 'accounts'::text])) OR ",
)
"""How `row_security.py`'s two rules begin, as PostgreSQL writes them: for the agency they are true by that alone."""


def bring_about(connection: Connection, role: str) -> None:
    """Give the web role exactly its rights, and every table that lost it its guard. The schema is the newest."""
    if connection.dialect.name != "postgresql":
        return
    with Operations.context(MigrationContext.configure(connection, opts={"portal_role": role})):
        create_portal_role()
        for table in (*sorted(SQLModel.metadata.tables), "alembic_version"):
            _take_all(connection, table, role)
            let_portal("SELECT", table)
            if table in READS_AND:
                let_portal(READS_AND[table], table)
        for table in _unguarded(connection):
            for policy in connection.scalars(_POLICIES_OF, {"table": table}).all():
                connection.execute(text(f'DROP POLICY "{policy}" ON {table}'))
            if table in _ACCOUNTS:
                protect_accounts(table, _ACCOUNTS[table])
            else:
                protect(table)


def tables_that_hide(connection: Connection) -> list[str]:
    """Return the tables of which this transaction might see less than all rows although it speaks for the agency.

    Nobody can count what is hidden from them. What can be told is whether the server looks at each row at all, and if
    so, that the only rule it goes by lets the agency see everything.
    """
    if connection.dialect.name != "postgresql":
        return []
    guards = connection.execute(_GUARDS).all()
    return sorted(
        {guard.table for guard in guards if guard.is_bound and not (guard.is_alone and _lets_agency(guard.rule))}
    )


def _lets_agency(rule: str) -> bool:
    """Tell whether a policy, as PostgreSQL writes it, begins with words after which the agency sees every row."""
    return " ".join(rule.split()).startswith(_LETS_AGENCY)


def _take_all(connection: Connection, table: str, role: str) -> None:
    known = connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role})
    if known:
        connection.execute(text(f"REVOKE ALL ON {table} FROM {role}"))


def _unguarded(connection: Connection) -> Iterator[str]:
    """Yield the tables whose guard is off, or goes by other rules than it must."""
    guarded = {
        guard.table
        for guard in connection.execute(_GUARDS)
        if guard.is_forced and guard.is_alone and guard.rule == guard.rule_of_writing and _lets_agency(guard.rule)
    }
    yield from sorted((_OF_A_BRAND | _ACCOUNTS.keys()) - guarded)


_GUARDS: Final = text(
    """
    SELECT c.relname AS "table", row_security_active(c.oid) AS is_bound,
        c.relrowsecurity AND c.relforcerowsecurity AS is_forced,
        coalesce(p.polname = 'own_brand' AND p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}'
            AND count(*) OVER (PARTITION BY c.oid) = 1, false) AS is_alone,
        coalesce(pg_get_expr(p.polqual, p.polrelid), '') AS rule,
        coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') AS rule_of_writing
    FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    """
)
_POLICIES_OF: Final = text("SELECT polname FROM pg_policy WHERE polrelid = CAST(:table AS regclass)")
