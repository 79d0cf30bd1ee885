"""Schema history: bring a database from empty, or from any earlier state, to what the models say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from database import ALL_BRANDS, PORTAL_ROLE
from migrations.rights import bring_about

_FOLDER: Final = Path(__file__).parent
_ONE_AT_A_TIME: Final = 7_203_511  # any number: the advisory lock that release processes share


def upgrade(engine: Engine, role: str = PORTAL_ROLE) -> None:
    """Bring schema and the web role's rights to what they must be; of several processes at once, one does it."""
    with schema_transaction(engine) as connection:
        upgrade_within(connection, role=role)


def upgrade_within(connection: Connection, revision: str = "head", *, role: str = PORTAL_ROLE) -> None:
    """Do the same in a transaction that is open already; up to an older revision only its schema, without rights."""
    config = _config()
    config.attributes.update(connection=connection, portal_role=role)
    command.upgrade(config, revision)
    if revision == "head":
        bring_about(connection, role)


@contextmanager
def schema_transaction(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction that may change the schema, one process at a time."""
    with (
        engine.connect().execution_options(writes=True) as connection,
        _loose_foreign_keys(connection),
        connection.begin(),
    ):
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ONE_AT_A_TIME})
            connection.execute(text("SELECT set_config('portal.brand', :brand, true)"), {"brand": ALL_BRANDS})
        yield connection


@contextmanager
def _loose_foreign_keys(connection: Connection) -> Iterator[None]:
    """Keep SQLite from deleting what hangs on a table's rows while a revision writes that table anew.

    SQLite alters most things of a table by copying it and dropping the old one, and with foreign keys on, dropping a
    table deletes its rows first: a new rule for `tenants` would empty all tables of all brands. Inside a transaction
    the switch does nothing, so it is turned before.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    sqlite = connection.connection.cursor()
    sqlite.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        sqlite.execute("PRAGMA foreign_keys = ON")
        sqlite.close()


def is_current(engine: Engine) -> bool:
    """Tell whether the database stands at the newest revision. Raises SQLAlchemyError when it is away."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    with engine.connect() as connection:
        return revision_of(connection) == newest


def revision_of(connection: Connection) -> str | None:
    """Return the revision that the database stands at; None where nothing was ever migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def is_known(revision: str) -> bool:
    """Tell whether this release knows the revision: one of a newer release it does not."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config
