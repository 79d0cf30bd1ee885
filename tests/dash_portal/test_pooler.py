"""Behind a real PgBouncer that gives each transaction whichever connection is free: nothing is left on one."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import func, select

from dash_portal.app import create_app
from dash_portal.portal import open_portal
from database import AgencySession, BrandSession
from emulator import AccountPlan
from models import Lead, RunStatus
from tests.conftest import engine_of
from tests.dash_portal.database_relay import DatabaseRelay
from tests.dash_portal.portal_world import PortalWorld, make_settings
from tests.end_to_end.running_portal import free_port
from tests.factories import commit_counted, make_lead
from tests.sync.conftest import new_world

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed here (Debian: pgbouncer)")


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@pytest.fixture
def pooled_url(world: PortalWorld, tmp_path: Path) -> Iterator[str]:
    """The address of the world's database by way of PgBouncer, which has two connections for all who come."""
    relay = DatabaseRelay(world.settings.database_url)
    relay.open()
    direct, port = relay.url, free_port()
    database = direct.rpartition("/")[2]
    server_port = direct.rpartition(":")[2].partition("/")[0]
    tmp_path.chmod(0o755)
    config = tmp_path / "pgbouncer.ini"
    config.write_text(
        f"[databases]\n{database} = host=127.0.0.1 port={server_port} user=portal_owner password=portal_owner\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        "pool_mode = transaction\ndefault_pool_size = 2\n"
    )
    with (tmp_path / "log").open("wb") as log:
        as_nobody = ("-u", "nobody") if os.geteuid() == 0 else ()  # it refuses to run as root
        process = subprocess.Popen([str(PGBOUNCER), *as_nobody, str(config)], stdout=log, stderr=log)
    url = f"postgresql://portal_owner:portal_owner@127.0.0.1:{port}/{database}"
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url).close()
            break
        except psycopg.OperationalError:
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < until, (tmp_path / "log").read_text()
    yield f"{url}?pooler=transaction"
    process.terminate()
    process.wait(timeout=60)
    relay.close()


def fill(world: PortalWorld) -> None:
    with AgencySession(world.engine, writes=True) as session:
        session.add_all([make_lead(world.brands["own"], lead_source="Own Source") for _ in range(3)])
        session.add_all([make_lead(world.brands["other"], lead_source="Other Source") for _ in range(5)])
        commit_counted(session, world.brands["own"], world.brands["other"])


def test_two_brands_at_once_each_see_their_own_and_no_transaction_inherits_another_ones_words(
    world: PortalWorld, pooled_url: str
) -> None:
    fill(world)
    key = world.settings.portal_encryption_key.get_secret_value()
    settings = make_settings(pooled_url, key, portal_statement_seconds=2.0)
    app = create_app(settings)
    pooled = PortalWorld(settings, app, world.engine, world.cipher)
    clients = {slug: pooled.sign_in(f"viewer@{slug}.example") for slug in ("own", "other")}

    def ask(slug: str) -> None:
        client, cookie = app.test_client(), clients[slug].get_cookie("session")
        assert cookie is not None
        client.set_cookie("session", cookie.value)
        shown = client.get("/api/charts/leads-by-source?format=data").get_json()["config"]
        assert shown["categories"] == [f"{slug.title()} Source"]

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(ask, ["own", "other"] * 20))

    engine = open_portal(settings).engine
    for _ in range(12):  # more often than a driver waits before it prepares a statement
        with BrandSession(engine, world.brands["own"]) as session:
            assert session.exec(select(func.count()).select_from(Lead)).one() == 3
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT current_user")) == "portal_web"
            assert connection.scalar(text("SELECT count(*) FROM leads")) == 0, "who names no brand sees no row"
    with engine_of(pooled_url) as owner, owner.connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == "portal_owner", "the role ends with its transaction"
        assert connection.scalar(text("SHOW statement_timeout")) == "0"
    with engine.connect() as connection, pytest.raises(DBAPIError, match="statement timeout"):
        connection.execute(text("SELECT pg_sleep(20)"))
    engine.dispose()
    app.extensions["portal"].engine.dispose()


def test_the_worker_syncs_through_it_as_it_does_directly(
    world: PortalWorld, pooled_url: str, encryption_key: str
) -> None:
    plans = [AccountPlan(name=slug, web_key=f"CT_key_of_{slug}", seed=7, contacts=40) for slug in ("own", "other")]
    with (
        engine_of(pooled_url) as engine,
        new_world(engine, pooled_url, encryption_key, *plans, sync_notes_budget=100) as synced,
        ThreadPoolExecutor(2) as pool,
    ):
        for _ in range(2):
            assert list(pool.map(synced.sync, ("own", "other"))) == [RunStatus.SUCCESS] * 2
        with_own, with_other = (synced.tables(world.brands[slug]) for slug in ("own", "other"))
        assert len(with_own["leads"]) == len(with_other["leads"]) == 40
