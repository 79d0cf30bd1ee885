"""Records -> table rows: the domain rules, as pure functions over plain data.

A row is a dict of the table's own columns. Times become UTC here, with the brand's zone; HTML is sanitised here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from zoneinfo import ZoneInfo

from cleaning import name_key
from date_only import moment_of_date
from markup import plain_text
from models import PROSPECT
from sync.mapping.event_span import event_span
from sync.mapping.records import ContactRecord, EventRecord, NoteRecord, OpportunityRecord, StageRecord
from sync.mapping.stage_names import NEW_LEAD
from sync.mapping.wire_text import sanitise_html
from sync.mapping.wire_values import WireTime
from sync.tables import Row

UNKNOWN_SOURCE: Final = "Unknown"
HOT_STAGES: Final = (
    "Deal Structure",
    "Discovery Day Booked",
    "Discovery Day Completed",
    "FA Requested",
    "FA Sent",
    "FA Signed",
)
HOT_LIKELIHOOD: Final = 40
_LONGEST_TYPE: Final = 32


def to_utc(moment: WireTime | None, zone: ZoneInfo) -> datetime | None:
    """Return a wire time in UTC; without an offset it is in the brand's zone.

    Where clocks are set back the earlier of two moments is meant; an hour that is skipped counts on from before it. A
    date without a clock stays that date, whoever reads it (`date_only.py`).
    """
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        return moment_of_date(moment)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def are_shares_of_one(likelihoods: Iterable[Decimal | None]) -> bool:
    """Tell whether a list writes likelihoods as shares of 1: some lie between 0 and 1, and none above 1."""
    some_between = False
    for likelihood in likelihoods:
        if likelihood is not None and likelihood > 1:
            return False
        some_between = some_between or (likelihood is not None and 0 < likelihood < 1)
    return some_between


def whole_percents(likelihoods: Iterable[Decimal | None], *, shares_of_one: bool) -> list[int | None]:
    """Return likelihoods in whole percent, 0-100; `shares_of_one` says how all of their list are written."""
    scale = 100 if shares_of_one else 1
    return [None if each is None else int((each * scale).quantize(Decimal(1), ROUND_HALF_UP)) for each in likelihoods]


def display_name(first: str, last: str, company: str) -> str:
    """Return what to call a contact: the person, else the company."""
    return f"{first} {last}".strip() or company


def lead_row(contact: ContactRecord, zone: ZoneInfo) -> Row:
    """Return the row of `leads` for a contact of any type."""
    stage = contact.sales_cycle or NEW_LEAD
    source = contact.lead_source or UNKNOWN_SOURCE
    return {
        "client_id": contact.client_id,
        "contact_type": contact.contact_type[:_LONGEST_TYPE],
        "name": display_name(contact.first_name, contact.last_name, contact.company),
        "company": contact.company,
        "email": contact.email,
        "phone": contact.phone,
        "address": contact.address,
        "city": contact.city,
        "state": contact.state,
        "postal_code": contact.postal_code,
        "whiteboard": sanitise_html(contact.whiteboard) if contact.whiteboard else "",
        "deal_size": contact.deal_size,
        "lead_source": source,
        "lead_source_key": name_key(source),
        "stage_name": stage,
        "stage_key": name_key(stage),
        "action_plan": contact.action_plan,
        "sales_lead": contact.assigned_user,
        "lead_created_at": to_utc(contact.created, zone),
        "last_modified_at": to_utc(contact.last_modified, zone),
    }


def opportunity_rows(deals: Sequence[OpportunityRecord], zone: ZoneInfo, *, shares_of_one: bool = False) -> list[Row]:
    """Return the rows of `pipeline_items` for some deals of a list; `shares_of_one` says how it writes likelihoods."""
    percents = whole_percents([deal.likelihood for deal in deals], shares_of_one=shares_of_one)
    return [_opportunity_row(deal, percent, zone) for deal, percent in zip(deals, percents, strict=True)]


def _opportunity_row(deal: OpportunityRecord, likelihood: int | None, zone: ZoneInfo) -> Row:
    stage = deal.sales_cycle or NEW_LEAD
    source = deal.lead_source or UNKNOWN_SOURCE
    return {
        "opportunity_id": deal.opportunity_id,
        "client_id": deal.client_id,
        "contact_type": deal.contact_type[:_LONGEST_TYPE],
        "candidate": display_name(deal.first_name, deal.last_name, deal.company),
        "company": deal.company,
        "opportunity_name": deal.opportunity_name,
        "stage_name": stage,
        "stage_key": name_key(stage),
        "lead_source": source,
        "lead_source_key": name_key(source),
        "deal_size": deal.deal_size,
        "likelihood": likelihood,
        "market": deal.market,
        "units": deal.units,
        "sales_lead": deal.assigned_user,
        "opportunity_created_at": to_utc(deal.created, zone),
        "last_modified_at": to_utc(deal.last_modified, zone),
    }


def stage_rows(stages: Sequence[StageRecord]) -> list[Row]:
    """Return the rows of `pipeline_stages`: the listed ones, and the virtual "New Lead" first for each contact type.

    Stages are told apart by contact type and name. Their places follow the order numbers, whatever those begin with;
    equal ones stand as listed, and stages without one behind all others. "New Lead" stands at -1, before them. Of two
    stages with one key the active one stays, then the earlier one. Where no stage names a type, all are prospects'.
    """
    rows: dict[tuple[str, str], Row] = {}
    by_order = sorted(range(len(stages)), key=lambda place: (stages[place].order is None, stages[place].order or 0))
    positions = {place: position for position, place in enumerate(by_order)}
    usual_type = "" if any(stage.contact_type for stage in stages) else PROSPECT
    types = [stage.contact_type[:_LONGEST_TYPE] or usual_type for stage in stages]
    for contact_type in dict.fromkeys([PROSPECT, *types]):
        rows[contact_type, name_key(NEW_LEAD)] = _stage(contact_type, NEW_LEAD, -1, active=True, likelihood=0)
    likelihoods = [stage.likelihood for stage in stages]
    percents = whole_percents(likelihoods, shares_of_one=are_shares_of_one(likelihoods))
    for place, stage in enumerate(stages):
        contact_type, name = types[place], stage.name
        if not name:
            continue  # a blank stage is New Lead
        row = _stage(
            contact_type,
            name,
            positions[place],
            active=stage.active,
            likelihood=percents[place],
            sales_cycle_id=stage.sales_cycle_id,
        )
        key = (contact_type, row["stage_key"])
        if key not in rows or _precedence(row) < _precedence(rows[key]):
            rows[key] = row
    return list(rows.values())


def _stage(
    contact_type: str,
    name: str,
    position: int,
    *,
    active: bool,
    likelihood: int | None,
    sales_cycle_id: str | None = None,
) -> Row:
    return {
        "contact_type": contact_type,
        "stage_key": name_key(name),
        "sales_cycle_id": sales_cycle_id,
        "name": name,
        "position": position,
        "active": active,
        "likelihood": likelihood,
    }


def _precedence(row: Row) -> tuple[bool, int, str]:
    return (not row["active"], row["position"], row["sales_cycle_id"] or "")


def note_row(note: NoteRecord, client_id: str, zone: ZoneInfo) -> Row:
    """Return the row of `notes` for a history entry of a contact."""
    content = sanitise_html(note.text) if note.text else ""
    return {
        "client_id": client_id,
        "note_id": note.note_id,
        "author": note.author,
        "kind": note.kind,
        "content": content,
        "content_text": plain_text(content),
        "noted_at": to_utc(note.created, zone),
    }


def event_row(event: EventRecord, zone: ZoneInfo) -> Row:
    """Return the row of `scheduled_activities` for an appointment."""
    span = event_span(event.start, event.end, zone)
    return {
        "event_id": event.event_id,
        "occurrence": span.occurrence,
        "starts_at": span.starts_at,
        "ends_at": span.ends_at,
        "all_day": span.all_day,
        "kind": event.kind,
        "title": event.title,
        "client_id": event.client_id,
        "contact_name": event.contact_name,
        "description": sanitise_html(event.description) if event.description else "",
        "status": event.status,
    }


def hot_stages(stages: Iterable[Row], former_keys: Iterable[tuple[str | None, str]] = ()) -> dict[str, Row]:
    """Return the prospects' stages of the hot list by their key.

    They are the agency's six late stages, under those names or renamed since (`former_keys`: sales cycle id and an
    earlier key of its stage); a brand that knows none of these names has its active stages with a likelihood from 40
    instead.
    """
    own = {stage["stage_key"]: stage for stage in stages if stage["contact_type"] == PROSPECT}
    hot_keys = {name_key(name) for name in HOT_STAGES}
    renamed = {sales_cycle_id for sales_cycle_id, key in former_keys if sales_cycle_id and key in hot_keys - own.keys()}
    named = {key: stage for key, stage in own.items() if key in hot_keys or stage.get("sales_cycle_id") in renamed}
    if named:
        return named
    return {
        key: stage for key, stage in own.items() if stage["active"] and (stage["likelihood"] or 0) >= HOT_LIKELIHOOD
    }


def hot_list_rows(deals: Iterable[Row], stages: dict[str, Row]) -> list[Row]:
    """Return the hot list: prospects' deals in a hot stage that have an initial franchise fee (IFF).

    Likely % is the deal's own, else its stage's; weighted IFF = IFF x likely % / 100, to the cent. A deal that bears an
    earlier name of its stage is known by the stage's id.
    """
    rows = []
    by_id = {stage["sales_cycle_id"]: stage for stage in stages.values() if stage.get("sales_cycle_id")}
    for deal in deals:
        stage = stages.get(deal["stage_key"]) or by_id.get(deal.get("stage_id"))
        iff: Decimal | None = deal["deal_size"]
        if stage is None or deal["contact_type"] != PROSPECT or iff is None or iff <= 0:
            continue
        own: int | None = deal["likelihood"]
        likelihood: int = (stage["likelihood"] or 0) if own is None else own
        rows.append(
            {
                "opportunity_id": deal["opportunity_id"],
                "client_id": deal["client_id"],
                "candidate": deal["candidate"],
                "market": deal["market"],
                "units": deal["units"],
                "stage_name": stage["name"],
                "stage_key": stage["stage_key"],
                "stage_position": stage["position"],
                "iff": iff,
                "weighted_iff": (iff * likelihood / 100).quantize(Decimal("0.01"), ROUND_HALF_UP),
                "likelihood": likelihood,
                "sales_lead": deal["sales_lead"],
            }
        )
    return rows


def schedule_window(now: datetime, zone: ZoneInfo, days: int) -> tuple[datetime, datetime]:
    """Return the first and last moment that the schedule is read for, in the brand's own time without a zone."""
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return today, today + timedelta(days=days, hours=23, minutes=59, seconds=59)
