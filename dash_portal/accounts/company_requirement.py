"""Who signs in with their company's account alone, because their brand or the agency requires it.

A brand requires it of its people. The agency requires it of its own by naming one emergency admin, who keeps the
password for the day on which no provider can be reached: where nobody is named, nothing is required.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from dash_portal.accounts.access import lock_person, renew_access
from dash_portal.accounts.agency_people import has_agency_access, is_of_agency
from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.errors import AccountError, FieldError, NotFoundError
from dash_portal.accounts.passwords import NO_PASSWORD
from dash_portal.accounts.rights import hold_rights, require_agency
from models import Identity, Membership, Role, Tenant, TenantStatus, User

IS_EMERGENCY_ADMIN: Final = "This is the emergency admin, who keeps the password: name another one first."

_NAMED = aliased(User)


def company_only() -> ColumnElement[bool]:
    """Return the condition on a `User` that their password opens nothing.

    One brand that is open to them may require it of all: what is signed in sees each of them.
    """
    someone_is_named = select(col(_NAMED.id)).where(col(_NAMED.is_emergency_admin)).exists()
    of_agency = and_(is_of_agency(), col(User.is_emergency_admin).is_(False), someone_is_named)
    requiring = (
        select(col(Membership.id))
        .join(Tenant, col(Tenant.id) == col(Membership.tenant_id))
        .where(col(Membership.user_id) == col(User.id), col(Membership.active))
        .where(col(Tenant.status) == TenantStatus.ACTIVE, col(Tenant.company_sign_in_only))
    )
    return or_(of_agency, requiring.correlate(User).exists())


def uses_password(session: Session, user: User) -> bool:
    """Tell whether there is a password with which the person signs in."""
    return has_password(user) and not must_use_company(session, user)


def has_password(user: User) -> bool:
    """Tell whether the person has ever chosen a password, be it that it opens something or not."""
    return user.password_hash != NO_PASSWORD


def must_use_company(session: Session, user: User) -> bool:
    """Tell whether the person signs in with their company's account alone."""
    return session.scalar(select(col(User.id)).where(col(User.id) == user.id, company_only())) is not None


def joins_by_company(session: Session, tenant_id: int | None) -> bool:
    """Tell whether new people of this brand (None: of the agency) join with their company's account alone."""
    if tenant_id is None:
        return emergency_admin(session) is not None
    return bool(session.scalar(select(col(Tenant.company_sign_in_only)).where(col(Tenant.id) == tenant_id)))


def emergency_admin(session: Session) -> User | None:
    """Return who keeps the password while the agency's other people sign in with their company's account alone."""
    return session.scalars(select(User).where(col(User.is_emergency_admin))).one_or_none()


def linked_counts(session: Session, tenant_id: int | None) -> tuple[int, int]:
    """Return how many active people of this brand (None: the agency) have linked an account, and how many there are."""
    if tenant_id is None:
        theirs = select(col(User.id)).where(has_agency_access())
    else:
        theirs = select(col(Membership.user_id)).where(col(Membership.tenant_id) == tenant_id, col(Membership.active))
    people = set(session.scalars(theirs))
    linked = select(col(Identity.user_id)).where(col(Identity.user_id).in_(people)).distinct()
    return len(set(session.scalars(linked))), len(people)


def require_of_brand(session: Session, *, actor: Actor, tenant_id: int, required: bool, now: datetime) -> None:
    """Have the people of a brand sign in with their company's account alone, or no longer. Only the agency may.

    Where it is required now, their sessions end: they may have begun with a password.
    """
    require_agency(actor)
    hold_rights(session, actor)
    tenant = session.get(Tenant, tenant_id)
    if tenant is None:
        raise NotFoundError("There is no such brand.")
    if tenant.company_sign_in_only == required:
        return
    tenant.company_sign_in_only = required
    session.add(tenant)
    if required:
        members = select(User).join(Membership, col(Membership.user_id) == col(User.id))
        for user in session.scalars(members.where(col(Membership.tenant_id) == tenant_id)).all():
            renew_access(session, user, now=now)
    record(session, _action(required=required), actor, tenant_id=tenant_id)


def require_of_agency(
    session: Session, *, actor: Actor, emergency_id: int, keep_session: str | None = None, now: datetime
) -> None:
    """Have the agency's people but this one sign in with their company's account alone. Only the agency may.

    Their sessions end, but the one that the actor acts in. Raises FieldError where this one could not sign in with a
    password, and AccountError where the actor could not come back.
    """
    require_agency(actor)
    hold_rights(session, actor)
    named = lock_person(session, emergency_id)
    if not named.active or named.role is not Role.AGENCY_ADMIN or not has_password(named):
        raise FieldError("emergency", "Please choose an active agency admin who has a password.")
    if actor.user_id not in {None, named.id} and not _has_linked(session, actor.user_id):
        raise AccountError("You could not sign in any more: link your company's account first, or choose yourself.")
    _name(session, named)
    others = (is_of_agency(), col(User.id) != named.id)
    for user in session.scalars(select(User).where(*others)).all():
        renew_access(session, user, now=now, keep_session=keep_session if user.id == actor.user_id else None)
    record(session, _action(required=True), actor, emergency_admin=named.email)


def lift_of_agency(session: Session, *, actor: Actor) -> None:
    """Let the agency's people sign in with their passwords again. Only the agency may."""
    require_agency(actor)
    hold_rights(session, actor)
    if emergency_admin(session) is not None:
        _name(session, None)
        record(session, _action(required=False), actor)


def require_not_emergency_admin(user: User) -> None:
    """Raise AccountError for the one whose password must stay a way in."""
    if user.is_emergency_admin:
        raise AccountError(IS_EMERGENCY_ADMIN)


def _name(session: Session, named: User | None) -> None:
    session.execute(update(User).where(col(User.is_emergency_admin)).values(is_emergency_admin=False))
    if named is not None:
        named.is_emergency_admin = True
        session.add(named)
    session.flush()


def _has_linked(session: Session, user_id: int | None) -> bool:
    return (
        session.scalars(select(col(Identity.id)).where(col(Identity.user_id) == user_id).limit(1)).first() is not None
    )


def _action(*, required: bool) -> AuditAction:
    return AuditAction.COMPANY_SIGN_IN_REQUIRED if required else AuditAction.COMPANY_SIGN_IN_LIFTED
