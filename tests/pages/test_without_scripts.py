"""Where scripts are not allowed the dashboards say so, and no other page offers what would not work."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.pages.site import AGENCY, Visit

pytestmark = pytest.mark.browser


def test_without_scripts_the_dashboards_say_what_to_do_and_the_account_works(visit: Visit) -> None:
    visitor = visit(java_script_enabled=False)
    page = visitor.page
    page.goto(f"{visitor.url}/leads")
    expect(page.get_by_role("heading", name="The dashboards need JavaScript")).to_be_in_viewport()
    expect(page.locator("noscript p").first).to_be_visible()
    expect(page.locator("noscript p").first).to_contain_text("allow it for this address")
    expect(page.get_by_text("Loading")).not_to_be_visible()
    page.get_by_role("link", name="Your account").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    expect(page.get_by_role("button", name="Dark")).not_to_be_visible()
    page.get_by_label("How others see you").fill("Vera Ann")
    page.get_by_role("button", name="Save name").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.get_by_label("How others see you")).to_have_value("Vera Ann")


def test_without_scripts_the_agencys_pages_promise_nothing_that_a_script_does(visit: Visit) -> None:
    visitor = visit(AGENCY, java_script_enabled=False)
    page = visitor.page
    page.goto(f"{visitor.url}/agency/sync")
    expect(page.get_by_text("Trouble comes first")).to_be_visible()
    expect(page.get_by_text("keeps itself up to date")).not_to_be_visible()
    expect(page.locator("#theme-button")).not_to_be_visible()
    page.get_by_label("Search brands", exact=True).fill("stale")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Stale Brand").first).to_be_visible()
    expect(page.get_by_role("link", name="Own Brand")).to_have_count(0)
