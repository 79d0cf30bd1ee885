"""What is done with people. Each verb checks the actor's rights and writes its row of the audit log.

The caller commits, and hands in the session that the actor may have: a tenant admin's is bound to the brand, so that
another brand's people are not found, whatever id is asked for.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from dash_portal.accounts.access import lock_person, renew_access, withdraw_links
from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.errors import AccountError, FieldError
from dash_portal.accounts.passwords import check_new_password, password_fits
from dash_portal.accounts.rights import hold_rights, require_agency, require_may_manage
from dash_portal.accounts.same_address import hash_for_address, require_free_address
from dash_portal.accounts.sessions import end_all_sessions
from dash_portal.accounts.sign_in import normal_email
from dash_portal.accounts.two_step import switch_off_two_step
from dash_portal.accounts.zone_names import valid_timezone
from models import Role, Tenant, User

_NOBODYS: Final = "@portal.invalid"  # no mail leads there (RFC 2606)
_EMAIL: Final = re.compile(r"[^@\s<>\"']+@[^@\s<>\"']+\.[^@\s<>\"']+")


def valid_email(email: str) -> str:
    """Return the address in its stored spelling. Raises FieldError when it can't be one."""
    email = normal_email(email)
    if not _EMAIL.fullmatch(email) or email.endswith(_NOBODYS):
        raise FieldError("email", "Please give an e-mail address such as name@example.com.")
    return email


def valid_person_name(name: str) -> str:
    """Return the name as it is shown. Raises AccountError when it is blank or longer than 120 characters."""
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    if not 1 <= len(name) <= 120:
        raise AccountError("Please give a name of at most 120 characters.")
    return name


def create_user(
    session: Session,
    *,
    actor: Actor,
    email: str,
    role: Role,
    tenant_id: int | None,
    password: str,
    name: str = "",
) -> User:
    """Make a person who can sign in at once. Brand people need a brand, agency staff have none.

    Raises AccountError when the e-mail address is taken within the brand or malformed, or the password weak.
    """
    require_may_manage(actor, role=role, tenant_id=tenant_id)
    email = valid_email(email)
    _require_role_fits(role, tenant_id)
    hold_rights(session, actor)
    require_free_address(session, email=email, tenant_id=tenant_id)
    check_new_password(password, personal=(email, name, *brand_words(session, tenant_id)))
    password_hash = hash_for_address(session, email=email, password=password)
    user = User(email=email, name=name, role=role, tenant_id=tenant_id, password_hash=password_hash)
    session.add(user)
    session.flush()
    record(session, AuditAction.USER_CREATED, actor, tenant_id=tenant_id, email=email, role=role.value)
    return user


def rename_user(session: Session, *, actor: Actor, user_id: int, name: str) -> None:
    """Change the name that is shown for this person: one's own, or of someone the actor manages."""
    user = lock_person(session, user_id) if actor.user_id == user_id else find_managed(session, actor, user_id)
    user.name = valid_person_name(name)
    session.add(user)
    record(session, AuditAction.USER_RENAMED, actor, tenant_id=user.tenant_id, email=user.email)


def choose_display_zone(session: Session, *, actor: Actor, timezone: str) -> None:
    """Write times in this zone for the actor; blank means each brand's own. Raises AccountError for an unknown zone."""
    user = lock_person(session, actor.user_id)
    user.display_timezone = valid_timezone(timezone) if timezone else None
    session.add(user)
    record(session, AuditAction.DISPLAY_CHANGED, actor, zone=timezone or "the brand's")


def change_own_password(
    session: Session, *, actor: Actor, current: str, new: str, keep_session: str, now: datetime
) -> None:
    """Change the actor's own password; all of their other sessions end, and links they made or were given are void.

    Raises AccountError when the current one is wrong or the new one weak.
    """
    user = lock_person(session, actor.user_id)
    if not password_fits(user.password_hash, current):
        raise AccountError("Your current password is not right.")
    ended = set_password(session, user, new, now=now, keep_session=keep_session)
    record(session, AuditAction.PASSWORD_CHANGED, actor, sessions_ended=ended)


def set_password(session: Session, user: User, password: str, *, now: datetime, keep_session: str | None = None) -> int:
    """Give the person, whose row is locked, this password; return how many sessions of theirs ended.

    A second step that was set up but never confirmed goes too: whoever knew the old password may have begun it.
    Raises WeakPasswordError when the password may not be used.
    """
    check_new_password(password, personal=(user.email, user.name, *brand_words(session, user.tenant_id)))
    user.password_hash = hash_for_address(session, email=user.email, password=password)
    user.password_set_at = now
    if user.totp_confirmed_at is None:
        user.totp_secret_encrypted = None
    session.add(user)
    withdraw_links(session, user, now=now)
    return renew_access(session, user, now=now, keep_session=keep_session)


def deactivate_user(session: Session, *, actor: Actor, user_id: int, now: datetime) -> User:
    """Take this person's access away at once: sessions end, and links they made or were given no longer work."""
    hold_rights(session, actor)
    user = find_managed(session, actor, user_id)
    _require_not_last_agency_admin(session, user)
    user.active = False
    user.closed_by_agency = user.closed_by_agency or actor.role is Role.AGENCY_ADMIN
    session.add(user)
    withdraw_links(session, user, now=now)
    renew_access(session, user, now=now)
    record(session, AuditAction.USER_DEACTIVATED, actor, tenant_id=user.tenant_id, email=user.email)
    return user


