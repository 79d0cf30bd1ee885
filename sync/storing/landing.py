"""A whole pull becomes the table's new state: one transaction, with everything that follows from it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import ColumnElement, Connection, Engine

from database import brand_transaction
from models import FieldState, Resource, ResourceStatus, utc_now
from sync.failures import PullError
from sync.lease import Lease
from sync.mapping.expectations import FieldReport, core_shares
from sync.reading.pull import Pull
from sync.reading.snapshots import mark_whole
from sync.storing.derived import (
    derive_hot_list,
    forget_notes_of_gone_leads,
    is_renamed_stage,
    record_late_moves,
    record_stage_changes,
    remember_stages,
)
from sync.storing.fields import accepted, only_better, record_fields, report_fields
from sync.storing.guard import held_back, raise_if_fields_fell, raise_if_mostly_unreadable, raise_if_removing_too_much
from sync.storing.ledger import (
    ResourceResult,
    accept_unreadable,
    accepted_unreadable,
    raise_data_version,
    record_empty_fields,
    record_issues,
    record_replay,
    record_result,
    record_unknown_fields,
    was_read_whole,
)
from sync.storing.store import Counts, excuse_missing, staged, upsert
from sync.storing.summaries import write_summaries
from sync.storing.unchanged import count_if_unchanged

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

        The result is partial where a record or a core field is not understood: all else is as read, and the agency is
        told until that is mended or accepted. Raises PullError (HELD_BACK) where the pull looks suspicious, and
        LeaseLostError where another worker has the brand by now; either way nothing is written.
        """
        self.raise_if_unreadable(pull)
        tenant_id = self.lease.tenant_id
        with brand_transaction(self.engine, tenant_id) as connection:
            self.lease.hold(connection)
            reports = self.judge_fields(connection, pull)
            if never_empties and pull.fetched == 0 and not self.accept:
                self._guard_first_sight(connection, pull.resource)
            counts, derived = self._write(connection, pull, scope, never_empties=never_empties)
            if counts.changed or derived:
                raise_data_version(connection, tenant_id)
            if not self.replaying:
                mark_whole(connection, tenant_id, self.run_id, pull.resource, pull.kept)
            result = ResourceResult(
                pull.resource,
                ResourceStatus.PARTIAL if self.unreadable_are_news(connection, pull) else ResourceStatus.SUCCESS,
                pull.started_at,
                pull.pages,
                pull.fetched,
                len(pull.rejected),
                whole=True,
                answers_as_before=pull.kept.as_before,
                bodies_stored=pull.kept.bodies_stored,
                counts=counts,
                seconds=time.monotonic() - began,
            )
            self.conclude(connection, pull, result, reports)
            self.lease.hold(connection)  # once more: see Lease.hold
        return result

    def raise_if_unreadable(self, pull: Pull) -> None:
        """Raise PullError (HELD_BACK) for a pull that is mostly unreadable, unless that was accepted.

        At first sight nothing in the tables can suffer from such a pull: its answers then count as whole, so that a
        replay can build on them once a field file says where the ids stand.
        """
        if self.accept and not self.replaying:
            return
        try:
            raise_if_mostly_unreadable(pull)
        except PullError:
            with brand_transaction(self.engine, self.lease.tenant_id) as connection:
                self.lease.hold(connection)
                if not was_read_whole(connection, self.lease.tenant_id, pull.resource):
                    mark_whole(connection, self.lease.tenant_id, self.run_id, pull.resource, pull.kept)
            raise

    def judge_fields(self, connection: Connection, pull: Pull) -> list[FieldReport]:
        """Return what the pull says of each field, what was accepted included. Raises PullError where one fell."""
        reports = report_fields(connection, self.lease.tenant_id, pull.resource, pull.reading)
        if self.replaying:
            # What an answer of old lacks says nothing of today's; what it holds, read by today's rules, does.
            return only_better(reports)
        if self.accept:
            return accepted(reports)
        raise_if_fields_fell(reports)
        return reports

    def _guard_first_sight(self, connection: Connection, resource: Resource) -> None:
        """Hold an empty list back where none was ever read whole.

        It would remove nothing, but an account without a single lead is likelier one that does not show them to us.
        """
        if not was_read_whole(connection, self.lease.tenant_id, resource):
            raise held_back("the account shows none of these at all, at first sight")

    def _guard(
        self, connection: Connection, pull: Pull, scope: ColumnElement[bool] | None, *, never_empties: bool
    ) -> None:
        # A missing row may be one of those that can't be read, but no more rows than those, and none where a record
        # says what it is called: else one odd record would keep everything that is gone upstream for ever.
        unreadable = sum(not issue.record_id for issue in pull.rejected)
        if unreadable:
            excuse_missing(connection, pull.mirror, self.lease.tenant_id, scope, unreadable)
        if not self.accept:
            gone = scope
            if pull.resource is Resource.PIPELINE_STAGES:
                gone = ~is_renamed_stage(pull.mirror, self.lease.tenant_id)
            raise_if_removing_too_much(connection, pull, self.lease.tenant_id, gone, may_empty=not never_empties)

    def _write(
        self, connection: Connection, pull: Pull, scope: ColumnElement[bool] | None, *, never_empties: bool
    ) -> tuple[Counts, bool]:
        """Change the table and what is derived from it; tell whether the latter changed."""
        tenant_id, now, moves = self.lease.tenant_id, utc_now(), 0
        same = count_if_unchanged(connection, pull.mirror, tenant_id, pull.spool.batches, scope=scope)
        if same is not None:
            counts = Counts(unchanged=same)
            if pull.resource is Resource.PIPELINE_ITEMS:
                moves = record_late_moves(connection, tenant_id, pull.started_at, now)
        else:
            with staged(connection, pull.mirror, tenant_id, pull.spool.batches) as staging:
                if not staging.table_was_empty:
                    self._guard(connection, pull, scope, never_empties=never_empties)
                if pull.resource is Resource.PIPELINE_ITEMS:
                    moves = record_stage_changes(connection, pull.mirror, tenant_id, pull.started_at, now)
                counts = upsert(connection, pull.mirror, tenant_id, now, staging=staging, scope=scope)
        return counts, self._derive(connection, pull.resource, counts, now) or moves > 0

    def _derive(self, connection: Connection, resource: Resource, counts: Counts, now: datetime) -> bool:
        """Bring what follows from a table to what it says; tell whether any of it changed."""
        tenant_id, derived = self.lease.tenant_id, False
        if resource is Resource.PIPELINE_ITEMS:
            remember_stages(connection, tenant_id)
        if resource in {Resource.PIPELINE_ITEMS, Resource.PIPELINE_STAGES}:
            derived = derive_hot_list(connection, tenant_id, now).changed
        if resource is Resource.LEADS and counts.removed:
            derived = forget_notes_of_gone_leads(connection, tenant_id, now) > 0
        return write_summaries(connection, tenant_id, self.zone, resource) or derived

    def unreadable_are_news(self, connection: Connection, pull: Pull) -> bool:
        """Tell whether more records can't be read than someone has accepted."""
        return not self.accept and len(pull.rejected) > accepted_unreadable(
            connection, self.lease.tenant_id, pull.resource
        )

    def conclude(
        self, connection: Connection, pull: Pull, result: ResourceResult, reports: Sequence[FieldReport]
    ) -> None:
        """Write down how the resource ended, with what could not be read and how its fields stand.

        A success with an empty core field becomes partial here, and is as whole as it was.
        """
        tenant_id, resource = self.lease.tenant_id, pull.resource
        record_fields(connection, tenant_id, resource, reports)
        if self.replaying:
            record_replay(connection, tenant_id, result)
            return
        empty = [report for report in reports if report.state is FieldState.EMPTY]
        result.core_fields = core_shares(reports)
        result.whole = result.whole or result.status is ResourceStatus.SUCCESS
        if empty and result.status is ResourceStatus.SUCCESS:
            result.status = ResourceStatus.PARTIAL
        record_result(connection, tenant_id, self.run_id, result)
        record_empty_fields(connection, tenant_id, self.run_id, resource, empty)
        reading = pull.reading
        record_issues(connection, tenant_id, self.run_id, resource, rejected=pull.rejected, issues=reading.issues)
        # Of notes a run reads only those of some contacts: fewer that can't be read may just be others' notes.
        are_fewer = len(pull.rejected) < accepted_unreadable(connection, tenant_id, resource)
        if self.accept or (are_fewer and resource is not Resource.NOTES):
            accept_unreadable(connection, tenant_id, resource, len(pull.rejected))
        new = record_unknown_fields(connection, tenant_id, resource, reading.unknown) if reading.unknown else []
        if new:
            log.info("unknown_fields", resource=resource.value, fields=new)
