"""The deals of an account: mostly one per prospect, some contacts with several, most without a size."""

import random
from datetime import timedelta

from emulator.contacts import Place, Scene, deal_size, first_client_id, place_and_size, stage_spelling
from emulator.dates import NO_DATE, wire_time
from emulator.plan import CustomFields, Dialect
from emulator.rows import WireRow
from emulator.stages import FRANCHISEE, HOT_LIKELIHOOD, PROSPECT, BoardStage


def make_opportunities(scene: Scene, contacts: list[WireRow]) -> list[WireRow]:
    """Make all deals of the plan, the newest id first. No prospect that is far along goes without one."""
    plan = scene.plan
    rng = random.Random(f"{plan.seed}/opportunities")
    count = round(plan.contacts * 0.75) if plan.opportunities is None else plan.opportunities
    holders = _holders(rng, scene, contacts)
    first_deals = holders[: count - count // 20]
    second_deals = [rng.choice(holders) for _ in range(count - len(first_deals))]
    deals = [(contact, False) for contact in first_deals] + [(contact, True) for contact in second_deals]
    deals.sort(key=lambda deal: int(deal[0]["client_id"]))
    opportunity_id = first_client_id(plan) - 5_000_000
    rows = []
    for contact, is_second in deals:
        opportunity_id += rng.randrange(1, 4)
        rows.append(make_opportunity(rng, scene, opportunity_id, contact, is_second=is_second))
    rows.reverse()
    return rows


def make_opportunity(
    rng: random.Random, scene: Scene, opportunity_id: int, contact: WireRow, *, is_second: bool = False
) -> WireRow:
    """One row of `read_opportunity_list`: the first deal stands where its contact does, a second one anywhere."""
    plan = scene.plan
    stage, fee = contact["clients_sales_cycle"], contact["deal_size"]
    if is_second:
        drawn = rng.choices(scene.pipeline.active, [each.weight for each in scene.pipeline.active])[0]
        stage = stage_spelling(rng, plan, drawn.name)
        fee = deal_size(rng, Place(str(contact["contact_type"]), drawn), has_fee=drawn.likelihood >= HOT_LIKELIHOOD)
    row: WireRow = {
        "opportunity_id": str(opportunity_id),
        "firstName": contact["firstName"],
        "lastName": contact["lastName"],
        "compName": contact["compName"],
        "contact_sales_cycle": stage,
        "contact_lead_source": contact["clients_lead_source"],
        "contact_action_plan": contact["clients_action_plan"],
        "contact_type": contact["contact_type"],
        "deal_size": fee,
        "assigned_user": contact["assigned_user"],
        "created": contact["created"],
        "last_modified_date": contact["last_modified_date"],
    }
    row |= _evidence(rng, scene, contact, stage_named(scene, stage).likelihood)
    if plan.custom_fields is not CustomFields.NONE:
        row |= {key: contact.get(key, "") for key in (plan.custom_fields.value, "units")}
        if is_second:
            where = f"{contact['city']}, {contact['state']}".strip(", ")
            row |= place_and_size(rng, plan.custom_fields, where, known=bool(fee and fee.strip("0.")))
    return row


def stage_named(scene: Scene, name: str) -> BoardStage:
    """Return the prospects' stage a row writes as `name`; another type's stage counts as the first one."""
    wanted = name.strip().casefold()
    stages = (*scene.pipeline.active, *scene.pipeline.inactive)
    return next((stage for stage in stages if stage.name.casefold() == wanted), stages[0])


def _evidence(rng: random.Random, scene: Scene, contact: WireRow, likelihood: int) -> WireRow:
    """Return the fields nobody has evidence for, under one set of names or the other."""
    far_along = likelihood >= HOT_LIKELIHOOD
    close = scene.local_now + timedelta(days=rng.randrange(10, 120))
    if scene.plan.dialect is Dialect.FIRST:
        return {
            "client_id": contact["client_id"],
            "opportunity_name": f"{contact['lastName']} - {contact['city'] or 'Territory TBD'}",
            "close_date": wire_time(close.replace(hour=0, minute=0, second=0)) if far_along else NO_DATE,
        }
    own_odds = f"{max(5, min(100, likelihood + rng.choice((-10, -5, 5, 10))))}%"
    return {
        "contact_id": int(contact["client_id"]),
        "odds": own_odds if far_along and rng.random() < 0.5 else "",
        "expected_close_date": close.strftime("%m/%d/%Y") if far_along else "",
    }


def _holders(rng: random.Random, scene: Scene, contacts: list[WireRow]) -> list[WireRow]:
    """Who gets a deal first: far-along prospects, then the board, franchisees, the drawers. Staff and vendors never."""
    active = {stage.name.casefold(): stage for stage in scene.pipeline.active}
    ranks: dict[int, list[WireRow]] = {0: [], 1: [], 2: []}
    for contact in contacts:
        contact_type = str(contact["contact_type"])
        if contact_type == FRANCHISEE:
            ranks[1].append(contact)
        elif contact_type == PROSPECT:
            stage = active.get(contact["clients_sales_cycle"].strip().casefold())
            ranks[2 if stage is None else 0 if stage.likelihood >= HOT_LIKELIHOOD else 1].append(contact)
    for group in ranks.values():
        rng.shuffle(group)
    return ranks[0] + ranks[1] + ranks[2] or contacts
