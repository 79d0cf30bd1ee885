"""A whole pull becomes the table's new state: one transaction, with everything that follows from it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import ColumnElement, Connection, Engine

from database import brand_transaction
from models import Resource, ResourceStatus, SyncErrorKind, utc_now
from sync.failures import PullError
from sync.lease import Lease
from sync.reading.pull import Pull
from sync.reading.snapshots import mark_whole
from sync.storing.derived import derive_hot_list, forget_notes_of_gone_leads, record_stage_changes
from sync.storing.ledger import (
    ResourceResult,
    raise_data_version,
    record_issues,
    record_replay,
    record_result,
    record_unknown_fields,
)
from sync.storing.store import Counts, Staging, count_live, count_missing, is_suspicious_removal, staged, upsert
from sync.storing.summaries import write_summaries

log = structlog.get_logger()


@dataclass(frozen=True)
class TableWriter:
    """Where pulls land: one brand, whose days are those of `zone`, in one run.

    `accept` lets in what would be held back as suspicious; `replaying` lands a pull of old, whose record is written.
    """

    engine: Engine
    lease: Lease
    run_id: str
    zone: ZoneInfo
    accept: bool = False
    replaying: bool = False

    def land(
        self, pull: Pull, *, scope: ColumnElement[bool] | None, never_empties: bool, began: float
    ) -> ResourceResult:
        """Bring a list's table to what was pulled.

        Raises PullError (HELD_BACK) where the pull looks suspicious, and LeaseLostError where another worker has the
        brand by now; either way nothing is written.
        """
        if pull.is_mostly_unreadable and not self.accept:
            raise held_back(f"{len(pull.rejected)} of {pull.fetched} records can't be read")
        tenant_id = self.lease.tenant_id
        with brand_transaction(self.engine, tenant_id) as connection:
            self.lease.hold(connection)
            with staged(connection, pull.mirror, tenant_id, pull.spool.batches) as staging:
                # A row that is missing may be one of those that can't be read.
                remove = not pull.rejected
                if remove and not self.accept and not staging.table_was_empty:
                    self._guard(connection, pull, scope, never_empties=never_empties)
                counts, derived = self._write(connection, pull, scope, staging=staging, remove=remove)
            if counts.changed or derived:
                raise_data_version(connection, tenant_id)
            mark_whole(connection, tenant_id, self.run_id, pull.resource, since=pull.first_position)
            result = ResourceResult(
                pull.resource,
                ResourceStatus.SUCCESS,
                pull.started_at,
                pull.pages,
                pull.fetched,
                len(pull.rejected),
                counts=counts,
                seconds=time.monotonic() - began,
            )
            self.conclude(connection, pull, result)
            self.lease.hold(connection)  # once more: see Lease.hold
        return result

    def _guard(
        self, connection: Connection, pull: Pull, scope: ColumnElement[bool] | None, *, never_empties: bool
    ) -> None:
        tenant_id = self.lease.tenant_id
        gone = count_missing(connection, pull.mirror, tenant_id, scope)
        if gone == 0:
            return
        live = count_live(connection, pull.mirror, tenant_id)
        if is_suspicious_removal(gone, live) or (never_empties and pull.fetched == 0):
            raise held_back(f"it would remove {gone} of {live} rows")

    def _write(
        self, connection: Connection, pull: Pull, scope: ColumnElement[bool] | None, *, staging: Staging, remove: bool
    ) -> tuple[Counts, bool]:
        """Change the table and what is derived from it; tell whether the latter changed."""
        tenant_id, now, derived = self.lease.tenant_id, utc_now(), False
        if pull.resource is Resource.PIPELINE_ITEMS:
            derived = record_stage_changes(connection, pull.mirror, tenant_id, pull.started_at, now) > 0
        counts = upsert(connection, pull.mirror, tenant_id, now, staging=staging, scope=scope, remove=remove)
        if pull.resource in {Resource.PIPELINE_ITEMS, Resource.PIPELINE_STAGES}:
            derived = derive_hot_list(connection, tenant_id, now).changed or derived
        if pull.resource is Resource.LEADS and counts.removed:
            derived = forget_notes_of_gone_leads(connection, tenant_id, now) > 0
        return counts, write_summaries(connection, tenant_id, self.zone, pull.resource) or derived

    def conclude(self, connection: Connection, pull: Pull, result: ResourceResult) -> None:
        """Write down how the resource ended, with what could not be read and which fields were new."""
        tenant_id = self.lease.tenant_id
        if self.replaying:
            record_replay(connection, tenant_id, result)
            return
        record_result(connection, tenant_id, self.run_id, result)
        reading = pull.reading
        record_issues(connection, tenant_id, self.run_id, pull.resource, rejected=pull.rejected, issues=reading.issues)
        new = record_unknown_fields(connection, tenant_id, pull.resource, reading.unknown) if reading.unknown else []
        if new:
            log.info("unknown_fields", resource=pull.resource.value, fields=new)


def held_back(reason: str) -> PullError:
    """Return the error that holds a suspicious pull back."""
    said = f"held back until someone confirms it: {reason}"
    return PullError(SyncErrorKind.HELD_BACK, said)
