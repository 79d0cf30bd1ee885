"""Answers that nobody understood are kept and marked as such, and what each call has taught about itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from migrations.row_security import let_portal, protect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "raw_snapshots", sa.Column("understood", sa.Boolean(), nullable=False, server_default=sa.text("true"))
    )
    op.add_column("raw_snapshots", sa.Column("charset", AutoString(length=40), nullable=True))
    unit = sa.Enum(
        "rows", "pages", "pages_from_one", name="offsetunit", native_enum=False, create_constraint=True, length=24
    )
    op.create_table(
        "call_habits",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), sa.ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("call", AutoString(length=64), primary_key=True),
        sa.Column("page_length", sa.Integer(), nullable=False),
        sa.Column("offset_unit", unit, nullable=True),
        sa.Column("ignores_paging", sa.Boolean(), nullable=False),
        sa.Column("totals_right_runs", sa.Integer(), nullable=False),
        sa.Column("totals_wrong_runs", sa.Integer(), nullable=False),
        sa.Column("surplus", sa.Integer(), nullable=False),
        sa.Column("surplus_runs", sa.Integer(), nullable=False),
        sa.Column("accepted_surplus", sa.Integer(), nullable=True),
    )
    protect("call_habits")
    let_portal("SELECT", "call_habits")
