"""The database server is stopped and started again while people ask for pages: each answer is counted."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.dash_portal.portal_world import PortalWorld, close_world, make_world
from tests.end_to_end.load import Load
from tests.postgresql import PostgreSQL, running_postgresql
from tests.security.served import served, sign_in

OUTAGE_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "0"))
"""How long the server stays away at least; in any case until enough was asked. `OUTAGE_SECONDS=30` for the long one."""
ENOUGH = 24
PAGE, AWAY = "page", "the house's 503"


def kind_of(answer: httpx.Response) -> str:
    if answer.status_code == 200:
        return PAGE
    is_ours = answer.headers.get("Retry-After") == "30" and "Please try again in a minute" in answer.text
    return AWAY if answer.status_code == 503 and is_ours else f"{answer.status_code}: {answer.text[:200]}"


@pytest.fixture
def server(prepared_cluster: Path) -> Iterator[PostgreSQL]:
    """A server of this test's own, which it may stop."""
    with running_postgresql(prepared_cluster) as made:
        yield made


@pytest.fixture
def world(server: PostgreSQL, encryption_key: str) -> Iterator[PortalWorld]:
    made = make_world(server.url(server.template), encryption_key)
    yield made
    close_world(made)


def test_while_the_server_is_gone_everybody_reads_so_and_then_all_goes_on(
    world: PortalWorld, server: PostgreSQL, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with served(world, log, WEB_CONCURRENCY="1") as url:
        people = [sign_in(url, "viewer@own.example") for _ in range(4)]
        with Load(url, people, kind_of) as load:
            load.wait_for(ENOUGH, of=PAGE)
            server.stop()
            load.wait_for(ENOUGH, of=AWAY)
            load.keep_on(OUTAGE_SECONDS)
            server.start()
            load.wait_for(ENOUGH, of=PAGE)
        answers = dict(load.answers)
    assert answers.keys() == {PAGE, AWAY}, "no other answer, and none that hangs"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    loud = [line for line in lines if line["level"] in {"error", "critical"}]
    assert {line["event"] for line in loud} == {"the database is away"}
    assert len(loud) <= len({line["cause"] for line in loud}) * (1 + OUTAGE_SECONDS // 60)
    assert len(log.read_bytes()) < 600 * sum(answers.values()), "a line for each request, and no more"
