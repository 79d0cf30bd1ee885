from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Response, Route, expect

from tests.pages.site import Visit

pytestmark = pytest.mark.browser

ON_A_PHONE = 390


def rows(page: Page, chart: str) -> int:
    return page.locator(f"#card-{chart} .js-plotly-plot :is(.ytick, .xtick) text").count()


def figure(page: Page, name: str) -> str:
    return page.locator(f"#figure-{name} .figure-value").inner_text()


def changed_figure(page: Page, name: str, before: str) -> str:
    """Return the value of a card once it is another one."""
    expect(page.locator(f"#figure-{name} .figure-value")).not_to_have_text(before)
    return figure(page, name)


def click_row(page: Page, chart: str, number: int) -> None:
    """Click a row on its name: all of it is the target."""
    page.locator(f"#card-{chart} .js-plotly-plot :is(.ytick, .xtick) text").nth(number).click(force=True)


def chart_ready(page: Page, chart: str) -> None:
    expect(page.locator(f"#card-{chart} .js-plotly-plot .points path").first).to_be_visible()


def test_the_page_shows_brand_tab_figures_charts_and_rows_with_its_first_answer(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/leads")
    expect(page.locator("#brand-name")).to_have_text("Own Brand")
    expect(page.locator(".tab[aria-current=page]")).to_have_text("Leads")
    assert [label.inner_text() for label in page.locator(".figure-label").all()] == [
        "Total leads",
        "New in 7 days",
        "Active in pipeline",
        "Qualified candidates",
        "Signed",
    ]
    chart_ready(page, "leads-sources")
    assert rows(page, "leads-sources") == 11
    expect(page.locator("#table .ag-center-cols-container .ag-row")).to_have_count(25)
    expect(page).to_have_title("Leads · Own Brand")
    page.wait_for_load_state("networkidle")
    assert visitor.page_calls() == 1


@pytest.mark.parametrize("width", [1280, ON_A_PHONE])
def test_a_clicked_bar_filters_everything_and_back_undoes_it(visit: Visit, width: int) -> None:
    visitor = visit(width=width)
    page = visitor.open("/leads")
    chart_ready(page, "leads-sources")
    total = figure(page, "total-leads")
    visitor.requests.clear()
    click_row(page, "leads-sources", 0)
    expect(page.locator(".chips .chip")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"[?&]source="))
    filtered = changed_figure(page, "total-leads", total)
    assert int(filtered) < int(total)
    expect(page.locator("#table-total")).to_have_attribute("data-total", filtered)
    page.wait_for_load_state("networkidle")
    assert visitor.page_calls() == 1
    page.go_back()
    expect(page.locator("#figure-total-leads .figure-value")).to_have_text(total)
    expect(page.locator(".chips .chip")).to_have_count(0)
    page.go_forward()
    expect(page.locator("#figure-total-leads .figure-value")).to_have_text(filtered)


def test_a_click_on_a_chart_builds_no_columns_anew_that_stand_already(visit: Visit) -> None:
    page = visit().open("/leads")
    chart_ready(page, "leads-sources")
    page.wait_for_load_state("networkidle")
    with page.expect_response("**/_dash-update-component*") as filtered:
        click_row(page, "leads-sources", 0)
    assert "rowData" in changed_of_grid(filtered.value)
    assert not {"columnDefs", "dashGridOptions"} & changed_of_grid(filtered.value)
    with page.expect_response("**/_dash-update-component*") as sorted_anew:
        page.locator("#table .ag-header-cell", has_text="Deal size").click()
    assert {"rowData", "columnDefs"} <= changed_of_grid(sorted_anew.value)


def changed_of_grid(answer: Response) -> set[str]:
    """Return which properties of the table an answer brings."""
    changed = {name: set(properties) for name, properties in answer.json()["response"].items()}
    return next(names for names in changed.values() if "rowData" in names)


def test_filters_of_two_charts_combine_and_a_link_shows_the_same(visit: Visit) -> None:
    page = visit().open("/leads")
    chart_ready(page, "leads-sources")
    page.wait_for_load_state("networkidle")  # a chart hears of clicks a moment after it is drawn
    of_all = figure(page, "total-leads")
    click_row(page, "leads-sources", 0)
    expect(page.locator(".chips .chip")).to_have_count(1)
    of_source = changed_figure(page, "total-leads", of_all)
    click_row(page, "leads-top-statuses", 1)
    expect(page.locator(".chips .chip")).to_have_count(2)
    total = changed_figure(page, "total-leads", of_source)
    shared = page.url.removeprefix(page.url.split("/leads")[0])
    other = visit().open(shared)
    expect(other.locator("#figure-total-leads .figure-value")).to_have_text(total)
    other.locator(".chips .chip").first.click()
    expect(other.locator(".chips .chip")).to_have_count(1)
    other.locator(".chip-clear").click()
    expect(other.locator(".chips .chip")).to_have_count(0)


