"""Slow guessing down: attempts to sign in are counted in the database, for every process alike.

An attempt is written down before the password is looked at, so that many at once are counted too, and taken back
when it succeeds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from models import SignInFailure

WINDOW: Final = timedelta(minutes=15)
PER_ACCOUNT: Final = 10
PER_ADDRESS: Final = 50
_KEPT: Final = timedelta(days=1)


def is_throttled(session: Session, *, email: str, address: str, now: datetime) -> bool:
    """Tell whether this account or this address has failed too often within the window."""
    since = now - WINDOW
    failures = select(func.count()).select_from(SignInFailure).where(col(SignInFailure.created_at) > since)
    of_account = session.exec(failures.where(SignInFailure.email == email)).one()
    of_address = session.exec(failures.where(SignInFailure.address == address)).one()
    return of_account >= PER_ACCOUNT or of_address >= PER_ADDRESS


def count_attempt(session: Session, *, email: str, address: str, now: datetime) -> None:
    """Write the attempt down as a failure until it proves to be none."""
    session.add(SignInFailure(email=email, address=address, created_at=now))


def forgive(session: Session, *, email: str, address: str, now: datetime) -> None:
    """Forget what this person failed from this address, and everybody's failures of long ago."""
    mine = (col(SignInFailure.email) == email) & (col(SignInFailure.address) == address)
    session.execute(delete(SignInFailure).where(mine | (col(SignInFailure.created_at) < now - _KEPT)))


def forget_account(session: Session, *, email: str) -> None:
    """Forget all failures of an account whose owner has just proven themselves by a one-time link."""
    session.execute(delete(SignInFailure).where(col(SignInFailure.email) == email))
