"""Ways that lead on: names open their lead, cards their rows, stuck deals can be listed, phones and mails be used."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import Visit
from tests.pages.test_leads_page import figure

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", ["/hot-list?q=person+026", "/pipeline?q=person+026", "/notes?client=lead-26"])
def test_a_name_opens_its_lead_where_it_stands(visit: Visit, path: str) -> None:
    page = visit().open(path)
    page.locator(".ag-row").get_by_role("link", name="Person 026").first.click()
    panel = page.locator("#details")
    expect(panel.locator(".offcanvas-title")).to_have_text("Person 026")
    expect(panel).to_contain_text("Territory 26")
    expect(panel).to_contain_text("Spoke about territory 26 ")
    expect(page).to_have_url(re.compile("lead=lead-26"))
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(page).not_to_have_url(re.compile("lead=lead-26"))


def test_phones_can_be_dialled_and_mails_written(visit: Visit) -> None:
    page = visit().open("/leads?q=person+014")
    expect(page.locator(".ag-row").get_by_role("link", name="(555) 000-0014")).to_have_attribute(
        "href", "tel:5550000014"
    )
    mail = page.locator(".ag-row").get_by_role("link", name="person14@example.com")
    expect(mail).to_have_attribute("href", "mailto:person14@example.com")


@pytest.mark.parametrize("card", ["new-leads", "active-leads", "qualified-candidates", "signed-leads"])
def test_a_card_leads_to_its_rows_and_back(visit: Visit, card: str) -> None:
    page = visit().open("/leads")
    expect(page.locator(".ag-row").first).to_be_visible()
    count, label = figure(page, card), page.locator(f"#figure-{card} .figure-label").inner_text()
    page.locator(f"#figure-{card}").click()
    expect(page.locator(".chips .chip")).to_have_text(f"Only: {label}")
    expect(page.locator("#figure-total-leads .figure-value")).to_have_text(count)
    expect(page.locator("#table-total")).to_have_attribute("data-total", count)
    page.go_back()
    expect(page.locator(".chips .chip")).to_have_count(0)


def test_stuck_deals_are_listed_and_marked(visit: Visit) -> None:
    page = visit().open("/pipeline")
    expect(page.locator(".ag-row").first).to_be_visible()
    count = figure(page, "stuck-deals")
    page.locator("#figure-stuck-deals").click()
    expect(page).to_have_url(re.compile("stuck=yes"))
    expect(page.locator("#table-total")).to_have_attribute("data-total", count)
    days = page.locator(".ag-row [col-id=days]")
    expect(days.first).to_be_visible()
    expect(days.filter(has_not_text="Stuck")).to_have_count(0)


def test_digits_find_a_phone_whatever_its_punctuation(visit: Visit) -> None:
    page = visit().open("/leads")
    page.get_by_label("Search leads").fill("(555) 000-0014")
    expect(page.locator("#table-total")).to_have_attribute("data-total", "1")
    expect(page.locator(".ag-row").first).to_contain_text("Person 014")


def test_columns_are_hidden_and_the_choice_is_remembered(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/leads")
    heading = page.locator(".ag-header-cell", has_text="Sales lead")
    expect(heading).to_be_visible()
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("Sales lead").click()
    expect(heading).to_have_count(0)
    page = visitor.open("/leads")
    expect(page.locator(".ag-header-cell", has_text="Source")).to_be_visible()
    expect(heading).to_have_count(0)


def test_a_phone_shows_two_lines_a_row_and_a_sort_menu(visit: Visit) -> None:
    page = visit(width=390).open("/leads?q=person+01")
    row = page.locator(".ag-row").first
    expect(row.locator(".ag-cell:visible")).to_have_count(1)
    box = row.bounding_box()
    assert box is not None
    assert box["height"] < 90
    page.get_by_label("Sorted").select_option("By name")
    expect(page).to_have_url(re.compile("sort=name"))
    expect(page.locator(".ag-row").first).to_contain_text("Person 001")
