"""Slow guessing down: attempts to prove oneself are counted in the database, for every process alike.

An attempt is written down before the password is looked at, so that many at once are counted too, and taken back
when it succeeds. It counts against each person of its e-mail address who may still be tried, and is forgiven to the one
whose password it was: else whoever has the address at one brand could guess the password of its person at another, and
have the failures forgiven by signing in themselves.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Counted:
    """An attempt that may be made: whose password may be looked at, and the rows that count it until it succeeds."""

    people: frozenset[int]
    rows: tuple[str, ...]


def take_attempt(
    session: Session, *, email: str, people: Collection[int], address: str, now: datetime
) -> Counted | None:
    """Write one attempt down as a failure until it proves to be none; return None when it may not be made.

    `people` are the ids of those who have this e-mail address; without any, the address itself is counted. It may not
    be made when all of them, or where it comes from, failed too often within the window: that is noted in the audit
    log, once a window. Whoever counts holds the account and the address until the transaction ends: commit soon.
    """
    block = throttled_as(address)
    lock_until_end(session, f"attempts of {email}", f"attempts from {block}")
    since = now - WINDOW
    may_try = {user_id for user_id in people or (None,) if _failures(session, _of(email, user_id), since) < PER_ACCOUNT}
    if not may_try:
        _note_once(session, "account", col(AuditEntry.actor_email) == shown_email(email), email, address, since)
        return None
    if _failures(session, (col(SignInFailure.address) == block) & _NOBODYS, since) >= PER_ADDRESS:
        _note_once(session, "address", col(AuditEntry.address) == block, email, block, since)
        return None
    rows = [
        SignInFailure(email=email, address=block, user_id=user_id, created_at=now)
        for user_id in (None, *(may_try - {None}))
    ]
    session.add_all(rows)
    return Counted(frozenset(user_id for user_id in may_try if user_id is not None), tuple(row.id for row in rows))


def forgive(session: Session, *, email: str, user_id: int, counted: Counted, address: str, now: datetime) -> None:
    """Forget this attempt, what this person failed from this address before, and everybody's failures of long ago."""
    mine = (_of(email, user_id) | _of(email, None)) & (col(SignInFailure.address) == throttled_as(address))
    old = col(SignInFailure.created_at) < now - _KEPT
    session.execute(delete(SignInFailure).where(mine | old | col(SignInFailure.id).in_(counted.rows)))


def spare_others(session: Session, *, user_id: int, counted: Counted) -> None:
    """Count this attempt, which goes on to its second step, no more against the others of its e-mail address."""
    others = col(SignInFailure.id).in_(counted.rows) & (col(SignInFailure.user_id) != user_id)
    session.execute(delete(SignInFailure).where(others))


def take_back(session: Session, counted: Counted) -> None:
    """Count an attempt no more that proved to be none."""
    session.execute(delete(SignInFailure).where(col(SignInFailure.id).in_(counted.rows)))


def forget_account(session: Session, *, email: str, user_id: int) -> None:
    """Forget all failures of a person who has just proven themselves by a one-time link."""
    session.execute(delete(SignInFailure).where(_of(email, user_id) | _of(email, None)))


def shown_email(email: str) -> str:
    """Return what may be remembered: who types a password into the wrong field shall not find it in a log."""
    name, at, host = email.partition("@")
    return email if at and name and "." in host and " " not in email else ""


_NOBODYS: Final = col(SignInFailure.user_id).is_(None)


def _of(email: str, user_id: int | None) -> ColumnElement[bool]:
    """Return which rows count against this person, or (None) against the e-mail address itself."""
    return (col(SignInFailure.email) == email) & col(SignInFailure.user_id).is_not_distinct_from(user_id)


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
