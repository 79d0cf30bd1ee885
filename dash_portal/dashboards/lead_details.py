"""One lead in full: the contact, its opportunities, its latest notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import col

from dash_portal.brand_access import Brand
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.dashboards.lead_counts import lead_counts, prospects
from dash_portal.dashboards.pipeline_counts import likelihood_of_deal, with_stage
from dash_portal.dashboards.statements import rows_of, select
from database import BrandSession
from models import Lead, Note, PipelineItem, utc_now

MOST_NOTES: Final = 10
MOST_DEALS: Final = 20


@dataclass(frozen=True, slots=True)
class LeadDeal:
    """An opportunity of the lead; `likelihood` in percent."""

    name: str
    stage: str
    deal_size: Decimal | None
    likelihood: int


@dataclass(frozen=True, slots=True)
class LeadNote:
    """A note on the lead; `content` is HTML that was sanitised when it was stored."""

    note_id: str
    noted_at: datetime | None
    author: str
    kind: str
    content: str


@dataclass(frozen=True, slots=True)
class LeadDetails:
    """Everything the side panel shows; `note_total` counts all notes, `notes` are the latest.

    `status` and `source` are spelled as on all pages.
    """

    lead: Lead
    status: str
    source: str
    deals: tuple[LeadDeal, ...]
    notes: tuple[LeadNote, ...]
    note_total: int


def lead_details(session: BrandSession, brand: Brand, client_id: str) -> LeadDetails | None:
    """Return one of the brand's prospects in full; None where there is none of that id."""
    return ANSWERS.answer(brand, ("lead", client_id), lambda: _details(session, brand, client_id))


def _details(session: BrandSession, brand: Brand, client_id: str) -> LeadDetails | None:
    lead = session.exec(select(Lead).where(Lead.client_id == client_id, *prospects())).first()
    if lead is None:
        return None
    session.expunge(lead)
    of_lead = (col(Note.client_id) == client_id, col(Note.removed_at).is_(None))
    names = lead_counts(session, brand, utc_now())
    return LeadDetails(
        lead=lead,
        status=names.stage_names.get(lead.stage_key, lead.stage_name),
        source=names.source_names.get(lead.lead_source_key, lead.lead_source),
        deals=tuple(_deal(row, names.stage_names) for row in rows_of(session, _deals_of(client_id))),
        notes=tuple(_note(row) for row in rows_of(session, _notes_of(of_lead))),
        note_total=session.exec(select(func.count()).select_from(Note).where(*of_lead)).one(),
    )


def _deal(row: Any, stage_names: Mapping[str, str]) -> LeadDeal:
    stage = stage_names.get(row.stage_key, row.stage_name)
    return LeadDeal(name=row.opportunity_name, stage=stage, deal_size=row.deal_size, likelihood=row.likelihood)


def _note(row: Any) -> LeadNote:
    return LeadNote(note_id=row.note_id, noted_at=row.noted_at, author=row.author, kind=row.kind, content=row.content)


def _deals_of(client_id: str) -> Any:
    statement = with_stage(
        select(
            PipelineItem.opportunity_name,
            PipelineItem.stage_name,
            PipelineItem.stage_key,
            PipelineItem.deal_size,
            likelihood_of_deal().label("likelihood"),
        ).select_from(PipelineItem)
    )
    return (
        statement.where(col(PipelineItem.client_id) == client_id, col(PipelineItem.removed_at).is_(None))
        .order_by(col(PipelineItem.opportunity_created_at).desc().nulls_last(), col(PipelineItem.opportunity_id))
        .limit(MOST_DEALS)
    )


def _notes_of(of_lead: Any) -> Any:
    return (
        select(Note.note_id, Note.noted_at, Note.author, Note.kind, Note.content)
        .where(*of_lead)
        .order_by(col(Note.noted_at).desc().nulls_last(), col(Note.note_id).desc())
        .limit(MOST_NOTES)
    )
