"""A test of a connection names the brand that its key is meant for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.row_security import protect

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connection_checks", sa.Column("tenant_id", sa.Integer(), nullable=True))
    protect("connection_checks")
