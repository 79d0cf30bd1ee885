"""Who is of the agency, and as what: its admins, who may do everything, and its staff, who look after brands.

People of a brand have memberships (`memberships`); the agency's have none.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, or_, select

from models import Role, StaffBrand, User


def agency_role(user: User) -> Role | None:
    """Return what this person is at the agency, be it with access or without; None for people of brands."""
    if user.role is Role.AGENCY_ADMIN:
        return Role.AGENCY_ADMIN
    return Role.AGENCY_STAFF if user.is_staff and user.tenant_id is None else None


def is_staff() -> ColumnElement[bool]:
    """Return the condition on a `User` that they are of the agency's staff.

    Whom the release before has made an admin, or given a brand, is that alone: it does not know what staff is.
    """
    return and_(col(User.is_staff), col(User.role) != Role.AGENCY_ADMIN, col(User.tenant_id).is_(None))


def is_of_agency() -> ColumnElement[bool]:
    """Return the condition on a `User` that they are an admin of the agency or of its staff."""
    return or_(col(User.role) == Role.AGENCY_ADMIN, is_staff())


def has_agency_access() -> ColumnElement[bool]:
    """Return the condition on a `User` that they are of the agency and nobody took their access, or all brands."""
    sees_some = select(StaffBrand.user_id).where(StaffBrand.user_id == User.id).correlate(User).exists()
    staff = and_(is_staff(), or_(col(User.sees_all_brands), sees_some))
    return and_(col(User.active), or_(col(User.role) == Role.AGENCY_ADMIN, staff))
