"""Errors that are alike are one row, and the audit log ends after years: what is older than one may be taken away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_REFUSAL = "the audit log is only ever added to"


def upgrade() -> None:
    with op.batch_alter_table("sync_errors", schema=None) as batch_op:
        batch_op.add_column(sa.Column("times", sa.Integer(), server_default="1", nullable=False))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_log_refuses_delete")
        op.execute(
            "CREATE TRIGGER audit_log_refuses_delete BEFORE DELETE ON audit_log "
            "WHEN OLD.created_at > datetime('now', '-1 year') "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
        return
    op.execute("DROP TRIGGER audit_log_is_added_to ON audit_log")
    op.execute(
        "CREATE TRIGGER audit_log_is_added_to BEFORE UPDATE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )
    op.execute(
        "CREATE TRIGGER audit_log_keeps_a_year BEFORE DELETE ON audit_log FOR EACH ROW "
        "WHEN (OLD.created_at > now() - interval '1 year') EXECUTE FUNCTION refuse_audit_change()"
    )
