"""A database that can't be used: which errors say that it is away, why in plain words, and a line of the log."""

from __future__ import annotations

import time
from threading import Lock
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoFreeConnectionError

AWAY: Final = (OperationalError, InterfaceError, NoFreeConnectionError)
"""What is raised where the database does not answer, answers too late, or has no connection left."""

WRONG_PASSWORD: Final = "the user name or the password is wrong"  # noqa: S105 - words about one
NOT_ALLOWED: Final = "its login may not do that to the portal's tables"
_NO_ANSWER: Final = "no server answers"
_NO_HOST: Final = "nobody knows its host name"
_NO_DATABASE: Final = "there is no such database"
_NO_TABLES: Final = "the portal's tables are not there"
_NO_OPTION: Final = "DATABASE_URL has an option that PostgreSQL does not know"
_TOLD_EVERY_SECONDS: Final = 60.0
_THE_DATABASE: Final = "the database is away"
_MARKS: Final = (  # what PostgreSQL and SQLite write, and what it means
    ("password authentication failed", WRONG_PASSWORD),
    ('role "', WRONG_PASSWORD),
    ("resolve host", _NO_HOST),
    ("translate host", _NO_HOST),
    ("pg_hba.conf", "the server lets this user in from nowhere, or not from here"),
    ("lock timeout", "somebody else holds the database for too long"),
    ("statement timeout", "a statement took too long"),
    ("interrupted", "a statement took too long"),
    ("database is locked", "somebody else holds the database for too long"),
    ("too many clients", "it has too many clients"),
    ("connection slots", "it has too many clients"),
    ("starting up", "it is starting up"),
    ("shutting down", "it is shutting down"),
    ("terminating connection", "it is shutting down"),
    ('relation "', _NO_TABLES),
    ("no such table", _NO_TABLES),
    ("connection option", _NO_OPTION),
    ("invalid sslmode", _NO_OPTION),
    ("does not support SSL", "the server speaks no TLS, which DATABASE_URL demands"),
    ("certificate", "its TLS certificate can't be trusted, or ours is not there"),
    ("permission denied", NOT_ALLOWED),
    ("must be owner", NOT_ALLOWED),
    ("disk is full", "its disk is full"),
    ("No space left", "its disk is full"),
    ("unable to open database file", "its file can't be opened"),
    ('database "', _NO_DATABASE),
)
_log = structlog.get_logger("portal")


def why_away(error: SQLAlchemyError) -> str:
    """Return in plain words why the database could not be used; never what was asked, nor an address."""
    if isinstance(error, NoFreeConnectionError):
        return "all connections are in use"
    message = str(error.orig) if isinstance(error, DBAPIError) else ""
    unknown = _NO_ANSWER if isinstance(error, AWAY) else type(getattr(error, "orig", error)).__name__
    return next((words for mark, words in _MARKS if mark in message), unknown)


def in_one_line(error: SQLAlchemyError) -> str:
    """Return what an operator at a terminal reads: that the database can't be used, why, and what to do about it."""
    reason = why_away(error)
    return f"DATABASE_URL: the database can't be used: {reason}{_what_to_do(reason)}"


def _what_to_do(reason: str) -> str:
    """Return what may be done about it, to be read behind the reason; nothing where waiting is all there is."""
    return {
        WRONG_PASSWORD: "; look at what stands before the @ in DATABASE_URL",
        _NO_HOST: (
            "; look at what stands behind the last @ in DATABASE_URL (in a password, @ is written %40 and / is %2F)"
        ),
        _NO_ANSWER: "; does it run, and is what stands behind the @ in DATABASE_URL its address?",
        _NO_DATABASE: "; make it with createdb, then run python -m dash_portal migrate",
        NOT_ALLOWED: "; name the login that owns them in DATABASE_URL, or mend its rights with migrate as that one",
        _NO_TABLES: "; run python -m dash_portal migrate",
        _NO_OPTION: "; look at what stands behind the ? in it",
    }.get(reason, "")


def tell_away(error: SQLAlchemyError, *, path: str, what: str = _THE_DATABASE) -> None:
    """Write a line of the log, unless one of the last minute told the same cause; it says how many kept silent."""
    cause = why_away(error)
    subject = (what, cause)
    with _lock:
        told_at, unsaid = _told.get(subject, (-_TOLD_EVERY_SECONDS, 0))
        if time.monotonic() - told_at < _TOLD_EVERY_SECONDS:
            _told[subject] = (told_at, unsaid + 1)
            return
        _told[subject] = (time.monotonic(), 0)
    _log.error(what, cause=cause, path=path, unsaid=unsaid)


_told: Final[dict[tuple[str, str], tuple[float, int]]] = {}
"""When this process last told what is away and why (monotonic seconds), and how often it kept it to itself since."""
_lock: Final = Lock()
