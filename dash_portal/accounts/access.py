"""What stands on a person's rights, and falls with them: open sessions, and the links they made or were given.

A session lives in one *access epoch* of its person. Whatever changes what it stands on (password, role, brand, second
step, activity, suspension of the brand) begins a new epoch, so that a session is over even when it was made in the very
moment of the change, and never wakes when the change is taken back.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from dash_portal.accounts.errors import NotFoundError
from dash_portal.accounts.memberships import may_sign_in
from dash_portal.accounts.sessions import end_all_sessions
from models import Invite, Membership, User, UserSession


def lock_person(session: Session, user_id: int | None) -> User:
    """Return the person as stored now; nobody else changes them until the transaction ends.

    SQLite has no lock of a row: there the whole transaction holds the write lock. Raises NotFoundError.
    """
    question = select(User).where(User.id == user_id).with_for_update(key_share=True)
    user = session.exec(question, execution_options={"populate_existing": True}).one_or_none()
    if user is None:
        raise NotFoundError("There is no such person.")
    return user


def renew_access(session: Session, user: User, *, now: datetime, keep_session: str | None = None) -> int:
    """Begin a new epoch of this person: all of their sessions end but the kept one (an id); return how many ended."""
    theirs = update(User).where(col(User.id) == user.id)
    epoch: int = session.execute(
        theirs.values(access_epoch=col(User.access_epoch) + 1).returning(col(User.access_epoch))
    ).scalar_one()
    assert user.id is not None  # noqa: S101 - a stored person
    ended = end_all_sessions(session, user_id=user.id, now=now, keep=keep_session)
    if keep_session is not None:  # taken along only from the epoch before: what was over before stays over
        kept = (col(UserSession.id) == keep_session) & (col(UserSession.user_id) == user.id)
        living = col(UserSession.ended_at).is_(None) & (col(UserSession.access_epoch) == epoch - 1)
        session.execute(update(UserSession).where(kept & living).values(access_epoch=epoch))
    return ended


def renew_access_of_brand(session: Session, tenant_id: int, *, now: datetime) -> None:
    """Begin a new epoch of everyone of this brand, which is suspended by now, who may see no other: sessions end."""
    members = select(Membership.user_id).where(Membership.tenant_id == tenant_id)
    shut_out = select(User.id).where(col(User.id).in_(members), ~may_sign_in())
    people = list(session.exec(shut_out))
    theirs = update(User).where(col(User.id).in_(people))
    session.execute(theirs.values(access_epoch=col(User.access_epoch) + 1))
    living = col(UserSession.user_id).in_(people) & col(UserSession.ended_at).is_(None)
    session.execute(update(UserSession).where(living).values(ended_at=now))


def withdraw_links(session: Session, user: User, *, now: datetime, tenant_id: int | None = None) -> None:
    """Void the open links that this person made, and those made for them: what both stood on has changed.

    `tenant_id`: only those about this brand.
    """
    theirs = (col(Invite.created_by) == user.id) | (col(Invite.user_id) == user.id)
    withdraw_open(session, theirs if tenant_id is None else theirs & (col(Invite.tenant_id) == tenant_id), now=now)


def withdraw_open(session: Session, which: ColumnElement[bool], *, now: datetime) -> None:
    """Void those of these links that are neither used nor withdrawn."""
    waiting = (col(Invite.used_at).is_(None), col(Invite.revoked_at).is_(None))
    session.execute(update(Invite).where(which, *waiting).values(revoked_at=now))
