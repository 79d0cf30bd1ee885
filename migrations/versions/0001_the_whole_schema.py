"""The whole schema. History goes forward only: going back means restoring a backup."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("id", AutoString(length=32), nullable=False),
        sa.Column("action", AutoString(length=64), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_email", AutoString(length=254), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("address", AutoString(length=64), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.create_index("ix_audit_log_created_at", ["created_at"], unique=False)

    op.create_table(
        "sign_in_failures",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("id", AutoString(length=32), nullable=False),
        sa.Column("email", AutoString(length=254), nullable=False),
        sa.Column("address", AutoString(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("sign_in_failures", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_failures_address", ["address", "created_at"], unique=False)
        batch_op.create_index("ix_sign_in_failures_email", ["email", "created_at"], unique=False)

    op.create_table(
        "tenants",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", AutoString(length=63), nullable=False),
        sa.Column("name", AutoString(length=120), nullable=False),
        sa.Column("timezone", AutoString(length=64), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "suspended",
                name="tenantstatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("web_key_encrypted", sa.Text(), nullable=False),
        sa.Column("web_key_last4", AutoString(length=4), nullable=False),
        sa.Column("accent_colour", AutoString(length=7), nullable=True),
        sa.Column("data_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "worker_heartbeats",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("worker", AutoString(length=120), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("beat_at", UTCDateTime(), nullable=False),
        sa.Column("stopped_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("worker"),
    )
    op.create_table(
        "hot_list_items",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("row_hash", AutoString(length=64), nullable=False),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.Column("opportunity_id", AutoString(length=64), nullable=False),
        sa.Column("client_id", AutoString(), nullable=True),
        sa.Column("candidate", AutoString(), nullable=False),
        sa.Column("market", AutoString(), nullable=False),
        sa.Column("units", AutoString(), nullable=False),
        sa.Column("stage_name", AutoString(), nullable=False),
        sa.Column("stage_key", AutoString(), nullable=False),
        sa.Column("stage_position", sa.Integer(), nullable=False),
        sa.Column("iff", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("weighted_iff", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("likelihood", sa.Integer(), nullable=False),
        sa.Column("sales_lead", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "opportunity_id"),
    )
    op.create_table(
        "leads",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("row_hash", AutoString(length=64), nullable=False),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.Column("client_id", AutoString(length=64), nullable=False),
        sa.Column("contact_type", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("first_name", AutoString(), nullable=False),
        sa.Column("last_name", AutoString(), nullable=False),
        sa.Column("company", AutoString(), nullable=False),
        sa.Column("email", AutoString(), nullable=False),
        sa.Column("phone", AutoString(), nullable=False),
        sa.Column("address", AutoString(), nullable=False),
        sa.Column("city", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("postal_code", AutoString(), nullable=False),
        sa.Column("whiteboard", sa.Text(), nullable=False),
        sa.Column("deal_size", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("lead_source", AutoString(), nullable=False),
        sa.Column("lead_source_key", AutoString(), nullable=False),
        sa.Column("stage_name", AutoString(), nullable=False),
        sa.Column("stage_key", AutoString(), nullable=False),
        sa.Column("action_plan", AutoString(), nullable=False),
        sa.Column("sales_lead", AutoString(), nullable=False),
        sa.Column("external_id", AutoString(), nullable=False),
        sa.Column("lead_created_at", UTCDateTime(), nullable=True),
        sa.Column("last_modified_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "client_id"),
    )
    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.create_index("ix_leads_source", ["tenant_id", "lead_source_key"], unique=False)
        batch_op.create_index("ix_leads_stage", ["tenant_id", "stage_key"], unique=False)

    op.create_table(
        "note_readings",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("client_id", AutoString(length=64), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=False),
        sa.Column("run_id", AutoString(), nullable=False),
        sa.Column("contact_modified_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "client_id"),
    )
    with op.batch_alter_table("note_readings", schema=None) as batch_op:
        batch_op.create_index("ix_note_readings_read_at", ["tenant_id", "read_at"], unique=False)

    op.create_table(
        "notes",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("row_hash", AutoString(length=64), nullable=False),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.Column("note_id", AutoString(length=64), nullable=False),
        sa.Column("client_id", AutoString(), nullable=False),
        sa.Column("author", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_text", sa.Text(), nullable=False),
        sa.Column("noted_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "note_id"),
    )
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.create_index("ix_notes_client", ["tenant_id", "client_id"], unique=False)
        batch_op.create_index("ix_notes_noted", ["tenant_id", "noted_at", "note_id"], unique=False)

    op.create_table(
        "pipeline_items",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("row_hash", AutoString(length=64), nullable=False),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.Column("opportunity_id", AutoString(length=64), nullable=False),
        sa.Column("client_id", AutoString(), nullable=True),
        sa.Column("contact_type", AutoString(), nullable=False),
        sa.Column("candidate", AutoString(), nullable=False),
        sa.Column("company", AutoString(), nullable=False),
        sa.Column("opportunity_name", AutoString(), nullable=False),
        sa.Column("stage_name", AutoString(), nullable=False),
        sa.Column("stage_key", AutoString(), nullable=False),
        sa.Column("lead_source", AutoString(), nullable=False),
        sa.Column("lead_source_key", AutoString(), nullable=False),
        sa.Column("action_plan", AutoString(), nullable=False),
        sa.Column("deal_size", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("likelihood", sa.Integer(), nullable=True),
        sa.Column("market", AutoString(), nullable=False),
        sa.Column("units", AutoString(), nullable=False),
        sa.Column("sales_lead", AutoString(), nullable=False),
        sa.Column("closes_at", UTCDateTime(), nullable=True),
        sa.Column("opportunity_created_at", UTCDateTime(), nullable=True),
        sa.Column("last_modified_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "opportunity_id"),
    )
    with op.batch_alter_table("pipeline_items", schema=None) as batch_op:
        batch_op.create_index("ix_pipeline_items_client", ["tenant_id", "client_id"], unique=False)
        batch_op.create_index("ix_pipeline_items_stage", ["tenant_id", "stage_key"], unique=False)

    op.create_table(
        "pipeline_stage_changes",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("opportunity_id", AutoString(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("from_stage", AutoString(), nullable=True),
        sa.Column("to_stage", AutoString(), nullable=False),
        sa.Column("observed_at", UTCDateTime(), nullable=False),
        sa.Column("entered_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "opportunity_id", "sequence"),
    )
    with op.batch_alter_table("pipeline_stage_changes", schema=None) as batch_op:
        batch_op.create_index("ix_stage_changes_observed", ["tenant_id", "observed_at"], unique=False)

    op.create_table(
        "pipeline_stages",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("row_hash", AutoString(length=64), nullable=False),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.Column("contact_type", AutoString(length=32), nullable=False),
        sa.Column("stage_key", AutoString(length=255), nullable=False),
        sa.Column("sales_cycle_id", AutoString(), nullable=True),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("likelihood", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "contact_type", "stage_key"),
    )
    op.create_table(
        "raw_bodies",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("sha256", AutoString(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "sha256"),
    )
    op.create_table(
        "raw_snapshots",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("run_id", AutoString(length=32), nullable=False),
        sa.Column(
            "resource",
            sa.Enum(
                "pipeline_stages",
                "leads",
                "pipeline_items",
                "notes",
                "scheduled_activities",
                name="resource",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("request", AutoString(length=500), nullable=False),
        sa.Column("fetched_at", UTCDateTime(), nullable=False),
        sa.Column("record_count", sa.Integer(), nullable=False),
        sa.Column("sha256", AutoString(length=64), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "run_id", "resource", "position"),
    )
    with op.batch_alter_table("raw_snapshots", schema=None) as batch_op:
        batch_op.create_index("ix_raw_snapshots_sha256", ["tenant_id", "sha256"], unique=False)

    op.create_table(
        "resource_freshness",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column(
            "resource",
            sa.Enum(
                "pipeline_stages",
                "leads",
                "pipeline_items",
                "notes",
                "scheduled_activities",
                name="resource",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("whole_read_at", UTCDateTime(), nullable=True),
        sa.Column("whole_run_id", AutoString(length=32), nullable=True),
        sa.Column(
            "last_status",
            sa.Enum(
                "success",
                "partial",
                "incomplete",
                "failed",
                "held_back",
                "unavailable",
                name="resourcestatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("last_attempt_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "resource"),
    )
    op.create_table(
        "scheduled_activities",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("row_hash", AutoString(length=64), nullable=False),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.Column("event_id", AutoString(length=64), nullable=False),
        sa.Column("starts_at", UTCDateTime(), nullable=True),
        sa.Column("ends_at", UTCDateTime(), nullable=True),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("title", AutoString(), nullable=False),
        sa.Column("client_id", AutoString(), nullable=True),
        sa.Column("contact_name", AutoString(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "event_id"),
    )
    with op.batch_alter_table("scheduled_activities", schema=None) as batch_op:
        batch_op.create_index("ix_scheduled_starts", ["tenant_id", "starts_at"], unique=False)

    op.create_table(
        "sync_errors",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("error_id", AutoString(length=32), nullable=False),
        sa.Column("run_id", AutoString(length=32), nullable=False),
        sa.Column(
            "resource",
            sa.Enum(
                "pipeline_stages",
                "leads",
                "pipeline_items",
                "notes",
                "scheduled_activities",
                name="resource",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("kind", AutoString(length=40), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("result_code", AutoString(length=16), nullable=True),
        sa.Column("message", AutoString(length=500), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("record_id", AutoString(length=64), nullable=True),
        sa.Column("field", AutoString(length=64), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "error_id"),
    )
    with op.batch_alter_table("sync_errors", schema=None) as batch_op:
        batch_op.create_index("ix_sync_errors_run", ["tenant_id", "run_id"], unique=False)

    op.create_table(
        "sync_leases",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("owner", AutoString(length=120), nullable=False),
        sa.Column("run_id", AutoString(length=32), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_table(
        "sync_requests",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("request_id", AutoString(length=32), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "queued",
                "running",
                "done",
                name="requeststatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("requested_by", sa.Integer(), nullable=True),
        sa.Column("accept", sa.Boolean(), nullable=False),
        sa.Column("run_id", AutoString(length=32), nullable=True),
        sa.Column("picked_at", UTCDateTime(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "request_id"),
    )
    with op.batch_alter_table("sync_requests", schema=None) as batch_op:
        batch_op.create_index("ix_sync_requests_status", ["status", "created_at"], unique=False)

    op.create_table(
        "sync_run_resources",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("run_id", AutoString(length=32), nullable=False),
        sa.Column(
            "resource",
            sa.Enum(
                "pipeline_stages",
                "leads",
                "pipeline_items",
                "notes",
                "scheduled_activities",
                name="resource",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "success",
                "partial",
                "incomplete",
                "failed",
                "held_back",
                "unavailable",
                name="resourcestatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("read_started_at", UTCDateTime(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("fetched", sa.Integer(), nullable=False),
        sa.Column("inserted", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "run_id", "resource"),
    )
    op.create_table(
        "sync_runs",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("run_id", AutoString(length=32), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "running",
                "success",
                "partial",
                "failed",
                "abandoned",
                name="runstatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "trigger",
            sa.Enum(
                "schedule",
                "catch_up",
                "manual",
                "cli",
                name="trigger",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("slot_at", UTCDateTime(), nullable=True),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("worker", AutoString(length=120), nullable=False),
        sa.Column("missed_slots", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "run_id"),
        sa.UniqueConstraint("tenant_id", "slot_at", name="one_run_per_slot"),
    )
    with op.batch_alter_table("sync_runs", schema=None) as batch_op:
        batch_op.create_index("ix_sync_runs_started", ["tenant_id", "started_at"], unique=False)

    op.create_table(
        "users",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", AutoString(length=254), nullable=False),
        sa.Column("name", AutoString(length=120), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "tenant_viewer",
                "tenant_admin",
                "agency_admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("password_hash", AutoString(length=255), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("last_sign_in_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("(role = 'agency_admin') = (tenant_id IS NULL)", name="role_fits_tenant"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
    )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index("ix_users_tenant_id", ["tenant_id"], unique=False)

    op.create_table(
        "invites",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("id", AutoString(length=32), nullable=False),
        sa.Column("token_hash", AutoString(length=64), nullable=False),
        sa.Column("email", AutoString(length=254), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "tenant_viewer",
                "tenant_admin",
                "agency_admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    with op.batch_alter_table("invites", schema=None) as batch_op:
        batch_op.create_index("ix_invites_tenant_id", ["tenant_id"], unique=False)
