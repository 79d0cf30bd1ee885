"""A brand as real ones are: a long board, most deals without a value, a long tail of sources, hostile notes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from database import AgencySession
from models import PipelineStageChange, Resource, ResourceFreshness, ResourceStatus
from tests.factories import (
    make_activity,
    make_hot_list_item,
    make_lead,
    make_note,
    make_opportunity,
    make_stage,
)

STAGES = [
    ("New Lead", -1, 0, True),
    ("Outbound Call", 1, 1, True),
    ("Initial Call Complete", 2, 3, True),
    ("QR Sent", 3, 4, True),
    ("QR Returned", 4, 10, True),
    ("FDD Sent", 5, 15, True),
    ("Deal Structure", 6, 40, True),
    ("Discovery Day Booked", 7, 50, True),
    ("FA Sent", 8, 95, True),
    ("FA Signed", 9, 100, True),
    ("Future Interest", 10, 1, True),
    ("Not Interested", 11, 0, False),
]
HOT = ("Deal Structure", "Discovery Day Booked", "FA Sent", "FA Signed")
SOURCES = ["Facebook", "Google Ads", "LinkedIn", "Referral", "Website Form", "YouTube", "FBR", "Unknown"] + [
    f"2025 - City {number} Franchise Show" for number in range(1, 7)
]
AUTHORS = ["Dana Whitaker", "Luis Fontaine", ""]
KINDS = ["Call", "Email", "Meeting"]
ATTACK = (
    "<p>Hello <b>there</b><script>window.attacked = true</script>"
    "<img src=x onerror='window.attacked = true'><a href='javascript:window.attacked=true'>press</a></p>"
)


def fill_brand(
    session: AgencySession, tenant_id: int, now: datetime, *, leads: int = 120, notes: int = 260, events: int = 130
) -> None:
    """Write a brand's rows; the same numbers make the same brand."""
    random = Random(7)
    session.add_all(
        make_stage(tenant_id, name, position, likelihood=likelihood, active=active)
        for name, position, likelihood, active in STAGES
    )
    rows: list[Any] = []
    for number in range(leads):
        stage = random.choices(STAGES, weights=[8, 40, 8, 8, 6, 5, 4, 3, 2, 1, 4, 12])[0]
        source = random.choices(SOURCES, weights=[20, 18, 12, 9, 8, 7, 6, 5, 1, 1, 1, 1, 1, 1])[0]
        rows += _contact(random, number, stage, source, tenant_id=tenant_id, now=now)
    rows += [
        make_note(
            tenant_id,
            note_id=f"note-{number}",
            client_id=f"lead-{number % leads}",
            author=AUTHORS[number % len(AUTHORS)],
            kind=KINDS[number % len(KINDS)],
            content=f"<p>Spoke about territory {number} and <b>funding</b>.</p>",
            content_text=f"Spoke about territory {number} and funding.",
            noted_at=now - timedelta(hours=number),
        )
        for number in range(notes)
    ]
    rows.append(
        make_note(
            tenant_id,
            note_id="note-attack",
            client_id="lead-0",
            author="Dana Whitaker",
            kind="Email",
            content=ATTACK,
            content_text="Hello there press",
            noted_at=now + timedelta(minutes=1),
        )
    )
    rows += [
        make_activity(
            tenant_id,
            event_id=f"event-{number}",
            client_id=f"lead-{number}",
            starts_at=now + timedelta(hours=3 * number + 1),
            ends_at=now + timedelta(hours=3 * number + 2),
            kind="Phone Call",
            title=f"Review {number}",
            contact_name=f"Candidate {number}",
            description="<p>Items 5, 7 and 19.</p>",
            status="Confirmed" if number % 2 else "Tentative",
        )
        for number in range(events)
    ]
    session.add_all(rows)
    set_freshness(session, tenant_id, now - timedelta(minutes=12))


def set_freshness(
    session: AgencySession, tenant_id: int, read_at: datetime, status: ResourceStatus = ResourceStatus.SUCCESS
) -> None:
    """Say when each resource was read whole, and how the last attempt ended."""
    for resource in Resource:
        session.merge(
            ResourceFreshness(
                tenant_id=tenant_id,
                resource=resource,
                whole_read_at=read_at,
                last_status=status,
                last_attempt_at=read_at,
            )
        )


def _contact(
    random: Random, number: int, stage: tuple[str, int, int, bool], source: str, *, tenant_id: int, now: datetime
) -> list[Any]:
    name, position, likelihood, _ = stage
    lead = make_lead(
        tenant_id,
        client_id=f"lead-{number}",
        contact_type="1" if number % 15 else "3",
        name=f"Person {number:03}",
        email=f"person{number}@example.com",
        phone=f"555{number:07}",
        lead_source=source if number % 9 else source.upper(),
        stage_name=name,
        sales_lead="Dana Whitaker" if number % 2 else "Luis Fontaine",
        deal_size=Decimal(45_000) if number % 12 == 0 else None,
        whiteboard=ATTACK if number == 0 else "",
        lead_created_at=now - timedelta(days=number % 40, hours=number % 7),
        removed_at=now if number % 29 == 28 else None,
    )
    rows: list[Any] = [lead]
    if number % 4 == 3:
        return rows
    size = random.choice([None, Decimal(0), Decimal("54900.50"), Decimal(90_000)]) if likelihood >= 10 else Decimal(0)
    rows.append(
        make_opportunity(
            tenant_id,
            opportunity_id=f"deal-{number}",
            client_id=f"lead-{number}",
            candidate=f"Person {number:03}",
            opportunity_name=f"Territory {number}",
            lead_source=source,
            stage_name=name,
            deal_size=size,
            likelihood=33 if number % 10 == 1 else None,
            sales_lead="Dana Whitaker",
        )
    )
    entered = now - timedelta(days=random.randint(0, 120))
    rows.append(
        PipelineStageChange(
            tenant_id=tenant_id,
            opportunity_id=f"deal-{number}",
            sequence=1,
            from_stage=None,
            to_stage=name,
            observed_at=now - timedelta(days=30),
            entered_at=entered,
        )
    )
    if name in HOT and size:
        share = 33 if number % 10 == 1 else likelihood
        rows.append(
            make_hot_list_item(
                tenant_id,
                opportunity_id=f"deal-{number}",
                client_id=f"lead-{number}",
                candidate=f"Person {number:03}",
                market="Denver, CO",
                units="2",
                stage_name=name,
                stage_position=position,
                iff=size,
                weighted_iff=(size * share / 100).quantize(Decimal("0.01")),
                likelihood=share,
                sales_lead="Dana Whitaker",
            )
        )
    return rows
