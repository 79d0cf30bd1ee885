"""The whole way in the real browser, to a provider that we have not written: without scripts, accessible, and back."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect
from pydantic import SecretStr
from werkzeug.serving import make_server

from settings import ProviderSettings
from tests.accessibility.axe import violations
from tests.conftest import new_database
from tests.dash_portal.accounts.company_world import invite, switch_on
from tests.dash_portal.portal_world import PASSWORD, PortalWorld, close_world, make_world
from tests.end_to_end.running_portal import free_port
from tests.pages.conftest import QuietHandler

pytestmark = pytest.mark.browser
CLAIMS = {"sub": "person-1", "email": "pat@acme.example", "email_verified": True, "name": "Pat Green"}
FURTHER = {"sub": "person-2", "email": "max@acme.example", "email_verified": True, "name": "Max Brown"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The issuer of a provider that runs as a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    process = subprocess.Popen(
        [*command, "--user-claims", json.dumps(CLAIMS), "--user-claims", json.dumps(FURTHER)],
        env=os.environ | {"NO_COLOR": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://localhost:{port}"
    _wait_until_open(process, address)
    yield address
    process.terminate()
    process.wait()


def _wait_until_open(process: subprocess.Popen[bytes], address: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, "the provider ended by itself"
        try:
            httpx.get(f"{address}/.well-known/openid-configuration", timeout=5)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the provider did not start")


@pytest.fixture(scope="module")
def company(
    issuer: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, encryption_key: str
) -> Iterator[tuple[str, PortalWorld]]:
    folder: Path = tmp_path_factory.mktemp("company")
    with new_database("sqlite", request, folder) as database_url:
        world = make_world(database_url, encryption_key)
        switch_on(
            world,
            ProviderSettings(
                name="acme", label="Acme", issuer=issuer, client_id="portal", client_secret=SecretStr("a secret")
            ),
        )
        server = make_server("127.0.0.1", 0, world.app, threaded=True, request_handler=QuietHandler)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", world
        server.shutdown()
        thread.join()
        close_world(world)


def with_no_way_out(page: Page) -> Page:
    """The provider's own pages ask the open network for their style."""
    page.context.route(re.compile(r"^https://"), lambda route: route.fulfill(body=""))
    return page


def test_without_scripts_an_invited_person_joins_comes_back_and_signs_out_of_both(
    company: tuple[str, PortalWorld], open_page: Callable[..., Page]
) -> None:
    url, world = company
    path = invite(world, "pat@acme.example")
    page = with_no_way_out(open_page(java_script_enabled=False))
    page.goto(f"{url}{path}")
    page.get_by_role("link", name="Join with Acme").click()
    page.get_by_role("button", name="person-1").click()
    page.wait_for_url(f"{url}/leads*")
    page.goto(f"{url}/account")
    expect(page.get_by_role("heading", name="Your company's account")).to_be_visible()
    page.goto(f"{url}/logout")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(lambda address: "/oauth2/end_session" in address or address.startswith(f"{url}/login"))
    page.goto(f"{url}/account")
    expect(page.get_by_label("Password")).to_be_visible()
    page.get_by_role("link", name="Sign in with Acme").click()
    page.get_by_role("button", name="person-1").first.click()
    page.wait_for_url(f"{url}/account")


def test_who_has_joined_takes_a_further_brand_by_the_same_account(
    company: tuple[str, PortalWorld], issuer: str
) -> None:
    _, world = company
    for slug in ("own", "other"):
        path = invite(world, "max@acme.example", slug)
        client = world.visitor()
        away = client.get(f"{path}/with/acme").headers["Location"]
        assert away.startswith(f"{issuer}/oauth2/authorize")
        back = urlsplit(httpx.post(away, data={"sub": "person-2"}).headers["Location"])
        assert client.get(f"{back.path}?{back.query}").headers["Location"] == f"/leads?brand={slug}"
    assert world.roles("max@acme.example").keys() == {"own", "other"}
    assert client.get("/leads?brand=own").status_code == client.get("/leads?brand=other").status_code == 200


@pytest.mark.parametrize(
    ("theme", "width", "who"), [("light", 1280, "viewer@own.example"), ("dark", 390, "admin@own.example")]
)
def test_the_ways_in_are_accessible_and_linking_goes_by_a_page_of_its_own(
    company: tuple[str, PortalWorld], open_page: Callable[..., Page], theme: str, width: int, who: str
) -> None:
    url, _ = company
    page = with_no_way_out(open_page(viewport={"width": width, "height": 900}, color_scheme=theme))
    page.goto(f"{url}/login?next=/account")
    assert violations(page) == []
    page.get_by_label("E-mail").fill(who)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/account")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Link your Acme account").click()
    page.wait_for_url("**/oauth2/authorize**")
    page.get_by_role("textbox").fill(who)
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("status")).to_contain_text("is linked")
