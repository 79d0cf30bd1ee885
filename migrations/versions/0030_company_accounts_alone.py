"""A brand, or the agency, may have its people sign in with company accounts alone, but for one emergency admin."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

serves_from = "0025"

_NAMED = sa.text("is_emergency_admin")


def upgrade() -> None:
    op.add_column("tenants", sa.Column("company_sign_in_only", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("users", sa.Column("is_emergency_admin", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_users_emergency_admin",
        "users",
        ["is_emergency_admin"],
        unique=True,
        sqlite_where=_NAMED,
        postgresql_where=_NAMED,
    )
