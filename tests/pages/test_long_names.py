"""A brand of 41 stages with names of 300 letters: nothing is written over anything, and a click moves nothing."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from database import AgencySession
from models import utc_now
from tests.factories import commit_counted, make_hot_list_item, make_lead, make_opportunity, make_stage
from tests.pages.filled_brand import set_freshness
from tests.pages.site import AGENCY, Site, Visit, add_brand
from tests.pages.test_chart_cards import choose
from tests.pages.test_leads_page import click_row

pytestmark = pytest.mark.browser

STAGES = 41
PHONE = 640
WIDTHS = (2560, 1440, 1024, 768, 360)
CHARTS = {
    "/leads": ("leads-sources", "leads-status-groups", "leads-top-statuses"),
    "/pipeline": ("pipeline-stages",),
    "/hot-list": ("hot-list-by-stage",),
}
IN_PLOTLY, IN_ECHARTS = ".js-plotly-plot .main-svg:has(text)", ".chart-echarts svg"

IS_DRAWN = """([svg, size]) => [...document.querySelectorAll(".chart-drawing")].every((node) => {
  const drawn = node.querySelector(svg);
  const sizes = [...(drawn?.querySelectorAll("text") ?? [])].map((text) => getComputedStyle(text).fontSize);
  return sizes.includes(size) && Math.abs(drawn.getBoundingClientRect().width - node.clientWidth) <= 1; })"""
"""Whether all charts are drawn as wide as their cards, with letters of that size: the server draws for phones anew."""
TEXTS = """(svg) => [...document.querySelectorAll(`${svg} text`)].filter((node) => node.textContent).map((node) => {
  const { left, right, top, bottom } = node.getBoundingClientRect();
  return { chart: node.closest(".chart-card").id, text: node.textContent.slice(0, 30), left, right, top, bottom }; })"""


def long_name(number: int) -> str:
    return f"Stage {number} {'of an endless name ' * 16}"[:300]


@pytest.fixture(scope="module")
def endless(site: Site) -> str:
    brand = add_brand(site.world, "endless", "Endless Brand")
    with AgencySession(site.world.engine) as session:
        for number in range(STAGES):
            name, number_of = long_name(number), {"client_id": f"lead-{number}", "opportunity_id": f"deal-{number}"}
            hot = {
                "stage_position": number,
                "iff": Decimal(90_000),
                "weighted_iff": Decimal(900 * number),
                "likelihood": 9,
            }
            session.add(make_stage(brand, name, number, likelihood=number))
            session.add(make_lead(brand, client_id=f"lead-{number}", stage_name=name, lead_source=f"Show {name}"[:300]))
            session.add(make_opportunity(brand, **number_of, stage_name=name, deal_size=Decimal(90_000)))
            session.add(make_hot_list_item(brand, **number_of, stage_name=name, **hot))
        set_freshness(session, brand, utc_now())
        commit_counted(session, brand)
    return "endless"


def overlapping(texts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the texts of one chart that run into each other; boxes hold some air around the letters."""
    return [
        (text["text"], other["text"])
        for text, other in combinations(texts, 2)
        if text["chart"] == other["chart"]
        and min(text["right"], other["right"]) - max(text["left"], other["left"]) > 2
        and min(text["bottom"], other["bottom"]) - max(text["top"], other["top"]) > 5
    ]


def heights(page: Page, charts: tuple[str, ...]) -> list[float]:
    boxes = [page.locator(f"#card-{chart} .chart-drawing").bounding_box() for chart in charts]
    return [box["height"] for box in boxes if box]


@pytest.mark.parametrize("path", CHARTS)
def test_no_label_overlaps_at_any_width_and_no_chart_changes_its_height(visit: Visit, endless: str, path: str) -> None:
    """In both engines; Plotly's drawing follows the window from wide to narrow, that of ECharts back again."""
    charts = CHARTS[path]
    page = visit(AGENCY, width=WIDTHS[0]).open(f"{path}?brand={endless}")
    for svg, widths in ((IN_PLOTLY, WIDTHS), (IN_ECHARTS, WIDTHS[::-1])):
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            size = "10px" if width <= PHONE else "12px"
            page.wait_for_function(IS_DRAWN, arg=[svg, size], polling=100)  # with each frame it would take the most
            texts = page.evaluate(TEXTS, svg)
            assert len(texts) > 20
            assert overlapping(texts) == [], (svg, width)
            if svg == IN_PLOTLY and width in {WIDTHS[0], WIDTHS[-1]}:
                assert_a_click_changes_no_height(page, charts)
        for chart in charts if svg == IN_PLOTLY else ():
            choose(page, "View in ECharts", f"#card-{chart}")


def assert_a_click_changes_no_height(page: Page, charts: tuple[str, ...]) -> None:
    before = heights(page, charts)
    click_row(page, charts[0], 1)
    expect(page.locator(".chips .chip")).to_have_count(1)
    assert heights(page, charts) == before
    page.locator(".chip-clear").click()
    expect(page.locator(".chips .chip")).to_have_count(0)
