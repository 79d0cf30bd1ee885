"""Which answer a contact's notes were made from, so that the same answer is read once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("note_readings", sa.Column("answer_hash", AutoString(length=64), nullable=True))
