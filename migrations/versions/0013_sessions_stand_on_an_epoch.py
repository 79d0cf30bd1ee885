"""What a session stands on is one epoch of its person; who was shut out by the agency comes back by the agency only.

Of people without access nobody remembers who took it: to be safe, it was the agency.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("access_epoch", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("users", sa.Column("closed_by_agency", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("user_sessions", sa.Column("access_epoch", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("user_sessions", sa.Column("confirmed_at", UTCDateTime(), nullable=True))
    op.execute("UPDATE users SET closed_by_agency = true WHERE NOT active")
