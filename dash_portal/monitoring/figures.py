"""All figures of `/metrics`: what the web processes count themselves, and what the database tells when it is asked.

The workers have no address of their own: what they count comes with their heartbeat.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, func, select
from sqlmodel import col

from database import agency_transaction
from database_away import AWAY
from models import RunStatus, SyncRun, Tenant, WorkerHeartbeat
from settings import PortalSettings
from watching import Watch, look

SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder in which the web processes put what they count together."""


def all_figures(engine: Engine, settings: PortalSettings) -> bytes:
    """Return the figures as text."""
    registry = CollectorRegistry()
    registry.register(_OfDatabase(engine, settings))
    counted = REGISTRY
    if SHARED_FOLDER in os.environ:
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    return bytes(generate_latest(counted) + generate_latest(registry))


class _OfDatabase(Collector):
    def __init__(self, engine: Engine, settings: PortalSettings) -> None:
        self._engine, self._settings = engine, settings

    def describe(self) -> Iterator[Metric]:
        """Tell nothing ahead: the figures are asked for once, when they are wanted."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Yield the figures; while the database is away only that it is."""
        is_up = GaugeMetricFamily("portal_database_up", "Whether the database answers")
        try:
            with agency_transaction(self._engine, writes=False) as connection:
                watch = look(connection, self._settings.sync_cron, self._settings.sync_late_slots)
                listed = [*_of_reads(watch), _of_runs(connection, watch), *_of_workers(connection, watch)]
        except AWAY:
            listed = []
        is_up.add_metric([], 1 if listed else 0)
        yield from (is_up, *listed)


def _of_reads(watch: Watch) -> Iterator[Metric]:
    age = GaugeMetricFamily(
        "portal_sync_age_seconds", "Since the start of the last whole read", labels=["brand", "resource"]
    )
    for read in watch.ages:
        if read.resource is not None and read.whole_read_at is not None:
            seconds = (watch.now - read.whole_read_at).total_seconds()
            age.add_metric([read.slug, read.resource.value], max(0.0, seconds))
    late = GaugeMetricFamily("portal_brand_late", "Whether a brand's data is older than it may be", labels=["brand"])
    slugs = {read.slug for read in watch.late}
    for slug in dict.fromkeys(read.slug for read in watch.ages):
        late.add_metric([slug], 1 if slug in slugs else 0)
    workers = GaugeMetricFamily("portal_workers", "How many workers are alive", value=len(watch.workers))
    yield from (age, late, workers)


def _of_runs(connection: Connection, watch: Watch) -> Metric:
    runs = GaugeMetricFamily("portal_sync_runs", "Runs that began within the last day, by status", labels=["status"])
    lately = (
        select(col(SyncRun.status), func.count())
        .join_from(Tenant, SyncRun, col(SyncRun.tenant_id) == Tenant.id)  # brand by brand: so an index leads to them
        .where(col(SyncRun.started_at) > watch.now - timedelta(days=1))
        .group_by(col(SyncRun.status))
    )
    counts = {status.value: 0 for status in RunStatus} | {row[0].value: row[1] for row in connection.execute(lately)}
    for status, count in counts.items():
        runs.add_metric([status], count)
    return runs


def _of_workers(connection: Connection, watch: Watch) -> Iterator[Metric]:
    counted = {
        "calls": CounterMetricFamily("clienttether_calls", "Calls begun", labels=["worker"]),
        "calls_failed": CounterMetricFamily("clienttether_calls_failed", "Calls that failed", labels=["worker"]),
        "calls_refused": CounterMetricFamily(
            "clienttether_calls_refused", "Calls refused for coming too early", labels=["worker"]
        ),
        "waited_seconds": CounterMetricFamily(
            "clienttether_wait_seconds", "Seconds that calls waited for their turn", labels=["worker"]
        ),
    }
    columns: list[Any] = [col(getattr(WorkerHeartbeat, name)).label(name) for name in ("worker", *counted)]
    alive = col(WorkerHeartbeat.worker).in_(watch.workers)
    for row in connection.execute(select(*columns).where(alive)).mappings():
        for name, metric in counted.items():
            metric.add_metric([row["worker"]], row[name])
    yield from counted.values()
