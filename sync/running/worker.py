"""The worker: looks about every second for what is due, and has it done, several brands at a time.

Any number of workers may run. What one of them knows is in the database; nothing is lost when it dies.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

import watching
from database import agency_transaction, brand_transaction, follow_clock
from database_away import why_away
from models import RunStatus, Trigger, utc_now
from sync.failures import LeaseLostError, StoppedError, place_of
from sync.lease import take_lease
from sync.running.brand_pool import BrandPool
from sync.running.connection_checks import answer_check, waiting_checks
from sync.running.heartbeat import BEAT_SECONDS, beat, record_stop
from sync.running.history_retention import prune_history
from sync.running.requests import bind_to_run, brands_asked_for, claim, put_back, settle
from sync.running.retention import prune_brand
from sync.running.runs import (
    BrandAccount,
    History,
    RunRequest,
    StartedRun,
    abandon_dead_runs,
    active_brands,
    brands_of_crashed_runs,
    finish_run,
    histories,
)
from sync.running.schedule import MOST_CRASHES, due_run, in_turn
from sync.running.side_by_side import at_start
from sync.running.tenant_run import SyncContext, sync_brand
from timetable import slot_after
from watching import living_workers

_LOOK_SECONDS: Final = 1.0
_AWAY_SECONDS: Final = 5.0
_PRUNE_SECONDS: Final = 3600.0
_GRACE_SECONDS: Final = 7.0
log = structlog.get_logger()


class Worker:
    """One worker process. `run` returns once it is told to stop and all is finished or given back."""

    def __init__(self, sync: SyncContext) -> None:
        self._sync = sync
        self._started_at: datetime | None = None
        self._late: frozenset[str] = frozenset()
        self._beaten = self._prune_at = float("-inf")
        self._database_away = False
        self._brands = BrandPool(sync.settings)
        # What people wait for never queues behind the schedule.
        self._errands = ThreadPoolExecutor(at_start(sync.settings.sync_brands_at_once), thread_name_prefix="errand")
        self._lock = threading.Lock()
        self._under_way: dict[object, Future[Any]] = {}
        self._runs: dict[int, StartedRun] = {}

    def run(self) -> bool:
        """Work until told to stop; tell whether everything ended by itself (if not, threads are still about)."""
        next_slot = slot_after(self._sync.settings.sync_cron, utc_now())
        log.info("worker_started", worker=self._sync.worker, next_slot=next_slot.isoformat())
        while not self._sync.stop.is_set():
            self._sync.stop.wait(_LOOK_SECONDS if self.look() else _AWAY_SECONDS)
        return self._end()

    def look(self) -> bool:
        """Look once for what is due. A database that is away is waited for: False says that it was."""
        try:
            self._look()
        except SQLAlchemyError as away:
            if not self._database_away:
                log.warning("database_away", reason=why_away(away))
            self._database_away = True
            return False
        if self._database_away:
            log.info("database_back")
        self._database_away = False
        return True

    def _look(self) -> None:
        """Beat, then begin what is due: what people wait for first."""
        engine = self._sync.engine
        now = follow_clock(engine)
        self._beat()
        self._forget_finished()
        for check_id in waiting_checks(engine):
            shared = (self._sync.settings, self._sync.fields, check_id, self._sync.pace)
            self._begin(self._errands, check_id, answer_check, engine, *shared)
        cron = self._sync.settings.sync_cron
        brands = {brand.tenant_id: brand for brand in in_turn(cron, active_brands(engine), now)}
        for tenant_id in brands_asked_for(engine):
            if tenant_id in brands and self._is_free(tenant_id):
                self._begin(self._errands, tenant_id, self._answer_requests, brands[tenant_id])
        self._abandon_crashed()
        with agency_transaction(engine, writes=False) as connection:
            known = histories(connection, MOST_CRASHES)
        for tenant_id, brand in brands.items():
            run_request = due_run(cron, brand.slug, known.get(tenant_id, History()), now)
            if run_request is not None:
                self._begin(self._brands, tenant_id, self._sync_one, brand, run_request)
        self._brands.adjust(self._sync.pace, engine)
        self._prune(list(brands))

    def _beat(self) -> None:
        if time.monotonic() - self._beaten < BEAT_SECONDS:
            return
        with agency_transaction(self._sync.engine) as connection:
            self._started_at = beat(connection, self._sync.worker, self._started_at, self._sync.pace.tally())
        self._beaten = time.monotonic()
        self._tell_late()

    def _tell_late(self) -> None:
        """Write a line for each brand that has become late; of several workers, the first one does."""
        settings = self._sync.settings
        with agency_transaction(self._sync.engine, writes=False) as connection:
            watch = watching.look(connection, settings.sync_cron, settings.sync_late_slots)
        if watch.workers[:1] == (self._sync.worker,):
            for age in watch.late:
                if age.slug not in self._late:
                    log.warning("brand_late", brand=age.slug, whole_read_at=str(age.whole_read_at or "never"))
        self._late = frozenset(age.slug for age in watch.late)

    def _is_free(self, tenant_id: int) -> bool:
        """Tell whether no run of the brand has begun; one that only waits for its turn is called off."""
        scheduled = self._under_way.get(tenant_id)
        if scheduled is not None and scheduled.cancel():
            del self._under_way[tenant_id]
        return tenant_id not in self._under_way

    def _begin(
        self, pool: ThreadPoolExecutor | BrandPool, key: object, task: Callable[..., object], *arguments: object
    ) -> None:
        """Have a task done unless it is under way; what breaks in it is logged, and ends nothing else."""
        if key in self._under_way or self._sync.stop.is_set():
            return
        self._under_way[key] = pool.submit(self._guarded, task, *arguments)

    def _guarded(self, task: Callable[..., object], *arguments: object) -> None:
        try:
            task(*arguments)
        except StoppedError:
            pass
        except SQLAlchemyError as away:
            log.warning("task_stopped", reason="the database is away", cause=why_away(away))
        except Exception as unforeseen:  # noqa: BLE001 - the worker goes on whatever is wrong with one task
            log.error("task_broke", cause=place_of(unforeseen))  # noqa: TRY400

    def _forget_finished(self) -> None:
        for key in [key for key, future in self._under_way.items() if future.done()]:
            del self._under_way[key]

    def _sync_one(
        self, brand: BrandAccount, run_request: RunRequest, on_start: Callable[[str], None] = lambda _run_id: None
    ) -> RunStatus | None:
        def note(run: StartedRun) -> None:
            with self._lock:
                self._runs[brand.tenant_id] = run
            on_start(run.run_id)

        try:
            return sync_brand(self._sync, brand, run_request, note)
        finally:
            with self._lock:
                self._runs.pop(brand.tenant_id, None)

    def _answer_requests(self, brand: BrandAccount) -> None:
        """Run the sync that people asked for; where the brand is busy, they wait on."""
        engine = self._sync.engine
        claimed = claim(engine, brand.tenant_id)
        if claimed is None:
            return
        run_request = RunRequest(Trigger.MANUAL, accept=claimed.accept)
        status = self._sync_one(brand, run_request, lambda run_id: bind_to_run(engine, claimed, run_id))
        if status is None:
            put_back(engine, claimed)
        else:
            settle(engine, claimed)

    def _abandon_crashed(self) -> None:
        """Mark runs abandoned that say "running" although nobody holds their brand."""
        with agency_transaction(self._sync.engine, writes=False) as connection:
            tenants = brands_of_crashed_runs(connection)
        for tenant_id in tenants:
            with brand_transaction(self._sync.engine, tenant_id) as connection:
                lease = take_lease(
                    connection, tenant_id, self._sync.worker, self._sync.settings.sync_lease_seconds, None
                )
                if lease is not None:
                    abandon_dead_runs(connection, tenant_id)
                    lease.release(connection)

    def _prune(self, tenant_ids: list[int]) -> None:
        """Have what is old taken away, once an hour, by the first of the living workers."""
        if time.monotonic() < self._prune_at:
            return
        self._prune_at = time.monotonic() + _PRUNE_SECONDS
        with agency_transaction(self._sync.engine, writes=False) as connection:
            is_mine = living_workers(connection)[:1] == (self._sync.worker,)
        if is_mine:
            self._begin(self._errands, "prune", self._prune_all, tenant_ids)

    def _prune_all(self, tenant_ids: list[int]) -> None:
        if prune_history(self._sync.engine, self._sync.settings):
            self._prune_at = time.monotonic() + _LOOK_SECONDS  # there is more
        for tenant_id in tenant_ids:
            if self._sync.stop.is_set():
                return
            try:
                prune_brand(self._sync.engine, self._sync.settings, tenant_id, self._sync.worker)
            except LeaseLostError:
                log.warning("pruning_stopped", reason="another worker has taken the brand over")

    def _end(self) -> bool:
        """Let runs end between two pages; give back the brands of those that hang, within ten seconds in all."""
        log.info("worker_stopping", under_way=len(self._under_way))
        self._brands.close()
        self._errands.shutdown(wait=False, cancel_futures=True)
        begun = [future for future in self._under_way.values() if not future.cancelled()]
        _, hanging = wait(begun, timeout=_GRACE_SECONDS)
        with self._lock:
            runs = list(self._runs.values())
        try:
            for run in runs:
                self._give_back(run)
            with agency_transaction(self._sync.engine) as connection:
                record_stop(connection, self._sync.worker)
        except SQLAlchemyError as away:
            log.warning("worker_left_without_word", reason=why_away(away))
        log.info("worker_stopped")
        return not hanging

    def _give_back(self, run: StartedRun) -> None:
        try:
            finish_run(self._sync.engine, run, RunStatus.ABANDONED)
            log.warning("run_abandoned", run=run.run_id, reason="it hangs, and the worker must end")
        except LeaseLostError:
            pass
