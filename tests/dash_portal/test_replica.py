"""Rows read from a real streaming replica: never back in time, and never missed when it is away. SQLite has none."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from sqlalchemy import text, update
from sqlmodel import col

from dash_portal import replica as replica_module
from dash_portal.configuration_check import check_configuration
from dash_portal.portal import open_portal
from database import AgencySession, BrandSession
from models import Lead, Resource, ResourceFreshness, ResourceStatus, Tenant, utc_now
from tests.dash_portal.database_relay import DatabaseRelay
from tests.dash_portal.portal_world import PortalWorld, make_settings, make_shared_world
from tests.dash_portal.streaming_replica import StreamingReplica
from tests.factories import commit_counted, make_lead, make_tenant
from tests.pages.asked_pages import ask_page
from tests.postgresql import PostgreSQL


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@pytest.fixture(scope="module")
def replica(postgresql: PostgreSQL) -> Iterator[StreamingReplica]:
    with tempfile.TemporaryDirectory(prefix="replica") as folder:
        copy = Path(folder) / "data"
        copy.mkdir()
        made = StreamingReplica(postgresql, copy)
        yield made
        made.stop()


@pytest.fixture
def world(database_url: str, encryption_key: str, replica: StreamingReplica) -> Iterator[PortalWorld]:
    """A portal that reads rows from the replica, on which each brand's lead is named as on the primary."""
    made = make_shared_world(database_url, encryption_key)
    made.settings = make_settings(database_url, encryption_key, database_read_url=replica.url(database_url))
    made.app.extensions["portal"] = open_portal(made.settings)
    with AgencySession(made.engine, writes=True) as session:
        session.add_all([make_lead(made.brands["own"], client_id="1", name="Oldham", lead_source="Oldham")])
        session.add_all([make_lead(made.brands["other"], client_id="1", name="Another brand's")])
        commit_counted(session, made.brands["own"], made.brands["other"])
    replica.follow()
    yield made
    for engine in made.app.extensions["portal"].engines:
        engine.dispose()
    replica.follow()
    made.engine.dispose()


READ_ROWS = (
    "/export/leads.csv",
    "/print/leads",
    "/api/charts/leads-by-source?format=data",
    "/export/charts/leads-by-source.csv",
)


def rename(world: PortalWorld, name: str, *, lands: bool) -> None:
    """Change the brand's lead on the primary, with the new version of its data that a landed sync brings, or without."""
    own = world.brands["own"]
    with AgencySession(world.engine, writes=True) as session:
        of_own = col(Lead.tenant_id) == own
        session.execute(update(Lead).where(of_own).values(name=name, lead_source=name, lead_source_key=name.casefold()))
        if lands:
            newer = update(Tenant).where(col(Tenant.id) == own).values(data_version=col(Tenant.data_version) + 1)
            session.execute(newer)
        commit_counted(session, own)


def shown(world: PortalWorld, client: FlaskClient) -> set[str]:
    """Return which of the lead's names the ways of reading rows show: each of them one."""
    answers = [client.get(path) for path in READ_ROWS]
    assert {answer.status_code for answer in answers} == {200}
    shown_texts = [answer.text for answer in answers]
    shown_texts += [json.dumps(ask_page(world, client, "/leads", search).tree) for search in ("", "?lead=1")]
    assert not any("Another brand's" in each for each in shown_texts)
    return {",".join(name for name in ("Oldham", "Newtown") if name in each) for each in shown_texts}


def data_version(client: FlaskClient) -> int:
    """Return the version that an open page is told of."""
    return int(client.get("/api/sync/status").get_json()["data_version"])


def reads_counted(database: str) -> float:
    return REGISTRY.get_sample_value("portal_row_reads_total", {"database": database}) or 0.0


def test_rows_come_from_the_replica_and_never_older_than_a_version_that_was_told(
    world: PortalWorld, replica: StreamingReplica
) -> None:
    client = world.sign_in("viewer@own.example")
    replica.stand_still()
    rename(world, "Newtown", lands=False)
    assert shown(world, client) == {"Oldham"}, "who asked the primary would see the other name"
    by_replica, by_primary = reads_counted("replica"), reads_counted("primary")

    before = data_version(client)
    rename(world, "Newtown", lands=True)
    assert data_version(client) == before + 1
    assert shown(world, client) == {"Newtown"}, "the replica has not come so far: the primary answers"
    assert reads_counted("replica") == by_replica > 0
    assert reads_counted("primary") > by_primary

    replica.follow()
    replica.stand_still()
    rename(world, "Oldham", lands=False)
    assert shown(world, client) == {"Newtown"}, "the replica answers again"


def test_rows_in_another_schema_than_the_primarys_are_not_read(world: PortalWorld, replica: StreamingReplica) -> None:
    client = world.sign_in("viewer@own.example")
    replica.stand_still()
    rename(world, "Newtown", lands=False)
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'next'"))
    assert "Newtown" in client.get("/export/leads.csv").text, "a column of the newer schema may be asked for"


def test_a_brand_that_the_replica_has_not_heard_of_is_read_from_the_primary(
    world: PortalWorld, replica: StreamingReplica
) -> None:
    replica.stand_still()
    with AgencySession(world.engine, writes=True) as session:
        newest = make_tenant(world.cipher, slug="newest")
        session.add(newest)
        session.flush()
        assert newest.id is not None
        session.add(make_lead(newest.id, lead_source="Newtown"))
        commit_counted(session, newest.id)
    client = world.sign_in("agency@mellon.example")
    assert "Newtown" in client.get("/api/charts/leads-by-source?brand=newest").text


def test_an_unchanged_sync_never_makes_a_page_look_older_again(world: PortalWorld, replica: StreamingReplica) -> None:
    client = world.sign_in("viewer@own.example")
    replica.stand_still()
    now = utc_now()
    with BrandSession(world.engine, world.brands["own"], writes=True) as session:
        for resource in Resource:
            ends: dict[str, Any] = {"last_status": ResourceStatus.SUCCESS, "last_attempt_at": now, "whole_read_at": now}
            session.add(ResourceFreshness(tenant_id=world.brands["own"], resource=resource, **ends))
        session.commit()
    assert client.get("/api/sync/status").get_json()["last_sync_at"] is not None
    page = ask_page(world, client, "/leads", "")
    assert page.by_id({"type": "shown", "page": "leads"})["data"]["age"] is not None
    assert "Data of" in client.get("/print/leads").text


def test_pages_go_on_while_the_replica_is_away_and_it_is_used_again_when_it_is_back(
    world: PortalWorld, replica: StreamingReplica, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.sign_in("viewer@own.example")
    assert shown(world, client) == {"Oldham"}
    replica.stop()
    rename(world, "Newtown", lands=True)
    with structlog.testing.capture_logs() as lines:
        assert shown(world, client) == {"Newtown"}
        monkeypatch.setattr(replica_module, "LEFT_ALONE_SECONDS", 0.0)
        world.app.extensions["portal"].replica._left_alone_until = 0.0
        assert shown(world, client) == {"Newtown"}
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["the replica is away"]

    replica.start()
    replica.follow()
    replica.stand_still()
    rename(world, "Oldham", lands=False)
    assert shown(world, client) == {"Newtown"}, "it answers again"


def test_a_replica_that_falls_silent_is_passed_over(world: PortalWorld, replica: StreamingReplica) -> None:
    relay = DatabaseRelay(replica.url(world.settings.database_url))
    relay.open()
    settings = world.settings.model_copy(
        update={"database_read_url": relay.url.replace("postgresql:", "postgresql+psycopg:")}
    )
    world.app.extensions["portal"] = open_portal(settings)
    client = world.sign_in("viewer@own.example")
    replica.stand_still()
    rename(world, "Newtown", lands=False)
    assert shown(world, client) == {"Oldham"}
    relay.fall_silent()
    assert "Newtown" in client.get("/export/leads.csv").text
    relay.close()


def test_check_config_tells_what_is_no_replica_of_this_database(
    world: PortalWorld, replica: StreamingReplica, postgresql: PostgreSQL, encryption_key: str
) -> None:
    def told(read_url: str) -> str:
        settings = make_settings(world.settings.database_url, encryption_key, database_read_url=read_url)
        return "\n".join(line for line in check_configuration(settings).warnings if "DATABASE_READ_URL" in line)

    assert told(replica.url(world.settings.database_url)) == ""
    assert "takes writes" in told(world.settings.database_url)
    assert "leads to another database" in told(replica.url(postgresql.url("postgres")))
    assert "can't be used: no server answers" in told(world.settings.database_url.replace("host=", "host=/nowhere"))
