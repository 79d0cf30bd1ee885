"""Traces reach a collector that speaks OTLP over HTTP; without the variable nothing of OpenTelemetry is there."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.dash_portal.portal_world import PortalWorld, close_world, make_world
from tests.security.served import served


class Collector(ThreadingHTTPServer):
    """Keeps what is sent to it; `came` is set at each arrival."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []
        self.came = threading.Event()

    def has(self, words: bytes) -> bool:
        return any(words in body for body in self.bodies)


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.came.set()

    def log_message(self, *_what: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(database_url: str, encryption_key: str) -> Iterator[PortalWorld]:
    made = make_world(database_url, encryption_key)
    yield made
    close_world(made)


def test_requests_and_statements_reach_the_collector_and_links_do_not(
    world: PortalWorld, collector: Collector, tmp_path: Path
) -> None:
    pytest.importorskip("opentelemetry.sdk")
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "WEB_CONCURRENCY": "1",
    }
    with served(world, tmp_path / "log", **settings) as url:
        httpx.get(f"{url}/join/the-secret-of-a-link")
        httpx.get(f"{url}/login/with/acme/back?code=the-secret-of-a-code")
        httpx.get(f"{url}/login?brand=own")
        while not (collector.has(b"/login") and collector.has(b"FROM tenants")):
            assert collector.came.wait(60), "nothing came"
            collector.came.clear()
    assert collector.has(b"portal-web")
    assert not collector.has(b"the-secret-of-a")


def test_without_its_variable_nothing_of_it_is_loaded() -> None:
    asks = (
        "import sys; from sqlalchemy import create_engine; from tracing import start_tracing; "
        "sys.exit(start_tracing('x', [create_engine('sqlite://')]) or 'opentelemetry' in sys.modules)"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    root = Path(__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", asks], cwd=root, env=environment, check=False).returncode == 0
