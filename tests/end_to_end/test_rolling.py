"""A release is rolled out and back while people use the portal: nobody notices."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from emulator import plan_in_turn
from tests.end_to_end.load import Load
from tests.end_to_end.pulled_portal import pull_once, pulled_portal
from tests.end_to_end.releases import next_release
from tests.end_to_end.running_portal import RunningPortal, ask, free_port, run, served
from tests.postgresql import PostgreSQL
from tests.security.served import serving

PLANS = {"harbor-pine": plan_in_turn(0, name="Harbor & Pine", web_key="CT_harbor_pine_key", seed=7, contacts=40)}
ENOUGH = 18
"""Answers that are waited for in each state of things: every page, by every one who asks."""


@pytest.fixture
def portal(postgresql: PostgreSQL) -> Iterator[RunningPortal]:
    database = postgresql.create(postgresql.template)
    with pulled_portal(postgresql.url(database), PLANS) as pulled:
        yield pulled
    postgresql.drop(database)


@contextmanager
def web_of(release: Path, portal: RunningPortal) -> Iterator[str]:
    """Serve the release that stands in this folder beside what runs, at an address of its own."""
    with served(portal.environment | {"PORT": str(free_port())}, release) as url:
        yield url


@contextmanager
def old_web(portal: RunningPortal) -> Iterator[str]:
    """Serve this release, the older one, at an address of its own."""
    with serving(portal.environment | {"PORT": str(free_port())}, Path(os.devnull)) as url:
        yield url


def schema_at(url: str) -> tuple[int, str]:
    answer = ask(f"{url}/readyz", timeout=30)
    return answer.status_code, answer.json()["migrations"]


def test_a_release_rolls_forward_and_back_and_no_request_fails(portal: RunningPortal, tmp_path: Path) -> None:
    newer = next_release(tmp_path / "next")
    people = [portal.sign_in("viewer@harbor-pine.example") for _ in range(3)]
    with ExitStack() as new, ExitStack() as old, Load(portal.url, people) as load:
        load.wait_for(ENOUGH)
        migrated = run(portal.environment, "dash_portal", "migrate", release=newer)
        assert migrated.returncode == 0, migrated.stderr
        load.wait_for(ENOUGH)
        assert schema_at(portal.url) == (200, "newer"), "the old web goes on"

        new_url = new.enter_context(web_of(newer, portal))
        load.url = new_url
        portal.stop_web()
        load.wait_for(ENOUGH)
        assert schema_at(new_url) == (200, "current")
        pull_once(portal.environment)  # an old worker beside the new web

        load.url = old.enter_context(old_web(portal))
        new.close()
        assert run(portal.environment, "sync", "once", release=newer).returncode == 0, "a new one beside the old web"
        load.wait_for(ENOUGH)
    assert set(load.answers) == {"200"}
