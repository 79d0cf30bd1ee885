"""Let the portal remember, where the sync keeps what it learned, which fields and totals the agency accepts."""

from __future__ import annotations

from migrations.row_security import let_portal

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    let_portal("UPDATE (state, updated_at)", "resource_fields")
    let_portal("UPDATE (accepted_surplus, updated_at)", "call_habits")
