"""A keyed hash of each web key, by which equal ones are found; filled by the portal, which has the encryption key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tenants", sa.Column("web_key_hash", AutoString(length=64), nullable=True))
