"""The id of the stage a deal stands in: deals name their stage, and a stage that is renamed is still the same."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pipeline_items", sa.Column("stage_id", AutoString(length=64), nullable=True))
    op.execute(
        "UPDATE pipeline_items SET stage_id = (SELECT s.sales_cycle_id FROM pipeline_stages s "
        "WHERE s.tenant_id = pipeline_items.tenant_id AND s.contact_type = pipeline_items.contact_type "
        "AND s.stage_key = pipeline_items.stage_key AND s.removed_at IS NULL)"
    )
