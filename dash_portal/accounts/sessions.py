"""Signed-in browsers. A cookie's token stands for a row here, so that a session can be ended from anywhere at once.

A session ends after twelve idle hours or fourteen days, when its person signs out, and with the access epoch of its
person (see `access`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy
from sqlalchemy import ColumnElement, Engine, Executable, bindparam, delete, func, update
from sqlmodel import Session, and_, col, or_, select

from dash_portal.accounts.agency_people import is_of_agency, is_staff
from dash_portal.accounts.rights_table import Capability
from dash_portal.accounts.tokens import new_token, token_hash
from dash_portal.accounts.unhurried import write_unless_busy
from database import accounts_transaction
from models import Membership, Role, StaffBrand, Tenant, TenantStatus, User, UserSession

IDLE: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=14)
_RAW_ANSWERS: Final = frozenset({Capability.RAW_ANSWERS})
_SEEN_EVERY: Final = timedelta(minutes=5)
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "a Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class OwnBrand:
    """A brand that a person may see, and what they may do there. To the agency's staff it may be suspended."""

    tenant_id: int
    slug: str
    name: str
    timezone: str
    accent_colour: str | None
    data_version: int
    role: Role
    status: TenantStatus = TenantStatus.ACTIVE


@dataclass(frozen=True)
class SignedIn:
    """Who is behind a living session, and which brands they may see, by name.

    People of the agency have an `agency_role`, and no brands of their own where they see all of them. Everybody else
    has at least one. `allowed`: what they may do beyond their role.
    """

    session_id: str
    user_id: int
    email: str
    name: str
    agency_role: Role | None
    brands: tuple[OwnBrand, ...]
    last_seen_at: datetime
    own_zone: str | None = None
    access_epoch: int = 0
    confirmed_at: datetime | None = None
    sees_all_brands: bool = False
    allowed: frozenset[Capability] = frozenset()


@dataclass(frozen=True)
class Proof:
    """What a sign-in stands on: the password, unless the person's account at a company's provider is named.

    `is_fresh`: they typed a password just now, here or there. `has_second_step`: the provider has asked for one.
    """

    identity_id: str | None = None
    id_token_encrypted: str | None = None
    is_fresh: bool = True
    has_second_step: bool = False


def start_session(
    session: Session, *, user_id: int, access_epoch: int, address: str, browser: str, now: datetime, proof: Proof
) -> str:
    """Return the token of a new session, which only its cookie keeps; rows of long-ended sessions are dropped.

    It lives in this epoch of its person; the caller holds their row, so that the epoch is the present one.
    """
    token = new_token()
    session.execute(
        delete(UserSession).where(col(UserSession.user_id) == user_id, col(UserSession.created_at) < now - 2 * LONGEST)
    )
    session.add(
        UserSession(
            user_id=user_id,
            token_hash=token_hash(token),
            address=address[:64],
            browser="".join(sign for sign in browser if sign.isprintable())[:200],
            access_epoch=access_epoch,
            confirmed_at=now if proof.is_fresh else None,
            created_at=now,
            last_seen_at=now,
            identity_id=proof.identity_id,
            id_token_encrypted=proof.id_token_encrypted,
        )
    )
    return token


def find_session(engine: Engine, token: str, *, now: datetime) -> SignedIn | None:
    """Return who holds this token, or None when the session, the person or each of their brands is not live."""
    values = {"token": token_hash(token), "begun_after": now - LONGEST, "seen_after": now - IDLE}
    with accounts_transaction(engine) as connection:
        rows = connection.execute(_WHO, values).all()
    return _signed_in(rows) if rows else None


def _signed_in(rows: Sequence[Any]) -> SignedIn | None:
    """Return who the rows of `_WHO` tell of, one for each membership; None where nothing is open to them.

    A session that a password began is nobody's while a brand requires company accounts: it would see that brand too.
    """
    row = rows[0]
    if row.identity_id is None and not row.is_staff and any(row.company_sign_in_only for row in rows):
        return None
    agency_role = Role.AGENCY_ADMIN if row.role is Role.AGENCY_ADMIN else Role.AGENCY_STAFF if row.is_staff else None
    sees_all_brands = row.role is Role.AGENCY_ADMIN or (row.is_staff and row.sees_all_brands)
    brands = () if sees_all_brands else tuple(_own_brand(row) for row in rows if row.tenant_id is not None)
    if not (sees_all_brands or brands) or (agency_role is not None and not row.active):
        return None
    return SignedIn(
        session_id=row.session_id,
        user_id=row.user_id,
        email=row.email,
        name=row.person_name,
        agency_role=agency_role,
        brands=brands,
        last_seen_at=row.last_seen_at,
        own_zone=row.display_timezone,
        access_epoch=row.access_epoch,
        confirmed_at=row.confirmed_at,
        sees_all_brands=sees_all_brands,
        allowed=_RAW_ANSWERS if row.is_staff and row.reads_raw_answers else frozenset(),
    )


