"""Columns that nobody shows or reads."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.drop_column("external_id")
        batch_op.drop_column("last_name")
        batch_op.drop_column("first_name")

    with op.batch_alter_table("pipeline_items", schema=None) as batch_op:
        batch_op.drop_column("action_plan")
        batch_op.drop_column("closes_at")

    with op.batch_alter_table("resource_freshness", schema=None) as batch_op:
        batch_op.drop_column("whole_run_id")
