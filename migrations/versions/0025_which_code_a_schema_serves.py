"""The database says which code its schema serves, so that a release may go on beside the next one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

serves_from = "0025"


def upgrade() -> None:
    op.add_column("alembic_version", sa.Column("serves_from", sa.String(32), nullable=True))
