"""Notes are keyed within their contact, appointments by id and start: no id need be the only one of its account."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _key_notes_by_contact()
    _key_activities_by_start()


def _key_notes_by_contact() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("notes", "client_id", type_=AutoString(length=64), existing_nullable=False)
        op.drop_constraint("notes_pkey", "notes", type_="primary")
        op.create_primary_key("notes_pkey", "notes", ["tenant_id", "client_id", "note_id"])
        op.drop_index("ix_notes_client", "notes")
        op.drop_index("ix_notes_newest", "notes")
        newest = text("noted_at NULLS FIRST")
        op.create_index("ix_notes_newest", "notes", ["tenant_id", newest, "note_id", "client_id"])
        return
    _rewrite(
        "notes",
        sa.Column("client_id", AutoString(length=64), nullable=False),
        sa.Column("note_id", AutoString(length=64), nullable=False),
        sa.Column("author", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_text", sa.Text(), nullable=False),
        sa.Column("noted_at", UTCDateTime(), nullable=True),
        keys=("client_id", "note_id"),
    )
    op.create_index("ix_notes_noted", "notes", ["tenant_id", "noted_at", "note_id", "client_id"])
    op.create_index("ix_notes_brand", "notes", ["tenant_id"])
    op.create_index("ix_notes_facets", "notes", ["tenant_id", "author", "kind", "removed_at"])


def _key_activities_by_start() -> None:
    op.add_column("scheduled_activities", sa.Column("occurrence", AutoString(length=32), nullable=True))
    for tenant_id, zone in op.get_bind().execute(text("SELECT id, timezone FROM tenants")).all():
        _fill_occurrences(tenant_id, _zone(zone))
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("scheduled_activities", "occurrence", nullable=False)
        op.drop_constraint("scheduled_activities_pkey", "scheduled_activities", type_="primary")
        keys = ["tenant_id", "event_id", "occurrence"]
        op.create_primary_key("scheduled_activities_pkey", "scheduled_activities", keys)
        return
    _rewrite(
        "scheduled_activities",
        sa.Column("event_id", AutoString(length=64), nullable=False),
        sa.Column("occurrence", AutoString(length=32), nullable=False),
        sa.Column("starts_at", UTCDateTime(), nullable=True),
        sa.Column("ends_at", UTCDateTime(), nullable=True),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("title", AutoString(), nullable=False),
        sa.Column("client_id", AutoString(), nullable=True),
        sa.Column("contact_name", AutoString(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        keys=("event_id", "occurrence"),
    )
    op.create_index("ix_scheduled_starts", "scheduled_activities", ["tenant_id", "starts_at"])
    op.create_index("ix_scheduled_ends", "scheduled_activities", ["tenant_id", "ends_at"])


def _fill_occurrences(tenant_id: int, zone: ZoneInfo) -> None:
    """Write each start in the brand's own time, as the sync does, so that the next one finds the same rows."""
    rows = sa.table(
        "scheduled_activities",
        sa.column("tenant_id"),
        sa.column("event_id"),
        sa.column("starts_at", UTCDateTime()),
        sa.column("occurrence"),
    )
    mine = rows.c.tenant_id == tenant_id
    for row in op.get_bind().execute(sa.select(rows.c.event_id, rows.c.starts_at).where(mine)).all():
        start = "" if row.starts_at is None else row.starts_at.astimezone(zone).replace(tzinfo=None).isoformat()
        this = rows.update().where(mine, rows.c.event_id == row.event_id)
        op.get_bind().execute(this.values(occurrence=start))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _rewrite(name: str, *columns: sa.Column[Any], keys: tuple[str, ...]) -> None:
    """Write a table of SQLite anew with another primary key, which it can't be given any other way."""
    op.create_table(
        f"{name}_anew",
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("row_hash", AutoString(length=64), nullable=False),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        *columns,
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", *keys),
    )
    kept = ", ".join(
        ["created_at", "updated_at", "tenant_id", "row_hash", "removed_at", *(column.name for column in columns)]
    )
    op.execute(f"INSERT INTO {name}_anew ({kept}) SELECT {kept} FROM {name}")
    op.drop_table(name)
    op.rename_table(f"{name}_anew", name)
