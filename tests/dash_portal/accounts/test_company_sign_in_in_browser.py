"""The whole way to a provider that we have not written, a process of its own: in the real browser without scripts and
accessible, and with each wrong token that it can be brought to sign.
"""

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
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from pydantic import SecretStr
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from settings import ProviderSettings
from tests.accessibility.axe import violations
from tests.conftest import new_database
from tests.dash_portal.accounts.company_world import BROWSER, LEAVE, invite, is_signed_in, switch_on
from tests.dash_portal.accounts.test_memberships import opened
from tests.dash_portal.portal_world import PASSWORD, PortalWorld, close_world, make_world
from tests.end_to_end.running_portal import free_port
from tests.pages.site import QuietHandler

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
            BROWSER.get(f"{address}/.well-known/openid-configuration", timeout=5)
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


def arrive(world: PortalWorld, issuer: str, sub: str, path: str = LEAVE) -> tuple[FlaskClient, TestResponse]:
    """Sign in at the provider as this subject of its; return the browser and what the portal answers."""
    client = world.visitor()
    away = client.get(path).headers["Location"]
    assert away.startswith(f"{issuer}/oauth2/authorize")
    back = urlsplit(BROWSER.post(away, data={"sub": sub}).headers["Location"])
    return client, client.get(f"{back.path}?{back.query}")


def test_who_has_joined_takes_a_further_brand_by_the_same_account(
    company: tuple[str, PortalWorld], issuer: str
) -> None:
    _, world = company
    for slug in ("own", "other"):
        client, answer = arrive(world, issuer, "person-2", f"{invite(world, 'max@acme.example', slug)}/with/acme")
        assert answer.headers["Location"] == f"/leads?brand={slug}"
    assert world.roles("max@acme.example").keys() == {"own", "other"}
    assert opened(client) == {"own", "other"}


def test_no_wrong_token_that_the_provider_signs_opens_anything(company: tuple[str, PortalWorld], issuer: str) -> None:
    """Each beside the good one, which opens what it is for: so it is what is wrong that is refused."""
    _, world = company
    invite(world, "lou@acme.example")
    good = {"email": "lou@acme.example", "email_verified": True, "name": "Lou"}
    (earlier,) = parse_qs(urlsplit(world.visitor().get(LEAVE).headers["Location"]).query)["nonce"]
    wrong: dict[str, dict[str, Any]] = {
        "its iss": {"iss": "https://elsewhere.example"},
        "its aud": {"aud": "another-portal"},
        "its azp": {"aud": ["portal", "another-portal"], "azp": "another-portal"},
        "its exp": {"exp": int(time.time()) - 90},
        "its iat": {"iat": int(time.time()) + 3600},
        "its nonce": {"nonce": earlier},
        "its address is not known to be theirs": {"email_verified": False},
        "nobody has invited its address": {"email": "someone.else@acme.example"},
    }
    for cause, claims in wrong.items():
        BROWSER.put(f"{issuer}/users/lou-1", json=good | claims).raise_for_status()
        client, answer = arrive(world, issuer, "lou-1")
        assert (answer.status_code, is_signed_in(client)) == (401, False), cause
        assert cause in str(world.audit("sign_in_failed")[-1].details["cause"])
    BROWSER.put(f"{issuer}/users/lou-1", json=good).raise_for_status()
    client, _ = arrive(world, issuer, "lou-1")
    assert opened(client) == {"own"}
    BROWSER.put(f"{issuer}/users/lou-2", json=good).raise_for_status()  # the address is somebody else's by now
    client, answer = arrive(world, issuer, "lou-2")
    assert (answer.status_code, is_signed_in(client)) == (401, False)


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
