"""A click filters the page, and what was clicked stays under the pointer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.pages.site import Visit
from tests.pages.test_leads_page import ON_A_PHONE, chart_ready, click_row, rows

pytestmark = pytest.mark.browser

CHARTS = {
    "/leads": ("leads-sources", "leads-status-groups", "leads-top-statuses"),
    "/pipeline": ("pipeline-stages",),
    "/hot-list": ("hot-list-by-stage",),
}


def place(page: Page, chart: str) -> tuple[float, float]:
    """Return how far a chart's drawing is from the top of the window, and how high it is."""
    box = page.locator(f"#card-{chart} .chart-drawing").bounding_box()
    assert box is not None
    return box["y"], box["height"]


@pytest.mark.parametrize("width", [1280, ON_A_PHONE])
@pytest.mark.parametrize("path", CHARTS)
def test_a_clicked_chart_stays_where_it_is(visit: Visit, path: str, width: int) -> None:
    page = visit(width=width).open(path)
    page.wait_for_load_state("networkidle")
    chips = page.locator(".chips .chip")
    for chart in CHARTS[path]:
        chart_ready(page, chart)
        drawn = rows(page, chart)
        click_row(page, chart, 0)
        before = place(page, chart)
        expect(chips).to_have_count(1)
        drawing = page.locator(f"#{chart}-drawing")
        expect(drawing).to_have_attribute("aria-description", re.compile(", selected"))
        assert place(page, chart) == pytest.approx(before, abs=1), chart
        assert rows(page, chart) == drawn, chart
        chips.click()
        expect(chips).to_have_count(0)
