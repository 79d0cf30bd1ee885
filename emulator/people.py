"""Who works in an account and where its contacts come from: the small lookup lists."""

import json
import random
from dataclasses import dataclass

from emulator.plan import AccountPlan, Dialect
from emulator.rows import WireRow
from emulator.vocabulary import ACTION_PLANS, LEAD_SOURCES, SALES_TEAM, SOURCE_VARIANTS


@dataclass(frozen=True, slots=True)
class People:
    """The account's sales team and lead sources, and the ways rows write them."""

    team: tuple[tuple[str, str], ...]
    assigned_user_spellings: tuple[str | None, ...]
    source_spellings: tuple[str, ...]
    source_weights: tuple[int, ...]
    sources: tuple[str, ...]


def people_of(plan: AccountPlan, year: int) -> People:
    """Return the team (four to six people) and the sources; shows are dated with the year before `year`."""
    rng = random.Random(f"{plan.seed}/people")
    team = tuple(rng.sample(SALES_TEAM, k=rng.randint(4, 6)))
    plain = [f"{first} {last}" for first, last in team]
    as_json = [json.dumps({"first_name": first, "last_name": last}) for first, last in team]
    nobody = None if plan.dialect is Dialect.SECOND else ""
    spellings: list[str] = []
    weights: list[int] = []
    for source, weight in LEAD_SOURCES:
        name = source.format(year=year - 1)
        variants = SOURCE_VARIANTS.get(source, ())
        spellings += [name, *variants]
        weights += [weight * 8, *(weight * 2 // len(variants) for _ in variants)]
    return People(
        team=team,
        assigned_user_spellings=(*plain * 3, *as_json * 2, nobody),
        source_spellings=tuple(spellings),
        source_weights=tuple(weights),
        sources=tuple(source.format(year=year - 1) for source, _ in LEAD_SOURCES if source),
    )


def user_rows(plan: AccountPlan, people: People) -> list[WireRow]:
    """`read_user_list` as sent; the last of the team has no e-mail address."""
    domain = plan.web_key.removeprefix("CT_").lower().replace("_", "-") or "brand"
    rows: list[WireRow] = [
        {
            "user_id": str(7_100 + plan.seed * 10 + number),
            "user_first_name": first,
            "user_last_name": last,
            "user_email": f"{first}.{last}@{domain}.example".lower(),
        }
        for number, (first, last) in enumerate(people.team)
    ]
    rows[-1]["user_email"] = ""
    return rows


def lead_source_rows(plan: AccountPlan, people: People) -> list[WireRow]:
    """`read_lead_source_list` as sent: the names as the agency made them, without the variants rows carry."""
    return [
        {"lead_source_id": str(2_300 + plan.seed * 50 + number), "lead_source_name": name}
        for number, name in enumerate(people.sources)
    ]


def action_plan_rows(plan: AccountPlan) -> list[WireRow]:
    """Return the action plans, flat; the answer nests them."""
    return [
        {"action_plan_id": str(900 + plan.seed * 20 + number), "action_plan_name": name, "contact_type": "1"}
        for number, name in enumerate(ACTION_PLANS)
    ]
