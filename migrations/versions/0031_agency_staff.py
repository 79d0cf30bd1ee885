"""People of the agency's staff look after some brands, or all of them, and change neither keys nor people.

The release before knows no such person. So their `role` stays a word that it knows, with no brand, which opens nothing
there; the word of their own is let into the vocabulary, for the next release to write. The rows of a brand are shown to
a transaction that speaks for several brands, among them this one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

from migrations.definitions import definition_of, redefine
from migrations.row_security import let_portal, of_no_brand, of_one_of, protect, protect_accounts
from migrations.vocabulary import widen

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

serves_from = "0025"

_FITS_BEFORE = "(role = 'agency_admin') = (tenant_id IS NULL)"
_FITS = f"{_FITS_BEFORE} OR is_staff"


def upgrade() -> None:
    for table in ("users", "invites"):
        for flag in ("is_staff", "sees_all_brands", "reads_raw_answers"):
            op.add_column(table, sa.Column(flag, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("invites", sa.Column("staff_brands", sa.JSON(), nullable=True))
    op.create_table(
        "staff_brands",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "tenant_id"),
    )
    op.create_index("ix_staff_brands_tenant_id", "staff_brands", ["tenant_id"])
    widen("role", "agency_staff")
    _let_staff_have_no_brand()
    let_portal("SELECT, INSERT, DELETE", "staff_brands")
    protect_accounts("staff_brands", of_no_brand("tenant_id"))
    protect_accounts("tenants", of_one_of("id"))
    protect_accounts("audit_log", of_one_of("tenant_id"))
    protect(*_hidden_by_brand())


def _let_staff_have_no_brand() -> None:
    if op.get_bind().dialect.name == "sqlite":
        written = definition_of(op.get_bind(), "users")
        redefine(op.get_bind(), "users", written.replace(_FITS_BEFORE, _FITS))
        return
    op.drop_constraint("role_fits_tenant", "users", type_="check")
    op.create_check_constraint("role_fits_tenant", "users", _FITS)


def _hidden_by_brand() -> list[str]:
    """Return the tables whose rows are a brand's data; SQLite hides none."""
    if op.get_bind().dialect.name == "sqlite":
        return []
    guarded = (
        "SELECT tablename FROM pg_policies WHERE policyname = 'own_brand' AND qual LIKE 'CASE%' ORDER BY tablename"
    )
    return list(op.get_bind().scalars(sa.text(guarded)))
