"""A database that is away: plain answers, a quiet log, and all goes on when it is back. SQLite is never away."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnectionError

from database_away import why_away
from tests.dash_portal.database_relay import DatabaseRelay
from tests.dash_portal.portal_world import PortalWorld
from tests.end_to_end.load import HANGS_AFTER
from tests.end_to_end.running_portal import ask, free_port, program
from tests.security.served import environment_of, served, sign_in

PATHS = (
    "/leads",
    "/notes?q=x",
    "/account",
    "/team",
    "/api/charts/leads-by-source",
    "/api/sync/status",
    "/export/leads.csv",
)


@pytest.fixture(params=["postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def relay(world: PortalWorld) -> Iterator[DatabaseRelay]:
    made = DatabaseRelay(world.settings.database_url)
    made.open()
    yield made
    made.close()


def assert_away(answer: httpx.Response) -> None:
    assert answer.status_code == 503, (answer.request.url, answer.text[:3000])
    assert answer.headers["Retry-After"] == "30"
    assert "Please try again in a minute" in answer.text
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def ask_everything(url: str, client: httpx.Client, token: str) -> None:
    for path in PATHS:
        assert_away(client.get(path))
    assert_away(client.post("/_dash-update-component", json={}, headers={"X-CSRFToken": token}))
    form = {"email": "viewer@own.example", "password": "x", "csrf_token": token}
    assert_away(client.post("/login", data=form))
    assert ask(f"{url}/leads", timeout=30).status_code == 302, "who has no cookie is known to be nobody"
    assert_away(ask(f"{url}/login?brand=own", timeout=30))
    assert ask(f"{url}/healthz").status_code == 200
    assert ask(f"{url}/readyz", timeout=30).json()["database"] == "away"


def test_everything_answers_503_quietly_while_the_database_is_away_and_goes_on_when_it_is_back(
    world: PortalWorld, relay: DatabaseRelay, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with served(world, log, DATABASE_URL=relay.url, WEB_CONCURRENCY="1") as url:
        client = sign_in(url, "viewer@own.example")
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").text)
        assert token is not None
        assert client.get("/leads").status_code == 200
        relay.close()
        for _ in range(3):
            ask_everything(url, client, token[1])
        relay.open()
        assert client.get("/leads").status_code == 200, "still signed in"
        relay.fall_silent()
        assert_away(client.get("/account", timeout=HANGS_AFTER))  # given up before the client would
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    loud = [line for line in lines if line["level"] in {"error", "critical"}]
    assert {line["event"] for line in loud} == {"the database is away"}
    assert len(loud) == len({line["cause"] for line in loud}), "one line for each cause"
    assert "Traceback" not in log.read_text()


def test_serve_waits_for_a_database_that_comes_late(world: PortalWorld, relay: DatabaseRelay, tmp_path: Path) -> None:
    relay.close()
    log, port = tmp_path / "log", free_port()
    environment = environment_of(world.settings, port) | {"DATABASE_URL": relay.url, "WEB_CONCURRENCY": "1"}
    with program(environment, "dash_portal", "serve", log=log) as process:
        while "waiting for the database" not in log.read_text():
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        relay.open()
        _wait_until_ready(process, port)
    assert log.read_text().count("waiting for the database") == 1


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    while True:
        assert process.poll() is None, "the web process ended by itself"
        try:
            answer = ask(f"http://127.0.0.1:{port}/readyz", timeout=30)
        except httpx.TransportError:
            time.sleep(0.05)
            continue
        assert answer.status_code == 200
        return


@pytest.mark.parametrize(
    ("statement", "cause"),
    [
        ("REVOKE SELECT ON leads FROM portal_web", "rights"),
        ("REVOKE SELECT ON alembic_version FROM portal_web", "rights"),
        ("UPDATE alembic_version SET version_num = '0001'", "behind"),
        ("UPDATE alembic_version SET version_num = '9999', serves_from = '9998'", "behind"),
    ],
)
def test_readyz_names_the_cause(world: PortalWorld, statement: str, cause: str) -> None:
    with world.engine.begin() as connection:
        connection.execute(text(statement))
    answer = world.visitor().get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert (answer.json["status"], answer.json["cause"]) == ("not ready", cause)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("connection failed: Connection refused\n\tIs the server running", "no server answers"),
        ('FATAL:  password authentication failed for user "x"', "the user name or the password is wrong"),
        ('FATAL:  database "portal" does not exist', "there is no such database"),
        ("canceling statement due to statement timeout", "a statement took too long"),
        ("interrupted", "a statement took too long"),
        ("FATAL:  sorry, too many clients already", "it has too many clients"),
        ("FATAL:  the database system is starting up", "it is starting up"),
        ("database is locked", "somebody else holds the database for too long"),
    ],
)
def test_the_cause_is_told_in_plain_words(message: str, words: str) -> None:
    assert why_away(OperationalError("SELECT", {}, Exception(message))) == words


def test_a_pool_without_a_free_connection_is_told_too() -> None:
    assert (
        why_away(NoFreeConnectionError("QueuePool limit of size 5 overflow 10 reached")) == "all connections are in use"
    )
