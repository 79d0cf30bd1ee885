"""axe-core finds nothing to complain about: WCAG 2.2 A and AA, light and dark, filled and empty, with things open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import EMPTY, FILLED, STALE, Visit

pytestmark = pytest.mark.browser

PAGES = ["/leads", "/pipeline", "/hot-list", "/notes", "/schedule"]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """Say what axe-core finds once the page has come to rest: the notes' grid draws its header in several steps."""
    for _ in range(20):
        if not (found := found_by_axe(page)):
            break
        page.wait_for_timeout(500)
    return found


def found_by_axe(page: Page) -> list[str]:
    """Run axe-core in the page, past the content security policy as a debugger does, and say what it found."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE})
    run = f"axe.run(document, {{runOnly: {RULES}, resultTypes: ['violations']}}).then(found => found.violations)"
    answer: Any = session.send("Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True})
    return [
        f"{found['id']}: {node['target']} {node['failureSummary']}"
        for found in answer["result"]["value"]
        for node in found["nodes"]
    ]


def settled(page: Page, path: str) -> None:
    if path in {"/leads", "/pipeline", "/hot-list"} and page.locator(".chart-card").count():
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    if page.locator("#notes-grid").count():
        expect(page.locator(".ag-header-cell").first).to_be_visible()
        expect(page.locator(".ag-row[row-id^=note-]").first).to_be_visible()


@pytest.mark.parametrize(
    ("email", "paths"),
    [(FILLED, PAGES), (EMPTY, PAGES), (STALE, ["/leads"])],  # the banner of old data is the same on every page
    ids=["filled", "empty", "stale"],
)
def test_no_page_has_a_violation_light_or_dark(visit: Visit, email: str, paths: list[str]) -> None:
    visitor = visit(email)
    for path in paths:
        page = visitor.open(path)
        settled(page, path)
        for theme in ("light", "dark"):
            expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
            assert violations(page) == [], (path, theme)
            page.locator("#theme-button").click()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_that_opens_has_a_violation(visit: Visit, theme: str) -> None:
    visitor = visit(theme=theme)
    page = visitor.open("/leads?source=Facebook&lead=lead-0&q=person")
    expect(page.locator("#panel")).to_be_visible()
    assert violations(page) == []
    page.locator("#panel-close").click()
    page.locator("#leads-by-source-menu summary").click()
    assert violations(page) == []
    page.locator("#leads-by-source-menu").get_by_text("View as table").click()
    assert violations(page) == []
    page.locator("summary[aria-label^='Signed in']").click()
    assert violations(page) == []
    page = visitor.open("/notes?note=note-3&q=funding")
    settled(page, "/notes")
    expect(page.locator("#panel")).to_be_visible()
    page.get_by_text("Kind", exact=True).first.click()
    assert violations(page) == []


def test_no_phone_page_has_a_violation(visit: Visit) -> None:
    visitor = visit(width=390)
    for path in PAGES:
        page = visitor.open(path)
        settled(page, path)
        assert violations(page) == [], path
