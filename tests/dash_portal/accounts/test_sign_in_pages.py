from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dash_portal.accounts import people
from database import AgencySession
from models import utc_now
from tests.dash_portal.portal_world import PASSWORD, PortalWorld, close_world, make_world
from tests.factories import commit_counted, make_lead
from tests.security.served import served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def world(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory, encryption_key: str
) -> Iterator[PortalWorld]:
    """One world for all: what a browser does at the doors does not depend on the database, nor on who came before."""
    path = tmp_path_factory.mktemp("doors") / "portal.db"
    shutil.copy(migrated_sqlite, path)
    made = make_world(f"sqlite:///{path}", encryption_key)
    yield made
    close_world(made)


@pytest.fixture(scope="module")
def url(world: PortalWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with AgencySession(world.engine) as session:
        session.add_all(make_lead(world.brands["own"]) for _ in range(3))
        commit_counted(session, world.brands["own"])
    with served(world, tmp_path_factory.mktemp("log") / "log", WEB_CONCURRENCY="1") as address:
        yield address


@pytest.fixture
def page(tab: Page) -> Page:
    """The tab that is shared: what is kept in a browser plays no part here, but for one test."""
    return tab


def sign_in(page: Page, email: str = "viewer@own.example") -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def end_sessions(world: PortalWorld) -> None:
    with AgencySession(world.engine, writes=True) as session:
        people.sign_out_everywhere(
            session,
            actor=world.actor("agency@mellon.example"),
            user_id=world.people["viewer@own.example"],
            now=utc_now(),
        )
        session.commit()


def test_an_open_tab_whose_session_ends_comes_back_to_the_same_view(world: PortalWorld, url: str, page: Page) -> None:
    page.goto(f"{url}/leads?source=Facebook")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    sign_in(page)
    expect(page).to_have_url(f"{url}/leads?source=Facebook")
    expect(page.locator("main")).to_be_visible()
    end_sessions(world)
    page.get_by_role("link", name="Pipeline", exact=True).click()
    expect(page).to_have_url(re.compile(r"/login\?next="))
    sign_in(page)
    expect(page).to_have_url(re.compile(rf"^{url}/(pipeline|leads)"))
    expect(page.locator("main")).to_be_visible()


def test_signing_out_from_a_page_closes_the_door(url: str, page: Page) -> None:
    page.goto(f"{url}/leads")
    sign_in(page)
    expect(page.locator("main")).to_be_visible()
    page.get_by_role("button", name="Signed in as").click()
    page.get_by_text("Sign out", exact=True).click()
    expect(page).to_have_url(re.compile(r"/login$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/login"))


def test_a_brands_admin_copies_the_link_of_an_invitation(url: str, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{url}/team")
    sign_in(page, "admin@own.example")
    page.get_by_label("E-mail").fill("new@own.example")
    page.get_by_role("button", name="Make a link").click()
    page.get_by_role("button", name="Copy").click()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{url}/join/")
    assert link == page.locator("#link").input_value()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_plain_pages_suit_phones_screen_readers_and_the_dark(url: str, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{url}/login?next=/account")
    for path in ("/login", "/account", "/account/two-step", "/team", "/nope"):
        if path != "/login":
            page.goto(url + path)
        violations = Axe().run(page).response["violations"]
        assert [
            (path, violation["id"], [node["html"] for node in violation["nodes"]]) for violation in violations
        ] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        if path == "/login":
            sign_in(page, "admin@own.example")
            expect(page).to_have_url(f"{url}/account")


def test_what_the_sign_in_page_fetched_ahead_is_not_sent_again(url: str, open_page: Callable[..., Page]) -> None:
    page = open_page()  # a browser that was never here
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    addresses: dict[str, str] = {}
    weights: dict[str, float] = {}
    network.on(
        "Network.requestWillBeSent", lambda event: addresses.update({event["requestId"]: event["request"]["url"]})
    )
    network.on(
        "Network.loadingFinished",
        lambda event: weights.update({addresses[event["requestId"]]: event["encodedDataLength"]}),
    )
    page.goto(f"{url}/login")
    page.wait_for_load_state("networkidle")
    ahead = {f"{url}{link.get_attribute('href')}" for link in page.locator("link[rel=prefetch]").all()}
    assert len(ahead) > 15
    assert [address for address in ahead if not weights[address] and "screen.js" not in address] == []
    weights.clear()
    sign_in(page)
    expect(page.locator("#card-leads-sources .points path").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    scripts = {
        address for address in weights if address.startswith(f"{url}/") and (".js" in address or ".css" in address)
    }
    assert scripts <= ahead
    # Of files whose addresses do not change with them the browser asks whether they are still the same.
    sent_again = {address: weight for address, weight in weights.items() if address in ahead and weight > 0}
    assert [address for address in sent_again if "async-" not in address] == []
    assert sum(sent_again.values()) < 1500
