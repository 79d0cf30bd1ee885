"""What is done with the agency's staff. Only an agency admin may; each verb writes its row of the audit log."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from dash_portal.accounts.access import renew_access, withdraw_links
from dash_portal.accounts.agency_people import agency_role
from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.people import change_role, find_managed, require_own_address
from dash_portal.accounts.rights import hold_rights, require_agency
from dash_portal.accounts.staff_terms import StaffTerms, keep_terms, terms_for_audit, terms_of
from models import Role, User


def set_staff(session: Session, *, actor: Actor, user_id: int, terms: StaffTerms, now: datetime) -> User:
    """Have this person look after what the terms say, whoever they were before. Who looks after none has no access.

    Their sessions and links end, unless they may do all that they might before; what had no brand any more stays ended.

    Raises AccountError for someone who is deactivated, and FieldError where somebody is to begin without a brand.
    """
    require_agency(actor)
    hold_rights(session, actor)
    user = find_managed(session, actor, user_id)
    if agency_role(user) is not Role.AGENCY_STAFF:
        return change_role(
            session, actor=actor, user_id=user_id, role=Role.AGENCY_STAFF, tenant_id=None, now=now, terms=terms
        )
    require_own_address(user)
    before = terms_of(session, user)
    if not user.active and not before.is_empty:
        raise AccountError("This person is deactivated: reactivate them first.")
    keep_terms(session, user, terms)
    user.active, user.closed_by_agency = not terms.is_empty, terms.is_empty
    session.add(user)
    if before.is_empty or not terms.cover(before):
        withdraw_links(session, user, now=now)
        renew_access(session, user, now=now)
    record(
        session, AuditAction.STAFF_CHANGED, actor, tenant_id=None, email=user.email, **terms_for_audit(session, terms)
    )
    return user
