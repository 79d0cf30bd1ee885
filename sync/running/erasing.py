"""Have a contact removed from one brand, or from every one: each under its lease, so that no run writes meanwhile."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine, select

from database import agency_transaction, brand_transaction
from models import Tenant
from sync.lease import take_lease
from sync.running.runs import abandon_dead_runs
from sync.storing.erasing import Erased, erase_contact
from sync.tables import table_of
from time_zones import zone_of

_TENANTS: Final = table_of(Tenant)
_LEASE_SECONDS: Final = 60.0


class BrandBusyError(Exception):
    """A brand is being synced, so that nothing of it can be removed now; the message is one line."""


def erase_everywhere(engine: Engine, contact: str, worker: str, slug: str | None = None) -> Erased:
    """Remove the contacts with this e-mail address or id, of one brand or (None) of all; return what that was.

    Suspended brands too. Raises BrandBusyError at the first brand that is being synced; those before it are done.
    """
    brands = select(_TENANTS.c.id, _TENANTS.c.slug, _TENANTS.c.timezone).order_by(_TENANTS.c.slug)
    if slug is not None:
        brands = brands.where(_TENANTS.c.slug == slug)
    with agency_transaction(engine, writes=False) as connection:
        listed = connection.execute(brands).all()
    contacts = rows = answers = 0
    for brand in listed:
        erased = _erase_of(engine, brand.id, brand.slug, brand.timezone, contact, worker)
        contacts, rows, answers = contacts + erased.contacts, rows + erased.rows, answers + erased.answers
    return Erased(contacts, rows, answers)


def _erase_of(engine: Engine, tenant_id: int, slug: str, timezone: str, contact: str, worker: str) -> Erased:
    with brand_transaction(engine, tenant_id) as connection:
        lease = take_lease(connection, tenant_id, worker, _LEASE_SECONDS, None)
        if lease is None:
            raise BrandBusyError(f"{slug} is being synced: try again in a minute")
        abandon_dead_runs(connection, tenant_id)
    try:
        with brand_transaction(engine, tenant_id) as connection:
            return erase_contact(connection, lease, zone_of(timezone), contact)
    finally:
        with brand_transaction(engine, tenant_id) as connection:
            lease.release(connection)
