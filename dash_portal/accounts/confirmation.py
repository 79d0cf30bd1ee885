"""Making sure that it is still the person who sits there, before what would make an account someone else's.

Setting up a second step, recovery codes, another password: each asks for the current password, and for a code where
there is one, typed in this session within the last five minutes. Signing in counts as typing them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlmodel import col

from dash_portal.accounts import throttling
from dash_portal.accounts.access import lock_person
from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.company_requirement import must_use_company
from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.passwords import password_fits
from dash_portal.accounts.sessions import SignedIn
from dash_portal.accounts.two_step import WrongCodeError, has_two_step, use_code
from dash_portal.portal import Portal
from database import PortalSession
from models import User, UserSession

FRESH_FOR: Final = timedelta(minutes=5)


def is_fresh(who: SignedIn, *, now: datetime) -> bool:
    """Tell whether the person proved themselves in this session within the last five minutes."""
    return who.confirmed_at is not None and now - who.confirmed_at <= FRESH_FOR


def confirm(portal: Portal, who: SignedIn, *, actor: Actor, password: str, code: str, now: datetime) -> None:
    """Take the password, and the code of who has a second step, as proof for the next five minutes.

    Within them a right password alone is taken. Guesses count as those at sign-in do. Raises AccountError when there
    were too many, when either is wrong, or when the person's access has changed since the session was looked up.
    """
    with PortalSession(portal.engine, writes=True) as session:
        counted = throttling.take_attempt(
            session, email=who.email, people=(who.user_id,), address=actor.address, now=now
        )
        session.commit()
    if counted is None:
        raise AccountError("There were too many attempts. Please wait a quarter of an hour and try again.")
    with PortalSession(portal.engine) as session:
        user = session.get_one(User, who.user_id)
    if not password_fits(user.password_hash, password):
        _record_failure(portal, actor, "password again")
        raise AccountError("Your current password is not right.")
    with PortalSession(portal.engine, writes=True) as session:
        stored = lock_person(session, who.user_id)
        if must_use_company(session, stored):
            raise AccountError("You sign in with your company's account: type your password there.")
        if stored.access_epoch != who.access_epoch or stored.password_hash != user.password_hash:
            raise AccountError("Your access has changed meanwhile. Please sign in again.")
        fits = not _needs_code(stored, who, code, now) or use_code(
            session, stored, code=code, cipher=portal.cipher, now=now, actor=actor
        )
        if fits:
            throttling.forgive(
                session, email=who.email, user_id=who.user_id, counted=counted, address=actor.address, now=now
            )
            this_session = col(UserSession.id) == who.session_id
            session.execute(update(UserSession).where(this_session).values(confirmed_at=now))
            record(session, AuditAction.IDENTITY_CONFIRMED, actor)
        session.commit()
    if not fits:
        _record_failure(portal, actor, "code again")
        raise WrongCodeError("This code doesn't fit. Please wait for the next one, or use a recovery code.")


def _needs_code(user: User, who: SignedIn, code: str, now: datetime) -> bool:
    return has_two_step(user) and (bool(code) or not is_fresh(who, now=now))


def _record_failure(portal: Portal, actor: Actor, step: str) -> None:
    with PortalSession(portal.engine, writes=True) as session:
        record(session, AuditAction.SIGN_IN_FAILED, actor, step=step)
        session.commit()
