"""What someone of the agency's staff looks after: the brands assigned to them, or all; and whether raw answers too.

The release before knows no staff. So its word for their role is one that gives nothing without a brand, here and in
links made for them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session, col, delete, select

from models import Invite, Role, StaffBrand, Tenant, User

WRITTEN_ROLE: Final = Role.TENANT_VIEWER
"""What `users.role` and `invites.role` say of staff, beside `is_staff`."""


@dataclass(frozen=True, slots=True)
class StaffTerms:
    """These brands (`tenants.id`), or all of them, those to come too; and whether their raw answers may be read."""

    brands: frozenset[int] = frozenset()
    all_brands: bool = False
    raw_answers: bool = False

    @property
    def is_empty(self) -> bool:
        """Tell whether they hold no brand."""
        return not (self.all_brands or self.brands)

    def cover(self, others: StaffTerms) -> bool:
        """Tell whether these give all that the others give."""
        brands = self.all_brands or (not others.all_brands and self.brands >= others.brands)
        return brands and self.raw_answers >= others.raw_answers


def terms_of(session: Session, user: User) -> StaffTerms:
    """Return what this person of the staff looks after today."""
    brands = session.exec(select(StaffBrand.tenant_id).where(StaffBrand.user_id == user.id))
    return StaffTerms(frozenset(brands), all_brands=user.sees_all_brands, raw_answers=user.reads_raw_answers)


def keep_terms(session: Session, user: User, terms: StaffTerms) -> None:
    """Have this stored person of the staff look after these brands and no others."""
    user.sees_all_brands, user.reads_raw_answers = terms.all_brands, terms.raw_answers
    session.add(user)
    session.exec(delete(StaffBrand).where(col(StaffBrand.user_id) == user.id))
    brands = () if terms.all_brands else sorted(terms.brands)
    session.add_all(StaffBrand(user_id=user.id or 0, tenant_id=tenant_id) for tenant_id in brands)
    session.flush()


def invited_terms(session: Session, invite: Invite) -> StaffTerms | None:
    """Return what an invitation says that its person is to look after; None where it is not for staff.

    A brand that was erased since is left out.
    """
    if not invite.is_staff:
        return None
    there = session.exec(select(Tenant.id).where(col(Tenant.id).in_(invite.staff_brands or ())))
    brands = frozenset(tenant_id for tenant_id in there if tenant_id is not None)
    return StaffTerms(brands, all_brands=invite.sees_all_brands, raw_answers=invite.reads_raw_answers)


def invited_role(invite: Invite) -> Role:
    """Return what a link's person is to be, or was when it was made."""
    return Role.AGENCY_STAFF if invite.is_staff else invite.role


def columns_of_link(role: Role, terms: StaffTerms | None = None) -> dict[str, Any]:
    """Return the columns by which a link says for whom it is. `terms`: what an invited one is to look after."""
    if role is not Role.AGENCY_STAFF:
        return {"role": role}
    columns: dict[str, Any] = {"role": WRITTEN_ROLE, "is_staff": True}
    if terms is None:
        return columns
    reach = {"sees_all_brands": terms.all_brands, "staff_brands": sorted(terms.brands)}
    return columns | reach | {"reads_raw_answers": terms.raw_answers}


def terms_for_audit(session: Session, terms: StaffTerms) -> dict[str, str | bool]:
    """Return the terms as the audit log tells them."""
    slugs = session.exec(select(Tenant.slug).where(col(Tenant.id).in_(terms.brands)).order_by(col(Tenant.slug)))
    return {"brands": "all" if terms.all_brands else _listed(list(slugs)), "raw_answers": terms.raw_answers}


def _listed(slugs: Collection[str]) -> str:
    return ", ".join(slugs) or "none"
