"""Row-level security on every brand-owned table, and the web role with just the rights it needs."""

from __future__ import annotations

from migrations.row_security import create_portal_role, let_portal, protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DATA = (
    "pipeline_stages",
    "leads",
    "pipeline_items",
    "pipeline_stage_changes",
    "hot_list_items",
    "notes",
    "note_readings",
    "scheduled_activities",
)
HISTORY = (
    "sync_runs",
    "sync_run_resources",
    "resource_freshness",
    "sync_errors",
    "raw_bodies",
    "raw_snapshots",
)
WORKING = ("sync_requests", "sync_leases")


def upgrade() -> None:
    protect(*DATA, *HISTORY, *WORKING)
    create_portal_role()
    let_portal("SELECT", *DATA, *HISTORY, "sync_leases", "worker_heartbeats", "alembic_version")
    let_portal("SELECT, INSERT", "sync_requests", "audit_log")
    let_portal("SELECT, INSERT, UPDATE", "tenants", "users", "invites")
    let_portal("SELECT, INSERT, DELETE", "sign_in_failures")
