"""A row of a chart is a target as a whole, a number of stuck deals one of its own; nothing moves, what matters stays."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FloatRect, Page, expect

from tests.pages.site import Visit
from tests.pages.test_chart_cards import choose
from tests.pages.test_leads_page import ON_A_PHONE, chart_ready, click_row

pytestmark = pytest.mark.browser

STAGES = "#pipeline-stages-drawing"
WIDTHS = (1280, 768, ON_A_PHONE)


def box(page: Page, selector: str) -> FloatRect:
    found = page.locator(selector).first.bounding_box()
    assert found is not None
    return found


def row_of(page: Page, name: str) -> float:
    """Return how far down the row of that name stands."""
    text = page.locator(f"{STAGES} .ytick text", has_text=name).bounding_box()
    assert text is not None
    return text["y"] + text["height"] / 2


def test_a_row_is_clicked_on_its_name_and_where_nothing_is_drawn(visit: Visit) -> None:
    page = visit().open("/pipeline")
    for share in (0.05, 0.5, 0.75):
        chart_ready(page, "pipeline-stages")
        drawing = box(page, STAGES)
        page.mouse.click(drawing["x"] + share * drawing["width"], row_of(page, "QR Sent"))
        expect(page.locator(".chips .chip")).to_have_text("Stage: QR Sent")
        # On hover a name is said whole, with its numbers; elsewhere the engine says them.
        page.mouse.move(drawing["x"] + share * drawing["width"], row_of(page, "FDD Sent"))
        expect(page.locator(STAGES)).to_have_attribute("title", re.compile("^FDD Sent: Deals" if share < 0.1 else "^$"))
        page.locator(".chips .chip").click()
        expect(page.locator(".chips .chip")).to_have_count(0)
        expect(page.locator(STAGES)).not_to_have_attribute("aria-description", re.compile(", selected"))


def test_a_number_of_stuck_deals_leads_to_just_those(visit: Visit) -> None:
    page = visit().open("/pipeline")
    chart_ready(page, "pipeline-stages")
    number = page.locator(f"{STAGES} .bartext-inside").last
    stuck = number.text_content()
    where = number.bounding_box()
    assert where is not None
    page.mouse.click(where["x"] + 2, where["y"] + where["height"] / 2)
    expect(page.locator(".chips .chip")).to_have_count(2)
    expect(page).to_have_url(re.compile("stuck=yes"))
    expect(page.locator("#table-total")).to_have_attribute("data-total", str(stuck))


@pytest.mark.parametrize("engine", ["Plotly", "ECharts"])
def test_a_number_of_stuck_deals_is_reached_by_keyboard(visit: Visit, engine: str) -> None:
    page = visit().open("/pipeline")
    chart_ready(page, "pipeline-stages")
    if engine == "ECharts":
        choose(page, "View in ECharts", "#card-pipeline-stages")
        expect(page.locator(f"{STAGES} .chart-echarts svg text").first).to_be_visible()
    page.locator(STAGES).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#said")).to_have_text(re.compile(r"^Outbound Call: Deals \d+, "))
    page.keyboard.press("ArrowRight")
    expect(page.locator("#said")).to_have_text(re.compile(r"^Outbound Call: Stuck deals \d+$"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"stage=Outbound\+Call&stuck=yes"))
    expect(page.locator(STAGES)).to_be_focused()


def test_a_group_of_the_strip_leaves_its_leads(visit: Visit) -> None:
    page = visit().open("/leads")
    chart_ready(page, "leads-status-groups")
    click_row(page, "leads-status-groups", 4)
    expect(page.locator(".chips .chip")).to_have_text("Status group: Parked")
    statuses = page.locator("#table .ag-center-cols-container .ag-cell[col-id=status]")
    expect(statuses.filter(has_not_text="Future Interest")).to_have_count(0)
    expect(statuses.first).to_have_text("Future Interest")


def test_opening_the_long_tail_changes_no_height(visit: Visit) -> None:
    page = visit().open("/leads")
    for chart, other in (("leads-sources", 10), ("leads-top-statuses", 4)):
        chart_ready(page, chart)
        before, table = box(page, f"#card-{chart}"), box(page, "#table")
        rows = page.locator(f"#{chart}-drawing .ytick text")
        shown = rows.count()
        click_row(page, chart, other)
        expect(rows).not_to_have_count(shown)
        assert box(page, f"#card-{chart}") == pytest.approx(before, abs=1)
        assert box(page, "#table") == pytest.approx(table, abs=1)


def test_tabs_freshness_and_chips_stay_on_top(visit: Visit) -> None:
    page = visit().open("/leads?source=Facebook")
    chart_ready(page, "leads-sources")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        for selector in (".tab.active", "#freshness", ".chips .chip"):
            place = box(page, selector)
            assert 0 <= place["y"] <= 130, (selector, width)
            middle = [place["x"] + place["width"] / 2, place["y"] + place["height"] / 2]
            seen = "([selector, x, y]) => document.elementFromPoint(x, y).closest(selector) !== null"
            assert page.evaluate(seen, [selector, *middle]), (selector, width)


def test_so_do_the_chips_of_the_notes(visit: Visit) -> None:
    page = visit().open("/notes?kind=Call")
    expect(page.locator("#table .ag-row").nth(9)).to_be_attached()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("window.scrollTo(0, 900)")
        chip, head = box(page, ".chips .chip"), box(page, ".head")
        assert head["y"] + head["height"] <= chip["y"] <= 240, width
        # Nothing that was scrolled away looks out between header and chips.
        between = [chip["x"] + 2, head["y"] + head["height"] + 1]
        hidden = "([x, y]) => document.elementFromPoint(x, y).closest('.ag-root') === null"
        assert page.evaluate(hidden, between), width
