"""A brand, its account in the emulator over a real socket, and a real database: what sync tests stand on."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, bindparam, select

from database import AgencySession, agency_transaction
from emulator import Emulator
from encryption import Cipher
from models import (
    HotListItem,
    Lead,
    LeadCount,
    Note,
    NoteCount,
    NoteCoverage,
    PipelineAge,
    PipelineCount,
    PipelineItem,
    PipelineStage,
    PipelineStageChange,
    ResourceFreshness,
    RunStatus,
    ScheduleCount,
    ScheduledActivity,
    SyncError,
    SyncLease,
    SyncRun,
    SyncRunResource,
    Tenant,
    Trigger,
    utc_now,
)
from settings import SyncSettings
from sync.api.access import AccessWatch
from sync.running.runs import RunRequest, active_brands
from sync.running.tenant_run import SyncContext, sync_brand
from sync.tables import table_of
from tests.factories import make_tenant

TOKEN = "enterprise-token-of-the-agency"
NOW = datetime.now(UTC)
SUMMARIES = (LeadCount, PipelineCount, PipelineAge, NoteCount, NoteCoverage, ScheduleCount)
DATA = (PipelineStage, Lead, PipelineItem, PipelineStageChange, HotListItem, Note, ScheduledActivity, *SUMMARIES)
STAMPS = frozenset({"created_at", "updated_at", "observed_at", "entered_at", "entered_on", "tenant_id"})
Tables = dict[str, list[tuple[Any, ...]]]


@dataclass
class Clock:
    """The account's clock: it stands still until a test moves it on, so that equal accounts stay equal."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class SyncWorld:
    """Everything between an account and its brand's tables."""

    engine: Engine
    emulator: Emulator
    settings: SyncSettings
    cipher: Cipher
    stop: threading.Event = field(default_factory=threading.Event)
    access: AccessWatch = field(default_factory=AccessWatch)
    clock: Clock = field(default_factory=Clock)

    def with_settings(self, **changes: Any) -> SyncWorld:
        changed = self.settings.model_copy(update=changes)
        return SyncWorld(self.engine, self.emulator, changed, self.cipher, self.stop, self.access)

    def add_brand(self, web_key: str, slug: str, **columns: Any) -> int:
        with AgencySession(self.engine) as session:
            tenant = make_tenant(self.cipher, web_key=web_key, slug=slug, name=slug, **columns)
            session.add(tenant)
            session.commit()
            assert tenant.id is not None
            return tenant.id

    def change_brand(self, slug: str, **columns: Any) -> None:
        with agency_transaction(self.engine) as connection:
            tenants = table_of(Tenant)
            connection.execute(tenants.update().where(tenants.c.slug == slug).values(**columns))

    def sync(self, slug: str, *, accept: bool = False, worker: str = "worker-1") -> RunStatus | None:
        (brand,) = active_brands(self.engine, slug)
        shared = SyncContext(self.engine, self.settings, worker, self.stop, self.access)
        return sync_brand(shared, brand, RunRequest(Trigger.CLI, accept=accept))

    def expire_leases(self) -> None:
        """Let the time be past until which workers hold their brands, as if they had long stopped renewing."""
        with agency_transaction(self.engine) as connection:
            connection.execute(table_of(SyncLease).update().values(expires_at=utc_now() - timedelta(seconds=1)))

    def brand_id(self, slug: str) -> int:
        """The id of the brand that is called so."""
        return next(int(row["id"]) for row in self.rows(Tenant) if row["slug"] == slug)

    def rows(self, model: type[Any], tenant_id: int | None = None) -> list[dict[str, Any]]:
        with agency_transaction(self.engine) as connection:
            return _rows(connection, model, tenant_id)

    def live(self, model: type[Any], tenant_id: int) -> list[dict[str, Any]]:
        return [row for row in self.rows(model, tenant_id) if row["removed_at"] is None]

    def tables(self, tenant_id: int, *, removed: bool = True) -> Tables:
        """All data of a brand, without the times of writing: what must be equal when two syncs end the same."""
        tables: Tables = {}
        with agency_transaction(self.engine) as connection:
            for model in DATA:
                rows = _rows(connection, model, tenant_id)
                if not removed:
                    rows = [row for row in rows if row.get("removed_at") is None]
                tables[model.__tablename__] = sorted(_comparable(row) for row in rows)
        return tables

    def runs(self, tenant_id: int) -> list[dict[str, Any]]:
        return sorted(self.rows(SyncRun, tenant_id), key=lambda run: run["started_at"])

    def results(self, tenant_id: int) -> dict[str, dict[str, Any]]:
        """How the latest run's resources ended."""
        run_id = self.runs(tenant_id)[-1]["run_id"]
        return {row["resource"]: row for row in self.rows(SyncRunResource, tenant_id) if row["run_id"] == run_id}

    def errors(self, tenant_id: int) -> list[dict[str, Any]]:
        """What went wrong in the latest run."""
        run_id = self.runs(tenant_id)[-1]["run_id"]
        return [row for row in self.rows(SyncError, tenant_id) if row["run_id"] == run_id]

    def freshness(self, tenant_id: int) -> dict[str, dict[str, Any]]:
        return {row["resource"]: row for row in self.rows(ResourceFreshness, tenant_id)}

    def data_version(self, tenant_id: int) -> int:
        return int(self.rows(Tenant, tenant_id)[0]["data_version"])


def _rows(connection: Connection, model: type[Any], tenant_id: int | None) -> list[dict[str, Any]]:
    statement = _all_rows(table_of(model), of_brand=tenant_id is not None)
    return [dict(row) for row in connection.execute(statement, {"brand": tenant_id}).mappings()]


@cache
def _all_rows(table: Table, *, of_brand: bool) -> Select[Any]:
    statement = select(table).order_by(*table.primary_key.columns)
    brand = table.c["id" if table.name == Tenant.__tablename__ else "tenant_id"] if of_brand else None
    return statement if brand is None else statement.where(brand == bindparam("brand"))


def _comparable(row: dict[str, Any]) -> tuple[Any, ...]:
    kept = {name: value for name, value in row.items() if name not in STAMPS}
    if "removed_at" in kept:
        kept["removed_at"] = kept["removed_at"] is not None
    return tuple(str(value) for value in kept.values())
