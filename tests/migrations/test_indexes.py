"""Indexes that are built while a table is in use."""

from __future__ import annotations

import threading

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from database import agency_transaction
from migrations.indexes import add_index
from tests.migrations.conftest import BRAND, FIELD, NOW

NAME = "ix_known_fields_created_at"


@pytest.fixture
def used_engine(engine: Engine) -> Engine:
    """A database with a brand and two fields, of one moment."""
    with agency_transaction(engine) as connection:
        connection.execute(BRAND, {"now": NOW})
        for resource in ("leads", "notes"):
            connection.execute(FIELD, {"resource": resource, "now": NOW})
    return engine


def build(engine: Engine, *, is_within: bool = False) -> None:
    """Build it as a revision does."""
    with engine.connect().execution_options(writes=True) as connection:
        options = {"transaction_per_migration": True, "is_within": is_within}
        context = MigrationContext.configure(connection, opts=options)
        with context.begin_transaction(_per_migration=True), Operations.context(context):
            add_index(NAME, "known_fields", ["created_at"])


def is_there(engine: Engine) -> bool:
    if engine.dialect.name == "postgresql":
        valid = text("SELECT indisvalid FROM pg_index WHERE indexrelid = CAST(:name AS regclass)")
        with engine.connect() as connection:
            return bool(connection.scalar(valid, {"name": NAME}))
    return NAME in {index["name"] for index in inspect(engine).get_indexes("known_fields")}


@pytest.mark.parametrize("is_within", [False, True], ids=["while it is in use", "within a restore"])
def test_an_index_is_built(used_engine: Engine, is_within: bool) -> None:
    build(used_engine, is_within=is_within)
    assert is_there(used_engine)


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_who_writes_the_table_is_let_by_while_the_index_is_built(used_engine: Engine) -> None:
    building = threading.Thread(target=build, args=(used_engine,))
    under_way = text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%'")
    with agency_transaction(used_engine) as writer:
        writer.execute(FIELD, {"resource": "pipeline_items", "now": NOW})
        building.start()
        with used_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as looking:
            while not looking.scalar(under_way):
                assert building.is_alive()
        with agency_transaction(used_engine) as another:
            another.execute(text("SET LOCAL lock_timeout = '10s'"))
            another.execute(FIELD, {"resource": "scheduled_activities", "now": NOW})
        assert building.is_alive(), "it waits for the first writer"
    building.join()
    assert is_there(used_engine)


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_half_an_index_that_was_left_is_built_anew(used_engine: Engine) -> None:
    with (
        used_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        pytest.raises(IntegrityError),
    ):
        connection.execute(text(f"CREATE UNIQUE INDEX CONCURRENTLY {NAME} ON known_fields (created_at)"))
    assert not is_there(used_engine)
    build(used_engine)
    assert is_there(used_engine)
