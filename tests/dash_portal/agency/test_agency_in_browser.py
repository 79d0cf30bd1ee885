"""The agency's pages in the real browser, with a brand for every way to stand: accessible, legible, on any width."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select
from werkzeug.serving import make_server

from database import AgencySession
from models import Tenant, utc_now
from tests.accessibility.axe import COLOURS, RULES, violations
from tests.conftest import heard
from tests.dash_portal.agency.histories import add_request, every_state
from tests.dash_portal.agency.test_agency_pages import add_answer
from tests.dash_portal.portal_world import PASSWORD, PortalWorld, close_world, make_world
from tests.pages.site import QuietHandler

AGENCY = "agency@mellon.example"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def busy_agency(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory, encryption_key: str
) -> Iterator[tuple[str, PortalWorld, str]]:
    path = tmp_path_factory.mktemp("agency") / "portal.db"
    shutil.copy(migrated_sqlite, path)
    world = make_world(f"sqlite:///{path}", encryption_key)
    every_state(world.engine, world.cipher, utc_now(), asker=world.people[AGENCY])
    run_id = add_answer(world, "own")
    server = make_server("127.0.0.1", 0, world.app, threaded=True, request_handler=QuietHandler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", world, run_id
    server.shutdown()
    thread.join()
    close_world(world)


def tenant_of(world: PortalWorld, slug: str) -> int:
    with AgencySession(world.engine) as session:
        return session.exec(select(Tenant.id).where(Tenant.slug == slug)).one() or 0


def sign_in(page: Page, url: str, email: str = AGENCY) -> None:
    page.goto(f"{url}/login?next={'/agency/audit' if email == AGENCY else '/account'}")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/login" not in address)


@pytest.fixture(scope="module")
def agencys_cookies(busy_agency: tuple[str, PortalWorld, str], browser: Browser) -> list[Any]:
    """What the agency's browser holds after one real sign-in."""
    page = browser.new_page()
    sign_in(page, busy_agency[0])
    cookies = page.context.cookies()
    page.context.close()
    return cookies


@pytest.fixture
def page(tab: Page, agencys_cookies: list[Any]) -> Iterator[Page]:
    """A tab that the agency is signed in to; any error on its console fails the test."""
    tab.context.add_cookies(agencys_cookies)
    with heard(tab):
        yield tab


@pytest.mark.timeout(240)
def test_no_page_has_a_violation_or_runs_out_of_its_width(
    busy_agency: tuple[str, PortalWorld, str], page: Page
) -> None:
    url, _, run_id = busy_agency
    problems = []
    for path in (
        "/agency/sync",
        "/agency/sync/held-back",
        "/agency/sync/not-understood",
        f"/agency/sync/own/runs/{run_id}/answers",
        f"/agency/sync/own/runs/{run_id}/answers/leads/0?q=phone",
        "/agency/brands",
        "/agency/brands/fresh",
        "/agency/brands/fresh/sign-in",
        "/agency/users/sign-in",
        "/agency/users/staff",
        "/agency/brands/_start",
        "/agency/users",
        "/agency/audit",
    ):
        page.goto(url + path)
        page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
        for theme, width, rules in (("light", 1440, RULES), ("dark", 1440, COLOURS), ("light", 390, RULES)):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 900})
            expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            problems += [f"{path}, {theme}, {width}: {violation}" for violation in violations(page, rules)]
    assert not problems, "\n".join(problems)


