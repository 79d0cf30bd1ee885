"""What each field said in the last read, how the core ones did in each run, and which odd records were accepted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from migrations.row_security import let_portal, protect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "resource_fields",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column(
            "resource",
            sa.Enum(
                "pipeline_stages",
                "leads",
                "pipeline_items",
                "notes",
                "scheduled_activities",
                name="resource",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("field", AutoString(length=64), nullable=False),
        sa.Column("wire_names", AutoString(length=500), nullable=False),
        sa.Column("read_as", AutoString(length=32), nullable=False),
        sa.Column("core", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "unknown",
                "filled",
                "blank",
                "empty",
                "accepted",
                name="fieldstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("filled", sa.Integer(), nullable=False),
        sa.Column("blank", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("odd", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "resource", "field"),
    )
    with op.batch_alter_table("resource_freshness", schema=None) as batch_op:
        batch_op.add_column(sa.Column("accepted_unreadable", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("sync_run_resources", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bodies_stored", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("core_fields", sa.JSON(), server_default="{}", nullable=False))

    protect("resource_fields")
    let_portal("SELECT", "resource_fields")
