"""The pipelines: which stages an account has, how likely each is to close, and how many people stand in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from emulator.plan import AccountPlan, Dialect, StageSet
from emulator.rows import WireRow

PROSPECT: Final = "1"
FRANCHISEE: Final = "5"
CONTACT_TYPES: Final = {
    PROSPECT: "Prospect",
    "2": "Employee",
    "3": "Vendor",
    "4": "Referral Partner",
    FRANCHISEE: "Franchisee",
}
# A stage's likelihood from which its deals are big enough to talk about by name.
HOT_LIKELIHOOD: Final = 40


@dataclass(frozen=True, slots=True)
class BoardStage:
    """A column of the board (or, inactive, a drawer beside it).

    `likelihood` is in percent; `weight` is how many stand in it, of 200 active (or of 100 inactive) prospects.
    """

    name: str
    likelihood: int
    weight: int
    active: bool = True


# Virtual: the API lists no such stage and writes it as a blank.
NEW_LEAD: Final = BoardStage("", 0, 12)

_STANDARD: Final = (
    BoardStage("Outbound Call", 1, 113),
    BoardStage("Inbound Contact", 2, 14),
    BoardStage("Initial Call Scheduled", 2, 9),
    BoardStage("Initial Call Complete", 3, 10),
    BoardStage("QR Sent", 4, 8),
    BoardStage("QR Returned", 10, 6),
    BoardStage("FDD Sent", 15, 4),
    BoardStage("FDD Signed", 20, 3),
    BoardStage("FDD Review Call Scheduled", 25, 2),
    BoardStage("FDD Review Call Complete", 30, 2),
    BoardStage("Deal Structure", 40, 3),
    BoardStage("Discovery Day Booked", 50, 2),
    BoardStage("Discovery Day Completed", 80, 2),
    BoardStage("FA Requested", 90, 1),
    BoardStage("FA Sent", 95, 2),
    BoardStage("FA Signed", 100, 1),
    BoardStage("Future Interest", 1, 6),
    BoardStage("Not Interested", 0, 34, active=False),
    BoardStage("Never Responded", 0, 38, active=False),
    BoardStage("Bad Lead", 0, 12, active=False),
    BoardStage("Bad Fit", 0, 11, active=False),
    BoardStage("Lost - Territory Not Available", 0, 5, active=False),
)
_OWN_NAMES: Final = (
    BoardStage("First Touch", 1, 104),
    BoardStage("Conversation Booked", 3, 21),
    BoardStage("Conversation Held", 5, 17),
    BoardStage("Application In", 12, 12),
    BoardStage("Disclosure Sent", 18, 8),
    BoardStage("Disclosure Signed", 25, 5),
    BoardStage("Territory Review", 35, 3),
    BoardStage("Numbers Workshop", 45, 4),
    BoardStage("Confirmation Day", 65, 3),
    BoardStage("Agreement Out", 90, 2),
    BoardStage("Welcome Aboard", 100, 1),
    BoardStage("Keep Warm", 2, 8),
    BoardStage("Closed - No Reply", 0, 60, active=False),
    BoardStage("Closed - No Fit", 0, 32, active=False),
    BoardStage("Duplicate", 0, 8, active=False),
)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """An account's stages for prospects, and those of its other contact types by type."""

    prospects: tuple[BoardStage, ...]
    others: dict[str, tuple[BoardStage, ...]]

    @property
    def active(self) -> tuple[BoardStage, ...]:
        """The board's columns in order, New Lead first."""
        return (NEW_LEAD, *(stage for stage in self.prospects if stage.active))

    @property
    def inactive(self) -> tuple[BoardStage, ...]:
        """The drawers beside the board."""
        return tuple(stage for stage in self.prospects if not stage.active)

    def next_after(self, name: str) -> BoardStage | None:
        """Return the stage a prospect in `name` moves on to; None for the last one, a parked one or an inactive one."""
        ladder: list[BoardStage] = []
        for stage in self.active:
            if not ladder or stage.likelihood >= ladder[-1].likelihood:
                ladder.append(stage)
        for stage, following in pairwise(ladder):
            if stage.name.casefold() == name.strip().casefold():
                return following
        return None


def pipeline_of(plan: AccountPlan) -> Pipeline:
    """Return the account's stages. Some names exist for two contact types, as they do in real accounts."""
    prospects = _STANDARD if plan.stage_set is StageSet.STANDARD else _OWN_NAMES
    first, signed = prospects[0], next(stage for stage in prospects if stage.likelihood == 100)
    staff = (BoardStage("Active", 0, 1), BoardStage("Former", 0, 1, active=False))
    others: dict[str, tuple[BoardStage, ...]] = {
        "2": staff,
        "3": staff,
        "4": (BoardStage(first.name, 0, 1), BoardStage("Active Partner", 0, 2)),
        FRANCHISEE: (BoardStage("Onboarding", 100, 1), BoardStage(signed.name, 100, 2)),
    }
    return Pipeline(prospects, others)


def stage_rows(plan: AccountPlan) -> list[WireRow]:
    """`read_sales_cycle_list` as sent: not in the board's order, which only `sales_cycle_order` tells."""
    pipeline = pipeline_of(plan)
    percent = "%" if plan.dialect is Dialect.SECOND else ""
    listed = [(PROSPECT, pipeline.prospects), *pipeline.others.items()]
    rows = [
        {
            "sales_cycle_id": str(41_000 + plan.seed * 100 + int(contact_type) * 10_000 + order),
            "sales_cycle_name": stage.name,
            "sales_cycle_active_status": "1" if stage.active else "0",
            "sales_cycle_order": str(order),
            "likelihood_to_close": f"{stage.likelihood}{percent}" if stage.likelihood or stage.active else "",
            "contact_type": contact_type,
            "contact_type_name": CONTACT_TYPES[contact_type],
            "sales_cycle_color": "#4a90d9",
        }
        for contact_type, stages in listed
        for order, stage in enumerate(stages, start=1)
    ]
    return sorted(rows, key=lambda row: (row["sales_cycle_name"], row["contact_type"]))


def share_out(weights: Sequence[int], count: int) -> list[int]:
    """`count` shared out by weight in whole numbers, exactly (largest remainder)."""
    whole = sum(weights)
    shares = [count * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: count * weights[i] % whole, reverse=True)
    for i in by_remainder[: count - sum(shares)]:
        shares[i] += 1
    return shares
