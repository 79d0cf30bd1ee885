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
from migrations.row_security import PORTAL_ROLE, create_portal_role, let_portal, protect, protect_accounts

READS_AND: Final[Mapping[str, str]] = {
    "tenants": "INSERT, UPDATE",
    "tenant_logos": "INSERT, DELETE",
    "users": "INSERT, UPDATE",
    "invites": "INSERT, UPDATE",
    "user_sessions": "INSERT, UPDATE, DELETE",
    "recovery_codes": "INSERT, UPDATE, DELETE",
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
_OF_A_PERSON: Final = "(SELECT users.tenant_id FROM users WHERE users.id = user_id)"
_ACCOUNTS: Final = {
    "tenants": "id",
    "users": "tenant_id",
    "invites": "tenant_id",
    "audit_log": "tenant_id",
    "user_sessions": _OF_A_PERSON,
    "recovery_codes": _OF_A_PERSON,
}


def bring_about(connection: Connection) -> None:
    """Give the web role exactly its rights, and every table that lost it its guard. The schema is the newest."""
    if connection.dialect.name != "postgresql":
        return
    with Operations.context(MigrationContext.configure(connection)):
        create_portal_role()
        for table in (*sorted(SQLModel.metadata.tables), "alembic_version"):
            _take_all(connection, table)
            let_portal("SELECT", table)
            if table in READS_AND:
                let_portal(READS_AND[table], table)
        for table in _unguarded(connection):
            if table in _ACCOUNTS:
                protect_accounts(table, _ACCOUNTS[table])
            else:
                protect(table)


def _take_all(connection: Connection, table: str) -> None:
    known = connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": PORTAL_ROLE})
    if known:
        connection.execute(text(f"REVOKE ALL ON {table} FROM {PORTAL_ROLE}"))


def _unguarded(connection: Connection) -> Iterator[str]:
    """Yield the tables whose rows are to be hidden and are not: the guard is off, not forced, or has no policy."""
    guarded = connection.scalars(
        text(
            "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'own_brand' "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity"
        )
    )
    yield from sorted((_OF_A_BRAND | _ACCOUNTS.keys()) - set(guarded))
