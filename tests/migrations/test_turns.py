"""Changing a schema that is in use: one process at a time, letting go of what others hold, going on where it ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, inspect, text
from structlog.testing import capture_logs

import migrations
from dash_portal.command_line import main
from tests.conftest import engine_of

BEFORE_TWO = "0021"  # 0022 and 0023 then add columns to two tables that are in use
FIRST, SECOND = "0022", "0023"


@pytest.fixture
def older_engine(empty_database_url: str) -> Iterator[Engine]:
    """A database of an older release."""
    with engine_of(empty_database_url) as engine:
        with migrations.schema_transaction(engine) as connection:
            migrations.upgrade_within(connection, BEFORE_TWO)
        yield engine


def revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return migrations.revision_of(connection)


def hold(connection: Connection, table: str) -> None:
    """Use the table as a long report does, and on SQLite, which lets readers by, as a long write does."""
    connection.execute(text(f"SELECT count(*) FROM {table}"))


def in_use(engine: Engine) -> Connection:
    return engine.connect().execution_options(writes=True)


def test_of_two_migrations_one_waits_for_the_other(engine: Engine) -> None:
    ended: list[object] = []
    waits = threading.Event()
    with capture_logs() as lines:
        second = threading.Thread(target=lambda: ended.append(migrations.upgrade(engine)))
        with migrations.schema_transaction(engine):
            second.start()
            while not lines:
                assert second.is_alive()
                waits.wait(0.01)
            assert not ended
        second.join()
    assert [line["event"] for line in lines] == ["migrate waits"], "said once"
    assert ended == [migrations.Standing.CURRENT]


def test_who_waits_in_vain_for_another_migration_says_so(engine: Engine) -> None:
    with (
        migrations.schema_transaction(engine),
        pytest.raises(migrations.SchemaBusyError, match="had to wait for too long"),
    ):
        migrations.upgrade(engine, wait_seconds=0.1)


def test_a_table_that_stays_in_use_ends_it_with_one_line_and_nothing_changed(
    older_engine: Engine,
    empty_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    monkeypatch.setattr("dash_portal.command_line.configure_logs", lambda: None)
    columns = inspect(older_engine).get_columns("worker_heartbeats")
    with in_use(older_engine) as reader:
        hold(reader, "worker_heartbeats")
        assert main(["migrate", "--wait", "0.1"]) == 2
    refusal = capsys.readouterr().err.strip().splitlines()[-1]
    assert "is not done: a table that it needs is in use for more than 0.1 seconds" in refusal
    assert revision(older_engine) == BEFORE_TWO
    assert len(inspect(older_engine).get_columns("worker_heartbeats")) == len(columns)
    assert migrations.upgrade(older_engine) is migrations.Standing.CURRENT


def test_while_it_waits_for_a_table_those_who_come_after_it_are_let_by(older_engine: Engine) -> None:
    """PostgreSQL queues them behind it: they would wait as long as it does."""
    with capture_logs() as lines, in_use(older_engine) as reader:
        hold(reader, "worker_heartbeats")
        migration = threading.Thread(target=migrations.upgrade, args=(older_engine,))
        migration.start()
        while not lines:
            assert migration.is_alive()
        with older_engine.connect() as page:
            hold(page, "worker_heartbeats")
            assert migration.is_alive(), "it waits on"
        reader.rollback()
        migration.join()
    assert migrations.runs_on(older_engine)


def test_what_was_done_before_a_revision_that_fails_stays_done_and_the_next_time_goes_on_from_there(
    older_engine: Engine,
) -> None:
    with older_engine.begin() as connection:
        connection.execute(text("ALTER TABLE sync_errors ADD COLUMN times INTEGER"))  # what 0023 adds
    with pytest.raises(migrations.SchemaError, match=f"revision {SECOND} failed and is not done"):
        migrations.upgrade(older_engine)
    assert revision(older_engine) == FIRST
    with older_engine.begin() as connection:
        connection.execute(text("ALTER TABLE sync_errors DROP COLUMN times"))
    assert migrations.upgrade(older_engine) is migrations.Standing.CURRENT
