"""A portal that nobody has set up yet: empty database, real web process, real worker, the stand-in over HTTP."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.fernet import Fernet
from playwright.sync_api import Browser, BrowserContext, Page

from emulator import AccountPlan, Emulator
from tests.dash_portal.portal_world import PortalWorld, close_world, make_world
from tests.end_to_end.running_portal import free_port, program, run, served

TOKEN = "agency-access-token"
PASSWORD = "four calm words together"
HARBOR = AccountPlan(name="Harbor & Pine", web_key="CT_harbor_pine", seed=7, contacts=120)
BRIGHT = AccountPlan(name="BrightPath", web_key="CT_brightpath", seed=11, contacts=90)


@dataclass
class FreshPortal:
    """The running programs, and what an operator types."""

    url: str
    emulator: Emulator
    environment: dict[str, str]

    def run(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        return run(self.environment, *arguments, said=said)

    @contextmanager
    def worker(self) -> Iterator[None]:
        with program(self.environment, "sync", "worker"):
            yield


@pytest.fixture
def world(database_url: str, encryption_key: str) -> Iterator[PortalWorld]:
    made = make_world(database_url, encryption_key)
    yield made
    close_world(made)


@pytest.fixture
def fresh_portal(database_url: str) -> Iterator[FreshPortal]:
    with Emulator(accounts=[HARBOR, BRIGHT], access_token=TOKEN, port=0) as emulator:
        environment = os.environ | {
            "DATABASE_URL": database_url,
            "CLIENTTETHER_API_URL": emulator.url,
            "CLIENTTETHER_ACCESS_TOKEN": TOKEN,
            "PORTAL_SECRET_KEY": "fresh-portal-abcdefghijklmnopqrstuvwxyz-0123456789",
            "PORTAL_ENCRYPTION_KEY": Fernet.generate_key().decode(),
            "SYNC_CRON": "0 4 * * *",
            "SYNC_RETRY_ATTEMPTS": "1",
            "WEB_CONCURRENCY": "1",
            "PORT": str(free_port()),
        }
        with served(environment) as url:
            yield FreshPortal(url, emulator, environment)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return a way to open a browser of one's own; any error on its console fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_one(**options: Any) -> Page:
        context = browser.new_context(**options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if _is_error(said) else None)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not errors, errors


def _is_error(said: Any) -> bool:
    """A session that ends, and a form that is refused, are told by their status: the browser notes that by itself."""
    return said.type == "error" and not any(status in said.text for status in ("401", "400 (BAD REQUEST)"))
