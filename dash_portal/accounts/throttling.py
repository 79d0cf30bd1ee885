"""Slow guessing down: attempts to prove oneself are counted in the database, for every process alike.

An attempt is written down before the password is looked at, so that many at once are counted too, and taken back
when it succeeds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, func
from sqlmodel import Session, col, select

from dash_portal.accounts.addresses import throttled_as
from dash_portal.accounts.audit import AuditAction, nobody, record
from database import lock_until_end
from models import AuditEntry, SignInFailure

WINDOW: Final = timedelta(minutes=15)
PER_ACCOUNT: Final = 10
PER_ADDRESS: Final = 50
_KEPT: Final = timedelta(days=1)


def take_attempt(session: Session, *, email: str, address: str, now: datetime) -> bool:
    """Write one attempt down as a failure until it proves to be none; tell whether it may be made.

    It may not when the account or the address has failed too often within the window: that is noted in the audit log,
    once a window. Whoever counts holds the account and the address until the transaction ends: commit soon.
    """
    block = throttled_as(address)
    lock_until_end(session, f"attempts of {email}", f"attempts from {block}")
    since = now - WINDOW
    if _failures(session, col(SignInFailure.email) == email, since) >= PER_ACCOUNT:
        _note_once(session, "account", col(AuditEntry.actor_email) == shown_email(email), email, address, since)
        return False
    if _failures(session, col(SignInFailure.address) == block, since) >= PER_ADDRESS:
        _note_once(session, "address", col(AuditEntry.address) == block, email, block, since)
        return False
    session.add(SignInFailure(email=email, address=block, created_at=now))
    return True


def forgive(session: Session, *, email: str, address: str, now: datetime) -> None:
    """Forget what this person failed from this address, and everybody's failures of long ago."""
    mine = (col(SignInFailure.email) == email) & (col(SignInFailure.address) == throttled_as(address))
    session.execute(delete(SignInFailure).where(mine | (col(SignInFailure.created_at) < now - _KEPT)))


def forget_account(session: Session, *, email: str) -> None:
    """Forget all failures of an account whose owner has just proven themselves by a one-time link."""
    session.execute(delete(SignInFailure).where(col(SignInFailure.email) == email))


def shown_email(email: str) -> str:
    """Return what may be remembered: who types a password into the wrong field shall not find it in a log."""
    name, at, host = email.partition("@")
    return email if at and name and "." in host and " " not in email else ""


def _failures(session: Session, which: ColumnElement[bool], since: datetime) -> int:
    counted = select(func.count()).select_from(SignInFailure).where(which, col(SignInFailure.created_at) > since)
    return session.exec(counted).one()


def _note_once(
    session: Session, limit: str, which: ColumnElement[bool], email: str, address: str, since: datetime
) -> None:
    """Write into the audit log that a limit holds, unless it says so of this window: else a flood would fill it."""
    noted = select(AuditEntry.details).where(
        AuditEntry.action == AuditAction.SIGN_IN_THROTTLED.value, col(AuditEntry.created_at) > since, which
    )
    if not any(details.get("limit") == limit for details in session.exec(noted)):
        record(session, AuditAction.SIGN_IN_THROTTLED, nobody(shown_email(email), address), limit=limit)
