"""PostgreSQL: every table by COPY, out of one moment and into one transaction.

pg_dump would have to be as new as the server, and be installed where the portal runs; and it refuses tables whose rows
are guarded, or with the flag that it then names copies none of their rows without a word.
"""

from __future__ import annotations

from typing import Final
from zipfile import ZipFile

from psycopg import Cursor, sql
from sqlalchemy import Connection, Engine, inspect, text
from sqlmodel import SQLModel

import migrations
from dash_portal.backup.archive import BackupError, Contents, TableCopy, open_member
from database import agency_transaction
from migrations.rights import tables_that_hide

_BLOCK: Final = 1 << 20
_LEFT_EMPTY: Final = {"alembic_version"}
_FOLDER: Final = "tables/"


def dump(engine: Engine, archive: ZipFile) -> tuple[str | None, tuple[TableCopy, ...]]:
    """Copy all rows of one moment into the archive, whoever goes on writing; return the revision and the tables.

    Raises BackupError where a row might be hidden from the role, or may not be read by it.
    """
    still = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with agency_transaction(still, writes=False) as connection:
        hiding = tables_that_hide(connection)
        if hiding:
            raise BackupError(
                f"rows of {', '.join(hiding)} may be hidden from this role, so the backup would not be whole: "
                "run python -m dash_portal migrate, or connect as the tables' owner"
            )
        revision = migrations.revision_of(connection)
        return revision, tuple(_dump_table(connection, archive, table) for table in _in_order(connection))


def _in_order(connection: Connection) -> list[str]:
    """Return the tables that are there, those that others point to first; a newer release may have others."""
    listed = inspect(connection).get_sorted_table_and_fkc_names()
    return [name for name, _ in listed if name is not None and name not in _LEFT_EMPTY]


def _dump_table(connection: Connection, archive: ZipFile, table: str) -> TableCopy:
    columns = tuple(column["name"] for column in inspect(connection).get_columns(table))
    statement = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(table), _names(columns))
    with archive.open(f"{_FOLDER}{table}", "w", force_zip64=True) as file, _cursor(connection) as cursor:
        with cursor.copy(statement) as copy:
            for block in copy:
                file.write(block)
        copied = cursor.rowcount
    counted = connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one()  # noqa: S608 - the schema's own name
    if copied != counted:
        raise BackupError(f"of {table} {copied} rows were copied, and {counted} are there: the backup is not whole")
    return TableCopy(table, columns, copied)


def load(connection: Connection, archive: ZipFile, contents: Contents) -> None:
    """Fill the empty tables of this transaction. Raises BackupError where a row is missing, or does not fit."""
    there = set(inspect(connection).get_table_names())
    for table in contents.tables:
        if table.name not in there:
            raise BackupError(f"the backup has a table {table.name!r} that its schema does not have")
        loaded = _load_table(connection, archive, table)
        if loaded != table.rows:
            raise BackupError(f"of {table.name} {table.rows} rows must be there, and {loaded} are: nothing is restored")
        for column in inspect(connection).get_columns(table.name):
            if column.get("autoincrement") is True:
                _go_on_numbering(connection, table.name, column["name"])


def _load_table(connection: Connection, archive: ZipFile, table: TableCopy) -> int:
    name = sql.Identifier(table.name)
    with _cursor(connection) as cursor, open_member(archive, f"{_FOLDER}{table.name}") as file:
        # PostgreSQL copies no rows into a table that is guarded. Nobody sees it without: this transaction made it.
        cursor.execute("SELECT relrowsecurity FROM pg_class WHERE oid = %s::regclass", (table.name,))
        is_guarded = cursor.fetchone() == (True,)
        if is_guarded:
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(name))
        # What follows from the rows was copied too.
        cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))
        with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(name, _names(table.columns))) as copy:
            while block := file.read(_BLOCK):
                copy.write(block)
        loaded = cursor.rowcount
        cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(name))
        if is_guarded:
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(name))
    return loaded


def _go_on_numbering(connection: Connection, table: str, column: str) -> None:
    newest = f'coalesce(max("{column}"), 0) + 1'
    numbering = f"pg_get_serial_sequence('{table}', '{column}')"
    connection.execute(text(f'SELECT setval({numbering}, {newest}, false) FROM "{table}"'))  # noqa: S608 - the schema's names


def empty(connection: Connection, contents: Contents) -> None:
    """Take away the portal's own tables, whatever revision they stand at, and what hangs on them."""
    connection.execute(text("SET LOCAL lock_timeout = '20s'"))
    ours = {"alembic_version", *SQLModel.metadata.tables, *(table.name for table in contents.tables)}
    there = sorted(ours & set(inspect(connection).get_table_names()))
    called = text(
        "SELECT DISTINCT tgfoid::regprocedure::text FROM pg_trigger "
        "WHERE NOT tgisinternal AND tgrelid = ANY(CAST(:tables AS regclass[]))"
    )
    functions = connection.scalars(called, {"tables": there}).all()
    for table in there:
        connection.execute(text(f"DROP TABLE {table} CASCADE"))
    for function in functions:
        connection.execute(text(f"DROP FUNCTION {function}"))


def _names(columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _cursor(connection: Connection) -> Cursor[tuple[object, ...]]:
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - the connection is open
    cursor: Cursor[tuple[object, ...]] = driver.cursor()
    return cursor
