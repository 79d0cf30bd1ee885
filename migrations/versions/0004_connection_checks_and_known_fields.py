"""Tests of a connection, fields already named in the log, and which snapshots landed in the tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from migrations.row_security import let_portal, protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RESOURCES = ("pipeline_stages", "leads", "pipeline_items", "notes", "scheduled_activities")


def _one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    op.create_table(
        "connection_checks",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("id", AutoString(length=32), nullable=False),
        sa.Column("web_key_encrypted", sa.Text(), nullable=False),
        sa.Column("status", _one_of("requeststatus", "queued", "running", "done"), nullable=False),
        sa.Column("outcome", _one_of("checkoutcome", "works", "refused", "unreachable", "failed"), nullable=True),
        sa.Column("contacts", sa.Integer(), nullable=True),
        sa.Column("message", AutoString(length=500), nullable=False),
        sa.Column("requested_by", sa.Integer(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_connection_checks_status", "connection_checks", ["status", "created_at"])
    op.create_table(
        "known_fields",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("resource", _one_of("resource", *RESOURCES), nullable=False),
        sa.Column("field", AutoString(length=120), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "resource", "field"),
    )
    op.add_column("raw_snapshots", sa.Column("whole", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("raw_snapshots") as table:
        table.alter_column("whole", server_default=None)
    op.create_index("ix_raw_snapshots_request", "raw_snapshots", ["tenant_id", "resource", "request"])
    protect("known_fields")
    let_portal("SELECT", "known_fields")
    let_portal("SELECT, INSERT", "connection_checks")
