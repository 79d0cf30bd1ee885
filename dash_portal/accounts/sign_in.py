"""Signing in: the password, or what stands for it; then the code where the person has one.

The answer never tells which accounts exist.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, update
from sqlmodel import col, select

from dash_portal.accounts import throttling
from dash_portal.accounts.access import lock_person
from dash_portal.accounts.agency_people import agency_role, is_of_agency
from dash_portal.accounts.audit import AuditAction, nobody, record
from dash_portal.accounts.company_requirement import company_only
from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.memberships import acting, may_sign_in
from dash_portal.accounts.passwords import fitting_hashes, is_outdated
from dash_portal.accounts.same_address import hash_for_address
from dash_portal.accounts.sessions import Proof, start_session
from dash_portal.accounts.throttling import Counted
from dash_portal.accounts.two_step import has_two_step, use_code
from dash_portal.portal import Portal
from database import PortalSession
from models import Membership, User

ASK_AGAIN_AFTER: Final = timedelta(days=30)
CODE_WITHIN: Final = timedelta(minutes=5)


class Outcome(StrEnum):
    """How an attempt ended. A wrong password, an unknown account and a deactivated one are all `refused`."""

    SIGNED_IN = "signed_in"
    CODE_NEEDED = "code_needed"
    REFUSED = "refused"
    THROTTLED = "throttled"


@dataclass(frozen=True)
class Visitor:
    """The browser that wants in."""

    address: str
    browser: str


@dataclass(frozen=True)
class HalfWay:
    """Someone who has done the first step and owes the code; void in any later access epoch of theirs.

    `identity_id`, `is_fresh`: as in `Proof`.
    """

    user_id: int
    access_epoch: int
    since: float
    identity_id: str | None = None
    is_fresh: bool = True


@dataclass(frozen=True)
class Attempt:
    """What an attempt led to: the token of a new session, or who is half-way in.

    `ask_for_two_step`: someone of the agency without a second step, to be asked now.
    """

    outcome: Outcome
    token: str | None = None
    half_way: HalfWay | None = None
    ask_for_two_step: bool = False


def check_password(portal: Portal, *, email: str, password: str, visitor: Visitor, now: datetime) -> Attempt:
    """Try an e-mail address and a password; the address may be a person's at each of several brands.

    A password that several of them have opens the one who chose it last: whoever has the address at one brand finds
    out nothing about another's password by choosing it too.
    """
    email = normal_email(email)
    people = _known(portal, col(User.email) == email)
    counted = _count(portal, email=email, people=[known.user_id for known in people], visitor=visitor, now=now)
    if counted is None:
        return Attempt(Outcome.THROTTLED)
    living = [known.user for known in people if known.by_password and known.user_id in counted.people]
    user = _fitting(living, password)
    if user is None:
        _record_failure(portal, email, visitor, "password")
        return Attempt(Outcome.REFUSED)
    if is_outdated(user.password_hash):
        _hash_anew(portal, user, password)
    if has_two_step(user):
        return _ask_for_code(portal, user, counted, now, Proof())
    return _let_in(portal, user, counted, visitor=visitor, now=now, proof=Proof())


def check_identity(
    portal: Portal, user_id: int, *, access_epoch: int, proof: Proof, visitor: Visitor, now: datetime
) -> Attempt:
    """Try to let someone in whom their company's provider has named: by the rules for those who typed a password.

    `access_epoch` is the one in which their company account was theirs.
    """
    known = next(iter(_known(portal, col(User.id) == user_id)), None)
    if known is None or known.user.access_epoch != access_epoch:
        return Attempt(Outcome.REFUSED)
    user = known.user
    counted = _count(portal, email=user.email, people=(user_id,), visitor=visitor, now=now)
    if counted is None:
        return Attempt(Outcome.THROTTLED)
    if not known.is_living:
        _record_failure(portal, user.email, visitor, "company account")
        return Attempt(Outcome.REFUSED)
    if has_two_step(user) and not proof.has_second_step:
        return _ask_for_code(portal, user, counted, now, proof)
    return _let_in(portal, user, counted, visitor=visitor, now=now, proof=proof)


def check_code(portal: Portal, half_way: HalfWay, *, code: str, visitor: Visitor, now: datetime) -> Attempt:
    """Try the second step of someone who is half-way in."""
    if not 0 <= now.timestamp() - half_way.since <= CODE_WITHIN.total_seconds():
        return Attempt(Outcome.REFUSED)
    user = next((known.user for known in _known(portal, col(User.id) == half_way.user_id) if known.is_living), None)
    if user is None or user.access_epoch != half_way.access_epoch:
        return Attempt(Outcome.REFUSED)
    counted = _count(portal, email=user.email, people=(half_way.user_id,), visitor=visitor, now=now)
    if counted is None:
        return Attempt(Outcome.THROTTLED)
    if not _code_fits(portal, user, code, visitor, now):
        return Attempt(Outcome.REFUSED, half_way=half_way)
    proof = Proof(identity_id=half_way.identity_id, is_fresh=half_way.is_fresh)
    return _let_in(portal, user, counted, visitor=visitor, now=now, proof=proof)


@dataclass(frozen=True)
class Proven:
    """Someone who knew password and code of an account just now; void in any later access epoch of theirs."""

    user: User
    counted: Counted


def prove_account(
    portal: Portal, *, email: str, password: str, code: str, visitor: Visitor, now: datetime, but: int | None = None
) -> Proven:
    """Return whose account of a brand, with this address, opens by this password and, where it has one, this code.

    `but`: a person who does not count. The attempt counts until the caller forgives it.

    Raises AccountError, whose words are the same whether there is such an account or not.
    """
    known = _known(portal, (col(User.email) == email) & ~is_of_agency())
    people = [person for person in known if person.user_id != but]
    counted = _count(portal, email=email, people=[person.user_id for person in people], visitor=visitor, now=now)
    if counted is None:
        raise AccountError("There were too many attempts. Please wait a quarter of an hour and try again.")
    living = [person.user for person in people if person.by_password and person.user_id in counted.people]
    user = _fitting(living, password)
    if user is None:
        _record_failure(portal, email, visitor, "password of an account")
    if user is None or (has_two_step(user) and not _code_fits(portal, user, code, visitor, now)):
        raise AccountError("No account with this e-mail address has this password and code.")
    return Proven(user, counted)


def forgive_proven(session: PortalSession, proven: Proven, *, visitor: Visitor, now: datetime) -> None:
    """Count the attempt that proved something no more."""
    user, counted = proven.user, proven.counted
    throttling.forgive(
        session, email=user.email, user_id=user.id or 0, counted=counted, address=visitor.address, now=now
    )


def enter(portal: Portal, proven: Proven, *, visitor: Visitor, now: datetime) -> Attempt:
    """Make a session for someone who has proven themselves."""
    return _let_in(portal, proven.user, proven.counted, visitor=visitor, now=now, proof=Proof())


def normal_email(email: str) -> str:
    """Return the one spelling under which an e-mail address is stored and looked for."""
    return "".join(sign for sign in email if sign.isprintable()).strip().casefold()[:254]


@dataclass(frozen=True)
class _Known:
    """A person whom the database knows. `is_living`: they may sign in (`memberships.may_sign_in`).

    `by_password`: with their password too, as nobody requires their company's account of them.
    """

    user_id: int
    user: User
    is_living: bool
    by_password: bool


def _known(portal: Portal, which: ColumnElement[bool]) -> list[_Known]:
    question = select(User, may_sign_in(), company_only()).where(which)
    with PortalSession(portal.engine) as session:
        return [
            _Known(user.id, user, bool(is_living), bool(is_living) and not by_company)
            for user, is_living, by_company in session.exec(question)
            if user.id is not None
        ]


def _fitting(people: Collection[User], password: str) -> User | None:
    """Return who of these has the password: of several, who chose it last."""
    fitting = fitting_hashes((user.password_hash for user in people), password)
    having = (user for user in people if user.password_hash in fitting)
    return max(having, key=lambda user: user.password_set_at, default=None)


def _code_fits(portal: Portal, user: User, code: str, visitor: Visitor, now: datetime) -> bool:
    """Tell whether the code is the person's, and use it up; one that is not is written down."""
    with PortalSession(portal.engine, writes=True) as session:
        actor = acting(session, user, visitor.address)
        fits = use_code(session, user, code=code, cipher=portal.cipher, now=now, actor=actor)
        session.commit()
    if not fits:
        _record_failure(portal, user.email, visitor, "code")
    return fits


