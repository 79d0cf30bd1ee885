"""An e-mail address is taken within one brand, or within the agency; failures to sign in are counted per person.

Which password is the newest is known from now on; of those so far, when their person was made stands for it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_AGENCYS = sa.text("tenant_id IS NULL")


def upgrade() -> None:
    op.add_column("sign_in_failures", sa.Column("user_id", sa.Integer(), nullable=True))
    op.add_column("users", sa.Column("password_set_at", UTCDateTime(), nullable=True))
    op.execute("UPDATE users SET password_set_at = created_at")
    on_sqlite = op.get_bind().dialect.name == "sqlite"  # where the rule of 0001 has no name
    named = {"uq": "%(table_name)s_%(column_0_name)s_key"}
    with op.batch_alter_table("users", naming_convention=named if on_sqlite else None) as batch_op:
        batch_op.drop_constraint("users_email_key", type_="unique")
        batch_op.alter_column("password_set_at", existing_type=UTCDateTime(), nullable=False)
    op.create_index("ix_users_address_of_brand", "users", ["email", "tenant_id"], unique=True)
    op.create_index(
        "ix_users_address_of_agency",
        "users",
        ["email"],
        unique=True,
        sqlite_where=_AGENCYS,
        postgresql_where=_AGENCYS,
    )
