from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dash_portal.accounts import people
from database import AgencySession
from models import utc_now
from tests.factories import make_lead
from tests.portal.world import PASSWORD, World
from tests.security.served import served

pytestmark = pytest.mark.browser


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """What a browser does at the doors does not depend on the database."""
    return str(request.param)


@pytest.fixture
def url(world: World, tmp_path: Path) -> Iterator[str]:
    with AgencySession(world.engine) as session:
        session.add_all(make_lead(world.brands["own"]) for _ in range(3))
        session.commit()
    with served(world, tmp_path / "log") as address:
        yield address


def sign_in(page: Page, email: str = "viewer@own.example") -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def end_sessions(world: World) -> None:
    with AgencySession(world.engine, writes=True) as session:
        people.sign_out_everywhere(
            session,
            actor=world.actor("agency@mellon.example"),
            user_id=world.people["viewer@own.example"],
            now=utc_now(),
        )
        session.commit()


def test_an_open_tab_whose_session_ends_comes_back_to_the_same_view(world: World, url: str, page: Page) -> None:
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
    page.locator("[aria-label^='Signed in as']").click()
    page.get_by_role("button", name="Sign out").click()
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
        assert [(path, one["id"], [node["html"] for node in one["nodes"]]) for one in violations] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        if path == "/login":
            sign_in(page, "admin@own.example")
            expect(page).to_have_url(f"{url}/account")
