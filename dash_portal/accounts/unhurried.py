"""Writing down what may as well be missed: an answer never waits for it."""

from __future__ import annotations

from sqlalchemy import Engine, Executable
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from database import PortalSession


def write_unless_busy(engine: Engine, change: Executable) -> None:
    """Carry out one change of the accounts; while the database is busy it is left out."""
    with PortalSession(engine) as session:
        try:
            _do_not_wait(session)
            session.execute(change)
            session.commit()
        except OperationalError:
            session.rollback()
        finally:
            _wait_again(session)


def _do_not_wait(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("PRAGMA busy_timeout=50")


def _wait_again(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("PRAGMA busy_timeout=30000")