def _own_brand(row: Any) -> OwnBrand:
    return OwnBrand(
        tenant_id=row.tenant_id,
        slug=row.slug,
        name=row.brand_name,
        timezone=row.timezone,
        accent_colour=row.accent_colour,
        data_version=row.data_version,
        role=row.role_at_brand or Role.AGENCY_STAFF,
        status=row.status,
    )


def note_activity(engine: Engine, signed_in: SignedIn, *, now: datetime) -> None:
    """Remember that the person is active. It never delays an answer: while the database is busy it is left out."""
    if now - signed_in.last_seen_at < _SEEN_EVERY:
        return
    this_session = update(UserSession).where(col(UserSession.id) == signed_in.session_id)
    write_unless_busy(engine, this_session.values(last_seen_at=now))


def end_session(session: Session, *, session_id: str, user_id: int, now: datetime) -> bool:
    """End one session of this person; tell whether there was one."""
    this_session = (col(UserSession.id) == session_id) & (col(UserSession.user_id) == user_id)
    return _end(session, this_session & col(UserSession.ended_at).is_(None), now) > 0


def end_all_sessions(session: Session, *, user_id: int, now: datetime, keep: str | None = None) -> int:
    """End every session of this person but the kept one (an id); return how many ended."""
    theirs = (col(UserSession.user_id) == user_id) & col(UserSession.ended_at).is_(None)
    return _end(session, theirs & (col(UserSession.id) != keep) if keep else theirs, now)


def living_sessions(session: Session, *, user_id: int, now: datetime) -> list[UserSession]:
    """Return this person's sessions that are open now, the latest used first."""
    theirs = (
        select(UserSession)
        .join(User, col(User.id) == UserSession.user_id)
        .where(UserSession.user_id == user_id, *_living(now - LONGEST, now - IDLE))
    )
    return list(session.exec(theirs.order_by(col(UserSession.last_seen_at).desc())))


def browser_name(user_agent: str) -> str:
    """Return in plain words which browser a session belongs to, as far as it says so itself."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser


def _living(begun_after: Any, seen_after: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        col(UserSession.ended_at).is_(None),
        col(UserSession.created_at) > begun_after,
        col(UserSession.last_seen_at) > seen_after,
        col(UserSession.access_epoch) == col(User.access_epoch),
    )


_WHO: Final[Executable] = (
    sqlalchemy.select(
        col(UserSession.id).label("session_id"),
        col(UserSession.user_id),
        col(UserSession.last_seen_at),
        col(User.email),
        col(User.name).label("person_name"),
        col(User.role),
        is_staff().label("is_staff"),
        col(User.active),
        col(User.sees_all_brands),
        col(User.reads_raw_answers),
        col(User.display_timezone),
        col(UserSession.access_epoch),
        col(UserSession.confirmed_at),
        col(UserSession.identity_id),
        col(Tenant.company_sign_in_only),
        col(Tenant.id).label("tenant_id"),
        col(Tenant.slug),
        col(Tenant.name).label("brand_name"),
        col(Tenant.timezone),
        col(Tenant.accent_colour),
        col(Tenant.data_version),
        col(Tenant.status),
        col(Membership.role).label("role_at_brand"),
    )
    .join(User, col(User.id) == col(UserSession.user_id))
    .outerjoin(Membership, and_(col(Membership.user_id) == col(User.id), col(Membership.active), ~is_of_agency()))
    .outerjoin(StaffBrand, and_(col(StaffBrand.user_id) == col(User.id), is_staff()))
    .outerjoin(
        Tenant,
        and_(
            col(Tenant.id) == func.coalesce(col(StaffBrand.tenant_id), col(Membership.tenant_id)),
            or_(col(StaffBrand.tenant_id).is_not(None), col(Tenant.status) == TenantStatus.ACTIVE),
        ),
    )
    .where(col(UserSession.token_hash) == bindparam("token"))
    .where(*_living(bindparam("begun_after"), bindparam("seen_after")))
    .order_by(col(Tenant.name), col(Tenant.slug))
)
"""Every request asks this first, and no answer outlives its request; the statement is made once, being so frequent."""


def _end(session: Session, which: ColumnElement[bool], now: datetime) -> int:
    ended = session.execute(update(UserSession).where(which).values(ended_at=now))
    return int(ended.rowcount)  # type: ignore[attr-defined]
