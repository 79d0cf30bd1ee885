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
from dash_portal.accounts.agency_people import agency_role
from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.company_requirement import must_use_company, require_not_emergency_admin
from dash_portal.accounts.errors import AccountError, FieldError, NotFoundError
from dash_portal.accounts.memberships import (
    close_membership,
    give_membership,
    has_access,
    membership_at,
    memberships_of,
    only_brand,
    open_membership,
    role_at,
)
from dash_portal.accounts.passwords import check_new_password, password_fits
from dash_portal.accounts.rights import hold_rights, require_agency, require_may_manage
from dash_portal.accounts.same_address import hash_for_address, require_free_address
from dash_portal.accounts.sessions import end_all_sessions
from dash_portal.accounts.sign_in import normal_email
from dash_portal.accounts.staff_terms import WRITTEN_ROLE, StaffTerms, keep_terms, terms_for_audit, terms_of
from dash_portal.accounts.two_step import switch_off_two_step
from dash_portal.accounts.zone_names import valid_timezone
from models import Membership, Role, Tenant, User

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
    terms: StaffTerms | None = None,
) -> User:
    """Make a person who can sign in at once. Brand people need a brand, the agency's have none, its staff `terms`.

    Raises AccountError when the e-mail address is taken within the brand or malformed, or the password weak.
    """
    require_may_manage(actor, role=role, tenant_id=tenant_id)
    email = valid_email(email)
    require_role_fits(role, tenant_id, terms)
    hold_rights(session, actor)
    require_free_address(session, email=email, tenant_id=tenant_id)
    check_new_password(password, personal=(email, name, *brand_words(session, tenant_id)))
    password_hash = hash_for_address(session, email=email, password=password)
    user = new_person(
        session, email=email, name=name, role=role, tenant_id=tenant_id, password_hash=password_hash, terms=terms
    )
    more = {} if terms is None else terms_for_audit(session, terms)
    record(session, AuditAction.USER_CREATED, actor, tenant_id=tenant_id, email=email, role=role.value, **more)
    return user


def new_person(
    session: Session,
    *,
    email: str,
    name: str,
    role: Role,
    tenant_id: int | None,
    password_hash: str,
    terms: StaffTerms | None = None,
) -> User:
    """Store a person who has this role at the brand (None: at the agency). What may be done was looked at before."""
    is_staff = role is Role.AGENCY_STAFF
    user = User(
        email=email,
        name=name,
        role=WRITTEN_ROLE if is_staff else role,
        tenant_id=tenant_id,
        password_hash=password_hash,
        is_staff=is_staff,
    )
    session.add(user)
    session.flush()
    if terms is not None:
        keep_terms(session, user, terms)
    if tenant_id is not None:
        give_membership(session, user_id=user.id or 0, tenant_id=tenant_id, role=role)
    return user


def rename_user(session: Session, *, actor: Actor, user_id: int, name: str) -> None:
    """Change the name that is shown for this person: one's own, or of someone the actor manages."""
    user = lock_person(session, user_id) if actor.user_id == user_id else find_managed(session, actor, user_id)
    user.name = valid_person_name(name)
    session.add(user)
    record(session, AuditAction.USER_RENAMED, actor, tenant_id=only_brand(session, user.id), email=user.email)


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
    if must_use_company(session, user):
        raise AccountError("You sign in with your company's account: a new password would open nothing.")
    if not password_fits(user.password_hash, current):
        raise AccountError("Your current password is not right.")
    ended = set_password(session, user, new, now=now, keep_session=keep_session)
    record(session, AuditAction.PASSWORD_CHANGED, actor, sessions_ended=ended)


def set_password(session: Session, user: User, password: str, *, now: datetime, keep_session: str | None = None) -> int:
    """Give the person, whose row is locked, this password; return how many sessions of theirs ended.

    A second step that was set up but never confirmed goes too: whoever knew the old password may have begun it.
    Raises WeakPasswordError when the password may not be used.
    """
    brands = [membership.tenant_id for membership in memberships_of(session, user.id)]
    check_new_password(password, personal=(user.email, user.name, *brand_words(session, *brands)))
    user.password_hash = hash_for_address(session, email=user.email, password=password)
    user.password_set_at = now
    if user.totp_confirmed_at is None:
        user.totp_secret_encrypted = None
    session.add(user)
    withdraw_links(session, user, now=now)
    return renew_access(session, user, now=now, keep_session=keep_session)


