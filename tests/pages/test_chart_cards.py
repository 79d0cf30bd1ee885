from __future__ import annotations

import csv
import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.pages.site import Visit

pytestmark = pytest.mark.browser

CARD = "#card-leads-sources"


def choose(page: Page, text: str, card: str = CARD) -> None:
    page.locator(f"{card} .more").click()
    page.locator(f"{card} .dropdown-menu").get_by_text(text, exact=True).click()


def test_a_chart_shows_itself_as_a_table_with_links_that_filter(visit: Visit) -> None:
    page = visit().open("/leads")
    choose(page, "View as table")
    table = page.locator(f"{CARD} .chart-table")
    expect(table.locator("tbody tr")).to_have_count(11)
    expect(page.locator(f"{CARD} .chart-drawing")).not_to_be_visible()
    table.get_by_role("link", name="Filter by Facebook").click()
    expect(page.locator(".chips .chip")).to_have_count(1)
    expect(table.get_by_role("link", name="Stop filtering by Facebook")).to_be_visible()
    choose(page, "View as chart")
    expect(page.locator(f"{CARD} .chart-drawing")).to_be_visible()


def test_a_menu_gives_the_focus_back_and_the_table_alternative_needs_no_mouse(visit: Visit) -> None:
    page = visit().open("/leads")
    page.locator(f"{CARD} .more").click()
    page.keyboard.press("Escape")
    expect(page.locator(f"{CARD} .dropdown-menu")).not_to_be_visible()
    expect(page.locator(f"{CARD} .more")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(f"{CARD} .more")).to_be_focused()
    expect(page.locator(CARD).get_by_role("link", name="Filter by").first).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".chips .chip")).to_have_count(1)
    expect(page.locator(CARD).get_by_role("link", name="Stop filtering by")).to_be_focused()


def test_a_chart_is_filtered_by_keyboard_where_it_stands(visit: Visit) -> None:
    page = visit().open("/leads")
    chart = page.locator(f"{CARD} .chart-drawing")
    expect(chart.locator(".points path").first).to_be_visible()
    chart.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#said")).to_have_text(re.compile(r"^Google Ads: Leads \d+, Qualified or further \d+ of \d+, "))
    expect(chart.locator(".hovertext")).to_contain_text("Google Ads")
    page.keyboard.press("Enter")
    expect(page.locator(".chips .chip")).to_have_text("Source: Google Ads")
    expect(chart).to_be_focused()


def test_echarts_is_loaded_only_when_asked_for_and_filters_too(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/leads")
    page.wait_for_load_state("networkidle")
    assert not any("echarts.min.js" in request for request in visitor.requests)
    choose(page, "View in ECharts")
    strong = page.locator(f"{CARD} .chart-echarts svg path[fill='#0072C6']")
    expect(strong).to_have_count(33)  # eleven sources in three panels
    page.locator(f"{CARD} .chart-echarts svg text", has_text="Google Ads").click(force=True)
    expect(page.locator(".chips .chip")).to_have_text("Source: Google Ads")
    page.mouse.move(0, 0)  # the bar that the pointer rests on is lighter
    expect(strong).to_have_count(3)
    choose(page, "View in Plotly")
    expect(page.locator(f"{CARD} .chart-drawing")).to_be_visible()


def test_option_and_data_are_copied(visit: Visit) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"]).open("/leads?status=Outbound+Call")
    choose(page, "Copy ECharts option")
    expect(page.locator("#said")).to_have_text("The ECharts option is copied")
    expect(page.locator("#said")).to_have_css("clip-path", "none")  # to be seen, and not by screen readers alone
    option = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert option["series"][0]["type"] == "bar"
    choose(page, "Copy data")
    expect(page.locator("#said")).to_have_text("The data is copied")
    data = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert data["categories"][0] == option["yAxis"][0]["data"][0]


def test_a_chart_is_taken_away_as_csv(visit: Visit) -> None:
    page = visit().open("/leads")
    with page.expect_download() as table:
        choose(page, "Download CSV")
    text = table.value.path().read_text(encoding="utf-8-sig")
    assert next(csv.reader(text.splitlines())) == ["Name", "Leads", "Qualified or further", "Signed"]
    assert len(text.splitlines()) == 12


@pytest.mark.parametrize(
    ("path", "chart"),
    [
        ("/leads?source=Facebook", "leads-sources"),
        ("/leads", "leads-status-groups"),
        ("/pipeline", "pipeline-stages"),
        ("/hot-list", "hot-list-by-stage"),
    ],
)
def test_a_picture_is_of_its_own_size_whatever_the_screen(visit: Visit, path: str, chart: str) -> None:
    page = visit(width=390).open(path)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator(f"#card-{chart} .points path").first).to_be_visible()
        with page.expect_download() as download, page.expect_response(f"**/export/charts/{chart}/picture*") as answer:
            choose(page, "Download PNG", card=f"#card-{chart}")
        assert re.fullmatch(rf"own-{chart}-\d{{4}}-\d\d-\d\d\.png", download.value.suggested_filename)
        picture = download.value.path().read_bytes()
        size = [int.from_bytes(picture[place : place + 4]) for place in (16, 20)]
        layout = answer.value.json()[0]["layout"]
        assert size == [2 * 960, 2 * layout["height"]], width


def test_a_picture_says_title_brand_date_and_filters_above_its_chart(visit: Visit) -> None:
    page = visit().open("/leads?source=Facebook&q=person")
    asked = page.url.replace("/leads?", "/export/charts/leads-sources/picture?")
    figure, _ = page.request.get(asked).json()
    page.evaluate(
        """figure => {
          const place = document.body.appendChild(Object.assign(document.createElement("div"), { id: "picture" }));
          return window.Plotly.newPlot(place, figure.data, figure.layout);
        }""",
        figure,
    )
    drawn = page.locator("#picture")
    title = drawn.locator(".gtitle")
    expect(title).to_contain_text("Leads by source")
    expect(title).to_contain_text(
        re.compile(r"Own Brand · Data of \d{1,2} \w{3} \d{4}, .* · Source: Facebook · Search: person")
    )
    below = title.bounding_box()["y"] + title.bounding_box()["height"]  # type: ignore[index]
    others = drawn.locator(".legend, .annotation, .points path, .ytick text").all()
    assert others
    assert all(other.bounding_box()["y"] >= below for other in others if other.bounding_box())  # type: ignore[index]


def test_a_tables_csv_is_the_table_as_filtered(visit: Visit) -> None:
    page = visit().open("/leads?source=Facebook&q=person")
    total = page.locator("#table-total").get_attribute("data-total")
    with page.expect_download() as table:
        page.locator("#table").get_by_text("CSV").click()
    lines = table.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) - 1 == int(total or 0)
    assert all("Facebook" in line for line in lines[1:])
