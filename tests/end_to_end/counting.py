"""The portal's figures, counted once more from the stand-in's own records, with nothing of the product's code."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from emulator import Account

Record = dict[str, Any]

REAL_NAMES_QUALIFIED = ("qr returned", "fa sent")
REAL_NAMES_HOT = {
    "deal structure",
    "discovery day booked",
    "discovery day completed",
    "fa requested",
    "fa sent",
    "fa signed",
}


def key(name: object) -> str:
    return " ".join(str(name or "").split()).casefold()


def stage_key(record: Record, field: str) -> str:
    return key(record[field]) or "new lead"


def is_prospect(record: Record) -> bool:
    return str(record["contact_type"]) == "1"


def money(wire: object) -> Decimal | None:
    try:
        return Decimal(str(wire or "").replace("$", "").replace(",", "")).quantize(Decimal("0.01"))
    except InvalidOperation:
        return None


def percent(wire: object) -> int | None:
    digits = str(wire if wire is not None else "").strip().rstrip("%")
    return round(float(digits)) if digits.replace(".", "").isdigit() else None


class Counted:
    """What one brand's portal must say."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.leads = [record for record in account.contacts if is_prospect(record)]
        self.deals = [record for record in account.opportunities if is_prospect(record)]
        listed = [stage for stage in account.stages if str(stage["contact_type"]) == "1"]
        listed.sort(key=lambda stage: int(stage["sales_cycle_order"]))
        self.active = ["new lead"] + [
            key(stage["sales_cycle_name"]) for stage in listed if str(stage["sales_cycle_active_status"]) == "1"
        ]
        self.likelihood = {key(stage["sales_cycle_name"]): percent(stage["likelihood_to_close"]) for stage in listed}
        self.likelihood["new lead"] = 0

    @property
    def has_real_names(self) -> bool:
        return set(REAL_NAMES_QUALIFIED) <= set(self.active)

    @property
    def qualified(self) -> set[str]:
        if self.has_real_names:
            first, last = (self.active.index(name) for name in REAL_NAMES_QUALIFIED)
            return set(self.active[first : last + 1])
        return {name for name in self.active if 10 <= (self.likelihood[name] or 0) <= 99}

    @property
    def signed(self) -> set[str]:
        if self.has_real_names:
            return {"fa signed"}
        return {name for name in self.active if self.likelihood[name] == 100}

    # --- /leads

    def total_leads(self) -> int:
        return len(self.leads)

    def new_leads(self) -> int:
        """Created today or on the six days before, in the brand's own calendar."""
        zone = ZoneInfo(self.account.plan.timezone)
        first_day = datetime.now(zone).date() - timedelta(days=6)
        days = [str(lead["created"])[:10] for lead in self.leads]
        return sum(day >= first_day.isoformat() for day in days if day[:4].isdigit() and day != "0000-00-00")

    def active_leads(self) -> int:
        return sum(stage_key(lead, "clients_sales_cycle") in self.active for lead in self.leads)

    def qualified_candidates(self) -> int:
        return sum(stage_key(lead, "clients_sales_cycle") in self.qualified for lead in self.leads)

    def by_source(self) -> Counter[str]:
        return Counter(key(lead["clients_lead_source"]) or "unknown" for lead in self.leads)

    def by_status(self) -> Counter[str]:
        return Counter(stage_key(lead, "clients_sales_cycle") for lead in self.leads)

    def share_by_source(self, stages: set[str]) -> dict[str, float]:
        among = Counter(
            key(lead["clients_lead_source"]) or "unknown"
            for lead in self.leads
            if stage_key(lead, "clients_sales_cycle") in stages
        )
        return {source: 100 * among[source] / count for source, count in self.by_source().items()}

    # --- /pipeline

    def board(self) -> list[Record]:
        return [deal for deal in self.deals if stage_key(deal, "contact_sales_cycle") in self.active]

    def size(self, deal: Record) -> Decimal:
        return money(deal["deal_size"]) or Decimal(0)

    def likely(self, deal: Record) -> int:
        for field in ("odds", "likelihood", "likelihood_to_close", "probability"):
            own = percent(deal.get(field))
            if own is not None:
                return own
        return self.likelihood.get(stage_key(deal, "contact_sales_cycle")) or 0

    def weighted(self, deal: Record) -> Decimal:
        return self.size(deal) * self.likely(deal) / 100

    def deals_by_stage(self) -> Counter[str]:
        return Counter(stage_key(deal, "contact_sales_cycle") for deal in self.board())

    def sum_by_stage(self, *, weighted: bool) -> dict[str, Decimal]:
        sums = dict.fromkeys(self.active, Decimal(0))
        for deal in self.board():
            sums[stage_key(deal, "contact_sales_cycle")] += self.weighted(deal) if weighted else self.size(deal)
        return sums

    def valued(self) -> list[Record]:
        return [deal for deal in self.board() if self.size(deal) > 0]

    # --- /hot-list

    def hot(self) -> list[Record]:
        if self.has_real_names:
            late = REAL_NAMES_HOT
        else:
            late = {name for name in self.active if (self.likelihood[name] or 0) >= 40}
        return [deal for deal in self.deals if stage_key(deal, "contact_sales_cycle") in late and self.size(deal) > 0]

    # --- /notes and /schedule

    def notes_of_contacts(self) -> int:
        return sum(len(notes) for notes in self.account.notes.values())
