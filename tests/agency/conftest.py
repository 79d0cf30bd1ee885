"""A portal that nobody has set up yet: empty database, real web process, real worker, the stand-in over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from playwright.sync_api import Browser, BrowserContext, Page

from emulator import AccountPlan, Emulator
from tests.portal.world import World, close_world, make_world

ROOT = Path(__file__).parents[2]
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
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            env=self.environment,
            cwd=ROOT,
            input=said,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @contextmanager
    def worker(self) -> Iterator[None]:
        with _program(self.environment, "sync", "worker"):
            yield


@pytest.fixture
def world(database_url: str, encryption_key: str) -> Iterator[World]:
    made = make_world(database_url, encryption_key)
    yield made
    close_world(made)


@pytest.fixture
def fresh_portal(database_url: str) -> Iterator[FreshPortal]:
    with Emulator(accounts=[HARBOR, BRIGHT], access_token=TOKEN, port=0) as emulator:
        port = _free_port()
        environment = os.environ | {
            "DATABASE_URL": database_url,
            "CLIENTTETHER_API_URL": emulator.url,
            "CLIENTTETHER_ACCESS_TOKEN": TOKEN,
            "PORTAL_SECRET_KEY": "fresh-portal-abcdefghijklmnopqrstuvwxyz-0123456789",
            "PORTAL_ENCRYPTION_KEY": Fernet.generate_key().decode(),
            "SYNC_CRON": "0 4 * * *",
            "SYNC_RETRY_ATTEMPTS": "1",
            "WEB_CONCURRENCY": "1",
            "PORT": str(port),
        }
        url = f"http://127.0.0.1:{port}"
        with _program(environment, "dash_portal", "serve") as process:
            _wait_until_ready(process, url)
            yield FreshPortal(url, emulator, environment)


@contextmanager
def _program(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        assert process.poll() is None, "the web process ended by itself"
        try:
            if httpx.get(f"{url}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("the portal did not become ready")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
