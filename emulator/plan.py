"""What an invented account is to be: its size, its habits, its seed."""

from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from emulator.quirks import Quirk


class StageSet(StrEnum):
    """Which names an account's pipeline bears."""

    STANDARD = "standard"
    OWN_NAMES = "own_names"


class Dialect(StrEnum):
    """Which of the known field names and spellings an account's answers use (notes, events, likelihoods)."""

    FIRST = "first"
    SECOND = "second"


class CustomFields(StrEnum):
    """Which custom fields of place and size an account has made for itself, `units` always among them."""

    NONE = "none"
    MARKET = "market"
    TERRITORY = "territory"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlan:
    """One account. The same plan at the same `now` always makes the same data.

    Volumes left at None follow from `contacts`; volumes given are exact. `notes` are spread over `noted_contacts`,
    and given `events` are all appointments of the coming three weeks. Raises ValueError for an impossible plan.
    """

    name: str
    web_key: str
    seed: int = 1
    contacts: int = 288
    opportunities: int | None = None
    notes: int | None = None
    noted_contacts: int | None = None
    events: int | None = None
    offers_events: bool = True
    stage_set: StageSet = StageSet.STANDARD
    dialect: Dialect = Dialect.FIRST
    custom_fields: CustomFields = CustomFields.NONE
    timezone: str = "America/New_York"
    quirks: frozenset[Quirk] = field(default=frozenset(), repr=False)  # how it answers, not what it knows

    def __post_init__(self) -> None:
        if not self.name or not self.web_key:
            raise ValueError("an account needs a name and a web key")
        volumes = (self.contacts, self.opportunities, self.notes, self.noted_contacts, self.events)
        if any(volume is not None and volume < 0 for volume in volumes):
            raise ValueError(f"account {self.name}: a volume cannot be negative")
        if self.contacts == 0 and (self.opportunities or self.notes):
            raise ValueError(f"account {self.name}: opportunities and notes need contacts")
        try:
            ZoneInfo(self.timezone)
        except (KeyError, OSError, ValueError) as unknown:
            raise ValueError(f"account {self.name}: unknown time zone {self.timezone!r}") from unknown


def plan_in_turn(turn: int, *, name: str, web_key: str, seed: int | None = None, contacts: int = 288) -> AccountPlan:
    """Plan the account at position `turn` (from 0) of several, so that neighbours differ in all their habits."""
    odd = turn % 2 == 1
    return AccountPlan(
        name=name,
        web_key=web_key,
        seed=turn + 1 if seed is None else seed,
        contacts=contacts,
        stage_set=StageSet.OWN_NAMES if odd else StageSet.STANDARD,
        dialect=Dialect.SECOND if odd else Dialect.FIRST,
        custom_fields=CustomFields.TERRITORY if odd else CustomFields.MARKET,
        timezone="America/Los_Angeles" if odd else "America/New_York",
    )


def parse_account(turn: int, text: str) -> AccountPlan:
    """Read `NAME=WEBKEY[:SEED[:CONTACTS]]`. Raises ValueError with a sentence for whoever typed it."""
    name, equals, rest = text.partition("=")
    web_key, *numbers = rest.split(":")
    if not (equals and name and web_key) or len(numbers) > 2 or not all(number.isdecimal() for number in numbers):
        raise ValueError(f"an account is NAME=WEBKEY[:SEED[:CONTACTS]], not {name!r}")
    seed = int(numbers[0]) if numbers else None
    contacts = int(numbers[1]) if len(numbers) > 1 else 288
    return plan_in_turn(turn, name=name, web_key=web_key, seed=seed, contacts=contacts)
