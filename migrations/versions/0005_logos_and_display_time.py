"""Logos of brands, the time zone in which a person reads times, and short walks to a brand's last runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from migrations.row_security import let_portal, protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenant_logos",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column(
            "theme",
            sa.Enum("light", "dark", name="logotheme", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("media_type", AutoString(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", AutoString(length=64), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "theme"),
    )
    op.add_column("users", sa.Column("display_timezone", AutoString(length=64), nullable=True))
    protect("tenant_logos")
    let_portal("SELECT, INSERT, DELETE", "tenant_logos")
