"""Finding the brand that an address names."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import select

from dash_portal.accounts.errors import NotFoundError
from database import AgencySession
from models import Tenant, TenantStatus


@dataclass(frozen=True, slots=True)
class NamedTenant:
    """A brand as the agency's pages name it."""

    tenant_id: int
    slug: str
    name: str
    timezone: str
    suspended: bool


def find_tenant(session: AgencySession, slug: str) -> NamedTenant:
    """Return the brand of this slug. Raises NotFoundError, which is answered with 404."""
    tenant = session.exec(select(Tenant).where(Tenant.slug == slug)).one_or_none()
    if tenant is None or tenant.id is None:
        raise NotFoundError("There is no such brand.")
    return NamedTenant(tenant.id, tenant.slug, tenant.name, tenant.timezone, tenant.status is TenantStatus.SUSPENDED)
