"""How old each resource of each brand is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import String, cast, func
from sqlalchemy import select as select_columns
from sqlmodel import col

from dash_portal.agency.packed_rows import packed_columns, packed_rows, unpacked
from dash_portal.freshness import ResourceAge
from database import AgencySession
from models import Resource, ResourceFreshness, ResourceStatus

BrandAges = Mapping[Resource, ResourceAge]
"""A brand's resources that were ever attempted."""


def brand_ages(session: AgencySession, only: int | None = None) -> dict[int, BrandAges]:
    """Return the ages of all brands, or of the one named."""
    question = _AGES if only is None else _AGES.where(col(ResourceFreshness.tenant_id) == only)
    return {tenant_id: _ages(text) for tenant_id, text in session.execute(question)}


_AGE: Final = packed_columns(
    col(ResourceFreshness.resource),
    func.coalesce(cast(col(ResourceFreshness.whole_read_at), String), ""),
    col(ResourceFreshness.last_status),
    col(ResourceFreshness.last_attempt_at),
)
_AGES: Final = select_columns(col(ResourceFreshness.tenant_id), packed_rows(_AGE)).group_by(
    col(ResourceFreshness.tenant_id)
)


@lru_cache(maxsize=4096)
def _ages(text: str) -> BrandAges:
    """Read what the database packed: between two syncs of a brand its text stays the same."""
    found = {}
    for name, read_at, status, attempt_at in unpacked(text):
        resource = Resource(name)
        read = _moment(read_at) if read_at else None
        found[resource] = ResourceAge(resource, read, ResourceStatus(status), _moment(attempt_at))
    return {resource: found[resource] for resource in Resource if resource in found}


def _moment(text: str) -> datetime:
    """Read a moment as the databases write it: SQLite without a zone, in UTC; PostgreSQL in its session's."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
