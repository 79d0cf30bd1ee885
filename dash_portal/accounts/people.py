"""What is done with people. Each verb checks the actor's rights and writes its row of the audit log.

The caller commits, and hands in the session that the actor may have: a tenant admin's is bound to the brand, so that
another brand's people are not found, whatever id is asked for.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.brands import valid_timezone
from dash_portal.accounts.errors import AccountError, NotFoundError
from dash_portal.accounts.passwords import check_new_password, hash_password, password_fits
from dash_portal.accounts.rights import require_agency, require_may_manage
from dash_portal.accounts.sessions import end_all_sessions
from dash_portal.accounts.sign_in import normal_email
from models import Invite, Role, Tenant, User

_EMAIL: Final = re.compile(r"[^@\s<>\"']+@[^@\s<>\"']+\.[^@\s<>\"']+")


def valid_email(email: str) -> str:
    """Return the address in its stored spelling. Raises AccountError when it can't be one."""
    email = normal_email(email)
    if not _EMAIL.fullmatch(email):
        raise AccountError("Please give an e-mail address such as name@example.com.")
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

    Raises AccountError when the e-mail address is taken or malformed, or the password weak.
    """
    require_may_manage(actor, role=role, tenant_id=tenant_id)
    email = valid_email(email)
    _require_role_fits(role, tenant_id)
    if session.exec(select(User.id).where(User.email == email)).first() is not None:
        raise AccountError(f"There is already someone with the e-mail address {email}.")
    check_new_password(password, personal=(email, name, *brand_words(session, tenant_id)))
    user = User(email=email, name=name, role=role, tenant_id=tenant_id, password_hash=hash_password(password))
    session.add(user)
    session.flush()
    record(session, AuditAction.USER_CREATED, actor, tenant_id=tenant_id, email=email, role=role.value)
    return user


def rename_user(session: Session, *, actor: Actor, user_id: int, name: str) -> None:
    """Change the name that is shown for this person: one's own, or of someone the actor manages."""
    user = _find(session, user_id) if actor.user_id == user_id else find_managed(session, actor, user_id)
    user.name = valid_person_name(name)
    session.add(user)
    record(session, AuditAction.USER_RENAMED, actor, tenant_id=user.tenant_id, email=user.email)


def choose_display_zone(session: Session, *, actor: Actor, timezone: str) -> None:
    """Write times in this zone for the actor; blank means each brand's own. Raises AccountError for an unknown zone."""
    user = _find(session, actor.user_id)
    user.display_timezone = valid_timezone(timezone) if timezone else None
    session.add(user)
    record(session, AuditAction.DISPLAY_CHANGED, actor, zone=timezone or "the brand's")


def change_own_password(
    session: Session, *, actor: Actor, current: str, new: str, keep_session: str, now: datetime
) -> None:
    """Change the actor's own password and end all of their other sessions.

    Raises AccountError when the current one is wrong or the new one weak.
    """
    user = _find(session, actor.user_id)
    if not password_fits(user.password_hash, current):
        raise AccountError("Your current password is not right.")
    set_password(session, user, new)
    ended = end_all_sessions(session, user_id=_id(user), now=now, keep=keep_session)
    record(session, AuditAction.PASSWORD_CHANGED, actor, sessions_ended=ended)


def set_password(session: Session, user: User, password: str) -> None:
    """Give the person this password. Raises WeakPasswordError when it may not be used."""
    check_new_password(password, personal=(user.email, user.name, *brand_words(session, user.tenant_id)))
    user.password_hash = hash_password(password)
    session.add(user)


def deactivate_user(session: Session, *, actor: Actor, user_id: int, now: datetime) -> User:
    """Take this person's access away at once: sessions end, and links they made no longer work."""
    user = find_managed(session, actor, user_id)
    if user.id == actor.user_id:
        raise AccountError("You can't deactivate yourself.")
    _require_not_last_agency_admin(session, user)
    user.active = False
    session.add(user)
    end_all_sessions(session, user_id=_id(user), now=now)
    session.execute(
        update(Invite)
        .where((col(Invite.created_by) == user.id) | (col(Invite.user_id) == user.id), col(Invite.used_at).is_(None))
        .values(revoked_at=now)
    )
    record(session, AuditAction.USER_DEACTIVATED, actor, tenant_id=user.tenant_id, email=user.email)
    return user


def reactivate_user(session: Session, *, actor: Actor, user_id: int) -> User:
    """Let this person sign in again, with the password they had."""
    user = find_managed(session, actor, user_id)
    user.active = True
    session.add(user)
    record(session, AuditAction.USER_REACTIVATED, actor, tenant_id=user.tenant_id, email=user.email)
    return user


def change_role(
    session: Session, *, actor: Actor, user_id: int, role: Role, tenant_id: int | None, now: datetime
) -> User:
    """Give this person another role, or another brand, and end their sessions. Only the agency may."""
    require_agency(actor)
    _require_role_fits(role, tenant_id)
    user = find_managed(session, actor, user_id)
    if role is not Role.AGENCY_ADMIN:
        _require_not_last_agency_admin(session, user)
    before = user.role
    user.role, user.tenant_id = role, tenant_id
    session.add(user)
    end_all_sessions(session, user_id=_id(user), now=now)
    record(
        session, AuditAction.ROLE_CHANGED, actor, tenant_id=tenant_id, email=user.email, before=before, after=role.value
    )
    return user


def sign_out_everywhere(session: Session, *, actor: Actor, user_id: int, now: datetime, keep: str | None = None) -> int:
    """End all sessions of this person (one's own, or of someone the actor manages) but the kept one; say how many."""
    user = _find(session, user_id) if actor.user_id == user_id else find_managed(session, actor, user_id)
    ended = end_all_sessions(session, user_id=user_id, now=now, keep=keep)
    record(session, AuditAction.SESSIONS_ENDED, actor, tenant_id=user.tenant_id, email=user.email, count=ended)
    return ended


def find_managed(session: Session, actor: Actor, user_id: int) -> User:
    """Return the person when the actor may manage them. Raises NotFoundError or NotAllowedError."""
    user = _find(session, user_id)
    require_may_manage(actor, role=user.role, tenant_id=user.tenant_id)
    return user


def brand_words(session: Session, tenant_id: int | None) -> tuple[str, ...]:
    """Return the words by which a brand is known, which make bad passwords for its people."""
    if tenant_id is None:
        return ()
    found = session.exec(select(Tenant.name, Tenant.slug).where(Tenant.id == tenant_id)).one_or_none()
    return tuple(found) if found is not None else ()


def _find(session: Session, user_id: int | None) -> User:
    user = session.exec(select(User).where(User.id == user_id)).one_or_none()
    if user is None:
        raise NotFoundError("There is no such person.")
    return user


def _require_role_fits(role: Role, tenant_id: int | None) -> None:
    if (role is Role.AGENCY_ADMIN) != (tenant_id is None):
        raise AccountError("Agency staff belong to no brand, and everyone else to one.")


def _require_not_last_agency_admin(session: Session, user: User) -> None:
    if user.role is not Role.AGENCY_ADMIN:
        return
    others = select(func.count()).where(User.role == Role.AGENCY_ADMIN, col(User.active), col(User.id) != user.id)
    if session.exec(others).one() == 0:
        raise AccountError("This is the last active agency admin: make another one first.")


def _id(user: User) -> int:
    assert user.id is not None  # noqa: S101 - a stored person
    return user.id
