"""The rows begin where one sees them without scrolling far, on both demo brands, and nothing lies on anything else."""

from __future__ import annotations

from itertools import combinations
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.running_portal import SLUGS, RunningPortal

pytestmark = pytest.mark.browser

SCREENS = {(1440, 900): 800, (390, 844): 1200}
"""Where a table must have begun, in pixels, by the size of the screen."""
PAGES = ("/leads", "/pipeline", "/hot-list")

BOXES = """() => [...document.querySelectorAll(
    ".head, .figure, .chart-card, .table-card, .js-plotly-plot svg text, .chart-card > .card-text")]
  .filter((node) => node.textContent).map((node) => {
    const {left, right, top, bottom} = node.getBoundingClientRect();
    const kind = node.matches("text") ? node.closest(".chart-card").id : node.matches("p") ? "" : "block";
    return {kind, text: node.textContent.slice(0, 40), left, right, top, bottom}; })"""


def overlapping(boxes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the texts of one chart, and the blocks of the page, that run into each other."""
    return [
        (box["text"], other["text"])
        for box, other in combinations(boxes, 2)
        if box["kind"] == other["kind"] != ""
        and min(box["right"], other["right"]) - max(box["left"], other["left"]) > 2
        and min(box["bottom"], other["bottom"]) - max(box["top"], other["top"]) > 5
    ]


@pytest.mark.parametrize("slug", sorted(SLUGS))
def test_the_tables_begin_above_the_fold_and_nothing_overlaps(portal: RunningPortal, tab: Page, slug: str) -> None:
    cookies = portal.sign_in(f"viewer@{slug}.example").cookies.items()
    tab.context.add_cookies([{"name": name, "value": value, "url": portal.url} for name, value in cookies])
    for (width, height), most in SCREENS.items():
        tab.set_viewport_size({"width": width, "height": height})
        for path in PAGES:
            tab.goto(urljoin(portal.url, path))
            expect(tab.locator(".js-plotly-plot svg .points path").first).to_be_attached()
            expect(tab.locator(".ag-row").first).to_be_attached()
            rows = tab.locator("#table .ag-root-wrapper").bounding_box()
            assert rows is not None
            assert rows["y"] <= most, (path, width)
            boxes = tab.evaluate(BOXES)
            assert len(boxes) > 10
            assert overlapping(boxes) == [], (path, width)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