def _count(portal: Portal, *, email: str, people: Collection[int], visitor: Visitor, now: datetime) -> Counted | None:
    with PortalSession(portal.engine, writes=True) as session:
        counted = throttling.take_attempt(session, email=email, people=people, address=visitor.address, now=now)
        session.commit()
    return counted


def _ask_for_code(portal: Portal, user: User, counted: Counted, now: datetime, proof: Proof) -> Attempt:
    half_way = HalfWay(user.id or 0, user.access_epoch, now.timestamp(), proof.identity_id, proof.is_fresh)
    with PortalSession(portal.engine, writes=True) as session:
        throttling.spare_others(session, user_id=half_way.user_id, counted=counted)
        session.commit()
    return Attempt(Outcome.CODE_NEEDED, half_way=half_way)


def _let_in(portal: Portal, user: User, counted: Counted, *, visitor: Visitor, now: datetime, proof: Proof) -> Attempt:
    """Make the session, unless what was proven no longer holds.

    Between the look at the password and here the password may have changed, or the access been taken away. The person's
    row is held while their epoch is compared and the session made, so that such a change comes either before, and there
    is no session, or after, and ends it.
    """
    assert user.id is not None  # noqa: S101 - a stored person
    ask = not proof.has_second_step and _is_to_be_asked(user, now)
    with PortalSession(portal.engine, writes=True) as session:
        stored = lock_person(session, user.id)
        is_living = session.exec(select(User.id).where(User.id == user.id, may_sign_in())).first() is not None
        if not is_living or stored.access_epoch != user.access_epoch:
            record(session, AuditAction.SIGN_IN_FAILED, nobody(user.email, visitor.address), step="changed meanwhile")
            session.commit()
            return Attempt(Outcome.REFUSED)
        throttling.forgive(
            session, email=user.email, user_id=user.id, counted=counted, address=visitor.address, now=now
        )
        token = start_session(
            session,
            user_id=user.id,
            access_epoch=stored.access_epoch,
            address=visitor.address,
            browser=visitor.browser,
            now=now,
            proof=proof,
        )
        stored.last_sign_in_at = now
        theirs = (col(Membership.user_id) == user.id) & col(Membership.active)
        session.execute(update(Membership).where(theirs).values(last_sign_in_at=now))
        if ask:
            stored.two_step_asked_at = now
        record(
            session,
            AuditAction.SIGNED_IN,
            acting(session, stored, visitor.address),
            two_step=has_two_step(user),
            **({"company_account": True} if proof.identity_id else {}),
        )
        session.commit()
    return Attempt(Outcome.SIGNED_IN, token=token, ask_for_two_step=ask)


def _is_to_be_asked(user: User, now: datetime) -> bool:
    """Tell whether to ask for a second step now: of the agency's people, who reach many brands, every thirty days."""
    if agency_role(user) is None or has_two_step(user):
        return False
    return user.two_step_asked_at is None or now - user.two_step_asked_at > ASK_AGAIN_AFTER


def _hash_anew(portal: Portal, user: User, password: str) -> None:
    with PortalSession(portal.engine, writes=True) as session:
        stored = lock_person(session, user.id)
        if stored.password_hash == user.password_hash:  # not changed by its owner in the meantime
            stored.password_hash = hash_for_address(session, email=user.email, password=password)
            user.password_hash = stored.password_hash
        session.commit()


def _record_failure(portal: Portal, email: str, visitor: Visitor, step: str) -> None:
    with PortalSession(portal.engine, writes=True) as session:
        record(session, AuditAction.SIGN_IN_FAILED, nobody(throttling.shown_email(email), visitor.address), step=step)
        session.commit()
