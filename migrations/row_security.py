"""PostgreSQL's own guard: row-level security on brand-owned tables, and a web role that owns nothing.

A transaction says whose rows it may see with `portal.brand`: a `tenants.id`, several with a comma behind each for
someone who looks after those brands, or `agency` for all. One that says nothing sees nothing. FORCE binds the tables'
owner too, for hosts that give only one role. SQLite has none of this: there the session narrows every statement by
itself.
"""

from __future__ import annotations

from alembic import op

from database import PORTAL_ROLE

_SPOKEN_FOR = "(SELECT current_setting('portal.brand', true))"
_OWN_BRAND = (
    f"CASE {_SPOKEN_FOR} WHEN 'agency' THEN true WHEN tenant_id::text THEN true "
    f"ELSE tenant_id::text = ANY (string_to_array({_SPOKEN_FOR}, ',')) END"
)
"""Said in this way for the planner's sake: it asks for the setting once, not for each row, and takes the policy to
leave half of the rows. Of `setting IN (brand, 'agency')` it believes that it leaves one in a hundred, and then joins
thousands of rows in nested loops: a page of deals took 900 ms instead of 10. A list is looked through for rows only
that are not the one brand's.
"""


def protect(*tables: str) -> None:
    """Hide the brand-owned tables' rows from every transaction that does not speak for their brand."""
    if not _on_postgresql():
        return
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"DROP POLICY IF EXISTS own_brand ON {table}")
        op.execute(f"CREATE POLICY own_brand ON {table} USING ({_OWN_BRAND}) WITH CHECK ({_OWN_BRAND})")


def protect_accounts(table: str, tenant_id: str) -> None:
    """Hide accounts of other brands from a transaction that speaks for one; sign-in speaks for `accounts`.

    `tenant_id` is the SQL that names a row's brand.
    """
    if not _on_postgresql():
        return
    visible = f"current_setting('portal.brand', true) IN (({tenant_id})::text, 'agency', 'accounts')"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"DROP POLICY IF EXISTS own_brand ON {table}")
    op.execute(f"CREATE POLICY own_brand ON {table} USING ({visible}) WITH CHECK ({visible})")


def of_a_member(user_id: str) -> str:
    """Return the SQL that names the brand spoken for, where the person of this id has a membership of it."""
    return (
        f"(SELECT m.tenant_id FROM memberships m WHERE m.user_id = {user_id} "
        "AND m.tenant_id::text = current_setting('portal.brand', true))"
    )


def of_one_of(tenant_id: str) -> str:
    """Return the SQL that names what is spoken for, one brand or several, where a row's brand is among them."""
    spoken_for = "current_setting('portal.brand', true)"
    return f"CASE WHEN ({tenant_id})::text = ANY (string_to_array({spoken_for}, ',')) THEN {spoken_for} END"


def of_no_brand(tenant_id: str) -> str:
    """Return the SQL that names no brand, for rows that are the agency's alone."""
    return f"nullif({tenant_id}, {tenant_id})"


def create_portal_role() -> None:
    """Create the web role and let the migrating role become it; where the host forbids that, FORCE still binds."""
    if not _on_postgresql():
        return
    role = portal_role()
    op.execute(
        f"""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} NOLOGIN;
            END IF;
            GRANT {role} TO CURRENT_USER;
            GRANT USAGE ON SCHEMA public TO {role};
        EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN
            RAISE NOTICE 'the role {role} could not be made: row-level security binds the login role';
        END $$
        """
    )


def let_portal(privileges: str, *tables: str) -> None:
    """Grant the web role these privileges on the tables, and their sequences where it may insert.

    A role that the migrating one can't become is another installation's: it is given nothing.
    """
    if not _on_postgresql():
        return
    role = portal_role()
    for table in tables:
        op.execute(
            f"""
            DO $$
            DECLARE numbering record;
            BEGIN
                IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}' AND pg_has_role(oid, 'MEMBER')) THEN
                    RETURN;
                END IF;
                GRANT {privileges} ON {table} TO {role};
                FOR numbering IN
                    SELECT s.oid::regclass AS name FROM pg_class s JOIN pg_depend d ON d.objid = s.oid
                    WHERE s.relkind = 'S' AND d.refobjid = '{table}'::regclass
                LOOP
                    EXECUTE format('GRANT USAGE ON SEQUENCE %s TO {role}', numbering.name);
                END LOOP;
            END $$
            """
        )


def portal_role() -> str:
    """Return the web role's name: what this migration was told (`PORTAL_ROLE`), else the usual one."""
    return str(op.get_context().opts.get("portal_role") or PORTAL_ROLE)


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
