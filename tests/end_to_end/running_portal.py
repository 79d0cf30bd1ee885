"""The real programs of the portal, started as an operator would, against the stand-in over real HTTP."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography.fernet import Fernet

from emulator import AccountPlan, Emulator, plan_in_turn

ROOT = Path(__file__).parents[2]
PASSWORD = "a-long-enough-password"
ACCESS_TOKEN = "end-to-end-access-token"
PLANS = (
    plan_in_turn(0, name="Harbor & Pine", web_key="CT_harbor_pine_key", seed=7, contacts=288),
    plan_in_turn(1, name="BrightPath", web_key="CT_brightpath_key", seed=11, contacts=330),
)
SLUGS = {"harbor-pine": PLANS[0], "brightpath": PLANS[1]}


@dataclass(frozen=True)
class RunningPortal:
    """A served portal whose two brands were pulled once."""

    url: str
    emulator: Emulator
    environment: dict[str, str]

    def run(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        """Run `python -m …` as an operator."""
        return run(self.environment, *arguments, said=said)

    def sign_in(self, email: str, *, client: httpx.Client | None = None) -> httpx.Client:
        """Return a browser-like client that is signed in."""
        client = client or httpx.Client(base_url=self.url, follow_redirects=False, timeout=20)
        form = client.get("/login").text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
        assert token is not None
        answer = client.post(
            "/login", data={"email": email, "password": PASSWORD, "next": "/leads", "csrf_token": token[1]}
        )
        assert answer.status_code in {302, 303}, answer.text
        return client


def run(environment: dict[str, str], *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env=environment,
        cwd=ROOT,
        input=said,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


@contextmanager
def running_portal(database_url: str, plans: dict[str, AccountPlan] = SLUGS) -> Iterator[RunningPortal]:
    """Migrate, make brands and people, pull once and serve; stop everything at the end."""
    with Emulator(accounts=list(plans.values()), access_token=ACCESS_TOKEN, port=0) as emulator:
        port = _free_port()
        environment = os.environ | {
            "DATABASE_URL": database_url,
            "CLIENTTETHER_API_URL": emulator.url,
            "CLIENTTETHER_ACCESS_TOKEN": ACCESS_TOKEN,
            "PORTAL_SECRET_KEY": "an end-to-end secret, 0123456789 and more",
            "PORTAL_ENCRYPTION_KEY": Fernet.generate_key().decode(),
            "SYNC_CRON": "0 * * * *",
            "PORT": str(port),
        }
        _done(run(environment, "dash_portal", "migrate"))
        for slug, plan in plans.items():
            zone = ("--name", plan.name, "--timezone", plan.timezone, "--web-key-stdin")
            _done(run(environment, "dash_portal", "create-tenant", slug, *zone, said=plan.web_key))
            viewer = (f"viewer@{slug}.example", "--role", "tenant_viewer", "--tenant", slug, "--password-stdin")
            _done(run(environment, "dash_portal", "create-user", *viewer, said=PASSWORD))
        agency = ("agency@mellon.example", "--role", "agency_admin", "--password-stdin")
        _done(run(environment, "dash_portal", "create-user", *agency, said=PASSWORD))
        _done(run(environment, "sync", "once"))
        with _served(environment, port) as url:
            yield RunningPortal(url, emulator, environment)


@contextmanager
def _served(environment: dict[str, str], port: int) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "dash_portal", "serve"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_ready(process, url)
        yield url
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


def _done(ended: subprocess.CompletedProcess[str]) -> None:
    assert ended.returncode == 0, ended.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
