"""The proxy in front, for real: Caddy itself with our Caddyfile, before the portal over sockets."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.dash_portal.portal_world import PASSWORD, PortalWorld, close_world, make_world
from tests.deploy.composed import DEPLOY
from tests.end_to_end.running_portal import free_port
from tests.security.served import environment_of, serving

CADDY = shutil.which("caddy", path=Path(sys.executable).parent) or ""
CADDYFILE = str(DEPLOY / "Caddyfile")
pytestmark = pytest.mark.skipif(not CADDY, reason="Caddy is not installed here")


@pytest.fixture(scope="module")
def world(
    migrated_sqlite: Path, encryption_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PortalWorld]:
    """What stands in front does not know the database."""
    database = tmp_path_factory.mktemp("proxied") / "portal.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    made = make_world(f"sqlite:///{database}", encryption_key)
    yield made
    close_world(made)


def caddy_environment(folder: Path, **variables: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "CADDY_ADMIN": f"unix/{folder}/admin", **variables}


@contextmanager
def caddy(folder: Path, upstream: str) -> Iterator[str]:
    """Yield the address at which Caddy passes requests on; without TLS, for which it would ask the world."""
    address = f"http://127.0.0.1:{free_port()}"
    environment = caddy_environment(folder, PORTAL_HOST=address, PORTAL_UPSTREAM=upstream)
    with (folder / "caddy.log").open("wb") as log:
        command = [CADDY, "run", "--config", CADDYFILE, "--adapter", "caddyfile"]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 60
        while b"serving initial configuration" not in (folder / "caddy.log").read_bytes():
            assert process.poll() is None, (folder / "caddy.log").read_text()
            assert time.monotonic() < until, (folder / "caddy.log").read_text()
            time.sleep(0.02)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def test_the_file_is_one_that_caddy_takes_and_writes_itself(tmp_path: Path) -> None:
    environment = caddy_environment(tmp_path, PORTAL_HOST="portal.example.com")
    command = [CADDY, "validate", "--config", CADDYFILE, "--adapter", "caddyfile"]
    validated = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert validated.returncode == 0, validated.stderr
    formatted = subprocess.run([CADDY, "fmt", CADDYFILE], env=environment, capture_output=True, text=True, check=False)
    assert formatted.stdout == Path(CADDYFILE).read_text()


def test_who_comes_while_the_web_restarts_waits_and_signs_in(world: PortalWorld, tmp_path: Path) -> None:
    port = free_port()
    environment = environment_of(world.settings, port) | {
        "WEB_CONCURRENCY": "1",
        "PORTAL_TRUSTED_PROXIES": "1",
        "PORTAL_ALLOWED_HOSTS": "127.0.0.1",
    }
    with (
        ExitStack() as web,
        caddy(tmp_path, f"127.0.0.1:{port}") as address,
        httpx.Client(base_url=address, timeout=60) as browser,
        ThreadPoolExecutor(1) as other,
    ):
        waiting = other.submit(browser.get, "/login")
        web.enter_context(serving(environment, tmp_path / "web.log"))
        page = waiting.result(timeout=60)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert token is not None, page.status_code
        form = {"email": "viewer@own.example", "password": PASSWORD, "csrf_token": token[1]}
        assert browser.post("/login", data=form).status_code == 303
        assert browser.get("/account").status_code == 200
