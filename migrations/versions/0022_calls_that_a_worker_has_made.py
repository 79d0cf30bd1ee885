"""Calls that a worker has made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("worker_heartbeats", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calls", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("calls_failed", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("calls_refused", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("waited_seconds", sa.Float(), server_default="0.0", nullable=False))
