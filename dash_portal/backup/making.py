"""Make a backup: all rows of one moment, counted, in one file."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

from psycopg import Error as DriverError
from sqlalchemy import Engine

import migrations
from dash_portal.backup import postgresql, sqlite
from dash_portal.backup.archive import BackupError, Contents, TableCopy, new_archive, write_contents
from models import utc_now


def make_backup(engine: Engine, path: Path) -> Contents:
    """Write the database's rows into the file, which replaces an older one when it is whole; return what is in it.

    The database goes on being used. Raises BackupError where not every row could be had.
    """
    made_at = utc_now().isoformat(timespec="seconds")
    with new_archive(path) as archive:
        if engine.dialect.name == "sqlite":
            _require_there(engine)
            revision, tables = sqlite.dump(engine, archive, path.resolve().parent)
        else:
            revision, tables = _dump_postgresql(engine, archive)
        if revision is None or not tables:
            raise BackupError("DATABASE_URL: the database holds nothing of the portal's")
        if not migrations.is_known(revision):
            raise BackupError("the database is newer than this release: make the backup with the newer one")
        contents = Contents(engine.dialect.name, revision, made_at, tables)
        write_contents(archive, contents)
    return contents


def _dump_postgresql(engine: Engine, archive: ZipFile) -> tuple[str | None, tuple[TableCopy, ...]]:
    try:
        return postgresql.dump(engine, archive)
    except DriverError as refused:
        raise BackupError(f"a table can't be read ({type(refused).__name__}): connect as the tables' owner") from None


def _require_there(engine: Engine) -> None:
    if not sqlite.database_file(engine).exists():
        raise BackupError("DATABASE_URL: there is no such file")