@contextmanager
def answers_held(page: Page) -> Iterator[None]:
    """Let no answer of a callback come while one does something; at the end they all do."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/_dash-update-component*", hold)
    yield
    for route in held:
        route.continue_()
    page.unroute("**/_dash-update-component*")


def test_what_is_clicked_before_an_answer_came_holds_beside_what_was_clicked_before(visit: Visit) -> None:
    page = visit().open("/leads")
    chips = page.locator(".chips .chip")
    chart_ready(page, "leads-sources")
    with answers_held(page):
        click_row(page, "leads-sources", 0)
        click_row(page, "leads-sources", 1)
        click_row(page, "leads-top-statuses", 1)
        expect(page).to_have_url(re.compile(r"source=.*source=.*status=|status=.*source=.*source="))
    expect(chips).to_have_text([re.compile("^Source: "), re.compile("^Source: "), re.compile("^Status: ")])
    with answers_held(page):
        chips.nth(0).click()
        chips.nth(1).click()
        expect(page).not_to_have_url(re.compile("source="))
    expect(chips).to_have_text([re.compile("^Status: ")])


def test_a_filter_whose_answer_has_not_come_is_cleared_with_the_others(visit: Visit) -> None:
    page = visit().open("/leads?sort=name&source=Facebook")
    chart_ready(page, "leads-top-statuses")
    page.wait_for_load_state("networkidle")
    with answers_held(page):
        click_row(page, "leads-top-statuses", 1)
        expect(page).to_have_url(re.compile("status="))
        page.locator(".chip-clear").click()
        expect(page).to_have_url(re.compile(r"/leads\?sort=name$"))
    expect(page.locator(".chips .chip")).to_have_count(0)
    expect(page.locator("#table-total")).to_have_attribute("data-total", figure(page, "total-leads").replace(",", ""))


def test_the_long_tail_opens_and_folds_again(visit: Visit) -> None:
    page = visit().open("/leads")
    chart_ready(page, "leads-sources")
    click_row(page, "leads-sources", 10)
    names = page.locator("#card-leads-sources .js-plotly-plot .ytick text")
    expect(names).to_have_count(13)
    expect(page).to_have_url(re.compile("open=leads-sources"))
    page.get_by_role("link", name="Fold the long tail again").click()
    expect(names).to_have_count(11)


def test_filtering_keeps_the_scroll_position(visit: Visit) -> None:
    page = visit().open("/leads")
    chart_ready(page, "leads-sources")
    page.evaluate("window.scrollTo(0, 200)")
    before = page.evaluate("window.scrollY")
    assert before == 200
    page.locator("#table .ag-header-cell", has_text="Name").click()
    expect(page.locator("#table .ag-header-cell", has_text="Name")).to_have_attribute("aria-sort", "ascending")
    assert page.evaluate("window.scrollY") == before


def test_the_table_is_searched_sorted_and_paged(visit: Visit) -> None:
    page = visit().open("/leads")
    page.get_by_label("Search leads").fill("person 555000001")
    expect(page.locator("#table-total")).to_contain_text("of 9 leads")
    expect(page).to_have_url(re.compile(r"q=person\+555000001"))
    page.locator(".ag-header-cell", has_text="Name").click()
    expect(page.locator("#table .ag-header-cell", has_text="Name")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("#table .ag-center-cols-container .ag-row .door").first).to_have_text("Person 010")
    page.locator(".ag-header-cell", has_text="Name").click()
    expect(page.locator("#table .ag-center-cols-container .ag-row .door").first).to_have_text("Person 019")
    page.get_by_label("Search leads").fill("")
    expect(page.locator("#table .ag-center-cols-container .ag-row")).to_have_count(25)
    page.locator(".pagination").get_by_text("2", exact=True).click()
    expect(page.locator("#table-total")).to_contain_text("26 to 50 of")
    expect(page.get_by_label("Search leads")).to_have_value("")


def test_a_row_opens_the_lead_with_its_deals_and_notes_by_mouse_and_by_keyboard(visit: Visit) -> None:
    page = visit().open("/leads?q=person+001")
    page.locator(".ag-row[row-id=lead-1] [col-id=name]").click(position={"x": 100, "y": 10})
    panel = page.locator("#details")
    expect(panel).to_be_visible()
    expect(panel.locator(".offcanvas-title")).to_have_text("Person 001")
    expect(panel).to_be_focused()
    expect(panel).to_contain_text("Territory 1")
    expect(panel).to_contain_text("Spoke about territory 1 ")
    expect(page).to_have_url(re.compile("lead=lead-1"))
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(page.locator(".ag-cell:focus")).to_have_text("Person 001")
    expect(page.locator("#shell")).to_have_attribute("data-arranged", "leads")  # until then a cell is drawn anew
    page.keyboard.press("Enter")
    expect(panel.locator(".offcanvas-title")).to_have_text("Person 001")


def test_each_figure_says_what_it_counts(visit: Visit) -> None:
    page = visit().open("/leads")
    page.locator("#figure-qualified-candidates").focus()
    tip = page.locator(".tooltip")
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("from QR Returned through FA Sent")
    page.locator("#figure-new-leads").hover()
    expect(page.locator(".tooltip", has_text="6 days")).to_contain_text("today and the 6 days before")


def test_upstream_html_stays_inert(visit: Visit) -> None:
    page = visit().open("/notes?note=note-attack")
    expect(page.locator("#details")).to_contain_text("Hello there")
    page.goto(page.url.replace("/notes?note=note-attack", "/leads?q=person+000"))
    expect(page.locator("#main")).to_be_visible()
    assert page.evaluate("window.attacked") is None
    assert page.locator("#details a[href^=javascript]").count() == 0
