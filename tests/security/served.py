"""The portal in a process of its own, over real sockets."""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from gunicorn.app.wsgiapp import run as run_gunicorn

from settings import PortalSettings
from tests.dash_portal.portal_world import PASSWORD, PortalWorld
from tests.end_to_end.running_portal import free_port, program
from tests.forking import FORKING, become

ROOT = Path(__file__).parents[2]


def environment_of(settings: PortalSettings, port: int) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": settings.database_url,
        "PORTAL_SECRET_KEY": settings.portal_secret_key.get_secret_value(),
        "PORTAL_ENCRYPTION_KEY": settings.portal_encryption_key.get_secret_value(),
        "PORT": str(port),
    }


@contextmanager
def served(world: PortalWorld, log: Path, **settings: str) -> Iterator[str]:
    """Yield the address of the served world; what the process writes goes to the log."""
    with serving(environment_of(world.settings, free_port()) | settings, log) as url:
        yield url


@contextmanager
def serving(environment: dict[str, str], log: Path) -> Iterator[str]:
    """Yield the address of the portal that has this environment, PORT included.

    It is gunicorn as `python -m dash_portal serve` becomes it, of a process that need not import everything first.
    """
    process = FORKING.Process(target=_serve, args=(environment, log), daemon=True)
    process.start()
    try:
        wait_until_open(lambda: process.exitcode, int(environment["PORT"]))
        yield f"http://127.0.0.1:{environment['PORT']}"
    finally:
        process.terminate()
        process.join(60)


@contextmanager
def served_by_command(world: PortalWorld, log: Path, **settings: str) -> Iterator[str]:
    """Do the same as an operator does it, with a program that knows nothing of this one."""
    port = free_port()
    with program(environment_of(world.settings, port) | settings, "dash_portal", "serve", log=log) as process:
        wait_until_open(process.poll, port)
        yield f"http://127.0.0.1:{port}"


def _serve(environment: dict[str, str], log: Path) -> None:
    become(environment, log)
    where, processes = f"127.0.0.1:{environment['PORT']}", environment.get("WEB_CONCURRENCY", "2")
    sys.argv = ["gunicorn", "--config", "python:dash_portal.serving", "--bind", where, "--workers", processes]
    run_gunicorn()


def sign_in(url: str, email: str) -> httpx.Client:
    """Return a browser-like client that this person is signed in to; no page of Dash was asked for yet."""
    # A busy machine may wait longer between two requests than gunicorn keeps a connection (2 seconds).
    client = httpx.Client(base_url=url, timeout=30, limits=httpx.Limits(keepalive_expiry=1))
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    assert token is not None
    answer = client.post("/login", data={"email": email, "password": PASSWORD, "csrf_token": token[1]})
    assert answer.status_code == 303
    return client


def wait_until_open(exit_status: Callable[[], int | None], port: int) -> None:
    """Wait for the listening socket, without asking anything of the application."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        assert exit_status() is None, "the web process ended by itself"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the portal did not start")
