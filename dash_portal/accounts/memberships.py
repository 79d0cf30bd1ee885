"""What a person may do at which brand, looked up where it is asked for: by request, verb, link and sign-in.

People of a brand have a membership there. The agency's people have none (`agency_people`).
"""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from dash_portal.accounts.agency_people import agency_role, has_agency_access
from dash_portal.accounts.audit import Actor
from dash_portal.accounts.errors import AccountError, NotFoundError
from models import Membership, Role, Tenant, TenantStatus, User


def may_sign_in() -> ColumnElement[bool]:
    """Return the condition on a `User` that they may sign in: agency people with access, or a living membership."""
    return or_(has_agency_access(), _has_membership(living=True))


def has_access() -> ColumnElement[bool]:
    """Return the condition on a `User` that nobody took all access from them; their brands may be suspended."""
    return or_(has_agency_access(), _has_membership(living=False))


def memberships_of(session: Session, user_id: int | None) -> list[Membership]:
    """Return the person's memberships, of those the session may see, active or not, in the order of their brands."""
    theirs = select(Membership).where(Membership.user_id == user_id).order_by(col(Membership.tenant_id))
    return list(session.exec(theirs, execution_options={"populate_existing": True}))


def membership_at(session: Session, user_id: int | None, tenant_id: int | None) -> Membership | None:
    """Return the person's membership of this brand, active or not."""
    return next((known for known in memberships_of(session, user_id) if known.tenant_id == tenant_id), None)


def find_member(session: Session, membership_id: str) -> int:
    """Return whose membership this is, the id of a user. Raises NotFoundError where the session sees none."""
    user_id = session.exec(select(Membership.user_id).where(Membership.id == membership_id)).one_or_none()
    if user_id is None:
        raise NotFoundError("There is no such person.")
    return user_id


def role_at(session: Session, user: User, tenant_id: int | None) -> Role | None:
    """Return what this person may do today at the brand (None: at the agency); None where they may do nothing."""
    if tenant_id is None:
        return agency_role(user) if user.active else None
    membership = membership_at(session, user.id, tenant_id)
    return membership.role if membership is not None and membership.active else None


def only_brand(session: Session, user_id: int | None) -> int | None:
    """Return which brand something that happens to this person is about: None for the agency's, and for several."""
    brands = [membership.tenant_id for membership in memberships_of(session, user_id)]
    return brands[0] if len(brands) == 1 else None


def acting(session: Session, user: User, address: str) -> Actor:
    """Return the person as the actor of what they do with their own account, for the audit log."""
    tenant_id = only_brand(session, user.id)
    return Actor(user.id, user.email, role_at(session, user, tenant_id), tenant_id, address)


def give_membership(
    session: Session, *, user_id: int, tenant_id: int, role: Role, membership_id: str | None = None
) -> Membership:
    """Let the person do this at the brand from now on, whatever they might do there before; return the membership.

    `membership_id`: the id it goes on under. The caller holds the person's row, and writes down who did it.
    """
    session.flush()
    membership = membership_at(session, user_id, tenant_id)
    if membership is None:
        membership = Membership(tenant_id=tenant_id, user_id=user_id, role=role)
    membership.role, membership.active, membership.closed_by_agency = role, True, False
    membership.id = membership_id or membership.id
    session.add(membership)
    session.flush()
    return membership


def close_membership(session: Session, membership: Membership, *, by_agency: bool) -> None:
    """Take the access to this brand away. What the agency took once stays the agency's to give back."""
    membership.active = False
    membership.closed_by_agency = membership.closed_by_agency or by_agency
    session.add(membership)
    session.flush()


def open_membership(session: Session, membership: Membership, *, by_agency: bool) -> None:
    """Give the access to this brand back. Raises AccountError where the agency took it, and someone else gives."""
    if membership.closed_by_agency and not by_agency:
        raise AccountError("The agency took this person's access away: only the agency can give it back.")
    membership.active, membership.closed_by_agency = True, False
    session.add(membership)
    session.flush()


def _has_membership(*, living: bool) -> ColumnElement[bool]:
    theirs = select(Membership.id).where(Membership.user_id == User.id, col(Membership.active))
    if living:
        theirs = theirs.join(Tenant, col(Tenant.id) == Membership.tenant_id)
        theirs = theirs.where(Tenant.status == TenantStatus.ACTIVE)
    return theirs.correlate(User).exists()
