"""How old each resource of each brand is: which brands have news is asked each time, and only those are read anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import col

from dash_portal.freshness import AGES, ResourceAge, age_of
from database import AgencySession
from models import Resource, ResourceFreshness

BrandAges = Mapping[Resource, ResourceAge]
"""A brand's resources that were ever attempted."""

NO_AGES: Final[BrandAges] = MappingProxyType({})


class AgeMemory:
    """The ages that this process knows, each brand's with the moment at which the sync last wrote one of them."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[int, tuple[datetime, BrandAges]] = {}

    def ages(self, session: AgencySession, only: int | None = None) -> dict[int, BrandAges]:
        """Return the ages of all brands, or of the one named; a brand that was never attempted is left out."""
        question = _WRITTEN if only is None else _WRITTEN.where(col(ResourceFreshness.tenant_id) == only)
        written = {row.tenant_id: row.written_at for row in session.execute(question)}
        known = {tenant_id: self._known.get(tenant_id) for tenant_id in written}
        ages = {tenant_id: kept[1] for tenant_id, kept in known.items() if kept and kept[0] == written[tenant_id]}
        for tenant_id, brand_ages in _read(session, [tenant_id for tenant_id in written if tenant_id not in ages]):
            ages[tenant_id] = brand_ages
            self._known[tenant_id] = (written[tenant_id], brand_ages)
        return ages


AGE_MEMORY: Final = AgeMemory()

_WRITTEN: Final = select_columns(
    col(ResourceFreshness.tenant_id), func.max(col(ResourceFreshness.updated_at)).label("written_at")
).group_by(col(ResourceFreshness.tenant_id))


def _read(session: AgencySession, tenants: Sequence[int]) -> Sequence[tuple[int, BrandAges]]:
    if not tenants:
        return ()
    ages: dict[int, dict[Resource, ResourceAge]] = defaultdict(dict)
    for row in session.execute(AGES.where(col(ResourceFreshness.tenant_id).in_(tenants))):
        ages[row.tenant_id][row.resource] = age_of(row)
    return tuple(ages.items())
