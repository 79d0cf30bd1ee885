"""What people of brands may do is written down brand by brand.

The release before knows only `users.tenant_id` and what stands beside it. Triggers keep both in step: what it writes
there reaches the memberships, and what changes there shows in its columns. Each changes a row only where it has to, so
that none of them calls another without end. A revision that writes `users` or `memberships` anew on SQLite takes them
away, and must call `keep_in_step` again.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

from migrations.row_security import let_portal, of_a_member, protect_accounts

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

serves_from = "0025"

_ROLES: Final = ("tenant_viewer", "tenant_admin", "agency_admin")


def upgrade() -> None:
    op.create_table(
        "memberships",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "role", sa.Enum(*_ROLES, name="role", native_enum=False, create_constraint=True, length=24), nullable=False
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("closed_by_agency", sa.Boolean(), nullable=False),
        sa.Column("last_sign_in_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "user_id", name="one_membership_per_brand"),
    )
    op.create_index("ix_memberships_user_id", "memberships", ["user_id"])
    let_portal("SELECT, INSERT, UPDATE, DELETE", "memberships")
    keep_in_step()
    op.execute(
        f"INSERT INTO memberships ({_COLUMNS}, last_sign_in_at) SELECT {_new_id()}, created_at, updated_at, "
        "tenant_id, id, role, active, closed_by_agency, last_sign_in_at FROM users WHERE tenant_id IS NOT NULL"
    )
    protect_accounts("memberships", "tenant_id")
    protect_accounts("users", of_a_member("users.id"))
    for table in ("user_sessions", "recovery_codes", "identities"):
        protect_accounts(table, of_a_member(f"{table}.user_id"))


def keep_in_step() -> None:
    """Have `users` and `memberships` follow each other."""
    _trigger("users_join", "AFTER INSERT ON users", "NEW.tenant_id IS NOT NULL", _JOINED)
    _trigger("users_move", "AFTER UPDATE OF role, tenant_id ON users", _MOVES, _ARRIVES, _LEAVES)
    _trigger("users_close", "AFTER UPDATE OF active, closed_by_agency ON users", _CLOSES, _CLOSED)
    _trigger("users_open", "AFTER UPDATE OF active ON users", "NEW.active AND NOT OLD.active", _OPENED)
    for deed, rows in (("INSERT", ("NEW",)), (f"UPDATE OF {_TELLING}", ("OLD", "NEW")), ("DELETE", ("OLD",))):
        shown = (_SHOWN.replace("A_MEMBER", f"{row}.user_id") for row in rows)
        name = f"memberships_{deed[:6].lower()}"
        _trigger(name, f"AFTER {deed} ON memberships", "true", *shown, beyond_brand=True)
    _trigger("tenants_leave", "BEFORE DELETE ON tenants", "true", _LEFT, beyond_brand=True)


_TELLING: Final = "tenant_id, user_id, role, active, closed_by_agency"
_COLUMNS: Final = f"id, created_at, updated_at, {_TELLING}"

_JOINED: Final = (
    f"INSERT INTO memberships ({_COLUMNS}) SELECT NEW_ID, NEW.created_at, NEW.updated_at, NEW.tenant_id, NEW.id, "
    "NEW.role, NEW.active, NEW.closed_by_agency WHERE NEW.tenant_id IS NOT NULL "
    "ON CONFLICT (tenant_id, user_id) DO NOTHING"
)

_MOVES: Final = "OLD.role <> NEW.role OR coalesce(OLD.tenant_id, 0) <> coalesce(NEW.tenant_id, 0)"
_LEAVES: Final = (
    "DELETE FROM memberships WHERE user_id = NEW.id AND "
    "(NEW.tenant_id IS NULL OR (active AND tenant_id = OLD.tenant_id AND tenant_id <> NEW.tenant_id))"
)
_ARRIVES: Final = (
    _JOINED.removesuffix("DO NOTHING") + "DO UPDATE SET role = excluded.role, "
    "active = (memberships.active OR excluded.active), "
    "closed_by_agency = (memberships.closed_by_agency AND NOT excluded.active) "
    "WHERE memberships.role <> excluded.role OR (excluded.active AND NOT memberships.active)"
)

_CLOSES: Final = "NOT NEW.active AND (OLD.active OR (NEW.closed_by_agency AND NOT OLD.closed_by_agency))"
_CLOSED: Final = (
    "UPDATE memberships SET active = false, closed_by_agency = NEW.closed_by_agency WHERE user_id = NEW.id AND "
    "((active AND tenant_id = NEW.tenant_id) OR (NEW.closed_by_agency AND NOT closed_by_agency))"
)
_OPENED: Final = (
    "UPDATE memberships SET active = true, closed_by_agency = false WHERE user_id = NEW.id AND "
    "tenant_id = NEW.tenant_id AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = NEW.id AND m.active)"
)

_BEST: Final = (
    "(SELECT m.COLUMN FROM memberships m WHERE m.user_id = users.id AND m.tenant_id <> LEFT_BRAND "
    "ORDER BY m.active DESC, EXISTS (SELECT 1 FROM users u WHERE u.id = m.user_id AND u.tenant_id = m.tenant_id) DESC, "
    "m.tenant_id LIMIT 1)"
)
_DERIVED: Final = (
    f"UPDATE users SET tenant_id = coalesce({_BEST.replace('COLUMN', 'tenant_id')}, tenant_id), "
    f"role = coalesce({_BEST.replace('COLUMN', 'role')}, role), "
    "active = EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = users.id AND m.tenant_id <> LEFT_BRAND "
    "AND m.active), closed_by_agency = NOT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = users.id "
    "AND m.tenant_id <> LEFT_BRAND AND NOT m.closed_by_agency) "
)
_SHOWN: Final = _DERIVED.replace("LEFT_BRAND", "0") + "WHERE id = A_MEMBER AND tenant_id IS NOT NULL"
_LEFT: Final = _DERIVED.replace("LEFT_BRAND", "OLD.id") + (
    "WHERE tenant_id = OLD.id AND EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = users.id "
    "AND m.tenant_id <> OLD.id)"
)


def _new_id() -> str:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    return "lower(hex(randomblob(16)))" if on_sqlite else "replace(gen_random_uuid()::text, '-', '')"


def _trigger(name: str, moment: str, condition: str, *statements: str, beyond_brand: bool = False) -> None:
    """Carry the statements out for each row. `beyond_brand`: on rows of other brands too than the one spoken for."""
    body = "".join(f"{statement.replace('NEW_ID', _new_id())}; " for statement in statements)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {name} {moment} FOR EACH ROW WHEN {condition} BEGIN {body}END")
        return
    if beyond_brand:
        body = (
            f"PERFORM set_config('portal.brand', 'agency', true); {body}"
            "PERFORM set_config('portal.brand', coalesce(spoken_for, ''), true); "
        )
    result = "OLD" if moment.startswith("BEFORE") else "NULL"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"DECLARE spoken_for text := current_setting('portal.brand', true); BEGIN {body}RETURN {result}; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} {moment} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}()")
