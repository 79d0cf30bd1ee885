"""One brand's sync, from lease to finished run. Resources are independent: one that fails leaves the others whole.

What was read lands in a thread of its own, while the next resource is read: the database's time goes beside the
network's and Python's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

import structlog
from sqlalchemy import Engine

from database import brand_transaction
from encryption import EncryptionError
from logs import forget_in_logs
from models import Resource, ResourceStatus, RunStatus, SyncErrorKind, utc_now
from settings import SyncSettings
from sync.api.access import AccessWatch, BrandAccess
from sync.api.clienttether import ClientTether
from sync.api.pace import Pace
from sync.failures import LeaseLostError, PullError, StoppedError, place_of
from sync.lease import renewing
from sync.mapping.field_file import NO_FIELD_FILE, FieldFile
from sync.mapping.rows import schedule_window
from sync.reading.habits import remembered_habits
from sync.reading.notes_pull import pull_notes
from sync.reading.pull import ListReader, Pull, pull_list
from sync.reading.resources import LISTS, NOTES_TABLE, ListResource, Window, removal_scope
from sync.reading.snapshots import SnapshotWriter
from sync.reading.spool import Spool
from sync.running.runs import BrandAccount, RunRequest, StartedRun, as_it_is_now, finish_run, run_status, start_run
from sync.storing.landing import TableWriter
from sync.storing.ledger import ResourceResult, out_of_time_last, record_failure, record_result
from sync.storing.notes_landing import land_notes, leads_were_read, plan_of_brand
from sync.storing.stages import known_stages
from sync.tables import MirrorTable

_ACCESS: Final = frozenset({SyncErrorKind.TOKEN_REFUSED, SyncErrorKind.KEY_REFUSED})
_STATUS_OF: Final = {
    SyncErrorKind.INCOMPLETE: ResourceStatus.INCOMPLETE,
    SyncErrorKind.HELD_BACK: ResourceStatus.HELD_BACK,
    SyncErrorKind.UNAVAILABLE: ResourceStatus.UNAVAILABLE,
}
_MAY_BE_MISSING: Final = frozenset(plan.resource for plan in LISTS if plan.may_be_missing)
_Result = TypeVar("_Result")
log = structlog.get_logger()


@dataclass(frozen=True)
class SyncContext:
    """What all brands' runs of a worker share.

    `renewals`: what leases are renewed through, so that a renewal never waits for a connection that a run has.
    """

    engine: Engine
    settings: SyncSettings
    worker: str
    stop: threading.Event
    access: AccessWatch
    fields: FieldFile = NO_FIELD_FILE
    pace: Pace = field(default_factory=Pace)
    renewals: Engine | None = None


def sync_brand(
    sync: SyncContext,
    brand: BrandAccount,
    run_request: RunRequest,
    on_start: Callable[[StartedRun], None] = lambda _run: None,
) -> RunStatus | None:
    """Run one brand's sync and return how it ended; None where it was not ours to run.

    `on_start` is told of the run once it has begun. Raises SQLAlchemyError where the database is away, StoppedError
    where the worker must end; the run is then abandoned, by itself or at the next look.
    """
    run = start_run(sync.engine, brand.tenant_id, sync.worker, sync.settings.sync_lease_seconds, run_request)
    if run is None:
        return None
    with structlog.contextvars.bound_contextvars(run=run.run_id, brand=brand.slug):
        on_start(run)
        log.info("run_started", trigger=run_request.trigger.value)
        started = time.monotonic()
        try:
            with renewing(sync.renewals or sync.engine, run.lease) as lost:
                account = as_it_is_now(sync.engine, brand)
                status = _BrandRun(sync, account, run, run_request, lost).status()
            finish_run(sync.engine, run, status)
        except LeaseLostError:
            log.warning("lease_lost", reason="another worker has taken the brand over; nothing more is written")
            return None
        except StoppedError:
            _abandon(sync.engine, run)
            raise
        log.info("run_finished", status=status.value, seconds=round(time.monotonic() - started, 2))
    return status


def _abandon(engine: Engine, run: StartedRun) -> None:
    try:
        finish_run(engine, run, RunStatus.ABANDONED)
        log.warning("run_abandoned", reason="the worker is told to stop")
    except LeaseLostError:
        log.warning("lease_lost", reason="another worker has taken the brand over")


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One resource's turn in a run: when it began, for people (UTC) and for measuring."""

    resource: Resource
    started_at: datetime = field(default_factory=utc_now)
    began: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class _Means:
    """What a run reads and writes with: the account, the threads that ask for pages, the one thread that writes.

    One, and in the order of its tasks: whatever a run writes is written under its lease's lock, so that several would
    only wait for each other. `spools` closes what is left open at the end.
    """

    client: ClientTether
    pages: ThreadPoolExecutor
    writer: Executor
    spools: ExitStack


