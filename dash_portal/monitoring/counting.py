"""What each web process counts by itself: how long requests take, and how many connections are in use."""

from __future__ import annotations

from typing import Any, Final

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import Engine, event

REQUEST_SECONDS: Final = Histogram(
    "portal_request_seconds",
    "How long requests took, by what answers them",
    ["endpoint", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_CONNECTIONS: Final = Gauge(
    "portal_database_connections_in_use", "Connections of the pools that are lent out", multiprocess_mode="livesum"
)
_ROW_READS: Final = Counter(
    "portal_row_reads", "Reads of a brand's rows, where there is a replica, by what answered them", ["database"]
)


def count_row_read(*, from_replica: bool) -> None:
    """Count a read of rows, which the primary answers as well while the replica is away or behind."""
    _ROW_READS.labels("replica" if from_replica else "primary").inc()


def count_request(endpoint: str | None, status: int, seconds: float) -> None:
    """Count a request that was answered; what no route answers is counted together."""
    REQUEST_SECONDS.labels(endpoint or "none", f"{status // 100}xx").observe(seconds)


def count_connections(engine: Engine) -> None:
    """Count what the engine's pool lends out from now on."""

    @event.listens_for(engine, "checkout")
    def _lend(*_what: Any) -> None:
        _CONNECTIONS.inc()

    @event.listens_for(engine, "checkin")
    def _take_back(*_what: Any) -> None:
        _CONNECTIONS.dec()
