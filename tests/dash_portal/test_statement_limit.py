from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

from dash_portal.portal import open_portal
from database import PortalSession
from tests.dash_portal.portal_world import PortalWorld

COUNTING = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n {}) SELECT i FROM n"


@pytest.fixture
def hurried(world: PortalWorld) -> Iterator[Engine]:
    """The web process's engine with little patience."""
    portal = open_portal(world.settings.model_copy(update={"portal_statement_seconds": 0.4}))
    yield portal.engine
    portal.engine.dispose()


def test_slow_statements_of_the_web_process_are_stopped(hurried: Engine) -> None:
    with PortalSession(hurried) as session, pytest.raises(DatabaseError):
        session.connection().exec_driver_sql(f"SELECT count(*) FROM ({COUNTING.format('')}) AS counted")
    with PortalSession(hurried) as session:
        assert session.connection().exec_driver_sql("SELECT 1").scalar() == 1


def test_a_reader_who_takes_rows_slowly_gets_them_all(hurried: Engine) -> None:
    """An export to a slow line lasts longer than any statement may work."""
    with hurried.connect() as connection:
        rows = connection.execution_options(yield_per=1000).execute(text(COUNTING.format("WHERE i < 40000")))
        taken = len(list(islice(rows, 1000)))
        time.sleep(0.6)  # the time that passes is what is tested
        assert taken + sum(1 for _row in rows) == 40_000