class _BrandRun:
    """The steps of one run."""

    def __init__(
        self, sync: SyncContext, brand: BrandAccount, run: StartedRun, run_request: RunRequest, lost: threading.Event
    ) -> None:
        self._sync, self._brand, self._run, self._lost = sync, brand, run, lost
        self._settings = sync.settings
        self._tables = TableWriter(sync.engine, run.lease, run.run_id, brand.zone, run_request.accept)
        window = schedule_window(utc_now(), brand.zone, self._settings.sync_schedule_days)
        self._window = Window(*window)
        self._no_access: PullError | None = None
        self._results: list[ResourceResult] = []
        self._landings: dict[Resource, Future[None]] = {}

    def status(self) -> RunStatus:
        """Read and land every resource; return how the run ended."""
        settings = self._settings
        readings = [(plan.resource, self._list_reading(plan)) for plan in self._lists_in_turn()]
        if settings.sync_notes_budget:
            readings.append((Resource.NOTES, self._read_notes))
        try:
            web_key = settings.cipher().decrypt(self._brand.web_key_encrypted)
        except EncryptionError:
            self._refuse(PullError(SyncErrorKind.KEY_UNREADABLE, "the stored web key can't be decrypted"))
            return RunStatus.FAILED
        forget_in_logs(web_key)
        try:
            client = ClientTether(
                settings, web_key, stop=self._sync.stop, calls=self._sync.fields.calls, pace=self._sync.pace
            )
        except PullError as failure:
            self._refuse(failure)
            return RunStatus.FAILED
        with (
            client,
            ExitStack() as spools,
            ThreadPoolExecutor(settings.sync_requests_per_brand, thread_name_prefix="page") as pages,
            ThreadPoolExecutor(1, thread_name_prefix="writer") as writer,
        ):
            means = _Means(client, pages, writer, spools)
            try:
                for resource, read in readings:
                    self._attempt(resource, read, means)
                self._wait_for_landings(*self._landings)
            finally:
                for landing in self._landings.values():
                    landing.cancel()  # a run that ends early leaves what has not begun to land as it is
        return run_status([result.status for result in self._results])

    def _lists_in_turn(self) -> list[ListResource]:
        """Return the lists in order, first those that the last run had no time for: none is to be last for ever."""
        with brand_transaction(self._sync.engine, self._brand.tenant_id, writes=False) as connection:
            left_over = out_of_time_last(connection, self._brand.tenant_id, self._run.run_id)
        return sorted(LISTS, key=lambda plan: plan.resource not in left_over)

    def _refuse(self, failure: PullError) -> None:
        """Write down that the brand's account can't be opened at all."""
        with brand_transaction(self._sync.engine, self._brand.tenant_id) as connection:
            self._run.lease.hold(connection)
            record_failure(connection, self._brand.tenant_id, self._run.run_id, None, failure)
        log.error("brand_failed", kind=failure.kind.value, reason=failure.message)

    def _attempt(self, resource: Resource, read: _Reading, means: _Means) -> None:
        """Read one resource, and let it land while the next one is read."""
        self._raise_if_stopped()
        # Rows name their stages by the list of stages, and whose notes to read the leads say.
        self._wait_for_landings(Resource.LEADS if resource is Resource.NOTES else Resource.PIPELINE_STAGES)
        attempt = _Attempt(resource)
        if self._no_access is not None:
            self._fail(attempt, self._no_access, repeated=True)
            return
        land = self._guarded(attempt, lambda: self._with_access_judged(read, means))
        if land is not None:
            self._landings[resource] = means.writer.submit(copy_context().run, self._land, attempt, land)

    def _land(self, attempt: _Attempt, land: _Landing) -> None:
        """Let a resource land, in the writer's thread."""
        try:
            result = self._guarded(attempt, lambda: land(attempt.began))
        except LeaseLostError:
            self._lost.set()  # ends what is being read meanwhile, which would land nowhere
            raise
        if result is not None:
            self._results.append(result)
            self._log(result)

    def _wait_for_landings(self, *resources: Resource) -> None:
        """Wait until what was read of these has landed or failed by name. Raises what ends the run."""
        for resource in resources:
            if resource in self._landings:
                self._landings[resource].result()

    def _guarded(self, attempt: _Attempt, work: Callable[[], _Result]) -> _Result | None:
        """Do a part of a resource's work; what fails in it ends as a failed resource, never as a crash."""
        try:
            return work()
        except (LeaseLostError, StoppedError):
            raise
        except PullError as failure:
            self._fail(attempt, failure)
        except Exception as unforeseen:  # noqa: BLE001 - see below
            # The boundary: whatever is wrong with one resource, the others still land. Where it is the database that
            # is away, writing the failure down raises again and ends the run.
            log.error("resource_broke", resource=attempt.resource.value, cause=place_of(unforeseen))  # noqa: TRY400
            self._fail(attempt, PullError(SyncErrorKind.INTERNAL, "the resource could not be stored"))
        return None

    def _with_access_judged(self, read: _Reading, means: _Means) -> _Landing:
        """Read, and where that is refused find out whose fault it is: then the other calls need not be tried."""
        try:
            return read(means)
        except PullError as failure:
            client = means.client
            access = BrandAccess(self._brand.tenant_id, client.was_let_in, client.is_still_let_in)
            self._sync.access.judge(failure, access)
            if failure.kind in _ACCESS:
                self._no_access = failure
            raise

    def _fail(self, attempt: _Attempt, failure: PullError, *, repeated: bool = False) -> None:
        """Write down that a resource was not read; what the tables hold stays. A `repeated` cause is told once."""
        resource = attempt.resource
        status = _STATUS_OF.get(failure.kind, ResourceStatus.FAILED)
        if failure.kind is SyncErrorKind.UNAVAILABLE and resource not in _MAY_BE_MISSING:
            status = ResourceStatus.FAILED
        result = ResourceResult(resource, status, attempt.started_at, seconds=time.monotonic() - attempt.began)
        tenant_id, run_id = self._brand.tenant_id, self._run.run_id
        with brand_transaction(self._sync.engine, tenant_id) as connection:
            self._run.lease.hold(connection)
            record_result(connection, tenant_id, run_id, result)
            if not repeated:
                concerns = None if failure.kind in _ACCESS else resource
                record_failure(connection, tenant_id, run_id, concerns, failure)
        self._results.append(result)
        if failure.kind not in _ACCESS:
            log.warning(
                "resource_failed",
                resource=resource.value,
                status=status.value,
                kind=failure.kind.value,
                reason=failure.message,
                http_status=failure.http_status,
                result_code=failure.result_code,
                attempts=failure.attempts,
            )

    def _raise_if_stopped(self) -> None:
        """Raise where the run must end between two pages."""
        if self._lost.is_set():
            raise LeaseLostError
        if self._sync.stop.is_set():
            raise StoppedError

    def _list_reading(self, plan: ListResource) -> _Reading:
        def read(means: _Means) -> _Landing:
            settings, brand = self._settings, self._brand
            pull = self._pull(plan.resource, plan.mirror, means)
            snapshots = self._snapshots(plan.resource, means)
            reader = ListReader(
                plan,
                lambda offset: plan.ask(means.client, offset, self._window),
                brand.zone,
                snapshots=snapshots,
                pool=means.pages,
                in_flight=settings.sync_requests_per_brand,
                most_rows=settings.sync_max_rows,
                raise_if_stopped=self._raise_if_stopped,
            )
            memory = remembered_habits(self._sync.engine, self._run.lease, plan.call)
            with snapshots.reading():
                habits = pull_list(reader, pull, memory, accept=self._tables.accept)
            self._sync.access.works_for(brand.tenant_id)

            def land(began: float) -> ResourceResult:
                with pull.spool, snapshots.landing() as pull.kept:
                    memory.keep(habits)
                    scope = removal_scope(plan.resource, self._window, brand.zone)
                    return self._tables.land(pull, scope=scope, never_empties=plan.never_empties, began=began)

            return land

        return read

    def _read_notes(self, means: _Means) -> _Landing:
        settings = self._settings
        if not leads_were_read(self._tables):
            raise PullError(SyncErrorKind.INCOMPLETE, "whose notes to read is not known before the leads are")
        plan = plan_of_brand(self._tables, settings.sync_notes_budget)
        pull = self._pull(Resource.NOTES, NOTES_TABLE, means)
        snapshots = self._snapshots(Resource.NOTES, means)
        with snapshots.reading():
            notes = pull_notes(
                means.client.history_notes,
                plan,
                pull,
                self._brand.zone,
                snapshots=snapshots,
                pool=means.pages,
                in_flight=settings.sync_requests_per_brand,
                raise_if_stopped=self._raise_if_stopped,
            )

        def land(began: float) -> ResourceResult:
            with pull.spool, snapshots.landing() as pull.kept:
                leads_known = any(result.resource is Resource.LEADS and result.whole for result in self._results)
                return land_notes(self._tables, notes, plan, leads_known=leads_known, began=began)

        return land

    def _pull(self, resource: Resource, mirror: MirrorTable, means: _Means) -> Pull:
        with brand_transaction(self._sync.engine, self._brand.tenant_id, writes=False) as connection:
            stages = known_stages(connection, self._brand.tenant_id)
        return Pull(resource, mirror, means.spools.enter_context(Spool()), names=self._sync.fields.names, stages=stages)

    def _snapshots(self, resource: Resource, means: _Means) -> SnapshotWriter:
        return SnapshotWriter(self._sync.engine, self._run.lease, self._run.run_id, resource, means.writer)

    def _log(self, result: ResourceResult) -> None:
        counts = result.counts
        log.info(
            "resource_done",
            resource=result.resource.value,
            status=result.status.value,
            pages=result.pages,
            fetched=result.fetched,
            inserted=counts.inserted,
            updated=counts.updated,
            unchanged=counts.unchanged,
            removed=counts.removed,
            rejected=result.rejected,
            remaining=result.remaining,
            seconds=round(result.seconds, 2),
        )


_Landing = Callable[[float], ResourceResult]
_Reading = Callable[[_Means], _Landing]
