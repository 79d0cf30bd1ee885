from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from database import AgencySession
from models import Resource, ResourceFreshness, ResourceStatus, RunStatus, SyncRun, Trigger, WorkerHeartbeat, utc_now
from tests.dash_portal.database_relay import DatabaseRelay
from tests.dash_portal.portal_world import PortalWorld, close_world, make_shared_world
from tests.end_to_end.running_portal import ask
from tests.security.served import served_by_command

TOKEN = "a monitor's own token, 0123456789"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PATHS = ("/healthz/sync", "/metrics")


@pytest.fixture
def world(database_url: str, encryption_key: str) -> Any:
    made = make_shared_world(database_url, encryption_key, portal_monitor_token=TOKEN)
    yield made
    close_world(made)


def read(world: PortalWorld, slug: str, hours_ago: int) -> None:
    at = utc_now() - timedelta(hours=hours_ago)
    with AgencySession(world.engine, writes=True) as session:
        session.merge(
            ResourceFreshness(
                tenant_id=world.brands[slug],
                resource=Resource.LEADS,
                whole_read_at=at,
                last_status=ResourceStatus.SUCCESS,
                last_attempt_at=at,
            )
        )
        session.connection().execute(text("UPDATE tenants SET created_at = :at"), {"at": at - timedelta(days=9)})
        session.commit()


def live(world: PortalWorld) -> None:
    with AgencySession(world.engine, writes=True) as session:
        beat: dict[str, Any] = {
            "started_at": utc_now(),
            "beat_at": utc_now(),
            "calls": 70,
            "calls_refused": 3,
            "waited_seconds": 1.5,
        }
        session.add(WorkerHeartbeat(worker="host:1:a", **beat))
        session.commit()


def figures(text_format: str) -> dict[tuple[str, ...], float]:
    """Return each figure under its name and the values of its labels."""
    families = text_string_to_metric_families(text_format)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


@pytest.mark.parametrize("path", PATHS)
def test_only_the_monitor_gets_an_answer(world: PortalWorld, path: str) -> None:
    def ask(client: FlaskClient, **headers: str) -> int:
        return client.get(path, headers=headers).status_code

    assert ask(world.visitor()) == 401
    for wrong in ("Bearer ", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", f"Bearer {TOKEN}\u00e9", TOKEN):
        assert ask(world.visitor(), Authorization=wrong) == 401, wrong
    assert ask(world.sign_in("agency@mellon.example")) == 401, "a session is no token"
    assert ask(world.visitor(), **BEARER) in {200, 503}


@pytest.mark.parametrize("path", PATHS)
def test_where_no_token_is_set_nothing_is_there(database_url: str, encryption_key: str, path: str) -> None:
    world = make_shared_world(database_url, encryption_key)
    assert world.visitor().get(path, headers={"Authorization": "Bearer "}).status_code == 404
    close_world(world)


def test_a_late_brand_and_a_dead_worker_are_503_and_named(world: PortalWorld) -> None:
    client = world.visitor()
    read(world, "own", 0)
    read(world, "other", 9)
    answer = client.get("/healthz/sync", headers=BEARER)
    assert answer.status_code == 503
    assert answer.get_json()["late"] == ["other"]
    assert answer.get_json()["worker"] == "not seen"
    live(world)
    assert client.get("/healthz/sync", headers=BEARER).status_code == 503
    read(world, "other", 0)
    answer = client.get("/healthz/sync", headers=BEARER)
    assert (answer.status_code, answer.get_json()["status"]) == (200, "ok")


def test_the_figures_tell_how_old_the_data_is_and_what_the_worker_did(world: PortalWorld) -> None:
    read(world, "own", 2)
    live(world)
    with AgencySession(world.engine, writes=True) as session:
        for status in (RunStatus.SUCCESS, RunStatus.SUCCESS, RunStatus.FAILED):
            run: dict[str, Any] = {"tenant_id": world.brands["own"], "trigger": Trigger.MANUAL, "worker": "w"}
            session.add(SyncRun(status=status, **run))
        session.commit()
    world.visitor().get("/login")
    known = figures(world.visitor().get("/metrics", headers=BEARER).text)
    assert 7200 <= known["portal_sync_age_seconds", "own", "leads"] < 8000
    assert known["portal_brand_late", "own"] == 0
    assert ("portal_brand_late", "shut") not in known, "a suspended brand is not late"
    assert known["portal_workers",] == known["portal_database_up",] == 1
    assert (known["portal_sync_runs", "success"], known["portal_sync_runs", "partial"]) == (2, 0)
    assert known["clienttether_calls_total", "host:1:a"] == 70
    assert known["clienttether_calls_refused_total", "host:1:a"] == 3
    assert known["clienttether_wait_seconds_total", "host:1:a"] == 1.5
    assert known["portal_request_seconds_count", "sign_in.login", "2xx"] >= 1
    assert known["portal_database_connections_in_use",] >= 0


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_several_processes_count_together_and_go_on_while_the_database_is_away(
    world: PortalWorld, tmp_path: Path
) -> None:
    relay = DatabaseRelay(world.settings.database_url)
    relay.open()
    settings = {"DATABASE_URL": relay.url, "WEB_CONCURRENCY": "2", "PORTAL_MONITOR_TOKEN": TOKEN}
    with served_by_command(world, tmp_path / "log", **settings) as url:
        for _ in range(40):  # each on a connection of its own: whichever process is free takes it
            assert ask(f"{url}/login").status_code == 200
        for _ in range(2):
            known = figures(ask(f"{url}/metrics", headers=BEARER).text)
            assert known["portal_request_seconds_count", "sign_in.login", "2xx"] == 40
        assert known["portal_database_up",] == 1
        relay.close()
        known = figures(ask(f"{url}/metrics", headers=BEARER, timeout=30).text)
        assert known["portal_database_up",] == 0
        assert known["portal_request_seconds_count", "sign_in.login", "2xx"] == 40
        answer = ask(f"{url}/healthz/sync", headers=BEARER, timeout=30)
        assert (answer.status_code, answer.json()["cause"]) == (503, "the database is away")
    assert TOKEN not in (tmp_path / "log").read_text()
