"""What the pages' questions need for quick answers: indexes in their order, and policies the planner understands."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from migrations.row_security import protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PROTECTED = (
    "pipeline_stages",
    "leads",
    "pipeline_items",
    "pipeline_stage_changes",
    "hot_list_items",
    "notes",
    "note_readings",
    "scheduled_activities",
    "sync_runs",
    "sync_run_resources",
    "resource_freshness",
    "sync_errors",
    "raw_bodies",
    "raw_snapshots",
    "sync_requests",
    "sync_leases",
    "known_fields",
    "tenant_logos",
)
COUNTED = (
    "stage_key",
    "lead_source_key",
    "lead_source",
    "stage_name",
    "contact_type",
    "removed_at",
    "lead_created_at",
    "client_id",
)


def upgrade() -> None:
    protect(*PROTECTED)
    if op.get_bind().dialect.name == "postgresql":
        # Read backwards they give the newest first and those without a moment last, as SQLite's do without being told.
        op.drop_index("ix_notes_noted", "notes")
        op.create_index("ix_notes_newest", "notes", ["tenant_id", text("noted_at NULLS FIRST"), "note_id"])
        op.create_index("ix_leads_newest", "leads", ["tenant_id", text("lead_created_at NULLS FIRST"), "client_id"])
        return
    op.create_index("ix_leads_created", "leads", ["tenant_id", "lead_created_at", "client_id"])
    op.drop_index("ix_leads_stage", "leads")
    op.create_index("ix_leads_counts", "leads", ["tenant_id", *COUNTED])
    changed = ["tenant_id", "opportunity_id", "sequence", "entered_at"]
    op.create_index("ix_stage_changes_entered", "pipeline_stage_changes", changed)
    op.create_index("ix_notes_brand", "notes", ["tenant_id"])
    op.create_index("ix_notes_facets", "notes", ["tenant_id", "author", "kind", "removed_at"])
