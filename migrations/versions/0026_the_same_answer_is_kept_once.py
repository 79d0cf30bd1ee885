"""An answer that is just the one before it adds no row: a pull says of how many it was, and how many were as before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

serves_from = "0025"


def upgrade() -> None:
    op.add_column("raw_snapshots", sa.Column("pull_answers", sa.Integer(), nullable=True))
    op.add_column("sync_run_resources", sa.Column("answers_as_before", sa.Integer(), nullable=True))
