"""SQLite: a copy of the file by its online backup, which has what still stands in the write-ahead log."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zipfile import ZipFile

from sqlalchemy import Engine

from dash_portal.backup.archive import BackupError, Contents, TableCopy, open_member

_FILE: Final = "portal.db"
_PATIENCE_SECONDS: Final = 30.0


def dump(engine: Engine, archive: ZipFile, folder: Path) -> tuple[str | None, tuple[TableCopy, ...]]:
    """Copy all rows of one moment into the archive, whoever goes on writing; return the revision and the tables.

    The folder takes a copy of the file for as long as that lasts.
    """
    with TemporaryDirectory(dir=folder, prefix=".backup-") as private:
        copy = Path(private) / _FILE
        with closing(_connect(database_file(engine))) as source, closing(_connect(copy)) as target:
            source.execute("BEGIN")  # what is counted and what is copied is one moment
            revision, tables = _revision(source), _tables(source)
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
        _check(copy, revision, tables)
        archive.write(copy, _FILE)
    return revision, tables


@contextmanager
def unpacked(archive: ZipFile, contents: Contents, folder: Path) -> Iterator[Path]:
    """Yield the backup's database as a file of its own. Raises BackupError where it is not what the backup says."""
    try:
        with TemporaryDirectory(dir=folder, prefix=".restore-") as private:
            copy = Path(private) / _FILE
            with open_member(archive, _FILE) as member, copy.open("wb") as file:
                shutil.copyfileobj(member, file)
            _check(copy, contents.revision, contents.tables)
            yield copy
    except OSError as failed:
        raise BackupError(f"the backup can't be unpacked in {folder}: {failed.strerror or failed}") from failed


def put_in_place(copy: Path, engine: Engine) -> None:
    """Make the database what the copy is, in one step, whoever has it open. Raises BackupError where that fails."""
    try:
        with closing(_connect(copy)) as source, closing(_connect(database_file(engine))) as target:
            source.backup(target)
    except sqlite3.Error as failed:
        raise BackupError(f"DATABASE_URL: the database can't be written: {failed}; stop web and worker") from failed


def database_file(engine: Engine) -> Path:
    """Return the file of the engine's database."""
    return Path(engine.url.database or "").resolve()


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_PATIENCE_SECONDS, isolation_level=None)


def _check(copy: Path, revision: str | None, tables: tuple[TableCopy, ...]) -> None:
    try:
        with closing(_connect(copy)) as connection:
            is_sound = connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
            if is_sound and (_revision(connection), _tables(connection)) == (revision, tables):
                return
    except sqlite3.DatabaseError:
        pass  # not even a database: said below
    raise BackupError("the copy of the database is not whole: its rows are not those that must be there")


def _revision(connection: sqlite3.Connection) -> str | None:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _tables(connection: sqlite3.Connection) -> tuple[TableCopy, ...]:
    listed = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    names = [str(name) for (name,) in connection.execute(listed).fetchall()]
    return tuple(_table(connection, name) for name in names if name != "alembic_version")


def _table(connection: sqlite3.Connection, name: str) -> TableCopy:
    columns = tuple(str(row[1]) for row in connection.execute(f'PRAGMA table_info("{name}")'))
    (rows,) = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()  # noqa: S608 - the schema's own name
    return TableCopy(name, columns, int(rows))
