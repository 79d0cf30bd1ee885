"""Summaries: what the pages count, kept by the sync; filled here, so that no page waits for the next one.

And since when a reactivated brand is active: slots before that were not missed.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from migrations.row_security import let_portal, protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SUMMARIES = ("lead_counts", "pipeline_counts", "pipeline_ages", "note_counts", "note_coverage", "schedule_counts")


def upgrade() -> None:
    op.add_column("tenants", sa.Column("active_since", UTCDateTime(), nullable=True))
    _create()
    protect(*SUMMARIES)
    let_portal("SELECT", *SUMMARIES)
    op.create_index("ix_scheduled_ends", "scheduled_activities", ["tenant_id", "ends_at"])
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_leads_counts", "leads")
        op.create_index("ix_leads_stage", "leads", ["tenant_id", "stage_key"])
    _count_in_sql()
    for tenant_id, zone in op.get_bind().execute(sa.text("SELECT id, timezone FROM tenants")).all():
        _count_pipeline(tenant_id, _zone(zone))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _create() -> None:
    _summary(
        "lead_counts", _number(), *_texts("stage_key", "stage_name", "lead_source_key", "lead_source"), _int("leads")
    )
    _summary(
        "pipeline_counts",
        _number(),
        *_texts("stage_key", "stage_name"),
        _int("deals"),
        _int("valued"),
        sa.Column("value", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("weighted", sa.Numeric(precision=22, scale=4), nullable=False),
    )
    _summary(
        "pipeline_ages",
        sa.Column("stage_key", AutoString(length=255), primary_key=True),
        sa.Column("entered_on", sa.Date(), primary_key=True),
        _int("deals"),
    )
    _summary("note_counts", _number(), *_texts("author", "kind"), _int("notes"))
    _summary("note_coverage", _int("contacts"), _int("contacts_read"))
    _summary("schedule_counts", sa.Column("last_day", sa.Date(), primary_key=True), _int("activities"))


def _summary(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), sa.ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True),
        *columns,
    )


def _number() -> sa.Column[int]:
    return sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False)


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, AutoString(), nullable=False) for name in names]


def _count_in_sql() -> None:
    """Count what the database can count by itself. The sync gives the rows numbers of its own when it comes by."""
    last_moment = "coalesce(ends_at, starts_at)"
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    last_day = f"({last_moment} AT TIME ZONE 'UTC')::date" if on_postgresql else f"date({last_moment})"
    number = "row_number() OVER (PARTITION BY tenant_id ORDER BY tenant_id)"
    leads = "stage_key, stage_name, lead_source_key, lead_source"
    stamp = "CURRENT_TIMESTAMP, CURRENT_TIMESTAMP"
    op.execute(
        f"INSERT INTO lead_counts (created_at, updated_at, tenant_id, number, {leads}, leads) "
        f"SELECT {stamp}, tenant_id, {number}, {leads}, count(*) FROM leads "
        f"WHERE contact_type = '1' AND removed_at IS NULL GROUP BY tenant_id, {leads}"
    )
    op.execute(
        f"INSERT INTO note_counts (created_at, updated_at, tenant_id, number, author, kind, notes) "
        f"SELECT {stamp}, tenant_id, {number}, author, kind, count(*) FROM notes "
        f"WHERE removed_at IS NULL GROUP BY tenant_id, author, kind"
    )
    op.execute(
        f"INSERT INTO note_coverage (created_at, updated_at, tenant_id, contacts, contacts_read) "
        f"SELECT {stamp}, leads.tenant_id, count(*), count(note_readings.client_id) FROM leads LEFT JOIN note_readings "
        f"ON note_readings.tenant_id = leads.tenant_id AND note_readings.client_id = leads.client_id "
        f"WHERE leads.removed_at IS NULL GROUP BY leads.tenant_id"
    )
    op.execute(
        f"INSERT INTO schedule_counts (created_at, updated_at, tenant_id, last_day, activities) "
        f"SELECT {stamp}, tenant_id, {last_day}, count(*) FROM scheduled_activities "
        f"WHERE removed_at IS NULL AND starts_at IS NOT NULL GROUP BY tenant_id, {last_day}"
    )


def _count_pipeline(tenant_id: int, zone: ZoneInfo) -> None:
    """Count a brand's deals, whose days are those of its calendar."""
    sums: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [0, 0, Decimal(0), Decimal(0)])
    ages: dict[tuple[str, Any], int] = defaultdict(int)
    found = sa.text(
        "SELECT d.stage_key, d.stage_name, d.deal_size, coalesce(d.likelihood, s.likelihood, 0) AS likely, "
        "(SELECT c.entered_at FROM pipeline_stage_changes c WHERE c.tenant_id = d.tenant_id "
        "AND c.opportunity_id = d.opportunity_id ORDER BY c.sequence DESC LIMIT 1) AS entered_at "
        "FROM pipeline_items d LEFT JOIN pipeline_stages s ON s.tenant_id = d.tenant_id "
        "AND s.contact_type = d.contact_type AND s.stage_key = d.stage_key AND s.removed_at IS NULL "
        "WHERE d.tenant_id = :tenant_id AND d.contact_type = '1' AND d.removed_at IS NULL"
    ).columns(deal_size=sa.Numeric(12, 2), entered_at=UTCDateTime())
    for deal in op.get_bind().execute(found, {"tenant_id": tenant_id}):
        one = sums[deal.stage_key, deal.stage_name]
        one[0] += 1
        if deal.deal_size is not None:
            one[1] += deal.deal_size > 0
            one[2] += deal.deal_size
            one[3] += deal.deal_size * deal.likely / 100
        if deal.entered_at is not None:
            ages[deal.stage_key, deal.entered_at.astimezone(zone).date()] += 1
    now = datetime.now(UTC)
    stamps = {"created_at": now, "updated_at": now, "tenant_id": tenant_id}
    money = sa.Numeric(22, 4)
    counts = _rows_of("pipeline_counts", "number stage_key stage_name deals valued", value=money, weighted=money)
    ages_table = _rows_of("pipeline_ages", "stage_key deals", entered_on=sa.Date())
    op.bulk_insert(
        counts,
        [
            stamps
            | {"number": number, "stage_key": key, "stage_name": name}
            | dict(zip(("deals", "valued", "value", "weighted"), one, strict=True))
            for number, ((key, name), one) in enumerate(sorted(sums.items()))
        ],
    )
    op.bulk_insert(
        ages_table,
        [stamps | {"stage_key": key, "entered_on": day, "deals": deals} for (key, day), deals in ages.items()],
    )


def _rows_of(name: str, plain: str, **typed: Any) -> Any:
    columns = [sa.column("created_at", UTCDateTime()), sa.column("updated_at", UTCDateTime()), sa.column("tenant_id")]
    columns += [sa.column(one) for one in plain.split()]
    return sa.table(name, *columns, *(sa.column(one, kind) for one, kind in typed.items()))
