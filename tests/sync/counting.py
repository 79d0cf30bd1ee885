"""What the summaries should say, counted row by row, and what they say."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from models import Lead, Note, NoteReading, PipelineItem, PipelineStage, PipelineStageChange, ScheduledActivity
from tests.sync.sync_world import SUMMARIES, SyncWorld

PROSPECT = "1"


def counted(world: SyncWorld, tenant: int, zone: ZoneInfo) -> dict[str, Any]:
    leads = world.live(Lead, tenant)
    deals = [deal for deal in world.live(PipelineItem, tenant) if deal["contact_type"] == PROSPECT]
    stages = {row["stage_key"]: row for row in world.live(PipelineStage, tenant) if row["contact_type"] == PROSPECT}
    last: dict[str, dict[str, Any]] = {}
    for change in sorted(world.rows(PipelineStageChange, tenant), key=lambda row: row["sequence"]):
        last[change["opportunity_id"]] = change
    read = {row["client_id"] for row in world.rows(NoteReading, tenant)}
    worth: dict[str, Decimal] = {}
    for deal in deals:
        own = deal["likelihood"]
        likelihood = own if own is not None else (stages.get(deal["stage_key"], {}).get("likelihood") or 0)
        worth.setdefault(deal["stage_key"], Decimal(0))
        worth[deal["stage_key"]] += (deal["deal_size"] or 0) * Decimal(likelihood) / 100
    return {
        "leads": Counter(
            (lead["stage_name"], lead["lead_source"]) for lead in leads if lead["contact_type"] == PROSPECT
        ),
        "deals": Counter(deal["stage_name"] for deal in deals),
        "valued": sum((deal["deal_size"] or 0) > 0 for deal in deals),
        "value": sum((deal["deal_size"] or Decimal(0) for deal in deals), Decimal(0)),
        "weighted": worth,
        "ages": Counter(
            (deal["stage_key"], last[deal["opportunity_id"]]["entered_at"].astimezone(zone).date()) for deal in deals
        ),
        "notes": Counter((note["author"], note["kind"]) for note in world.live(Note, tenant)),
        "coverage": (len(leads), sum(lead["client_id"] in read for lead in leads)),
        "schedule": Counter(
            (activity["ends_at"] or activity["starts_at"]).date()
            for activity in world.live(ScheduledActivity, tenant)
            if activity["starts_at"] is not None
        ),
    }


def kept(world: SyncWorld, tenant: int) -> dict[str, Any]:
    leads, deals, ages, notes, coverage, schedule = (world.rows(model, tenant) for model in SUMMARIES)
    weighted: dict[str, Decimal] = {}
    for row in deals:
        weighted[row["stage_key"]] = weighted.get(row["stage_key"], Decimal(0)) + row["weighted"]
    return {
        "leads": Counter({(row["stage_name"], row["lead_source"]): row["leads"] for row in leads}),
        "deals": Counter({row["stage_name"]: row["deals"] for row in deals}),
        "valued": sum(row["valued"] for row in deals),
        "value": sum((row["value"] for row in deals), Decimal(0)),
        "weighted": weighted,
        "ages": Counter({(row["stage_key"], row["entered_on"]): row["deals"] for row in ages}),
        "notes": Counter({(row["author"], row["kind"]): row["notes"] for row in notes}),
        "coverage": next(((row["contacts"], row["contacts_read"]) for row in coverage), (0, 0)),
        "schedule": Counter({row["last_day"]: row["activities"] for row in schedule}),
    }