def reactivate_user(session: Session, *, actor: Actor, user_id: int) -> User:
    """Let this person sign in again, with the password they had.

    Raises AccountError when it was the agency that took their access away, and someone else would give it back.
    """
    hold_rights(session, actor)
    user = find_managed(session, actor, user_id)
    if user.closed_by_agency and actor.role is not Role.AGENCY_ADMIN:
        raise AccountError("The agency took this person's access away: only the agency can give it back.")
    if has_freed_address(user):
        raise AccountError("This person's e-mail address was freed: invite them with the address they have now.")
    user.active, user.closed_by_agency = True, False
    session.add(user)
    record(session, AuditAction.USER_REACTIVATED, actor, tenant_id=user.tenant_id, email=user.email)
    return user


def change_role(
    session: Session, *, actor: Actor, user_id: int, role: Role, tenant_id: int | None, now: datetime
) -> User:
    """Give this person another role, or another brand; their sessions and links end. Only the agency may."""
    require_agency(actor)
    _require_role_fits(role, tenant_id)
    hold_rights(session, actor)
    user = find_managed(session, actor, user_id)
    if role is not Role.AGENCY_ADMIN:
        _require_not_last_agency_admin(session, user)
    if tenant_id != user.tenant_id:
        require_free_address(session, email=user.email, tenant_id=tenant_id)
    before = user.role
    user.role, user.tenant_id = role, tenant_id
    session.add(user)
    withdraw_links(session, user, now=now)
    renew_access(session, user, now=now)
    record(
        session, AuditAction.ROLE_CHANGED, actor, tenant_id=tenant_id, email=user.email, before=before, after=role.value
    )
    return user


def let_in_without_code(session: Session, *, actor: Actor, user_id: int, now: datetime) -> None:
    """Ask this person, who has lost phone and recovery codes, for no code any more. Only the agency may."""
    hold_rights(session, actor)
    user = find_managed(session, actor, user_id)
    switch_off_two_step(session, user, actor=actor, now=now)


def sign_out_everywhere(session: Session, *, actor: Actor, user_id: int, now: datetime, keep: str | None = None) -> int:
    """End all sessions of this person (one's own, or of someone the actor manages) but the kept one; say how many."""
    user = lock_person(session, user_id) if actor.user_id == user_id else find_managed(session, actor, user_id)
    ended = end_all_sessions(session, user_id=user_id, now=now, keep=keep)
    record(session, AuditAction.SESSIONS_ENDED, actor, tenant_id=user.tenant_id, email=user.email, count=ended)
    return ended


def find_managed(session: Session, actor: Actor, user_id: int) -> User:
    """Return the person, locked, when the actor may manage them.

    Nobody manages themselves: what an admin may do to others asks for no password, and to oneself it must.
    Raises NotFoundError, NotAllowedError, or AccountError for oneself.
    """
    user = lock_person(session, user_id)
    require_may_manage(actor, role=user.role, tenant_id=user.tenant_id)
    if user.id == actor.user_id:
        raise AccountError("This is you: use your own account page.")
    return user


def free_address(session: Session, *, actor: Actor, user_id: int) -> User:
    """Let someone else have the e-mail address of a person without access; they keep one that nobody can sign in with.

    Only the agency may. Raises AccountError while the person has access.
    """
    require_agency(actor)
    hold_rights(session, actor)
    user = find_managed(session, actor, user_id)
    if user.active:
        raise AccountError("This person still has access: take it away first.")
    freed = user.email
    user.email = _freed_address(user)
    session.add(user)
    record(session, AuditAction.ADDRESS_FREED, actor, tenant_id=user.tenant_id, email=freed)
    return user


def has_freed_address(user: User) -> bool:
    """Tell whether this person's e-mail address was freed for someone else."""
    return user.email == _freed_address(user)


def brand_words(session: Session, tenant_id: int | None) -> tuple[str, ...]:
    """Return the words by which a brand is known, which make bad passwords for its people."""
    if tenant_id is None:
        return ()
    words = session.exec(select(Tenant.name, Tenant.slug).where(Tenant.id == tenant_id)).one_or_none()
    return tuple(words) if words is not None else ()


def _require_role_fits(role: Role, tenant_id: int | None) -> None:
    if (role is Role.AGENCY_ADMIN) != (tenant_id is None):
        raise AccountError("Agency staff belong to no brand, and everyone else to one.")


def _require_not_last_agency_admin(session: Session, user: User) -> None:
    if user.role is not Role.AGENCY_ADMIN:
        return
    others = select(func.count()).where(User.role == Role.AGENCY_ADMIN, col(User.active), col(User.id) != user.id)
    if session.exec(others).one() == 0:
        raise AccountError("This is the last active agency admin: make another one first.")


def _freed_address(user: User) -> str:
    return f"freed-{user.id}{_NOBODYS}"
