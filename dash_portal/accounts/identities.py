"""A person's accounts at their company's provider: found by issuer and subject, linked and unlinked.

An address is never what they are found by. It changes hands, and not every provider has seen it to be theirs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete

from dash_portal.accounts.access import lock_person, renew_access
from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.company_requirement import uses_password
from dash_portal.accounts.errors import AccountError, NotFoundError
from database import PortalSession
from models import Identity, User, UserSession

_TAKEN: Final = (
    "That company account opens another account of the portal already. "
    "If that is yours too, under the same e-mail address, join the two below."
)


class LinkedPerson(NamedTuple):
    """Whom a company account opens, and in which access epoch it does."""

    identity_id: str
    user_id: int
    access_epoch: int


def find_linked(engine: Engine, *, issuer: str, subject: str) -> LinkedPerson | None:
    """Return whom this company account opens, or None."""
    question = (
        select(col(Identity.id), col(User.id), col(User.access_epoch))
        .join(User, col(User.id) == col(Identity.user_id))
        .where(col(Identity.issuer) == issuer, col(Identity.subject) == subject)
    )
    with PortalSession(engine) as session:
        row = session.execute(question).one_or_none()
    return None if row is None else LinkedPerson(*row)


def identities_of(session: Session, user_id: int) -> list[Identity]:
    """Return this person's company accounts, the first linked first."""
    theirs = select(Identity).where(col(Identity.user_id) == user_id)
    return list(session.scalars(theirs.order_by(col(Identity.created_at))))


def link_identity(session: Session, *, actor: Actor, issuer: str, subject: str, email: str) -> Identity:
    """Let this company account open the actor's own. Raises AccountError where it opens another's."""
    user = lock_person(session, actor.user_id)
    known = session.scalars(
        select(Identity).where(col(Identity.issuer) == issuer, col(Identity.subject) == subject)
    ).one_or_none()
    if known is not None and known.user_id == user.id:
        return known
    assert user.id is not None  # noqa: S101 - a stored person
    linked = Identity(user_id=user.id, issuer=issuer, subject=subject, email=email)
    session.add(linked)
    try:
        session.flush()
    except IntegrityError as taken:
        raise AccountError(_TAKEN) from taken
    record(session, AuditAction.IDENTITY_LINKED, actor, issuer=issuer)
    return linked


def unlink_identity(session: Session, *, actor: Actor, identity_id: str, keep_session: str, now: datetime) -> None:
    """Let a company account open the actor's own no more; sessions that began with it end.

    Raises AccountError where it is the only way in.
    """
    user = lock_person(session, actor.user_id)
    theirs = col(Identity.id) == identity_id, col(Identity.user_id) == user.id
    known = session.scalars(select(Identity).where(*theirs)).one_or_none()
    if known is None:
        raise NotFoundError("There is no such company account.")
    if not uses_password(session, user):
        raise AccountError("It is your only way in: ask the person who runs your team for a password first.")
    session.execute(delete(Identity).where(*theirs))
    session.execute(update(UserSession).where(col(UserSession.identity_id) == identity_id).values(identity_id=None))
    renew_access(session, user, now=now, keep_session=keep_session)
    record(session, AuditAction.IDENTITY_UNLINKED, actor, issuer=known.issuer)
