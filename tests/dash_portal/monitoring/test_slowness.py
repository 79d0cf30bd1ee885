from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from dash_portal.portal import open_portal
from tests.dash_portal.portal_world import PortalWorld, close_world, make_settings, make_shared_world

SLOW = {
    "postgresql": "SELECT pg_sleep(0.2), :secret AS said",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) "
    "SELECT max(i), :secret AS said FROM n",
}


@pytest.fixture
def world(database_url: str, encryption_key: str) -> Iterator[PortalWorld]:
    made = make_shared_world(database_url, encryption_key, portal_slow_seconds=0.00001)
    yield made
    close_world(made)


def test_a_slow_page_is_one_line(world: PortalWorld) -> None:
    with structlog.testing.capture_logs() as lines:
        world.visitor().get("/healthz")
    (told,) = [line for line in lines if line["event"] == "slow page"]
    assert (told["path"], told["log_level"]) == ("/healthz", "warning")


@pytest.mark.parametrize("statement_seconds", [10.0, 0.1])
def test_a_slow_statement_is_one_line_without_its_values_also_when_it_is_stopped(
    world: PortalWorld, database_kind: str, statement_seconds: float
) -> None:
    key = world.settings.portal_encryption_key.get_secret_value()
    limits: dict[str, Any] = {"portal_slow_seconds": 0.05, "portal_statement_seconds": statement_seconds}
    engine = open_portal(make_settings(world.settings.database_url, key, **limits)).engine
    statement = text(SLOW[database_kind])
    with structlog.testing.capture_logs() as lines, engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        if statement_seconds < 1:
            with pytest.raises(OperationalError):
                connection.execute(statement, {"secret": "hidden"})
        else:
            connection.execute(statement, {"secret": "hidden"})
    (told,) = [line for line in lines if line["event"] == "slow statement"]
    assert "said" in told["statement"]
    assert told["seconds"] > 0.04
    assert "hidden" not in str(told)
    engine.dispose()