def deactivate_user(session: Session, *, actor: Actor, user_id: int, now: datetime) -> User:
    """Take away the access that the actor may give: a brand's admin that to the own brand, the agency all of it.

    Sessions end at once, and links that the person made or was given there no longer work.
    """
    hold_rights(session, actor)
    user = find_managed(session, actor, user_id)
    _require_not_last_agency_admin(session, user)
    require_not_emergency_admin(user)
    by_agency = actor.role is Role.AGENCY_ADMIN
    if agency_role(user) is not None:
        user.active, user.closed_by_agency = False, True
        session.add(user)
    for membership in _reached(session, actor, user):
        close_membership(session, membership, by_agency=by_agency)
    withdraw_links(session, user, now=now, tenant_id=actor.tenant_id)
    renew_access(session, user, now=now)
    record(session, AuditAction.USER_DEACTIVATED, actor, tenant_id=only_brand(session, user.id), email=user.email)
    return user


def reactivate_user(session: Session, *, actor: Actor, user_id: int) -> User:
    """Give back the access that the actor may give; they sign in with the password they had.

    Raises AccountError when it was the agency that took it and someone else would give it back.
    """
    hold_rights(session, actor)
    user = find_managed(session, actor, user_id)
    require_own_address(user)
    if agency_role(user) is Role.AGENCY_STAFF and terms_of(session, user).is_empty:
        raise AccountError("This person looks after no brand: choose theirs first.")
    if agency_role(user) is not None:
        user.active, user.closed_by_agency = True, False
        session.add(user)
    for membership in _reached(session, actor, user):
        open_membership(session, membership, by_agency=actor.role is Role.AGENCY_ADMIN)
    record(session, AuditAction.USER_REACTIVATED, actor, tenant_id=only_brand(session, user.id), email=user.email)
    return user


def change_role(
    session: Session,
    *,
    actor: Actor,
    user_id: int,
    role: Role,
    tenant_id: int | None,
    now: datetime,
    terms: StaffTerms | None = None,
) -> User:
    """Give this person a role at a brand, which may be a further one, or at the agency. Only the agency may.

    Who becomes the agency's leaves all brands. Their sessions and links end. `terms`: what its staff is to look after.
    """
    require_agency(actor)
    require_role_fits(role, tenant_id, terms)
    hold_rights(session, actor)
    user = find_managed(session, actor, user_id)
    require_own_address(user)
    if role is not Role.AGENCY_ADMIN:
        _require_not_last_agency_admin(session, user)
        require_not_emergency_admin(user)
    before = role_at(session, user, tenant_id)
    is_there = membership_at(session, user.id, tenant_id) is not None
    if not is_there and (tenant_id is not None or agency_role(user) is None):
        require_free_address(session, email=user.email, tenant_id=tenant_id)
    _become(session, user, role, tenant_id)
    keep_terms(session, user, terms or StaffTerms())
    withdraw_links(session, user, now=now)
    renew_access(session, user, now=now)
    shown = "none" if before is None else before.value
    details: dict[str, str | bool] = {"email": user.email, "before": shown, "after": role.value}
    details |= {} if terms is None else terms_for_audit(session, terms)
    record(session, AuditAction.ROLE_CHANGED, actor, tenant_id=tenant_id, **details)
    return user


def _become(session: Session, user: User, role: Role, tenant_id: int | None) -> None:
    """Make someone the agency's, or of a brand. The person's own row says first whose they are."""
    is_staff = role is Role.AGENCY_STAFF
    if tenant_id is None:
        user.role, user.tenant_id, user.is_staff = WRITTEN_ROLE if is_staff else role, None, is_staff
        session.add(user)
        session.flush()
        for membership in memberships_of(session, user.id):
            session.delete(membership)
        return
    if agency_role(user) is not None:
        user.role, user.tenant_id, user.is_staff = role, tenant_id, False
        session.add(user)
    give_membership(session, user_id=user.id or 0, tenant_id=tenant_id, role=role)


def take_brand(session: Session, *, actor: Actor, user_id: int, tenant_id: int, now: datetime) -> None:
    """Take away this person's access to one brand; whose last one it was may sign in no more. Only the agency may."""
    membership = _membership_for_agency(session, actor, user_id, tenant_id)
    user = lock_person(session, user_id)
    close_membership(session, membership, by_agency=True)
    withdraw_links(session, user, now=now, tenant_id=tenant_id)
    renew_access(session, user, now=now)
    record(session, AuditAction.BRAND_TAKEN, actor, tenant_id=tenant_id, email=user.email)


def give_brand_back(session: Session, *, actor: Actor, user_id: int, tenant_id: int) -> None:
    """Give back this person's access to one brand. Only the agency may."""
    membership = _membership_for_agency(session, actor, user_id, tenant_id)
    open_membership(session, membership, by_agency=True)
    email = lock_person(session, user_id).email
    record(session, AuditAction.BRAND_GIVEN_BACK, actor, tenant_id=tenant_id, email=email)


