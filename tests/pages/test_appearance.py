from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.pages.site import AGENCY, FILLED, Visit

pytestmark = pytest.mark.browser

PAGES = ["/leads", "/pipeline", "/hot-list", "/notes", "/schedule"]

ROWS_FIT = """() => {
    const rows = document.querySelector(".ag-center-cols-viewport");
    return rows.scrollWidth <= rows.clientWidth;
}"""
BROKEN_WORDS = """() => {
    const broken = [];
    for (const cell of document.querySelectorAll('.ag-header-cell-text, .ag-row .ag-cell-value')) {
        const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        for (let text = texts.nextNode(); text; text = texts.nextNode()) {
            for (const { 0: word, index } of text.data.matchAll(/(?<!\\S)\\S{2,11}(?!\\S)/g)) {
                const place = document.createRange();
                place.setStart(text, index);
                place.setEnd(text, index + word.length);
                if (new Set([...place.getClientRects()].map((box) => Math.round(box.top))).size > 1) broken.push(word);
            }
        }
    }
    return broken;
}"""
"""Words and amounts of a table that stand in two lines for want of room."""
IS_WHOLE = """(node) => {
    node.textContent = "Harbor & Pine Coffee";  // as long a name as an ordinary brand's
    return node.scrollWidth <= node.clientWidth && node.scrollHeight <= node.clientHeight;
}"""


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_its_screen(visit: Visit, path: str) -> None:
    page = visit(width=360).open(path)
    page.wait_for_load_state("networkidle")
    for width in (360, 768, 2560):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1024, "height": 900})
    expect(page.locator(".ag-header-cell:visible").first).to_be_visible()
    page.wait_for_function(ROWS_FIT)  # the grid fits its columns to the new width a moment after the page has it
    assert page.evaluate(BROKEN_WORDS) == []
    assert page.locator("#brand-name").evaluate(IS_WHOLE)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_system_decides_between_light_and_dark_until_one_chooses(visit: Visit, theme: str) -> None:
    visitor = visit(FILLED, theme=theme)
    page = visitor.open("/leads")
    root = page.locator("html")
    other = "dark" if theme == "light" else "light"
    expect(root).to_have_attribute("data-bs-theme", theme)
    page.locator("#theme-button").click()
    expect(root).to_have_attribute("data-bs-theme", other)
    visitor.open("/schedule")
    expect(root).to_have_attribute("data-bs-theme", other)


def test_no_chart_label_is_cut_off_on_a_phone(visit: Visit) -> None:
    page = visit(width=360).open("/leads")
    expect(page.locator("#card-leads-top-statuses .ytick text").first).to_be_visible()
    inside = page.evaluate(
        """() => [...document.querySelectorAll('.js-plotly-plot :is(.ytick, .xtick, .bartext, .annotation) text')].every(text => {
            const box = text.getBoundingClientRect();
            const card = text.closest('.chart-card').getBoundingClientRect();
            return box.left >= card.left && box.right <= card.right + 1;
        })"""
    )
    assert inside


@pytest.mark.parametrize("width", [1280, 390])
def test_the_menu_has_ones_mail_address_in_one_line(visit: Visit, width: int) -> None:
    page = visit(AGENCY, width=width).open("/leads?brand=own")
    page.locator("#person-menu > button").click()
    address = page.locator("#person-menu .dropdown-header")
    expect(address).to_be_visible()
    assert address.evaluate("node => node.clientHeight < 2 * parseFloat(getComputedStyle(node).lineHeight)")
    menu = page.locator("#person-menu .dropdown-menu").bounding_box()
    assert menu is not None
    assert menu["x"] >= 0
    assert menu["x"] + menu["width"] <= width


def test_print_shows_the_page_without_its_tools(visit: Visit) -> None:
    page = visit().open("/leads")
    page.emulate_media(media="print")
    expect(page.locator(".tabs")).not_to_be_visible()
    expect(page.get_by_label("Search leads")).not_to_be_visible()
    expect(page.get_by_text("Select a bar to filter")).not_to_be_visible()
    expect(page.locator("#figure-total-leads")).to_be_visible()
    expect(page.locator("#table .ag-center-cols-container .ag-row").first).to_be_visible()


def test_a_page_that_fails_says_so_and_can_be_tried_again(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/leads")
    page.route("**/_dash-update-component*", lambda route: route.abort())
    page.locator("#table .ag-header-cell", has_text="Name").click()
    expect(page.locator("#failed")).to_contain_text("The page could not be loaded.")
    page.unroute("**/_dash-update-component*")
    page.locator("#failed-button").click()
    expect(page.locator("#table .ag-header-cell", has_text="Name")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("#failed")).not_to_be_visible()
    visitor.problems.clear()  # the browser itself reports the request that was cut off


def test_high_contrast_shows_menus_theme_and_states(visit: Visit) -> None:
    """In forced colours a background is gone; what is drawn as a shape has to take a colour of the system."""
    page = visit(forced_colors="active").open("/leads")
    expect(page.locator("#freshness")).to_have_class(re.compile("mood-fresh"))
    shapes = page.evaluate(
        """() => [[".chart-menu .more", "::before"], ["#theme-button .icon", null], ["#freshness .icon", null]].map(
            ([selector, pseudo]) => {
              const style = getComputedStyle(document.querySelector(selector), pseudo);
              const page = getComputedStyle(document.documentElement).backgroundColor;
              return style.forcedColorAdjust === "none" && style.backgroundColor !== page && style.maskImage !== "none";
            })"""
    )
    assert shapes == [True, True, True]
