"""Real runs of the real programs: no secret is in anything they write down."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from dash_portal.accounts.brands import replace_web_key
from database import AgencySession
from emulator import Emulator, plan_in_turn
from settings import SyncSettings
from tests.dash_portal.portal_world import PASSWORD, PortalWorld
from tests.security.served import served, served_by_command, sign_in
from tests.sync.processes import start_sync

WEB_KEY = "CT_very_secret_web_key_7731"
ACCESS_TOKEN = "very-secret-access-token-9942"


def secrets_of(world: PortalWorld) -> list[str]:
    return [
        WEB_KEY,
        ACCESS_TOKEN,
        PASSWORD,
        world.settings.portal_secret_key.get_secret_value(),
        world.settings.portal_encryption_key.get_secret_value(),
    ]


def give_key(world: PortalWorld) -> None:
    """Let the own brand be the only one that is synced, with a key that can be recognised."""
    with AgencySession(world.engine, writes=True) as session:
        actor = world.actor("agency@mellon.example")
        replace_web_key(session, actor=actor, tenant_id=world.brands["own"], web_key=WEB_KEY, cipher=world.cipher)
        session.commit()


@pytest.mark.parametrize("fault", [None, "401"])
def test_a_sync_writes_no_secret_down(world: PortalWorld, fault: str | None, tmp_path: Path) -> None:
    give_key(world)
    plan = plan_in_turn(0, name="Own Brand", web_key=WEB_KEY, seed=7, contacts=40)
    with Emulator(accounts=[plan], access_token=ACCESS_TOKEN, port=0) as emulator:
        settings = SyncSettings(
            database_url=world.settings.database_url,
            portal_encryption_key=world.settings.portal_encryption_key,
            clienttether_api_url=emulator.url,
            clienttether_access_token=ACCESS_TOKEN if fault != "401" else ACCESS_TOKEN + "x",
            sync_retry_wait=0,
            sync_retry_attempts=1,
        )
        process = start_sync(settings, "once", "--tenant", "own", log=tmp_path / "log")
        process.join(90)
    written = (tmp_path / "log").read_text()
    assert "own" in written
    for secret in secrets_of(world):
        assert secret not in written
    assert process.exitcode == (1 if fault == "401" else 0)
    with world.engine.connect() as connection:
        if world.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT set_config('portal.brand', 'agency', true)")
        for table in ("sync_errors", "sync_runs", "raw_snapshots", "audit_log", "tenants"):
            stored = str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert not [secret for secret in secrets_of(world) if secret in stored], table


def test_the_web_process_writes_no_secret_down(marked: PortalWorld, database_kind: str, tmp_path: Path) -> None:
    give_key(marked)
    log = tmp_path / "log"
    serve = served_by_command if database_kind == "sqlite" else served  # the command itself writes the same for both
    with serve(marked, log) as url:
        client = sign_in(url, "agency@mellon.example")
        cookie = client.cookies["session"]
        pages = [client.get(path) for path in ("/leads?brand=own", "/agency/brands", "/agency/brands/own", "/nope")]
        httpx.post(f"{url}/login", data={"email": "viewer@own.example", "password": PASSWORD})
    written = log.read_text()
    shown = "".join(page.text for page in pages)
    assert '"path": "/leads"' in written
    for secret in [*secrets_of(marked), cookie]:
        assert secret not in written
        assert secret not in shown
    assert "7731" in shown, "the last four characters are shown, and no more"
