"""axe-core finds nothing to complain about: WCAG 2.2 A and AA, light and dark, filled and empty, with things open."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.accessibility.axe import COLOURS, RULES, violations
from tests.pages.site import EMPTY, FILLED, STALE, Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PAGES = ["/leads", "/pipeline", "/hot-list", "/notes", "/schedule"]
MENU = ".dropdown-menu.show, [aria-expanded=true]"
FILTERS = ".chips, mark"


def settled(page: Page, path: str) -> None:
    if path in {"/leads", "/pipeline", "/hot-list"} and page.locator(".chart-card").count():
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    if page.locator("#table").count():
        expect(page.locator(".ag-row").first).to_be_visible()


@pytest.mark.parametrize("email", [FILLED, EMPTY], ids=["filled", "empty"])
def test_no_page_has_a_violation_light_or_dark(visit: Visit, email: str) -> None:
    visitor = visit(email)
    for path in PAGES:
        page = visitor.open(path)
        settled(page, path)
        for theme, rules in (("light", RULES), ("dark", RULES if path == PAGES[0] else COLOURS)):
            expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
            assert violations(page, rules) == [], (path, theme)
            page.locator("#theme-button").click()


def in_both_themes(page: Page, opened: str | None = None) -> list[str]:
    """Say what is wrong with a page in light, and in dark with its colours."""
    found = []
    for theme, rules in (("light", RULES), ("dark", COLOURS)):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
        found += [f"{theme}: {violation}" for violation in violations(page, rules, opened=opened)]
    return found


def test_the_banner_of_old_data_has_no_violation(visit: Visit) -> None:
    """It is the same on every page, and all that differs from a page with new data."""
    page = visit(STALE).open("/leads")
    settled(page, "/leads")
    expect(page.locator("#stale-banner")).to_be_visible()
    assert in_both_themes(page, opened="#stale-banner, #freshness") == []


def test_nothing_that_opens_has_a_violation(visit: Visit) -> None:
    """The panel of details lies on a veil, beneath which nothing is judged: what filters add comes once it is closed."""
    visitor = visit()
    page = visitor.open("/leads?source=Facebook&lead=lead-0&q=person")
    expect(page.locator("#details")).to_be_visible()
    assert in_both_themes(page, opened="#details") == []
    page.locator(".details .btn-close").click()
    page.locator("#card-leads-sources .more").click()
    assert in_both_themes(page, opened=f"{MENU}, {FILTERS}") == []
    page.locator("#card-leads-sources .dropdown-menu").get_by_text("View as table").click()
    assert in_both_themes(page, opened="#card-leads-sources") == []
    page.locator("#person-menu > button").click()
    assert in_both_themes(page, opened="#person-menu") == []
    page = visitor.open("/notes?note=note-3&q=funding")
    settled(page, "/notes")
    expect(page.locator("#details")).to_be_visible()
    assert in_both_themes(page, opened="#details") == []
    page.locator(".details .btn-close").click()
    page.get_by_role("button", name="Kind").click()
    assert in_both_themes(page, opened=f"{MENU}, {FILTERS}") == []


def test_no_phone_page_has_a_violation(visit: Visit) -> None:
    visitor = visit(width=390)
    for path in PAGES:
        page = visitor.open(path)
        settled(page, path)
        assert violations(page) == [], path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_plain_page_has_a_violation(visit: Visit, theme: str) -> None:
    visitor = visit(theme=theme)
    for path in ("/account", "/developers", "/no-such-page"):
        visitor.page.goto(f"{visitor.url}{path}")
        expect(visitor.page.get_by_role("navigation", name="Pages")).to_be_visible()
        assert violations(visitor.page) == [], path
    visitor.problems.clear()  # the browser itself reports the page that is not there
