"""What the screen says is what the database holds, for random combinations of filters, on both databases.

The counting here is done row by row over plain rows, with nothing of the dashboards' own code.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from statistics import median
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from dash_portal.dashboards.notes import note_key
from database import AgencySession
from models import utc_now
from tests.dash_portal.portal_world import PortalWorld, close_world, make_shared_world
from tests.factories import commit_counted
from tests.pages.asked_pages import AskedPage, ask_page
from tests.pages.filled_brand import HOT, STAGES, fill_brand

ZONE = ZoneInfo("America/New_York")
ACTIVE = [name for name, _, _, active in STAGES if active]
QUALIFIED = {"QR Returned", "FDD Sent", "Deal Structure", "Discovery Day Booked", "FA Sent"}
GROUPS = dict.fromkeys(ACTIVE, "Engaging") | {
    "New Lead": "New",
    "QR Returned": "Qualified",
    "FDD Sent": "Qualified",
    "Deal Structure": "Deciding or signed",
    "Discovery Day Booked": "Deciding or signed",
    "FA Sent": "Deciding or signed",
    "FA Signed": "Deciding or signed",
    "Future Interest": "Parked",
    "Not Interested": "Lost",
}
LIKELIHOOD = {name: likelihood for name, _, likelihood, _ in STAGES}
COMBINATIONS = range(12)


@pytest.fixture
def world(database_url: str, encryption_key: str) -> Iterator[PortalWorld]:
    made = make_shared_world(database_url, encryption_key)
    with AgencySession(made.engine) as session:
        fill_brand(session, made.brands["own"], utc_now())
        fill_brand(session, made.brands["other"], utc_now(), leads=30, notes=10, events=3)
        commit_counted(session, made.brands["own"], made.brands["other"])
    yield made
    close_world(made)


def rows(world: PortalWorld, table: str) -> list[dict[str, Any]]:
    with AgencySession(world.engine) as session:
        session.connection()
        result = session.connection().execute(
            text(f"SELECT * FROM {table} WHERE tenant_id = :brand AND removed_at IS NULL"),
            {"brand": world.brands["own"]},
        )
        return [dict(row) for row in result.mappings()]


def money(value: Any) -> Decimal:
    return Decimal(str(value or 0)).quantize(Decimal("0.01"))


def moment(value: Any) -> datetime:
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo("UTC"))


def tenth(part: int, whole: int) -> float:
    return float((Decimal(100 * part) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP))


def ask(world: PortalWorld, path: str, filters: list[tuple[str, str]]) -> AskedPage:
    query = urlencode(filters)
    return ask_page(world, world.sign_in("viewer@own.example"), path, f"?{query}" if query else "")


def chart(client: FlaskClient, chart_id: str, filters: list[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """Return per series of a chart its values by category."""
    answer = client.get(f"/api/charts/{chart_id}?{urlencode([*filters, ('open', chart_id)])}").json
    assert answer is not None
    data = answer["config"]
    return {series["name"]: dict(zip(data["categories"], series["values"], strict=True)) for series in data["series"]}


def test_leads(world: PortalWorld) -> None:
    random = Random(3)
    leads = [row for row in rows(world, "leads") if row["contact_type"] == "1"]
    sources = sorted(
        {row["lead_source"].title() if row["lead_source"].isupper() else row["lead_source"] for row in leads}
    )
    client = world.sign_in("viewer@own.example")
    first_day = utc_now().astimezone(ZONE).date() - timedelta(days=6)
    for _ in COMBINATIONS:
        wanted_sources = random.sample(sources, random.choice([0, 0, 1, 2, 3]))
        wanted_stages = random.sample([name for name, *_ in STAGES], random.choice([0, 0, 1, 2, 4]))
        filters = [("source", name) for name in wanted_sources] + [("status", name) for name in wanted_stages]
        page = ask_page(world, client, "/leads", f"?{urlencode(filters)}")
        keys = {name.casefold() for name in wanted_sources}
        by_stage = [row for row in leads if not wanted_stages or row["stage_name"] in wanted_stages]
        by_source = [row for row in leads if not keys or row["lead_source"].casefold() in keys]
        shown = [row for row in by_stage if not keys or row["lead_source"].casefold() in keys]
        assert page.figure("total-leads") == str(len(shown))
        assert page.total() == len(shown)
        new = [row for row in shown if moment(row["lead_created_at"]).astimezone(ZONE).date() >= first_day]
        assert page.figure("new-leads") == str(len(new))
        assert page.figure("active-leads") == str(sum(row["stage_name"] in ACTIVE for row in shown))
        assert page.figure("qualified-candidates") == str(sum(row["stage_name"] in QUALIFIED for row in shown))
        assert page.figure("signed-leads") == str(sum(row["stage_name"] == "FA Signed" for row in shown))
        for chart_id in ("leads-by-source", "leads-sources"):
            counts = chart(client, chart_id, filters)["Leads"]
            drawn = {name.casefold(): count for name, count in counts.items() if count}
            assert drawn == Counter(row["lead_source"].casefold() for row in by_stage)
        for chart_id in ("leads-by-status", "leads-top-statuses"):
            statuses = {name: count for name, count in chart(client, chart_id, filters)["Leads"].items() if count}
            assert statuses == Counter(row["stage_name"] for row in by_source)
        groups = {name: count for name, count in page.chart("leads-status-groups")["Leads"].items() if count}
        assert groups == Counter(GROUPS[row["stage_name"]] for row in by_source)
        check_quality(chart(client, "leads-source-quality", filters), chart(client, "leads-sources", filters), by_stage)


def check_quality(
    shares: dict[str, dict[str, Any]], numbers: dict[str, dict[str, Any]], leads: list[dict[str, Any]]
) -> None:
    of_source: dict[str, list[str]] = defaultdict(list)
    for row in leads:
        of_source[row["lead_source"].casefold()].append(row["stage_name"])
    for name, count in shares["Leads"].items():
        if name.startswith("Other ("):
            continue
        stages = of_source[name.casefold()]
        assert count == len(stages)
        if not stages:
            assert shares["Signed"][name] is None
            continue
        further = sum(stage in QUALIFIED or stage == "FA Signed" for stage in stages)
        assert shares["Qualified or further"][name] == tenth(further, len(stages))
        assert shares["Signed"][name] == tenth(stages.count("FA Signed"), len(stages))
        assert numbers["Qualified or further"][name] == further
        assert numbers["Signed"][name] == stages.count("FA Signed")
    assert sum(shares["Leads"].values()) == sum(numbers["Leads"].values()) == len(leads)


def test_pipeline(world: PortalWorld) -> None:
    random = Random(5)
    deals = [row for row in rows(world, "pipeline_items") if row["contact_type"] == "1"]
    board = [row for row in deals if row["stage_name"] in ACTIVE]
    client = world.sign_in("viewer@own.example")
    for row in board:
        likelihood = row["likelihood"] if row["likelihood"] is not None else LIKELIHOOD[row["stage_name"]]
        row["weighted"] = money(row["deal_size"]) * likelihood / 100
    for _ in COMBINATIONS:
        wanted = random.sample(ACTIVE, random.choice([0, 1, 2, 5]))
        page = ask_page(world, client, "/pipeline", f"?{urlencode([('stage', name) for name in wanted])}")
        shown = [row for row in board if not wanted or row["stage_name"] in wanted]
        valued = [money(row["deal_size"]) for row in shown if money(row["deal_size"]) > 0]
        assert page.figure("opportunities") == str(len(shown))
        assert page.total() == len(shown)
        assert Decimal(page.figure("pipeline-value")) == sum(valued)
        weighted = sum((row["weighted"] for row in shown), Decimal(0))
        assert abs(Decimal(page.figure("weighted-value")) - weighted) <= Decimal("0.01") * len(ACTIVE)
        average = page.figure("average-deal")
        assert (
            average == "None"
            if not valued
            else abs(Decimal(average) - sum(valued, Decimal(0)) / len(valued)) < Decimal("0.01")
        )
        counts = Counter(row["stage_name"] for row in board)
        picture = page.chart("pipeline-stages")
        deals_shown = chart(client, "pipeline-by-stage", [])["Deals"]
        assert picture["Deals"] == deals_shown == {name: counts[name] for name in ACTIVE}
        values = chart(client, "pipeline-value-by-stage", [])["Value"]
        assert picture["Value"] == values
        for name in ACTIVE:
            assert money(values[name]) == sum(money(row["deal_size"]) for row in board if row["stage_name"] == name)
        climbed = ACTIVE[:-1]
        whole = sum(counts[name] for name in climbed)
        reached = {
            name: tenth(sum(counts[later] for later in climbed[place:]), whole) for place, name in enumerate(climbed)
        }
        assert chart(client, "pipeline-progression", [])["Reached"] == pytest.approx(reached)
        went_on = {
            name: tenth(
                sum(counts[later] for later in climbed[place + 1 :]), sum(counts[later] for later in climbed[place:])
            )
            for place, name in enumerate(climbed[:-1])
        }
        assert picture["Went on"] == pytest.approx(went_on | {"FA Signed": None, "Future Interest": None})


def test_time_in_stage(world: PortalWorld) -> None:
    deals = {row["opportunity_id"]: row for row in rows(world, "pipeline_items") if row["contact_type"] == "1"}
    today = utc_now().astimezone(ZONE).date()
    with AgencySession(world.engine) as session:
        changes = session.connection().execute(
            text("SELECT opportunity_id, entered_at FROM pipeline_stage_changes WHERE tenant_id = :brand"),
            {"brand": world.brands["own"]},
        )
        days: dict[str, list[int]] = defaultdict(list)
        for opportunity_id, entered_at in changes:
            if opportunity_id in deals:
                entered = moment(entered_at).astimezone(ZONE).date()
                days[deals[opportunity_id]["stage_name"]].append((today - entered).days)
    page = ask(world, "/pipeline", [])
    shown = chart(world.sign_in("viewer@own.example"), "pipeline-ageing", [])
    total = 0
    for name in ACTIVE:
        middle = median(days[name]) if days[name] else None
        assert shown["Median days"][name] == middle
        limit = 90 if len(days[name]) < 5 else min(90, max(14, 2 * (middle or 0)))
        stuck = sum(count > limit for count in days[name]) if name != "Future Interest" else 0
        assert shown["Stuck deals"][name] == stuck
        total += stuck
    assert page.figure("stuck-deals") == str(total)
    listed = ask(world, "/pipeline", [("stuck", "yes")])
    assert listed.total() == total > 0
    assert listed.figure("opportunities") == str(total)


def test_hot_list(world: PortalWorld) -> None:
    hot = rows(world, "hot_list_items")
    client = world.sign_in("viewer@own.example")
    for wanted in ([], ["FA Sent"], ["FA Sent", "Deal Structure"], list(HOT)):
        page = ask_page(world, client, "/hot-list", f"?{urlencode([('stage', name) for name in wanted])}")
        shown = [row for row in hot if not wanted or row["stage_name"] in wanted]
        assert page.figure("hot-deals") == str(len(shown))
        assert page.total() == len(shown)
        assert Decimal(page.figure("iff")) == sum(money(row["iff"]) for row in shown)
        assert Decimal(page.figure("weighted-iff")) == sum(money(row["weighted_iff"]) for row in shown)
        drawn = page.chart("hot-list-by-stage")["Weighted IFF"]
        assert {name: money(value) for name, value in drawn.items()} == {
            name: sum(money(row["weighted_iff"]) for row in hot if row["stage_name"] == name)
            for name in {row["stage_name"] for row in hot}
        }


def test_notes(world: PortalWorld) -> None:
    notes = rows(world, "notes")
    names = {row["client_id"]: row["name"] for row in rows(world, "leads")}
    client = world.sign_in("viewer@own.example")
    for filters in (
        [],
        [("q", "territory")],
        [("q", "territory 25")],
        [("q", "nothing of that kind")],
        [("author", "(none)")],
        [("author", "Luis Fontaine"), ("author", "Dana Whitaker"), ("kind", "Call")],
        [("q", "FUNDING"), ("contact", "person 00")],
        [("client", "lead-3")],
    ):
        page = ask_page(world, client, "/notes", f"?{urlencode(filters)}")
        wanted = defaultdict(list)
        for name, value in filters:
            wanted[name].append(value.casefold())

        def fits(row: dict[str, Any], wanted: dict[str, list[str]] = wanted) -> bool:
            words = [word for value in wanted["q"] for word in value.split()]
            contact = names.get(row["client_id"], "").casefold()
            return (
                all(word in row["content_text"].casefold() or word in row["author"].casefold() for word in words)
                and (not wanted["author"] or (row["author"] or "(none)").casefold() in wanted["author"])
                and (not wanted["kind"] or row["kind"].casefold() in wanted["kind"])
                and all(word in contact for value in wanted["contact"] for word in value.split())
                and (not wanted["client"] or row["client_id"] in wanted["client"])
            )

        fitting = {note_key(row["client_id"], row["note_id"]) for row in notes if fits(row)}
        assert page.total() == len(fitting)
        pages = range(1, -(-len(fitting) // 100) + 1)
        shown = [
            row["id"]
            for number in pages
            for row in ask_page(
                world, client, "/notes", f"?{urlencode([*filters, ('size', '100'), ('page', number)])}"
            ).rows()
        ]
        assert len(shown) == len(fitting)
        assert set(shown) == fitting


def test_schedule(world: PortalWorld) -> None:
    now = utc_now()
    coming = [row for row in rows(world, "scheduled_activities") if moment(row["ends_at"]) >= now]
    assert ask(world, "/schedule", []).total() == len(coming)
