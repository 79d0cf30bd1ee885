"""On SQLite too the id of a brand that was erased is never given to another: what is kept by it may outlive it."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("tenants", recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass
