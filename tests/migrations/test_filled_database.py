"""A database that an older release has filled by its own commands: people sign in after the upgrade, and all is there.

`filled_at_0021.json` holds all that the release before the backups wrote for a brand of twelve contacts, and what its
charts showed (leads by source, deals by stage).
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Connection, DateTime, LargeBinary, MetaData, Numeric, Table
from sqlalchemy.types import JSON, Date

import migrations
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.portal import open_portal
from emulator import AccountPlan, Emulator
from encryption import Cipher
from models import RunStatus
from settings import SyncSettings
from tests.conftest import engine_of
from tests.dash_portal.portal_world import PortalWorld, close_world, make_settings, shared_app
from tests.sync.sync_world import TOKEN, SyncWorld

FILLED = json.loads((Path(__file__).parent / "filled_at_0021.json").read_text())
KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLAN = AccountPlan(name="Own", web_key="CT_key_of_own", seed=7, contacts=12)


@pytest.fixture
def upgraded_url(empty_database_url: str) -> str:
    """The address of the old release's database, after this release's `migrate`."""
    with engine_of(empty_database_url) as engine:
        with migrations.schema_transaction(engine) as connection:
            migrations.upgrade_within(connection, FILLED["revision"])
            fill(connection)
        migrations.upgrade(engine)
    return empty_database_url


def fill(connection: Connection) -> None:
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:  # what others refer to comes first
        names, *rows = FILLED["tables"].get(table.name, [[]])
        if rows:
            connection.execute(table.insert(), [kept(table, dict(zip(names, row, strict=True))) for row in rows])


def kept(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with the values that its columns take: the file has them as SQLite keeps them."""
    return {name: None if value is None else as_kept(table.columns[name].type, value) for name, value in row.items()}


def as_kept(kind: Any, value: Any) -> Any:
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value.removeprefix("base64:"))
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if isinstance(kind, Date):
        return datetime.fromisoformat(value).date()
    if isinstance(kind, Boolean):
        return bool(value)
    if isinstance(kind, JSON):
        return json.loads(value)
    return str(value) if isinstance(kind, Numeric) else value


def test_people_sign_in_and_see_the_same_figures_and_syncs_bring_nothing_twice(upgraded_url: str) -> None:
    settings = make_settings(upgraded_url, KEY)
    with (
        engine_of(upgraded_url) as engine,
        Emulator(accounts=[PLAN], access_token=TOKEN, now=lambda: AT) as emulator,
    ):
        asked = SyncSettings(
            database_url=upgraded_url,
            portal_encryption_key=KEY,
            clienttether_api_url=emulator.url,
            clienttether_access_token=TOKEN,
        )
        app = shared_app(KEY)
        app.extensions["portal"] = open_portal(settings)
        ANSWERS.forget()
        portal = PortalWorld(settings, app, engine, settings.cipher())
        client = portal.sign_in("viewer@own.example")

        def figures() -> dict[str, Any]:
            return {name: client.get(f"/api/charts/{name}").get_json()["config"] for name in FILLED["figures"]}

        assert figures() == FILLED["figures"]
        world = SyncWorld(engine, emulator, asked, Cipher((KEY,)))
        for updates_allowed in (True, False):  # a release may tell rows by another hash: then each is written once more
            assert world.sync("own") is RunStatus.SUCCESS
            assert figures() == FILLED["figures"]
            for resource in ("leads", "pipeline_items", "notes", "pipeline_stages"):
                result = world.results(world.brand_id("own"))[resource]
                assert (result["inserted"], result["removed"]) == (0, 0), resource
                assert updates_allowed or result["updated"] == 0, resource
        close_world(portal)
