"""Rows for tests that start from tables rather than from a sync."""

from __future__ import annotations

from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from database import AgencySession
from encryption import Cipher
from models import (
    HotListItem,
    Lead,
    Note,
    PipelineItem,
    PipelineStage,
    ScheduledActivity,
    Tenant,
    utc_now,
)
from sync.storing.summaries import write_summaries

_numbers = count(1)


def make_tenant(cipher: Cipher, **changes: Any) -> Tenant:
    number = next(_numbers)
    web_key = changes.pop("web_key", f"CT_key_{number:04}")
    columns: dict[str, Any] = {
        "slug": f"brand-{number}",
        "name": f"Brand {number}",
        "timezone": "America/New_York",
    } | changes
    return Tenant(web_key_encrypted=cipher.encrypt(web_key), web_key_last4=web_key[-4:], **columns)


def make_stage(tenant_id: int, name: str, position: int, **changes: Any) -> PipelineStage:
    columns: dict[str, Any] = {"contact_type": "1", "active": True, "likelihood": 0, "row_hash": ""} | changes
    return PipelineStage(
        tenant_id=tenant_id, name=name, stage_key=name.strip().casefold(), position=position, **columns
    )


def make_lead(tenant_id: int, **changes: Any) -> Lead:
    number = next(_numbers)
    columns: dict[str, Any] = {
        "client_id": str(number),
        "contact_type": "1",
        "name": f"Lead {number}",
        "lead_source": "Facebook",
        "stage_name": "New Lead",
        "lead_created_at": utc_now(),
        "row_hash": "",
    } | changes
    columns.setdefault("lead_source_key", columns["lead_source"].strip().casefold())
    columns.setdefault("stage_key", columns["stage_name"].strip().casefold())
    return Lead(tenant_id=tenant_id, **columns)


def make_opportunity(tenant_id: int, **changes: Any) -> PipelineItem:
    number = next(_numbers)
    columns: dict[str, Any] = {
        "opportunity_id": str(number),
        "contact_type": "1",
        "candidate": f"Candidate {number}",
        "lead_source": "Facebook",
        "stage_name": "New Lead",
        "row_hash": "",
    } | changes
    columns.setdefault("lead_source_key", columns["lead_source"].strip().casefold())
    columns.setdefault("stage_key", columns["stage_name"].strip().casefold())
    return PipelineItem(tenant_id=tenant_id, **columns)


def make_hot_list_item(tenant_id: int, **changes: Any) -> HotListItem:
    number = next(_numbers)
    columns: dict[str, Any] = {
        "opportunity_id": str(number),
        "candidate": f"Candidate {number}",
        "row_hash": "",
    } | changes
    columns.setdefault("stage_key", columns["stage_name"].strip().casefold())
    return HotListItem(tenant_id=tenant_id, **columns)


def make_note(tenant_id: int, **changes: Any) -> Note:
    number = next(_numbers)
    columns: dict[str, Any] = {
        "note_id": str(number),
        "client_id": "1",
        "noted_at": utc_now(),
        "row_hash": "",
    } | changes
    columns.setdefault("content_text", columns.get("content", ""))
    return Note(tenant_id=tenant_id, **columns)


def make_activity(tenant_id: int, **changes: Any) -> ScheduledActivity:
    number = next(_numbers)
    columns: dict[str, Any] = {"event_id": str(number), "row_hash": ""} | changes
    columns.setdefault("occurrence", "")
    return ScheduledActivity(tenant_id=tenant_id, **columns)


def commit_counted(session: AgencySession, *tenant_ids: int) -> None:
    """Commit the rows, with the summaries that a sync keeps in the same transaction."""
    session.flush()
    for tenant_id in tenant_ids:
        zone = ZoneInfo(session.get_one(Tenant, tenant_id).timezone)
        write_summaries(session.connection(), tenant_id, zone)
    session.commit()
