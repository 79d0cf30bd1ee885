"""Contacts whose notes could not be read step back, and what new notes tell about their contact's date is counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from migrations.row_security import let_portal, protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("note_readings", sa.Column("unexplained", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.create_table(
        "note_failures",
        *_owned(),
        sa.Column("client_id", AutoString(length=64), primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", UTCDateTime(), nullable=False),
        sa.Column("contact_modified_at", UTCDateTime(), nullable=True),
    )
    op.create_table(
        "note_evidence",
        *_owned(),
        sa.Column("with_newer_date", sa.Integer(), nullable=False),
        sa.Column("without_newer_date", sa.Integer(), nullable=False),
    )
    protect("note_failures", "note_evidence")
    let_portal("SELECT", "note_failures", "note_evidence")


def _owned() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), sa.ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True),
    )
