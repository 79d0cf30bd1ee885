"""The contacts of an account: mostly prospects, front-loaded over the board, with everything hands make of data."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from emulator.dates import NO_DATE, waking_hour_before, wire_time
from emulator.people import People
from emulator.plan import AccountPlan, CustomFields, Dialect
from emulator.rows import WireRow
from emulator.stages import HOT_LIKELIHOOD, NEW_LEAD, PROSPECT, BoardStage, Pipeline, share_out
from emulator.vocabulary import (
    ACTION_PLANS,
    CITIES,
    COMPANIES,
    EMAIL_DOMAINS,
    FIRST_NAMES,
    HOSTILE_WHITEBOARDS,
    LAST_NAMES,
    PLACEHOLDER_NAMES,
    STREETS,
    TYPED_NAMES,
    WHITEBOARDS,
)

# The history of an account goes back eighteen months.
HISTORY_DAYS: Final = 548
_FEES: Final = (45_000, 49_500, 54_900, 90_000, 90_000, 90_000, 120_000, 147_500, 180_000)
_NO_FEES: Final = ("0.00", "0.00", "0.00", "0.00", "0", "", None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contact stands: its type, its stage, and whether that stage is on the board."""

    contact_type: str
    stage: BoardStage


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a row is made from besides its own dice."""

    plan: AccountPlan
    pipeline: Pipeline
    people: People
    local_now: datetime


def places(rng: random.Random, pipeline: Pipeline, count: int) -> list[Place]:
    """Where `count` contacts stand, in random order; 288 make 200 active prospects, 113 of them called outbound."""
    active, inactive, others = share_out((200, 65, 23), count)
    standing: list[Place] = []
    for stages, people in ((pipeline.active, active), (pipeline.inactive, inactive)):
        for stage, share in zip(stages, share_out([stage.weight for stage in stages], people), strict=True):
            standing += [Place(PROSPECT, stage)] * share
    types = tuple(pipeline.others)
    for contact_type, share in zip(types, share_out((6, 5, 8, 4), others), strict=True):
        stages = pipeline.others[contact_type]
        for stage, people in zip(stages, share_out([stage.weight for stage in stages], share), strict=True):
            standing += [Place(contact_type, stage)] * people
    rng.shuffle(standing)
    return standing


def first_client_id(plan: AccountPlan) -> int:
    """Accounts share one sequence of ids upstream: each has its own stretch of it here."""
    return 8_000_000 + plan.seed % 1_000 * 1_000_000


def make_contacts(scene: Scene) -> list[WireRow]:
    """All contacts of the plan, the newest id first, as the API lists them."""
    rng = random.Random(f"{scene.plan.seed}/contacts")
    standing = places(rng, scene.pipeline, scene.plan.contacts)
    ages = _ages(rng, standing)
    by_age = sorted(range(len(standing)), key=ages.__getitem__, reverse=True)
    fees = _fee_turns()
    client_id = first_client_id(scene.plan)
    rows = []
    for i in by_age:
        client_id += rng.randrange(1, 4)
        created = waking_hour_before(rng, scene.local_now, ages[i])
        fee = deal_size(rng, standing[i], has_fee=_is_hot(standing[i]) and next(fees))
        rows.append(make_contact(rng, scene, client_id, standing[i], created=created, fee=fee))
    rows.reverse()
    return rows


def make_contact(
    rng: random.Random, scene: Scene, client_id: int, place: Place, *, created: datetime, fee: str | None
) -> WireRow:
    """One row of `read_client_list`."""
    plan, people, choice = scene.plan, scene.people, rng.choice
    dice = rng.random()
    first, last = _name(rng, dice)
    city, state, zip_start, area_code = choice(CITIES)
    modified = created + (scene.local_now - created) * rng.random()
    number = rng.randrange(1000, 10_000)
    row: WireRow = {
        "client_id": str(client_id),
        "firstName": first,
        "lastName": last,
        "compName": choice(COMPANIES) if dice > 0.9 else "",
        "email": "" if 0.02 < dice < 0.06 else _email(first, last, number, choice(EMAIL_DOMAINS)),
        "phone": _phone(dice, area_code, number),
        "address": f"{number} {choice(STREETS)}" if dice > 0.6 else "",
        "city": city if dice > 0.25 else "",
        "state": state if dice > 0.2 else "",
        "zip": f"{zip_start}{number % 100:02}" if dice > 0.4 else "",
        "whiteboard": _whiteboard(rng, dice),
        "deal_size": fee,
        "clients_lead_source": rng.choices(people.source_spellings, people.source_weights)[0],
        "clients_sales_cycle": stage_spelling(rng, plan, place.stage.name),
        "clients_action_plan": choice(ACTION_PLANS) if dice > 0.5 else "",
        "contact_type": int(place.contact_type)
        if plan.dialect is Dialect.SECOND and dice < 0.1
        else place.contact_type,
        "assigned_user": choice(people.assigned_user_spellings),
        "created": _odd_date(dice, created) or wire_time(created),
        "last_modified_date": wire_time(modified.replace(microsecond=0)),
        "external_id": f"FB-{client_id * 7 % 1_000_003}" if dice > 0.85 else "",
        "custom_field_14": "Yes" if dice > 0.7 else "",
    }
    if plan.custom_fields is not CustomFields.NONE:
        row |= place_and_size(rng, plan.custom_fields, f"{city}, {state}", known=fee not in _NO_FEES)
    return row


def place_and_size(rng: random.Random, fields: CustomFields, where: str, *, known: bool) -> WireRow:
    """Return the custom fields: a market or territory and a number of units, blank until a deal has a size."""
    units = rng.choice(("1", "1", "2", "3", "5")) if known else ""
    return {fields.value: where if known or rng.random() < 0.2 else "", "units": units}


def stage_spelling(rng: random.Random, plan: AccountPlan, name: str) -> str:
    """Return the stage as a row writes it: in the second dialect now and then in lower case or with a space behind."""
    if plan.dialect is Dialect.SECOND and name and rng.random() < 0.03:
        return rng.choice((name.lower(), f"{name} "))
    return name


def deal_size(rng: random.Random, place: Place, *, has_fee: bool) -> str | None:
    """Return the franchise fee as sent: most deals have none; those that are far along do when `has_fee`."""
    signed_up = place.contact_type != PROSPECT and place.stage.likelihood == 100
    early_bird = (
        place.contact_type == PROSPECT and 10 <= place.stage.likelihood < HOT_LIKELIHOOD and rng.random() < 0.12
    )
    if not (has_fee or signed_up or early_bird):
        return rng.choice(_NO_FEES)
    fee = rng.choice(_FEES)
    return rng.choice((f"{fee}", f"{fee}", f"{fee}.00", f"${fee:,}.00"))


def _is_hot(place: Place) -> bool:
    return place.contact_type == PROSPECT and place.stage.likelihood >= HOT_LIKELIHOOD


def _fee_turns() -> Iterator[bool]:
    """Every sixth deal that is far along has no size yet."""
    while True:
        yield from (True, True, True, False, True, True)


def _ages(rng: random.Random, standing: list[Place]) -> list[float]:
    """How many days ago each contact came, by how far it has got; more came lately than long ago."""
    ages = []
    for place in standing:
        if place.stage is NEW_LEAD:
            youngest, oldest = 0.0, 6.0
        elif place.stage.likelihood:
            youngest, oldest = place.stage.likelihood * 1.2, float(HISTORY_DAYS)
        else:
            youngest, oldest = 30.0, float(HISTORY_DAYS)
        ages.append(youngest + (oldest - youngest) * rng.random() ** 1.6)
    return ages


def _name(rng: random.Random, dice: float) -> tuple[str, str]:
    if dice < 0.03:
        return rng.choice(PLACEHOLDER_NAMES)
    if dice > 0.985:
        return rng.choice(TYPED_NAMES)
    return rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)


def _email(first: str, last: str, number: int, domain: str) -> str:
    local = "".join(
        letter for letter in f"{first}.{last}".lower() if letter.isascii() and (letter.isalnum() or letter == ".")
    )
    return f"{local}{number}@{domain}"


def _phone(dice: float, area_code: str, number: int) -> str:
    if dice > 0.93:
        return f"({area_code}) 555-{number}"
    if dice > 0.9:
        return f"+1 {area_code}.555.{number} x12"
    return "" if 0.06 < dice < 0.09 else f"{area_code}555{number}"


def _whiteboard(rng: random.Random, dice: float) -> str | None:
    if dice < 0.12:
        return rng.choice(WHITEBOARDS)
    if dice < 0.14:
        return rng.choice(HOSTILE_WHITEBOARDS)
    return None if dice > 0.97 else ""


def _odd_date(dice: float, created: datetime) -> str | None:
    """Four rows in a hundred carry their date in another of the known forms, one in a hundred none."""
    if 0.40 < dice < 0.41:
        return NO_DATE
    if 0.41 < dice < 0.42:
        return created.strftime("%m/%d/%Y")
    if 0.42 < dice < 0.43:
        return created.isoformat()
    return created.strftime("%Y-%m-%d") if 0.43 < dice < 0.44 else None
