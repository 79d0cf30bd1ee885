"""Why a database can't be used, in the words that an operator reads at a terminal."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoFreeConnectionError

from database_away import in_one_line

ASKED = "SELECT secret FROM nowhere"


def written(message: str) -> OperationalError:
    return OperationalError(ASKED, {}, Exception(message))


@pytest.mark.parametrize(
    ("error", "reason", "advice"),
    [
        (written('FATAL:  password authentication failed for user "x"'), "password is wrong", "before the @"),
        (written('FATAL:  role "x" does not exist'), "password is wrong", "before the @"),
        (written("[Errno -2] failed to resolve host 'w/2@h'"), "nobody knows its host name", "%40"),
        (written("connection to server at 127.0.0.1 failed: Connection refused"), "no server answers", "does it run"),
        (written('FATAL:  database "x" does not exist'), "no such database", "createdb"),
        (written('relation "tenants" does not exist'), "tables are not there", "python -m dash_portal migrate"),
        (
            ProgrammingError(ASKED, {}, Exception("permission denied for table tenants")),
            "may not do that",
            "the login that owns them",
        ),
        (
            ProgrammingError(ASKED, {}, Exception("must be owner of table tenants")),
            "may not do that",
            "the login that owns them",
        ),
        (written("no such table: tenants"), "tables are not there", "python -m dash_portal migrate"),
        (
            ProgrammingError(ASKED, {}, Exception('relation "tenants" does not exist')),
            "tables are not there",
            "python -m dash_portal migrate",
        ),
        (
            ProgrammingError(ASKED, {}, Exception('invalid connection option "sslmod"')),
            "an option that PostgreSQL does not know",
            "behind the ?",
        ),
        (written('invalid sslmode value: "please"'), "an option that PostgreSQL does not know", "behind the ?"),
        (written("server does not support SSL, but SSL was required"), "speaks no TLS", ""),
        (NoFreeConnectionError(), "all connections are in use", ""),
        (ProgrammingError(ASKED, {}, KeyError("what nobody has thought of")), "KeyError", ""),
    ],
)
def test_the_line_says_why_and_what_to_do_and_not_what_was_asked(
    error: SQLAlchemyError, reason: str, advice: str
) -> None:
    line = in_one_line(error)
    assert line.startswith("DATABASE_URL: the database can't be used: ")
    assert reason in line
    assert advice in line
    assert "\n" not in line
    assert "secret" not in line
