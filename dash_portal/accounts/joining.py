"""Several accounts of one e-mail address become one, with all of their brands; and one brand parts from the others.

A brand's admin learns of neither. A membership keeps its id when its person changes, and who parts takes name, second
step and recovery codes along: so all that the admin sees is what they would see of someone who has no other brand.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, delete, select

from dash_portal.accounts.access import lock_person, renew_access, withdraw_links
from dash_portal.accounts.agency_people import agency_role
from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.errors import AccountError, NotAllowedError
from dash_portal.accounts.memberships import acting, give_membership, memberships_of
from dash_portal.accounts.people import freed_address, new_person
from dash_portal.accounts.rights import hold_rights
from dash_portal.accounts.two_step import has_two_step
from models import Identity, Membership, RecoveryCode, User


def join_account(session: Session, *, actor: Actor, other: User, keep_session: str, now: datetime) -> None:
    """Give the actor all brands of another person of their address, whom they proved to be a moment ago.

    The other account is closed for good, with its password, second step and company accounts.

    Raises AccountError where it has changed meanwhile, or would be less safe joined than alone.
    """
    hold_rights(session, actor)
    mine, proven_epoch = lock_person(session, actor.user_id), other.access_epoch
    other = lock_person(session, other.id)
    if agency_role(mine) is not None or agency_role(other) is not None:
        raise NotAllowedError("The agency's people have no brand of their own.")
    if other.email != mine.email:
        raise AccountError("That account has another e-mail address, so they stay two.")
    if other.access_epoch != proven_epoch:
        raise AccountError("That account has changed meanwhile. Please try again.")
    if has_two_step(other) and not has_two_step(mine):
        raise AccountError("That account has two-step sign-in: set it up for this one first.")
    brands = memberships_of(session, other.id)
    for membership in brands:
        membership.user_id = actor.user_id or 0
        session.add(membership)
    session.exec(delete(Identity).where(col(Identity.user_id) == other.id))
    other.email = freed_address(other)
    session.add(other)
    withdraw_links(session, other, now=now)
    renew_access(session, other, now=now)
    withdraw_links(session, mine, now=now)
    renew_access(session, mine, now=now, keep_session=keep_session)
    record(session, AuditAction.ACCOUNTS_JOINED, actor, brands=len(brands))


def part_from_others(session: Session, user: User, tenant_id: int, *, address: str, now: datetime) -> User:
    """Return who has this brand and no other: the person themselves, or, where they have others, one made of them.

    The person is locked; what they keep elsewhere keeps its password, and their sessions end.
    """
    brands = memberships_of(session, user.id)
    (here,) = (membership for membership in brands if membership.tenant_id == tenant_id)
    if len(brands) == 1:
        return user
    withdraw_links(session, user, now=now, tenant_id=tenant_id)
    renew_access(session, user, now=now)
    record(session, AuditAction.ACCOUNT_PARTED, acting(session, user, address), tenant_id=tenant_id, email=user.email)
    parted = _part(session, user, here)
    parted.display_timezone, parted.last_sign_in_at = user.display_timezone, user.last_sign_in_at
    parted.totp_secret_encrypted, parted.totp_confirmed_at = user.totp_secret_encrypted, user.totp_confirmed_at
    parted.totp_last_step = user.totp_last_step
    session.add(parted)
    for code in session.exec(select(RecoveryCode).where(RecoveryCode.user_id == user.id)).all():
        session.add(RecoveryCode(user_id=parted.id or 0, code_hash=code.code_hash, used_at=code.used_at))
    session.flush()
    return parted


def _part(session: Session, user: User, here: Membership) -> User:
    """Give the membership to a person made for it. It goes first: an address is one person's within a brand."""
    kept_id, role, tenant_id, last_sign_in_at = here.id, here.role, here.tenant_id, here.last_sign_in_at
    session.delete(here)
    session.flush()
    parted = new_person(
        session, email=user.email, name=user.name, role=role, tenant_id=tenant_id, password_hash=user.password_hash
    )
    membership = give_membership(session, user_id=parted.id or 0, tenant_id=tenant_id, role=role, membership_id=kept_id)
    membership.last_sign_in_at = last_sign_in_at
    session.add(membership)
    return parted
