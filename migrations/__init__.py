"""Schema history: bring a database from empty, or from any earlier state, to what the models say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from database import PORTAL_ROLE
from database_away import NOT_ALLOWED, why_away
from migrations.encoding import unfit_encoding
from migrations.history import (
    Standing,
    apply_up_to,
    is_known,
    next_revision,
    revision_of,
    runs_on,
    serves_from,
    standing,
)
from migrations.patience import SchemaBusyError, SchemaPatience
from migrations.rights import bring_about
from migrations.turns import schema_connection

__all__ = [
    "WAIT_SECONDS",
    "SchemaBusyError",
    "SchemaError",
    "Standing",
    "is_known",
    "revision_of",
    "runs_on",
    "schema_transaction",
    "serves_from",
    "standing",
    "unfit_encoding",
    "upgrade",
    "upgrade_within",
]
WAIT_SECONDS: Final = 60.0
"""How long `migrate` waits for another one, and for whoever holds a table that is to be changed."""


class SchemaError(Exception):
    """The schema can't be brought to this release's; the message is one plain line."""


def upgrade(engine: Engine, role: str = PORTAL_ROLE, *, wait_seconds: float = WAIT_SECONDS) -> Standing:
    """Bring schema and the web role's rights to what they must be, each revision in a transaction of its own.

    Of several processes at once, one does it. Who needs a table meanwhile waits half a second at most: a revision that
    does not get its tables lets go and tries again. Where the schema is a newer release's that this one runs on,
    nothing is done: its rights are the newer one's. Returns how schema and release stand afterwards.

    Raises SchemaBusyError when `wait_seconds` did not do, SchemaError when a revision fails, the schema is too new or
    the database does not take every letter.
    What was done before stays done: the next `migrate` goes on from there.
    """
    patience = SchemaPatience(wait_seconds)
    with schema_connection(engine, patience) as connection:
        before = patience.until_free(lambda: _standing(connection), "migrate")
        if before is Standing.TOO_NEW:
            raise SchemaError("the database is of a newer release, on which this one does not run: install that one")
        if before is Standing.NEWER:
            return before
        while _step(connection, role, patience):
            pass
        patience.until_free(lambda: _bring_about_rights(connection, role), "the web role's rights")
    return Standing.CURRENT


def upgrade_within(connection: Connection, revision: str = "head", *, role: str = PORTAL_ROLE) -> None:
    """Do the same in a transaction that is open already; up to an older revision only its schema, without rights."""
    apply_up_to(connection, role, revision)
    if revision == "head":
        bring_about(connection, role)


@contextmanager
def schema_transaction(engine: Engine, *, wait_seconds: float = WAIT_SECONDS) -> Iterator[Connection]:
    """Yield a connection in a transaction that may change the schema, one process at a time.

    Raises SchemaBusyError where another process is at it for longer.
    """
    patience = SchemaPatience(wait_seconds, attempt_seconds=wait_seconds)
    with schema_connection(engine, patience) as connection, connection.begin():
        yield connection


def _standing(connection: Connection) -> Standing:
    with connection.begin():
        unfit = unfit_encoding(connection)
        if unfit is not None:
            raise SchemaError(f"DATABASE_URL: the database can't be used: {unfit}")
        return standing(connection)


def _step(connection: Connection, role: str, patience: SchemaPatience) -> bool:
    """Apply the next revision, if there is one."""
    if connection.dialect.name == "sqlite":  # whose write lock, held from the look to the end, is the turn
        return patience.until_free(lambda: _step_within(connection, role), "the next revision")
    with connection.begin():
        revision = next_revision(connection)
    if revision is None:
        return False
    # Alembic begins the transaction, and can end it where an index is built beside the writers (`indexes.py`).
    patience.until_free(lambda: _apply_alone(connection, role, revision), f"revision {revision}")
    return True


def _step_within(connection: Connection, role: str) -> bool:
    with connection.begin():
        revision = next_revision(connection)
        if revision is not None:
            _apply(connection, role, revision)
    return revision is not None


def _apply_alone(connection: Connection, role: str, revision: str) -> None:
    try:
        _apply(connection, role, revision)
    finally:
        connection.rollback()  # where it failed before Alembic began; else nothing is open


def _apply(connection: Connection, role: str, revision: str) -> None:
    try:
        apply_up_to(connection, role, revision)
    except DBAPIError as failed:
        if SchemaPatience.means_busy(failed):
            raise
        why = why_away(failed)
        reason = why if why == NOT_ALLOWED else type(failed.orig).__name__
        raise SchemaError(f"revision {revision} failed and is not done ({reason}); those before it are") from failed


def _bring_about_rights(connection: Connection, role: str) -> None:
    with connection.begin():
        bring_about(connection, role)
