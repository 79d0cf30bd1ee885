"""People can sign in with their company's account: which it is, and which sessions began with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from migrations.row_security import let_portal, protect_accounts

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

serves_from = "0025"


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("id", AutoString(length=32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("issuer", AutoString(length=255), nullable=False),
        sa.Column("subject", AutoString(length=255), nullable=False),
        sa.Column("email", AutoString(length=254), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("issuer", "subject", name="identities_issuer_subject_key"),
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])
    op.add_column("user_sessions", sa.Column("identity_id", AutoString(length=32), nullable=True))
    op.add_column("user_sessions", sa.Column("id_token_encrypted", sa.Text(), nullable=True))
    let_portal("SELECT, INSERT, DELETE", "identities")
    protect_accounts("identities", "(SELECT users.tenant_id FROM users WHERE users.id = user_id)")
