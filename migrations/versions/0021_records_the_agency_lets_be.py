"""Let the portal remember how many unreadable records of a resource the agency lets be."""

from __future__ import annotations

from migrations.row_security import let_portal

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    let_portal("UPDATE (accepted_unreadable, updated_at)", "resource_freshness")
