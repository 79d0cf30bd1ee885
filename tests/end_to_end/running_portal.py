"""The real programs of the portal, started as an operator would, against the stand-in over real HTTP."""

from __future__ import annotations

import os
import re
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
from cryptography.fernet import Fernet

from dash_portal.accounts.passwords import hash_password
from database import AgencySession, create_engine
from emulator import AccountPlan, Emulator, plan_in_turn
from encryption import Cipher
from models import Role, User
from settings import Settings
from tests.factories import make_tenant

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
    stop_web: Callable[[], None]
    """Have the web process end, with the requests that it has begun."""

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


def run(
    environment: dict[str, str], *arguments: str, typed: str = "", release: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run `python -m …` of the release that stands in this folder."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env=environment,
        cwd=release,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


@contextmanager
def emulated(database_url: str, plans: dict[str, AccountPlan]) -> Iterator[tuple[Emulator, dict[str, str]]]:
    """Yield the stand-in, and the environment of programs that ask it and keep what they read in this database."""
    with Emulator(accounts=list(plans.values()), access_token=ACCESS_TOKEN, port=0) as emulator:
        yield (
            emulator,
            os.environ
            | {
                "DATABASE_URL": database_url,
                "CLIENTTETHER_API_URL": emulator.url,
                "CLIENTTETHER_ACCESS_TOKEN": ACCESS_TOKEN,
                "PORTAL_SECRET_KEY": "an end-to-end secret, 0123456789 and more",
                "PORTAL_ENCRYPTION_KEY": Fernet.generate_key().decode(),
                "SYNC_CRON": "0 * * * *",
                "PORT": str(free_port()),
            },
        )


def add_brands_and_people(environment: dict[str, str], plans: dict[str, AccountPlan]) -> None:
    """Fill in what the command lines would, without starting one for each; they have tests of their own."""
    cipher = Cipher((environment["PORTAL_ENCRYPTION_KEY"],))
    password_hash = hash_password(PASSWORD)
    engine = create_engine(Settings(database_url=environment["DATABASE_URL"]).database_url)
    with AgencySession(engine) as session:
        session.add(User(email="agency@mellon.example", role=Role.AGENCY_ADMIN, password_hash=password_hash))
        for slug, plan in plans.items():
            tenant = make_tenant(cipher, slug=slug, name=plan.name, timezone=plan.timezone, web_key=plan.web_key)
            session.add(tenant)
            session.flush()
            email, role = f"viewer@{slug}.example", Role.TENANT_VIEWER
            session.add(User(email=email, role=role, tenant_id=tenant.id, password_hash=password_hash))
        session.commit()
    engine.dispose()


@contextmanager
def served(environment: dict[str, str], release: Path = ROOT) -> Iterator[str]:
    """Yield the address of the portal, once it is ready to answer at the environment's PORT."""
    url = f"http://127.0.0.1:{environment['PORT']}"
    with program(environment, "dash_portal", "serve", release=release) as process:
        _wait_until_ready(process, url)
        yield url


@contextmanager
def program(
    environment: dict[str, str], *arguments: str, log: Path = Path(os.devnull), release: Path = ROOT
) -> Iterator[subprocess.Popen[bytes]]:
    """Keep `python -m …` running, as an operator would; what it writes goes to the log."""
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], env=environment, cwd=release, stdout=written, stderr=written
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        assert process.poll() is None, "the web process ended by itself"
        try:
            if ask(f"{url}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("the portal did not become ready")


def ask(address: str, **arguments: Any) -> httpx.Response:
    """GET from a program of this machine, without reading all certificates of the world before: that takes longer."""
    return httpx.get(address, verify=False, **arguments)  # noqa: S501 - nothing here has a certificate


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
