"""One-time links that an admin makes and hands over, as there is no mail: to join, and to set a new password.

Only the hash of a link's token is stored. A link works once, within its days or hours, while nobody has withdrawn
it and its brand is active, and only as long as its maker might make it today for the person it was made for.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from dash_portal.accounts import throttling
from dash_portal.accounts.access import lock_person, withdraw_open
from dash_portal.accounts.agency_people import agency_role
from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.company_requirement import joins_by_company
from dash_portal.accounts.errors import AccountError, LinkUnusableError, NotFoundError
from dash_portal.accounts.joining import part_from_others
from dash_portal.accounts.memberships import acting, give_membership, memberships_of, only_brand, role_at
from dash_portal.accounts.passwords import NO_PASSWORD, check_new_password
from dash_portal.accounts.people import (
    brand_words,
    find_managed,
    new_person,
    require_role_fits,
    set_password,
    valid_email,
    valid_person_name,
)
from dash_portal.accounts.rights import hold_rights, may_manage, require_may_manage
from dash_portal.accounts.same_address import has_address, hash_for_address, require_free_address
from dash_portal.accounts.staff_terms import StaffTerms, columns_of_link, invited_role, invited_terms, terms_for_audit
from dash_portal.accounts.tokens import new_token, token_hash
from database import lock_until_end
from models import Invite, Role, Tenant, TenantStatus, User

INVITE_LASTS: Final = timedelta(days=7)
RESET_LASTS: Final = timedelta(hours=1)
_BY_COMPANY: Final = "Please join with your company's account: a password would open nothing here."
_UNUSABLE: Final = "This link can't be used (any more). Please ask for a new one."


@dataclass(frozen=True)
class Link:
    """A link that was made just now. Its token is known now and never again; `path` is where it leads."""

    token: str
    path: str
    expires_at: datetime


def invite_user(
    session: Session,
    *,
    actor: Actor,
    email: str,
    role: Role,
    tenant_id: int | None,
    now: datetime,
    terms: StaffTerms | None = None,
) -> Link:
    """Make a link by which someone joins; an earlier open invitation of this address to this brand is withdrawn.

    `terms`: what someone of the agency's staff is to look after.

    Whether another brand has someone of this address makes no difference, here or later (see `same_address`).
    """
    require_may_manage(actor, role=role, tenant_id=tenant_id)
    require_role_fits(role, tenant_id, terms)
    email = valid_email(email)
    hold_rights(session, actor)
    require_free_address(session, email=email, tenant_id=tenant_id)
    same = (col(Invite.email) == email) & col(Invite.tenant_id).is_not_distinct_from(tenant_id)
    withdraw_open(session, same & col(Invite.user_id).is_(None), now=now)
    token = new_token()
    session.add(
        Invite(
            token_hash=token_hash(token),
            email=email,
            tenant_id=tenant_id,
            created_by=actor.user_id,
            expires_at=now + INVITE_LASTS,
            **columns_of_link(role, terms),
        )
    )
    more = {} if terms is None else terms_for_audit(session, terms)
    record(session, AuditAction.USER_INVITED, actor, tenant_id=tenant_id, email=email, role=role.value, **more)
    return Link(token, f"/join/{token}", now + INVITE_LASTS)


def withdraw_invite(session: Session, *, actor: Actor, invite_id: str, now: datetime) -> None:
    """Void an open invitation."""
    hold_rights(session, actor)
    invite = session.exec(select(Invite).where(Invite.id == invite_id)).one_or_none()
    if invite is None:
        raise NotFoundError("There is no such invitation.")
    require_may_manage(actor, role=invited_role(invite), tenant_id=invite.tenant_id)
    withdraw_open(session, col(Invite.id) == invite_id, now=now)
    record(session, AuditAction.INVITE_WITHDRAWN, actor, tenant_id=invite.tenant_id, email=invite.email)


def open_invites(session: Session, *, now: datetime) -> list[Invite]:
    """Return the invitations, of those the session may see, that still wait for their person."""
    waiting = select(Invite).where(col(Invite.user_id).is_(None), *_usable(now))
    return list(session.exec(waiting.order_by(col(Invite.created_at).desc())))


def make_reset_link(session: Session, *, actor: Actor, user_id: int, now: datetime) -> Link:
    """Make a link by which this person sets a new password; an earlier one is withdrawn.

    One of a brand's admin opens that brand and no other of theirs (see `use_reset_link`).
    """
    hold_rights(session, actor)
    user = find_managed(session, actor, user_id)
    tenant_id = actor.tenant_id if actor.role is not Role.AGENCY_ADMIN else _first_brand(session, user)
    role = role_at(session, user, tenant_id)
    if role is None:
        raise AccountError("This person is deactivated: reactivate them first.")
    if not user.is_emergency_admin and joins_by_company(session, tenant_id):
        raise AccountError("This person signs in with their company's account: a new password would open nothing.")
    withdraw_open(session, col(Invite.user_id) == user.id, now=now)
    token = new_token()
    session.add(
        Invite(
            token_hash=token_hash(token),
            email=user.email,
            tenant_id=tenant_id,
            user_id=user.id,
            created_by=actor.user_id,
            expires_at=now + RESET_LASTS,
            **columns_of_link(role),
        )
    )
    record(session, AuditAction.RESET_LINK_MADE, actor, tenant_id=only_brand(session, user.id), email=user.email)
    return Link(token, f"/reset/{token}", now + RESET_LASTS)


def find_link(session: Session, token: str, *, is_reset: bool, now: datetime) -> Invite:
    """Return what a link stands for: a reset, or else an invitation.

    Raises LinkUnusableError, which never tells why.
    """
    return _find(session, col(Invite.token_hash) == token_hash(token), is_reset=is_reset, now=now)


def invitations_of(session: Session, email: str, *, now: datetime) -> list[Invite]:
    """Return the invitations of this address, of whatever brand, that could be accepted now."""
    waiting = select(col(Invite.id)).where(col(Invite.email) == email, col(Invite.user_id).is_(None), *_usable(now))
    invitations = []
    for invite_id in session.exec(waiting).all():
        with suppress(LinkUnusableError):
            invitations.append(_find(session, col(Invite.id) == invite_id, is_reset=False, now=now))
    return invitations


def _find(session: Session, which: ColumnElement[bool], *, is_reset: bool, now: datetime) -> Invite:
    row = session.exec(
        select(Invite, Tenant.status).outerjoin(Tenant, col(Tenant.id) == Invite.tenant_id).where(which, *_usable(now))
    ).one_or_none()
    if row is None:
        raise LinkUnusableError(_UNUSABLE)
    invite, status = row
    closed = invite.tenant_id is not None and status is not TenantStatus.ACTIVE
    if closed or is_reset != (invite.user_id is not None):
        raise LinkUnusableError(_UNUSABLE)
    maker = session.exec(select(User).where(User.id == invite.created_by)).one_or_none()
    person = session.exec(select(User).where(User.id == invite.user_id)).one_or_none() if is_reset else None
    if not _is_right(session, invite, maker, person):
        raise LinkUnusableError(_UNUSABLE)
    if person is not None and not person.is_emergency_admin and joins_by_company(session, invite.tenant_id):
        raise LinkUnusableError(_UNUSABLE)
    return invite


def accept_invite(session: Session, token: str, *, name: str, password: str, address: str, now: datetime) -> User:
    """Make the invited person, with the name and password they chose; the link is used up.

    Raises LinkUnusableError, also when the brand has someone of this address by now, or AccountError when the name or
    the password won't do (the link stays good).
    """
    invite = find_link(session, token, is_reset=False, now=now)
    if joins_by_company(session, invite.tenant_id):
        raise AccountError(_BY_COMPANY)
    name = valid_person_name(name)
    check_new_password(password, personal=(invite.email, name, *brand_words(session, invite.tenant_id)))
    password_hash = hash_for_address(session, email=invite.email, password=password)
    which = col(Invite.token_hash) == token_hash(token)
    return _join(session, which, name=name, password_hash=password_hash, address=address, now=now)


def accept_without_password(session: Session, invite_id: str, *, name: str, address: str, now: datetime) -> User:
    """Make the invited person, who has proven by their company's account that the invited address is theirs.

    Raises LinkUnusableError, as `accept_invite` does.
    """
    which = col(Invite.id) == invite_id
    return _join(session, which, name=name, password_hash=NO_PASSWORD, address=address, now=now)


def _join(
    session: Session, which: ColumnElement[bool], *, name: str, password_hash: str, address: str, now: datetime
) -> User:
    invite = _find_and_hold(session, which, is_reset=False, now=now)
    _use_up(session, invite, now)
    if has_address(session, email=invite.email, tenant_id=invite.tenant_id):
        raise LinkUnusableError(_UNUSABLE)
    role, terms = invited_role(invite), invited_terms(session, invite)
    if terms is not None and terms.is_empty:  # each of the brands was erased since
        raise LinkUnusableError(_UNUSABLE)
    user = new_person(
        session,
        email=invite.email,
        name=name,
        role=role,
        tenant_id=invite.tenant_id,
        password_hash=password_hash,
        terms=terms,
    )
    record(session, AuditAction.INVITE_ACCEPTED, acting(session, user, address), role=role.value)
    return user


def accept_invite_as(session: Session, token: str, *, user: User, address: str, now: datetime) -> str:
    """Give the invited brand to a person who proved themselves a moment ago; the link is used up.

    Return the brand's short name. Raises LinkUnusableError, or AccountError where a password opens nothing there.
    """
    invite = _find_and_hold(session, col(Invite.token_hash) == token_hash(token), is_reset=False, now=now)
    if joins_by_company(session, invite.tenant_id):
        raise AccountError(_BY_COMPANY)
    return _add_brand(session, invite, user.id, access_epoch=user.access_epoch, address=address, now=now).slug


def accept_invite_by_company(
    session: Session, invite_id: str, *, email: str, user_id: int, access_epoch: int, address: str, now: datetime
) -> None:
    """Give the invited brand to whom a company account opens that has this address; the link is used up.

    Raises LinkUnusableError, as `accept_invite_as` does.
    """
    invite = _find_and_hold(session, col(Invite.id) == invite_id, is_reset=False, now=now)
    if invite.email != email:
        raise LinkUnusableError(_UNUSABLE)
    _add_brand(session, invite, user_id, access_epoch=access_epoch, address=address, now=now)


def _add_brand(
    session: Session, invite: Invite, user_id: int | None, *, access_epoch: int, address: str, now: datetime
) -> Tenant:
    """Give the invited brand to the person of the invited address, proven in this access epoch of theirs."""
    stored = lock_person(session, user_id)
    brand = session.get(Tenant, invite.tenant_id) if invite.tenant_id is not None else None
    is_theirs = invite.email == stored.email and stored.access_epoch == access_epoch
    if brand is None or not is_theirs or agency_role(stored) is not None:
        raise LinkUnusableError(_UNUSABLE)
    if has_address(session, email=stored.email, tenant_id=brand.id):
        raise LinkUnusableError(_UNUSABLE)
    _use_up(session, invite, now)
    give_membership(session, user_id=stored.id or 0, tenant_id=brand.id or 0, role=invite.role)
    actor = Actor(stored.id, stored.email, invite.role, brand.id, address)
    record(session, AuditAction.BRAND_JOINED, actor, role=invite.role.value)
    return brand


def use_reset_link(session: Session, token: str, *, password: str, address: str, now: datetime) -> User:
    """Set the new password, use the link up and end all of the person's sessions. The second step stays on.

    A link of a brand's admin reaches no further than the brand: what the person has elsewhere stays under the password
    they had (`part_from_others`).

    Raises LinkUnusableError, or WeakPasswordError (the link stays good).
    """
    invite = _find_and_hold(session, col(Invite.token_hash) == token_hash(token), is_reset=True, now=now)
    user = lock_person(session, invite.user_id)
    _use_up(session, invite, now)
    maker = session.exec(select(User.role).where(User.id == invite.created_by)).one()
    if maker is not Role.AGENCY_ADMIN and invite.tenant_id is not None:
        user = part_from_others(session, user, invite.tenant_id, address=address, now=now)
    set_password(session, user, password, now=now)
    assert user.id is not None  # noqa: S101 - a stored person
    throttling.forget_account(session, email=user.email, user_id=user.id)
    record(session, AuditAction.RESET_LINK_USED, acting(session, user, address))
    return user


def _find_and_hold(session: Session, which: ColumnElement[bool], *, is_reset: bool, now: datetime) -> Invite:
    """Return what a link stands for, as it is and stays until this transaction ends.

    Its maker's and its person's rows are held, the maker's first, and so is everything that `rights` speaks of: whoever
    takes a right away comes before, and the link is void, or after.
    """
    lock_until_end(session, "rights")
    invite = _find(session, which, is_reset=is_reset, now=now)
    for user_id in (invite.created_by, invite.user_id):
        if user_id is not None:
            lock_person(session, user_id)
    return _find(session, which, is_reset=is_reset, now=now)


def _is_right(session: Session, invite: Invite, maker: User | None, person: User | None) -> bool:
    """Tell whether the maker might make this link today, for the person as they are today."""
    if maker is None:
        return False
    at = None if maker.role is Role.AGENCY_ADMIN else invite.tenant_id
    if not may_manage(role_at(session, maker, at), at, role=invited_role(invite), tenant_id=invite.tenant_id):
        return False
    if invite.user_id is None:
        return True
    return person is not None and role_at(session, person, invite.tenant_id) is invited_role(invite)


def _first_brand(session: Session, user: User) -> int | None:
    """Return the brand that the agency's link for this person names, None for the agency's own people."""
    return next((membership.tenant_id for membership in memberships_of(session, user.id) if membership.active), None)


def _usable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (col(Invite.used_at).is_(None), col(Invite.revoked_at).is_(None), col(Invite.expires_at) > now)


def _use_up(session: Session, invite: Invite, now: datetime) -> None:
    """Mark the link used, in the database, so that of two requests at once only one gets in."""
    used = session.execute(update(Invite).where(col(Invite.id) == invite.id, *_usable(now)).values(used_at=now))
    if int(used.rowcount) != 1:  # type: ignore[attr-defined]
        raise LinkUnusableError(_UNUSABLE)