def _membership_for_agency(session: Session, actor: Actor, user_id: int, tenant_id: int) -> Membership:
    require_agency(actor)
    hold_rights(session, actor)
    user = find_managed(session, actor, user_id)
    require_own_address(user)
    membership = membership_at(session, user.id, tenant_id)
    if membership is None:
        raise NotFoundError("This person has nothing to do with this brand.")
    return membership


def let_in_without_code(session: Session, *, actor: Actor, user_id: int, now: datetime) -> None:
    """Ask this person, who has lost phone and recovery codes, for no code any more. Only the agency may."""
    hold_rights(session, actor)
    user = find_managed(session, actor, user_id)
    switch_off_two_step(session, user, actor=actor, now=now)


def sign_out_everywhere(session: Session, *, actor: Actor, user_id: int, now: datetime, keep: str | None = None) -> int:
    """End all sessions of this person (one's own, or of someone the actor manages) but the kept one; say how many."""
    user = lock_person(session, user_id) if actor.user_id == user_id else find_managed(session, actor, user_id)
    ended = end_all_sessions(session, user_id=user_id, now=now, keep=keep)
    tenant_id = only_brand(session, user.id)
    record(session, AuditAction.SESSIONS_ENDED, actor, tenant_id=tenant_id, email=user.email, count=ended)
    return ended


def find_managed(session: Session, actor: Actor, user_id: int) -> User:
    """Return the person, locked, when the actor may manage them: a brand's admin at the own brand, the agency all.

    Nobody manages themselves: what an admin may do to others asks for no password, and to oneself it must.
    Raises NotFoundError, NotAllowedError, or AccountError for oneself.
    """
    user = lock_person(session, user_id)
    if actor.role is not Role.AGENCY_ADMIN:
        membership = membership_at(session, user.id, actor.tenant_id)
        if membership is None:
            raise NotFoundError("There is no such person.")
        require_may_manage(actor, role=membership.role, tenant_id=membership.tenant_id)
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
    if session.exec(select(User.id).where(User.id == user.id, has_access())).first() is not None:
        raise AccountError("This person still has access: take it away first.")
    freed = user.email
    user.email = freed_address(user)
    session.add(user)
    record(session, AuditAction.ADDRESS_FREED, actor, tenant_id=only_brand(session, user.id), email=freed)
    return user


def has_freed_address(user: User) -> bool:
    """Tell whether this person's e-mail address was freed for someone else."""
    return user.email == freed_address(user)


def brand_words(session: Session, *tenant_ids: int | None) -> tuple[str, ...]:
    """Return the words by which these brands are known, which make bad passwords for their people."""
    named = session.exec(select(Tenant.name, Tenant.slug).where(col(Tenant.id).in_(tenant_ids)))
    return tuple(word for words in named for word in words)


def _reached(session: Session, actor: Actor, user: User) -> list[Membership]:
    """Return the memberships of this person that the actor manages."""
    by_agency = actor.role is Role.AGENCY_ADMIN
    theirs = memberships_of(session, user.id)
    return [membership for membership in theirs if by_agency or membership.tenant_id == actor.tenant_id]


def require_own_address(user: User) -> None:
    """Raise AccountError for a person whose e-mail address was freed: whoever has it by now is somebody else."""
    if has_freed_address(user):
        raise AccountError("This person's e-mail address was freed: invite them with the address they have now.")


def require_role_fits(role: Role, tenant_id: int | None, terms: StaffTerms | None = None) -> None:
    """Raise AccountError where the agency's people are to have a brand, others none, or staff nothing to look after."""
    if (role in {Role.AGENCY_ADMIN, Role.AGENCY_STAFF}) != (tenant_id is None):
        raise AccountError("The agency's people belong to no brand, and everyone else to one.")
    if (role is Role.AGENCY_STAFF) != (terms is not None):
        raise AccountError("The agency's staff, and they alone, are told what they look after.")
    if terms is not None and terms.is_empty:
        raise FieldError("brands", "Please choose at least one brand, or all.")


def _require_not_last_agency_admin(session: Session, user: User) -> None:
    if user.role is not Role.AGENCY_ADMIN:
        return
    others = select(func.count()).where(User.role == Role.AGENCY_ADMIN, col(User.active), col(User.id) != user.id)
    if session.exec(others).one() == 0:
        raise AccountError("This is the last active agency admin: make another one first.")


def freed_address(user: User) -> str:
    """Return the address that stands for a person whose own one is free for someone else."""
    return f"freed-{user.id}{_NOBODYS}"
