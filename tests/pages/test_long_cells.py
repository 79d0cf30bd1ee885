"""Names of any length in the cells of a table: two whole lines of each, and all of it on hover."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import BrowserType, expect

from database import AgencySession
from models import utc_now
from tests.factories import (
    commit_counted,
    make_activity,
    make_hot_list_item,
    make_lead,
    make_note,
    make_opportunity,
    make_stage,
)
from tests.pages.filled_brand import set_freshness
from tests.pages.site import AGENCY, FILLED, Site, Visit, add_brand

pytestmark = pytest.mark.browser

STAGE = "FDD Review Call Scheduled"
HYPHENATED = "Maria Magdalena Zimmermann-Kowalski"
NAMES = (
    "Ann",
    "Jennifer Zimmerman",
    "No Name Text Added",
    HYPHENATED,
    "Wolfeschlegelsteinhausenbergerdorff",
    "Barnaby Marmaduke Aloysius Benjy Cobweb Dartagnan Egbert Felix Gaspar Humbert Ignatius Jayden Kasper Leroy",
    "W" * 300,
    "a " * 150,
)
CUT = """() => {
  const cut = [];
  for (const cell of document.querySelectorAll("#table .ag-row .ag-cell")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      let { top, bottom, right } = cell.getBoundingClientRect();
      for (let node = text.parentElement; node !== cell; node = node.parentElement) {
        if (getComputedStyle(node).overflow === "visible") continue;
        const box = node.getBoundingClientRect();
        [top, bottom, right] = [Math.max(top, box.top), Math.min(bottom, box.bottom), Math.min(right, box.right)];
      }
      const hasDots = getComputedStyle(text.parentElement).textOverflow === "ellipsis";
      const lines = document.createRange();
      lines.selectNodeContents(text);
      for (const line of lines.getClientRects()) {
        const seen = Math.min(bottom, line.bottom) - Math.max(top, line.top);
        if (seen <= 3) continue;  // the air above its letters
        const isHalf = seen < line.height - 4, isBeyond = !hasDots && line.right > right + 1;
        if (isHalf || isBeyond) cut.push(`${cell.getAttribute("col-id")}: ${text.data.slice(0, 40)}`);
      }
    }
  }
  return cut;
}"""
"""The texts of which a line is seen in part: of its height, or of its width and without dots."""
MIDDLE = """(cell) => {
  const text = document.createRange();
  text.selectNodeContents(document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode());
  const { top, bottom } = text.getBoundingClientRect();
  return (top + bottom) / 2;
}"""
FIGURES_FIT = (
    """() => [...document.querySelectorAll(".figure")].every((card) => card.scrollWidth <= card.clientWidth)"""
)


@pytest.fixture(scope="module")
def named(site: Site) -> str:
    """A brand whose people are called all of that."""
    brand, now = add_brand(site.world, "named", "Named Brand"), utc_now()
    with AgencySession(site.world.engine) as session:
        session.add(make_stage(brand, STAGE, 1, likelihood=50))
        for number, name in enumerate(NAMES):
            lead, begins = {"client_id": f"lead-{number}"}, now + timedelta(hours=number + 1)
            deal = lead | {"opportunity_id": f"deal-{number}", "candidate": name, "stage_name": STAGE}
            email, worth = f"{name[:60].strip().replace(' ', '.')}@example.com", Decimal(90_000)
            hot = {"stage_position": 1, "iff": worth, "weighted_iff": worth, "likelihood": 50}
            session.add_all(
                [
                    make_lead(brand, **lead, name=name, lead_source=name, stage_name=STAGE, email=email),
                    make_opportunity(brand, **deal, opportunity_name=name, deal_size=worth),
                    make_hot_list_item(brand, **deal, **hot, market=name),
                    make_note(brand, **lead, author=name, content_text=name * 3, noted_at=now),
                    make_activity(
                        brand, **lead, event_id=f"event-{number}", title=name, starts_at=begins, ends_at=begins
                    ),
                ]
            )
        set_freshness(session, brand, now)
        commit_counted(session, brand)
    return "named"


@pytest.mark.parametrize("path", ["/leads", "/pipeline", "/hot-list", "/notes", "/schedule"])
def test_no_line_of_a_cell_is_seen_in_part(visit: Visit, named: str, path: str) -> None:
    page = visit(AGENCY, width=1440).open(f"{path}?brand={named}")
    for width in (1440, 1024, 768, 390):
        page.set_viewport_size({"width": width, "height": 900})
        which = "[col-id=narrow]" if width == 390 else ":not([col-id=narrow])"
        shown = page.locator(f"#table .ag-row .ag-cell{which}")
        expect(shown.first).to_be_visible()
        page.wait_for_function(f"() => ({CUT})().length === 0")


def test_a_name_stands_on_the_line_of_its_row(visit: Visit, named: str) -> None:
    page = visit(AGENCY, width=1440).open(f"/hot-list?brand={named}")
    row = page.locator("#table .ag-center-cols-container .ag-row[row-id=deal-0]")
    expect(row.get_by_text("Ann", exact=True)).to_have_count(2)
    name, market = (row.locator(f"[col-id={column}]").evaluate(MIDDLE) for column in ("candidate", "market"))
    assert abs(name - market) <= 0.5


def test_who_reads_in_very_large_letters_sees_each_line_and_figure_whole(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], site: Site, signed_in_states: dict[str, Any]
) -> None:
    """As whom the browser's settings say "very large" for: with half as much again as the usual size."""
    large = [*browser_type_launch_args["args"], "--blink-settings=defaultFontSize=24"]
    with browser_type.launch(**browser_type_launch_args | {"args": large}) as browser:
        page = browser.new_context(storage_state=signed_in_states[FILLED]).new_page()
        for path in ("/hot-list", "/notes"):
            page.goto(f"{site.url}{path}")
            for width, headings in ((1440, True), (900, False), (390, False)):
                page.set_viewport_size({"width": width, "height": 900})
                expect(page.locator("#table .ag-header")).to_be_visible(visible=headings)
                cells = page.locator("#table .ag-row .ag-cell").locator("visible=true")
                expect(cells.first).to_have_attribute(
                    "col-id", re.compile("^narrow$" if not headings else "^(?!narrow)")
                )
                page.wait_for_function(f"() => ({CUT})().length === 0")
                assert page.evaluate(FIGURES_FIT)


def test_a_long_name_is_whole_on_hover(visit: Visit, named: str) -> None:
    page = visit(AGENCY, width=1440).open(f"/hot-list?brand={named}")
    row = page.locator("#table .ag-center-cols-container .ag-row[row-id=deal-3]")
    for column in ("candidate", "market"):
        expect(row.locator(f"[col-id={column}]").get_by_title(HYPHENATED, exact=True)).to_be_visible()
    expect(page.get_by_title("Ann", exact=True)).to_have_count(0)
