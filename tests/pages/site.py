"""The portal as a person meets it: a real server, a real browser, three brands (filled, empty, stale).

A plugin of `tests/conftest.py`, so that all tests of a process that read these brands share one server.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request
from werkzeug.serving import WSGIRequestHandler, make_server

from database import AgencySession
from models import ResourceStatus, Role, TenantStatus, User, utc_now
from tests.dash_portal.portal_world import PASSWORD, PortalWorld, close_world, make_world, password_hash
from tests.factories import commit_counted, make_tenant
from tests.pages.filled_brand import fill_brand, set_freshness

FILLED, EMPTY, STALE = "viewer@own.example", "viewer@empty.example", "viewer@stale.example"
AGENCY = "agency@mellon.example"


class QuietHandler(WSGIRequestHandler):
    def log(self, *arguments: Any) -> None:
        """Say nothing: the portal logs its requests itself."""


@dataclass
class Site:
    """A running portal: its address, and the world behind it."""

    url: str
    world: PortalWorld

    def brand(self, slug: str) -> int:
        return self.world.brands[slug]


def add_brand(world: PortalWorld, slug: str, name: str) -> int:
    with AgencySession(world.engine) as session:
        tenant = make_tenant(
            world.cipher,
            slug=slug,
            name=name,
            status=TenantStatus.ACTIVE,
            accent_colour="#8a2be2",
            web_key=f"CT_of_{slug}",
        )
        session.add(tenant)
        session.flush()
        assert tenant.id is not None
        session.add(
            User(
                email=f"viewer@{slug}.example",
                name="Vera",
                role=Role.TENANT_VIEWER,
                tenant_id=tenant.id,
                password_hash=password_hash(),
            )
        )
        session.commit()
        world.brands[slug] = tenant.id
        return tenant.id


@pytest.fixture(scope="session")
def site(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory, encryption_key: str) -> Iterator[Site]:
    path = tmp_path_factory.mktemp("site") / "portal.db"
    shutil.copy(migrated_sqlite, path)
    world = make_world(f"sqlite:///{path}", encryption_key)
    now = utc_now()
    add_brand(world, "empty", "Empty Brand")
    stale = add_brand(world, "stale", "Stale Brand")
    with AgencySession(world.engine) as session:
        fill_brand(session, world.brands["own"], now)
        fill_brand(session, stale, now, leads=40, notes=30, events=12)
        session.flush()
        set_freshness(session, stale, now - timedelta(hours=9), ResourceStatus.FAILED)
        commit_counted(session, *world.brands.values())
    server = make_server("127.0.0.1", 0, world.app, threaded=True, request_handler=QuietHandler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", world)
    server.shutdown()
    thread.join()
    close_world(world)


@pytest.fixture(scope="session")
def signed_in_states(site: Site, browser: Browser) -> dict[str, Any]:
    """The cookies of each person, from one sign-in each."""
    states: dict[str, Any] = {}
    for email in (FILLED, EMPTY, STALE, AGENCY):
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{site.url}/account")
        page.fill("#email", email)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(re.compile(r"/account"))
        states[email] = context.storage_state()
        context.close()
    return states


class Visitor:
    """A signed-in person's browser page that takes note of whatever goes wrong in it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.problems: list[str] = []
        self.requests: list[str] = []
        self._listeners = {"console": self._hear, "pageerror": self._note, "request": self._count}
        for event, listener in self._listeners.items():
            page.on(event, listener)  # type: ignore[call-overload]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._note(message.text)

    def _note(self, problem: object) -> None:
        self.problems.append(str(problem))

    def _count(self, request: Request) -> None:
        self.requests.append(f"{request.method} {request.url}")

    def leave(self) -> None:
        """Hear no more of the page: the next visitor may have the same tab."""
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)

    def open(self, path: str) -> Page:
        """Go to a page and wait for its content."""
        self.page.goto(f"{self.url}{path}")
        self.page.locator("#main").wait_for()
        return self.page

    def page_calls(self) -> int:
        """Return how many callbacks were asked since the last `requests.clear()`."""
        return sum("/_dash-update-component" in request for request in self.requests)


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(site: Site, browser: Browser, tab: Page, signed_in_states: dict[str, Any]) -> Iterator[Visit]:
    """Open a browser page as one of the people; at the end no page may have complained, and nothing is remembered.

    The first one is the tab that all tests share, the next ones stand beside it. With `options` (a phone's touch, say),
    or as one who was never here (`fresh`), the browser is a new one.
    """
    own: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def open_page(
        email: str = FILLED, *, width: int = 1280, theme: str = "light", fresh: bool = False, **options: Any
    ) -> Visitor:
        if fresh or options:
            own.append(browser.new_context(storage_state=signed_in_states[email], **options))
            page = own[-1].new_page()
        else:
            tab.context.add_cookies(signed_in_states[email]["cookies"])
            page = tab.context.new_page() if any(visitor.page is tab for visitor in visitors) else tab
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        visitors.append(Visitor(page, site.url))
        return visitors[-1]

    yield open_page
    for visitor in visitors:
        visitor.leave()
    for context in own:
        context.close()
    assert [problem for visitor in visitors for problem in visitor.problems] == []
