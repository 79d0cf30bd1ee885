"""Bring a database to what a backup holds, and then to this release's schema and rights: all of it, or nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from psycopg import Error as DriverError
from sqlalchemy import Connection, Engine, inspect, text, update
from sqlmodel import Session, SQLModel, col

import migrations
from dash_portal.accounts.audit import COMMAND_LINE, AuditAction, record
from dash_portal.backup import postgresql, sqlite
from dash_portal.backup.archive import BackupError, Contents, open_archive
from database import create_engine
from models import ApiKey, Invite, SyncLease, UserSession, utc_now

_NOT_DATA: Final = {"alembic_version", "worker_heartbeats"}
"""Tables whose rows nobody misses: a worker that waits for its first brand beats already."""


def restore_backup(engine: Engine, path: Path, *, replace: bool, role: str) -> Contents:
    """Make the database what the backup holds; return what that was. With `replace`, what it held is gone.

    `role` is the web role's name.
    Raises BackupError, and leaves the database as it is, where the file is no whole backup, of another kind of
    database or of a newer release, and where the database does not take every letter or holds rows that were not said
    to be replaced.
    """
    with open_archive(path) as (archive, contents):
        if contents.database != engine.dialect.name:
            raise BackupError(f"{path} is of a {contents.database} database, and DATABASE_URL names another kind")
        if not migrations.is_known(contents.revision):
            raise BackupError(f"{path} was made by a newer release: restore it with that one")
        if engine.dialect.name == "sqlite":
            _restore_sqlite(engine, archive, contents, replace=replace)
        else:
            _restore_postgresql(engine, archive, contents, replace=replace, role=role)
    return contents


def _restore_postgresql(engine: Engine, archive: ZipFile, contents: Contents, *, replace: bool, role: str) -> None:
    try:
        with migrations.schema_transaction(engine) as connection:
            _require_every_letter(connection)
            _require_empty(connection, replace=replace)
            postgresql.empty(connection, contents)
            migrations.upgrade_within(connection, contents.revision, role=role)
            postgresql.load(connection, archive, contents)
            migrations.upgrade_within(connection, role=role)
            _begin_anew(connection, contents)
    except DriverError as refused:
        reason = type(refused).__name__
        raise BackupError(f"the backup does not fit its schema ({reason}): nothing is restored") from None


def _restore_sqlite(engine: Engine, archive: ZipFile, contents: Contents, *, replace: bool) -> None:
    if sqlite.database_file(engine).exists():
        with engine.connect() as connection:
            _require_empty(connection, replace=replace)
    with sqlite.unpacked(archive, contents, sqlite.database_file(engine).parent) as copy:
        restored = create_engine(f"sqlite:///{copy}")
        migrations.upgrade(restored)
        with migrations.schema_transaction(restored) as connection:
            _begin_anew(connection, contents)
        restored.dispose()
        engine.connect().close()  # makes the file, where there is none, its owner's alone
        sqlite.put_in_place(copy, engine)


def _require_every_letter(connection: Connection) -> None:
    unfit = migrations.unfit_encoding(connection)
    if unfit is not None:
        raise BackupError(f"DATABASE_URL: the database can't be used: {unfit}")


def _require_empty(connection: Connection, *, replace: bool) -> None:
    if replace:
        return
    there = set(inspect(connection).get_table_names()) & SQLModel.metadata.tables.keys()
    for table in sorted(there - _NOT_DATA):
        first = text(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608 - the models' own names
        if connection.execute(first).first() is not None:
            raise BackupError(
                f"DATABASE_URL: the database holds rows (of {table}): back it up, and say --replace to lose them"
            )


def _begin_anew(connection: Connection, contents: Contents) -> None:
    """End what was good when the backup was made: sessions, links and keys that were revoked since must not wake.

    Nor does anybody work on a brand here whose lease says so.
    """
    now = utc_now()
    with Session(connection) as session:
        session.execute(update(UserSession).where(col(UserSession.ended_at).is_(None)).values(ended_at=now))
        unused = (col(Invite.used_at).is_(None), col(Invite.revoked_at).is_(None))
        session.execute(update(Invite).where(*unused).values(revoked_at=now))
        session.execute(update(ApiKey).where(col(ApiKey.revoked_at).is_(None)).values(revoked_at=now))
        session.execute(update(SyncLease).values(expires_at=now - timedelta(seconds=1)))
        record(session, AuditAction.DATABASE_RESTORED, COMMAND_LINE, made_at=contents.made_at, rows=contents.rows)
        session.commit()
