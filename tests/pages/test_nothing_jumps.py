"""A click filters the page, and what was clicked stays under the pointer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Visit
from tests.pages.test_leads_page import ON_A_PHONE, bars, chart_ready, click_bar

pytestmark = pytest.mark.browser

CHARTS = {
    "/leads": ("leads-by-source", "leads-by-status", "leads-source-quality"),
    "/pipeline": ("pipeline-by-stage", "pipeline-ageing"),
    "/hot-list": ("hot-list-by-stage",),
}


def top(page: Page, chart: str) -> float:
    """Return how far a chart's drawing is from the top of the window."""
    box = page.locator(f"#card-{chart} .chart-plotly").bounding_box()
    assert box is not None
    return box["y"]


@pytest.mark.parametrize("width", [1280, ON_A_PHONE])
@pytest.mark.parametrize("path", CHARTS)
def test_a_clicked_chart_stays_where_it_is(visit: Visit, path: str, width: int) -> None:
    page = visit(width=width).open(path)
    page.wait_for_load_state("networkidle")
    chips = page.locator(".chips .chip")
    for chart in CHARTS[path]:
        chart_ready(page, chart)
        drawn = bars(page, chart)
        click_bar(page, chart, 0)
        before = top(page, chart)
        expect(chips).to_have_count(1)
        drawing = page.locator(f"#{chart}-plotly")
        expect(drawing).to_have_attribute("aria-description", re.compile(", selected"))
        assert abs(top(page, chart) - before) <= 1, chart
        assert bars(page, chart) == drawn, chart
        chips.click()
        expect(chips).to_have_count(0)
