"""Each figure of each brand, as the portal says it, against the same figure counted from the stand-in's records."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.end_to_end.counting import Counted, key
from tests.end_to_end.running_portal import SLUGS, RunningPortal

Config = dict[str, Any]


@pytest.fixture
def client(portal: RunningPortal, brand: str) -> httpx.Client:
    return portal.sign_in(f"viewer@{brand}.example")


def chart(client: httpx.Client, chart_id: str, **filters: str) -> Config:
    answer = client.get(f"/api/charts/{chart_id}", params={"format": "data", **filters})
    assert answer.status_code == 200, answer.text
    config: Config = answer.json()["config"]
    return config


def values(config: Config, place: int = 0) -> dict[str, Any]:
    return dict(zip((key(name) for name in config["categories"]), config["series"][place]["values"], strict=True))


def test_every_chart_is_compared_here(client: httpx.Client) -> None:
    listed = client.get("/api/charts").json()
    ids = {entry["id"] if isinstance(entry, dict) else entry for entry in listed.get("charts", listed)}
    assert ids == {
        "leads-by-source",
        "leads-by-status",
        "leads-source-quality",
        "leads-sources",
        "leads-status-groups",
        "leads-top-statuses",
        "pipeline-stages",
        "pipeline-by-stage",
        "pipeline-value-by-stage",
        "pipeline-progression",
        "pipeline-ageing",
        "hot-list-by-stage",
    }


def folded(counts: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    """Add up, as the chart does, what it shows in one bar for the many small ones."""
    others = [name for name in shown if name not in counts]
    assert len(others) <= 1
    own = {name: count for name, count in counts.items() if name in shown}
    return own | dict.fromkeys(others, sum(counts.values()) - sum(own.values()))


def test_leads_by_source(client: httpx.Client, counted: Counted) -> None:
    shown = values(chart(client, "leads-by-source"))
    assert sum(shown.values()) == counted.total_leads()
    assert shown == folded(counted.by_source(), shown)


def test_leads_by_status(client: httpx.Client, counted: Counted) -> None:
    shown = {stage: count for stage, count in values(chart(client, "leads-by-status")).items() if count}
    assert shown == counted.by_status()
    order = [stage for stage in shown if stage in counted.active]
    assert order == [stage for stage in counted.active if stage in shown]


def test_leads_by_status_narrowed_to_a_source(client: httpx.Client, counted: Counted) -> None:
    facebook = [lead for lead in counted.leads if key(lead["clients_lead_source"]) == "facebook"]
    shown = values(chart(client, "leads-by-status", source="Facebook"))
    assert sum(shown.values()) == len(facebook) > 0


def test_source_quality(client: httpx.Client, counted: Counted) -> None:
    config = chart(client, "leads-source-quality")
    further = counted.share_by_source(counted.qualified | counted.signed)
    signed = counted.share_by_source(counted.signed)
    for place, expected in ((1, further), (2, signed)):
        shown = values(config, place)
        named = [source for source in shown if source in expected]
        assert len(named) >= 5
        for source in named:
            assert float(shown[source]) == pytest.approx(expected[source], abs=0.051)


def test_deals_by_stage(client: httpx.Client, counted: Counted) -> None:
    config = chart(client, "pipeline-by-stage")
    assert [key(name) for name in config["categories"]] == counted.active
    assert {stage: count for stage, count in values(config).items() if count} == counted.deals_by_stage()


def test_value_by_stage(client: httpx.Client, counted: Counted) -> None:
    config = chart(client, "pipeline-value-by-stage")
    for place, weighted in ((0, False), (1, True)):
        shown = {stage: Decimal(str(value)) for stage, value in values(config, place).items()}
        expected = {
            stage: value.quantize(Decimal("0.01")) for stage, value in counted.sum_by_stage(weighted=weighted).items()
        }
        assert shown == expected
        assert sum(shown.values()) > 0


def test_progression(client: httpx.Client, counted: Counted) -> None:
    shown = list(values(chart(client, "pipeline-progression")).items())
    deals = counted.deals_by_stage()
    climbed = [stage for stage, _ in shown]
    whole = sum(deals[stage] for stage in climbed)
    for place, (_, share) in enumerate(shown):
        reached = sum(deals[stage] for stage in climbed[place:])
        assert float(share) == pytest.approx(100 * reached / whole, abs=0.051)
    assert shown[0][1] == 100


def test_ageing_names_every_stage_that_holds_deals(client: httpx.Client, counted: Counted) -> None:
    config = chart(client, "pipeline-ageing")
    medians = values(config, 0)
    assert set(medians) == set(counted.active)
    known = {stage for stage, days in medians.items() if days is not None}
    assert known == set(counted.deals_by_stage())


def test_hot_list_by_stage(client: httpx.Client, counted: Counted) -> None:
    config = chart(client, "hot-list-by-stage")
    expected: dict[str, Decimal] = {}
    for deal in counted.hot():
        stage = key(deal["contact_sales_cycle"])
        expected[stage] = expected.get(stage, Decimal(0)) + counted.weighted(deal)
    shown = {stage: Decimal(str(value)) for stage, value in values(config).items() if value}
    assert shown == {stage: value.quantize(Decimal("0.01")) for stage, value in expected.items()}
    assert len(counted.hot()) >= 8


def test_the_two_brands_say_different_things(portal: RunningPortal) -> None:
    charts = [chart(portal.sign_in(f"viewer@{slug}.example"), "leads-by-source") for slug in SLUGS]
    assert charts[0] != charts[1]