def test_the_brands_buttons_are_on_screen_at_every_width(busy_agency: tuple[str, PortalWorld, str], page: Page) -> None:
    url, _, _ = busy_agency
    page.goto(f"{url}/agency/sync")
    hidden = (
        "(() => { const card = document.querySelector('.health-card'); return card.scrollWidth - card.clientWidth; })()"
    )
    for width in (1024, 1320, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(hidden) <= 0, width


def test_rows_of_sync_health_are_of_one_height_under_a_heading_that_stays(
    busy_agency: tuple[str, PortalWorld, str], page: Page
) -> None:
    url, _, _ = busy_agency
    page.set_viewport_size({"width": 1440, "height": 500})
    page.goto(f"{url}/agency/sync")
    rows = page.locator("#brands tbody tr")
    heights = rows.evaluate_all("rows => rows.map(row => Math.round(row.getBoundingClientRect().height))")
    assert len(heights) == 18
    assert set(heights) == {40}
    expect(page.locator("#row-fresh td[data-heading=Next]")).to_have_text(re.compile(r"^(now|in \d+ min|in 1 h)$"))
    rows.last.scroll_into_view_if_needed()
    heading = page.get_by_role("columnheader", name="Data read").bounding_box()
    assert heading is not None
    assert (page.evaluate("scrollY") > 0, heading["y"]) == (True, 0)


LOOKS = """() => [...document.querySelectorAll("h1, button, a.button, summary.button")]
  .filter(one => one.checkVisibility() && !one.closest("[popover], .visually-hidden") && !one.matches(".icon-button"))
  .map(one => { const style = getComputedStyle(one), is = one.matches("h1") ? "h1" : "button";
    const sizes = is === "h1" ? [] : [style.borderRadius, style.borderWidth,
      one.closest("table.health") ? 36 : parseFloat(style.minHeight)];
    return [is, style.fontSize, style.fontWeight, ...sizes].join(" "); })"""

COVERED = """() => [...document.querySelectorAll("input:not([type=hidden]), select, button, a.button")]
  .filter(one => one.checkVisibility() && one.getClientRects().length && !one.closest("[popover], .visually-hidden"))
  .filter(one => { one.scrollIntoView({ block: "center", behavior: "instant" }); const box = one.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return !one.contains(top); })
  .map(one => one.outerHTML.slice(0, 80))"""


def test_headings_and_buttons_look_alike_on_every_plain_page_and_no_message_covers_a_control(
    busy_agency: tuple[str, PortalWorld, str], browser: Browser
) -> None:
    url, _, run_id = busy_agency
    pages = {
        None: ("/login", "/reset/none"),
        "admin@own.example": ("/team?done=reactivated", "/account?done=name", "/agency/sync", "/nowhere"),
        AGENCY: (
            "/agency/sync?done=all",
            "/agency/sync/held-back?done=now",
            "/agency/sync/key-refused",
            f"/agency/sync/own/runs/{run_id}/answers",
            "/agency/brands",
            "/agency/brands/_new",
            "/agency/brands/_start",
            "/agency/brands/fresh?done=changed",
            "/agency/brands/nowhere",
            "/agency/users?done=role",
            "/agency/audit",
            "/account?done=display",
            "/account/two-step",
        ),
    }
    looks: dict[str, set[str]] = {"h1": set(), "button": set()}
    covered = []
    for email, addresses in pages.items():
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        if email is not None:
            sign_in(page, url, email)
        for address in addresses:
            page.goto(url + address)
            expect(page.locator("h1")).to_have_count(1)
            for look in page.evaluate(LOOKS):
                looks[look.partition(" ")[0]].add(look)
            covered += [f"{address}: {control}" for control in page.evaluate(COVERED)]
        if email == AGENCY:
            page.goto(f"{url}/agency/users")
            page.get_by_label("E-mail").fill("new@own.example")
            page.locator("#invite-brand").fill("own")
            page.get_by_role("button", name="Make a link").click()
            page.goto(url + urlsplit(page.locator("#link").input_value()).path)
            expect(page.get_by_role("heading", level=1)).to_have_text("Welcome to Own Brand")
            for look in page.evaluate(LOOKS):
                looks[look.partition(" ")[0]].add(look)
        page.close()
    assert {what: len(different) for what, different in looks.items()} == {"h1": 1, "button": 1}, looks
    assert covered == []


def test_the_live_page_keeps_what_the_reader_has_opened(busy_agency: tuple[str, PortalWorld, str], page: Page) -> None:
    url, _, _ = busy_agency
    page.goto(f"{url}/agency/sync/held-back")
    page.get_by_text("Confirm what was held back").click()
    page.locator(".run summary").first.click()
    with page.expect_response(lambda answer: "/live?page=1" in answer.url):
        pass
    page.get_by_role("button", name="Sync Meadow Pet Care now").click()
    expect(page.locator(".stand")).to_contain_text("Queued just now, asked for by Agency")
    expect(page.locator(".stand button", has_text="Queued")).to_be_disabled()
    expect(page.locator(".sure-body")).to_be_visible()
    expect(page.locator(".run-body").first).to_be_visible()


def test_a_brand_is_found_by_typing_a_part_of_its_name(busy_agency: tuple[str, PortalWorld, str], page: Page) -> None:
    url, _, _ = busy_agency
    page.goto(f"{url}/agency/audit")
    page.get_by_text("Open a brand").click()
    expect(page.get_by_label("Search brands")).to_be_focused()
    page.keyboard.type("pine")
    expect(page.locator("#brand-menu-list li:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/leads?brand=fresh")
    expect(page.locator("#brand-name button")).to_have_text("Harbor & Pine Kitchens")
    page.locator("#brand-name button").click()
    page.locator("input.dash-dropdown-search").fill("cedar")
    expect(page.locator(".dash-dropdown-option")).to_have_count(1)
    page.locator(".dash-dropdown-option").click()
    expect(page.locator("#brand-name button")).to_have_text("Cedar Lane Dental")
    page.get_by_role("link", name="Pipeline").click()
    page.wait_for_url("**/pipeline?brand=key-refused")


def test_focus_and_place_stay_while_the_page_brings_itself_up_to_date(
    busy_agency: tuple[str, PortalWorld, str], page: Page
) -> None:
    url, world, _ = busy_agency
    page.set_viewport_size({"width": 1440, "height": 500})
    page.goto(f"{url}/agency/sync")
    button = page.get_by_role("button", name="Sync Umber Painting now")
    button.scroll_into_view_if_needed()
    button.focus()
    before = button.bounding_box()
    assert page.evaluate("scrollY") > 0
    add_request(world.engine, tenant_of(world, "fresh"))
    expect(page.locator("#row-fresh")).to_contain_text("Queued just now")
    expect(button).to_be_focused()
    after = button.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2


def test_a_page_that_cannot_be_brought_up_to_date_says_so_until_it_can(
    busy_agency: tuple[str, PortalWorld, str], browser: Browser
) -> None:
    url, _, _ = busy_agency
    page = browser.new_page()
    sign_in(page, url)
    page.clock.install()
    page.goto(f"{url}/agency/sync")
    page.route("**/_live**", lambda route: route.fulfill(status=502, body="<html>Bad gateway</html>"))
    for _ in range(12):
        page.clock.run_for(3000)
    expect(page.locator("#failed")).to_contain_text("can't be brought up to date")
    expect(page.locator("#brands")).to_be_visible()
    page.unroute("**/_live**")
    for _ in range(12):
        page.clock.run_for(3000)
    expect(page.locator("#failed")).to_be_hidden()
    page.close()


def test_a_tab_whose_session_has_ended_goes_to_sign_in_and_back(
    busy_agency: tuple[str, PortalWorld, str], page: Page
) -> None:
    url, _, _ = busy_agency
    page.goto(f"{url}/agency/sync")
    page.context.clear_cookies()
    page.wait_for_url("**/login?next=%2Fagency%2Fsync")


def test_a_form_that_is_wrong_stays_as_it_was_typed_the_key_too(
    busy_agency: tuple[str, PortalWorld, str], page: Page
) -> None:
    url, _, _ = busy_agency
    page.goto(f"{url}/agency/brands/_new")
    page.get_by_role("textbox", name="Web key").fill("CT_key_of_own")
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#test-words")).to_contain_text("none is running")
    page.get_by_label("Name", exact=True).press_sequentially("Zoë's Café")
    expect(page.get_by_label("Short name")).to_have_value("zoes-cafe")
    page.get_by_label("Short name").fill("zoe")
    page.get_by_label("Name", exact=True).fill("Zoë's Bakery")
    page.get_by_label("Time zone").fill("Eastern")
    page.get_by_label("Pick a colour").fill("#ffee00")
    expect(page.get_by_label("Accent colour")).to_have_value("#ffee00")
    expect(page.get_by_text("hard to see on light pages")).to_be_visible()
    page.get_by_role("button", name="Create brand").click()
    expect(page.locator("#web_key-error")).to_contain_text("already belongs to the brand Own Brand")
    typed = {field: page.locator(f"#{field}").input_value() for field in ("web_key", "name", "slug")}
    assert typed == {"web_key": "CT_key_of_own", "name": "Zoë's Bakery", "slug": "zoe"}
    page.get_by_role("textbox", name="Web key").fill("CT_key_of_zoe")
    page.get_by_role("button", name="Create brand").click()
    page.wait_for_url("**/agency/sync/zoe?done=created")
    page.goto(f"{url}/agency/brands")
    page.get_by_label("Search brands", exact=True).press_sequentially("BAKERY zoe")
    expect(page.locator("#brand-list tbody tr")).to_have_count(1)
    page.wait_for_url("**/agency/brands?q=*")
