"""The connection over which the schema is changed: by one process at a time, seeing all brands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, text

from database import ALL_BRANDS
from migrations.patience import SchemaPatience

_TURN: Final = 7_203_511  # any number: the advisory lock that release processes share


@contextmanager
def schema_connection(engine: Engine, patience: SchemaPatience) -> Iterator[Connection]:
    """Yield a connection outside of a transaction, that no other process has a like of; it is closed at the end.

    SQLite knows no lock but that of writing, which each transaction takes as it begins. Raises SchemaBusyError.
    """
    with engine.connect().execution_options(writes=True) as connection:
        try:
            attempt = int(patience.attempt_seconds * 1000)
            if connection.dialect.name == "sqlite":
                _prepare_sqlite(connection, attempt)
            else:
                _take_turn(connection, patience)
                _prepare_postgresql(connection, attempt)
            yield connection
        finally:
            connection.invalidate()  # closed for good: what was set here, and the turn, end with it


def _prepare_postgresql(connection: Connection, attempt: int) -> None:
    settings = "set_config('portal.brand', :brand, false), set_config('lock_timeout', :attempt, false)"
    with connection.begin():
        connection.execute(text(f"SELECT {settings}"), {"brand": ALL_BRANDS, "attempt": str(attempt)})


def _prepare_sqlite(connection: Connection, attempt: int) -> None:
    """Keep SQLite from deleting what hangs on a table's rows while a revision writes that table anew.

    SQLite alters most things of a table by copying it and dropping the old one, and with foreign keys on, dropping a
    table deletes its rows first: a new rule for `tenants` would empty all tables of all brands. Inside a transaction
    the switch does nothing, so it is turned before.
    """
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA foreign_keys = OFF")
    cursor.execute(f"PRAGMA busy_timeout = {attempt}")
    cursor.close()


def _take_turn(connection: Connection, patience: SchemaPatience) -> None:
    """Ask again and again, and not in a statement that waits: to that, an index built CONCURRENTLY would wait."""
    while True:
        with connection.begin():
            if connection.scalar(text("SELECT pg_try_advisory_lock(:turn)"), {"turn": _TURN}):
                return
        patience.wait("migrate", f"another process is changing the schema for more than {patience.seconds:g} seconds")
