"""Whether an appointment lasts whole days, so that no hours are shown of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "scheduled_activities", sa.Column("all_day", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
