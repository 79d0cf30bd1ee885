"""A portal that nobody has set up yet: empty database, real web process, real worker, the stand-in over HTTP."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from emulator import AccountPlan, Emulator
from tests.end_to_end.running_portal import free_port, run
from tests.security.served import serving
from tests.sync.processes import start_sync_in

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

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return run(self.environment, *arguments, typed=typed)

    @contextmanager
    def worker(self) -> Iterator[None]:
        worker = start_sync_in(self.environment, "worker")
        try:
            yield
        finally:
            worker.terminate()
            worker.join(60)


@contextmanager
def fresh_portal(database_url: str) -> Iterator[FreshPortal]:
    """Serve the portal over this migrated, empty database; the worker is for the test to start."""
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
        with serving(environment, Path(os.devnull)) as url:
            yield FreshPortal(url, emulator, environment)
