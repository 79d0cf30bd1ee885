"""Remove people and brands for good, as they may ask. The command line alone does it; each verb is audited.

The audit log keeps who did what for as long as it is kept at all, and says that something was erased, not what.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, delete, or_, select

from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.company_requirement import IS_EMERGENCY_ADMIN, emergency_admin
from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.memberships import membership_at, only_brand
from dash_portal.accounts.rights import require_agency
from dash_portal.accounts.sign_in import normal_email
from models import ConnectionCheck, Invite, Membership, Role, SignInFailure, Tenant, User


def erase_brand(session: Session, brand: Tenant, *, actor: Actor) -> None:
    """Delete the brand, its people and all its data: the database deletes what hangs on its row.

    Who may see another brand too stays, without this one.
    """
    require_agency(actor)
    people = list(session.exec(select(Membership.user_id).where(Membership.tenant_id == brand.id)))
    people = [user_id for user_id in people if only_brand(session, user_id) == brand.id]
    session.exec(delete(SignInFailure).where(col(SignInFailure.user_id).in_(people)))
    session.exec(delete(User).where(col(User.id).in_(people)))
    session.exec(delete(ConnectionCheck).where(col(ConnectionCheck.tenant_id) == brand.id))
    record(session, AuditAction.BRAND_ERASED, actor, tenant_id=brand.id, slug=brand.slug)
    session.exec(delete(Tenant).where(col(Tenant.id) == brand.id))


def erase_accounts(session: Session, email: str, tenant_id: int | None, *, actor: Actor) -> int:
    """Delete the accounts with this e-mail address, of one brand where it is named; return how many there were.

    Who may see other brands than the named one loses this one alone.

    Raises AccountError where nobody could run the portal afterwards.
    """
    require_agency(actor)
    address = normal_email(email)
    ids = list(session.exec(select(User.id).where(User.email == address)))
    if tenant_id is not None:
        at_brand = [membership_at(session, user_id, tenant_id) for user_id in ids]
        ids = [membership.user_id for membership in at_brand if membership is not None]
    _require_an_agency_admin_but(session, ids)
    invited = () if tenant_id is None else (col(Invite.tenant_id) == tenant_id,)
    session.exec(delete(Invite).where(col(Invite.email) == address, *invited))
    failures = or_(col(SignInFailure.email) == address, col(SignInFailure.user_id).in_(ids))
    session.exec(delete(SignInFailure).where(failures))
    elsewhere = {user_id for user_id in ids if tenant_id is not None and only_brand(session, user_id) is None}
    session.exec(
        delete(Membership).where(col(Membership.user_id).in_(elsewhere), col(Membership.tenant_id) == tenant_id)
    )
    session.exec(delete(User).where(col(User.id).in_(set(ids) - elsewhere)))
    if ids:
        record(session, AuditAction.PERSON_ERASED, actor, tenant_id=tenant_id, accounts=len(ids))
    return len(ids)


def _require_an_agency_admin_but(session: Session, ids: Sequence[int | None]) -> None:
    named = emergency_admin(session)
    if named is not None and named.id in ids:
        raise AccountError(IS_EMERGENCY_ADMIN)
    admins = select(col(User.id)).where(User.role == Role.AGENCY_ADMIN, col(User.active))
    if set(session.exec(admins)) and set(session.exec(admins)) <= set(ids):
        raise AccountError("This is the last active agency admin: make another one first.")
