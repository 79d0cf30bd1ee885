"""How many brands an hour a worker keeps up to date, and what that costs: `python -m benchmarks.brands`.

    --brands 60 --contacts 300,1000 --latency 0,100,400 --workers 1,2      a line for each combination
    --first             sync each brand for the first time, instead of an hour after its last run
    --hours 5           so many such hours one after the other, then what they added to the database, for a year
    --changed 3         contacts of each brand that change in an hour
    --idle              what a worker costs that finds nothing due, for each second

Worker processes with default settings, PostgreSQL, and the emulator with an account for each brand, all on this machine.
An hour is made to pass by moving what was done before into the past; then all brands are due at the same moment, and
the time until the last of them has finished is measured. So a short while stands for the hour: brands an hour are
counted up in proportion.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet
from sqlalchemy import Engine, text

from benchmarks.databases import database_in
from benchmarks.many_brands import ONE_SLOT, TOKEN, Brands, an_hour_passes
from database import agency_transaction, create_engine
from emulator import Emulator
from settings import Settings
from sync.running.side_by_side import at_start

_ROOT: Final = Path(__file__).parents[1]
_POLL_SECONDS: Final = 0.25
_BEGINS_WITHIN: Final = 15.0
_IDLE_SECONDS: Final = 30.0
_HISTORY: Final = ("sync_runs", "sync_run_resources", "sync_errors")
_RAW: Final = ("raw_snapshots", "raw_bodies")
_RUNS_KEPT: Final = 90 * 24 + 275
"""In a year of hourly runs, with RUNS_KEEP_DAYS and one run a day thereafter."""
_RAW_KEPT: Final = 7 * 24 + 83
"""Likewise with SNAPSHOT_KEEP_DAYS and SNAPSHOT_KEEP_DAILY_DAYS."""
_RUNS_A_YEAR: Final = 365 * 24
_HEADINGS: Final = (
    "brands",
    "contacts",
    "ms a call",
    "workers",
    "seconds for all",
    "brands an hour",
    "calls a run",
    "processor s a run",
    "side by side",
    "peak MB a worker",
    "connections",
    "WAL KB a run",
)


@dataclass(frozen=True)
class Hour:
    """What one round of runs took."""

    seconds: float
    calls: int
    processor: float
    side_by_side: int
    megabytes: float
    connections: int
    wal: int


class WorkerProcess:
    """A worker as an operator starts it; its log goes to a file."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("w") as errors:
            command = [sys.executable, "-m", "sync", "worker"]
            self._process = subprocess.Popen(command, env=environment, cwd=_ROOT, stderr=errors)

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_megabytes(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def most_side_by_side(self) -> int:
        lines = [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")]
        grown = [int(line["brands"]) for line in lines if line["event"] == "brands_side_by_side"]
        return max([at_start(None), *grown])

    def raise_if_ended(self) -> None:
        if self._process.poll() is not None:
            raise SystemExit(f"a worker ended:\n{self._log.read_text()[-2000:]}")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)


@dataclass(frozen=True)
class World:
    """Brands in a database, their accounts, and what a worker is started with."""

    brands: Brands
    engine: Engine
    emulator: Emulator
    environment: dict[str, str]
    folder: Path

    def run_all(self, workers: int) -> Hour:
        """Have workers run every brand that is due, until the last one has finished."""
        self.emulator.clear_requests()
        wal, finished = self._number("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"), self._finished()
        with ExitStack() as stack:
            processes = [self._worker(stack, number) for number in range(workers)]
            while not self.emulator.requests:
                self._wait(processes)
            began, idle = time.monotonic(), sum(process.processor_seconds() for process in processes)
            connections = 0
            while self._finished() - finished < self.brands.count:
                self._wait(processes)
                connections = max(
                    connections, self._number("SELECT count(*) FROM pg_stat_activity WHERE usename = user")
                )
            seconds = time.monotonic() - began
            return Hour(
                seconds=seconds,
                calls=len(self.emulator.requests),
                processor=sum(process.processor_seconds() for process in processes) - idle,
                side_by_side=max(process.most_side_by_side() for process in processes),
                megabytes=max(process.peak_megabytes() for process in processes),
                connections=connections - 1,
                wal=self._number("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn") - wal,
            )

    def tell_idle(self) -> None:
        """Print what a worker costs that has nothing to do but look."""
        with ExitStack() as stack:
            process = self._worker(stack, 0)
            time.sleep(_BEGINS_WITHIN)
            began, worked = time.monotonic(), process.processor_seconds()
            time.sleep(_IDLE_SECONDS)
            share = (process.processor_seconds() - worked) / (time.monotonic() - began)
        print(f"{self.brands.count:,} brands, nothing due: {share * 1000:.0f} ms of processor a second")

    def _worker(self, stack: ExitStack, number: int) -> WorkerProcess:
        process = WorkerProcess(self.environment, self.folder / f"worker-{number}.log")
        stack.callback(process.stop)
        return process

    @staticmethod
    def _wait(processes: Sequence[WorkerProcess]) -> None:
        for process in processes:
            process.raise_if_ended()
        time.sleep(_POLL_SECONDS)

    def _finished(self) -> int:
        return self._number("SELECT count(*) FROM sync_runs WHERE finished_at IS NOT NULL")

    def raise_unless_all_succeeded(self) -> None:
        """Stop with what is known of the runs that did not succeed."""
        statement = (
            "SELECT r.tenant_id, r.status, r.trigger, r.worker, e.resource, e.kind, e.message "
            "FROM sync_runs r LEFT JOIN sync_errors e USING (tenant_id, run_id) WHERE r.status <> 'success' LIMIT 20"
        )
        with agency_transaction(self.engine, writes=False) as connection:
            bad = [str(row) for row in connection.execute(text(statement))]
        if bad:
            logs = [line for log in self.folder.glob("worker-*.log") for line in log.read_text().splitlines()]
            loud = [line for line in logs if '"level": "info"' not in line]
            raise SystemExit("\n".join(["runs that did not succeed:", *bad, *loud[-20:]]))

    def sizes(self) -> dict[str, int]:
        """Return the bytes of tables with their indexes: runs, raw answers, and all else."""
        with agency_transaction(self.engine, writes=False) as connection:
            statement = "SELECT relname, pg_total_relation_size(oid) AS size FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            rows = {str(row.relname): int(row.size) for row in connection.execute(text(statement))}
        history, raw = (sum(rows[name] for name in names) for names in (_HISTORY, _RAW))
        return {"history": history, "raw": raw, "data": sum(rows.values()) - history - raw}

    def _number(self, statement: str) -> int:
        with agency_transaction(self.engine, writes=False) as connection:
            return int(connection.execute(text(statement)).scalar_one())


@contextmanager
def made_world(brands: Brands, *, synced: bool) -> Iterator[World]:
    """Yield brands that were never synced, or all once."""
    key = Fernet.generate_key().decode()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="brands")))
        folder.chmod(0o755)
        url = Settings(database_url=stack.enter_context(database_in(folder, "postgresql"))).database_url
        emulator = stack.enter_context(brands.emulator())
        engine = create_engine(url)
        stack.callback(engine.dispose)
        environment = os.environ | {
            "DATABASE_URL": url,
            "PORTAL_ENCRYPTION_KEY": key,
            "CLIENTTETHER_API_URL": emulator.url,
            "CLIENTTETHER_ACCESS_TOKEN": TOKEN,
            "SYNC_CRON": ONE_SLOT,
        }
        world = World(brands, engine, emulator, environment, folder)
        if synced:
            brands.make(engine, key, brands.web_keys[:1])
            World(Brands(1, brands.contacts), engine, emulator, environment, folder).run_all(1)
            brands.make(engine, key, brands.web_keys[1:])
            brands.copy_first(engine)
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
        else:
            brands.make(engine, key, brands.web_keys)
        yield world


def main() -> None:
    """Measure each combination, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brands", type=int, default=60)
    parser.add_argument("--contacts", type=_numbers, default=[300])
    parser.add_argument("--latency", type=_numbers, default=[100], metavar="MS")
    parser.add_argument("--workers", type=_numbers, default=[1])
    parser.add_argument("--hours", type=int, default=1)
    parser.add_argument("--changed", type=int, default=3)
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--idle", action="store_true")
    wish = parser.parse_args()
    _line(*_HEADINGS)
    _line(*["---:"] * len(_HEADINGS))
    if wish.first:
        for contacts, latency, workers in product(wish.contacts, wish.latency, wish.workers):
            with made_world(Brands(wish.brands, contacts), synced=False) as world:
                _measure(world, latency, workers)
        return
    for contacts in wish.contacts:
        with made_world(Brands(wish.brands, contacts), synced=True) as world:
            if wish.idle:
                world.tell_idle()
            else:
                _hours(world, wish)


def _hours(world: World, wish: argparse.Namespace) -> None:
    hour, before, wal = 0, world.sizes(), []
    for latency, workers in product(wish.latency, wish.workers):
        for _ in range(wish.hours):
            hour += 1
            an_hour_passes(world.engine, world.emulator, wish.changed, hour)
            if hour == 2:
                before = world.sizes()  # the first hour's runs learn what later ones know
            wal.append(_measure(world, latency, workers).wal)
    if hour > 2:
        _tell_growth(world, before, hour - 1, sum(wal[1:]) / len(wal[1:]))


def _measure(world: World, latency: int, workers: int) -> Hour:
    world.emulator.set_latency(latency)
    hour = world.run_all(workers)
    world.raise_unless_all_succeeded()
    count = world.brands.count
    _line(
        f"{count:,}",
        f"{world.brands.contacts:,}",
        str(latency),
        str(workers),
        f"{hour.seconds:.1f}",
        f"{count / hour.seconds * 3600:,.0f}",
        f"{hour.calls / count:.0f}",
        f"{hour.processor / count:.2f}",
        str(hour.side_by_side),
        f"{hour.megabytes:.0f}",
        str(hour.connections),
        f"{hour.wal / count / 1000:,.0f}",
    )
    return hour


def _tell_growth(world: World, before: dict[str, int], hours: int, wal_of_an_hour: float) -> None:
    """Print what a run added, and what follows for a year of hourly runs with the settings' own bounds."""
    after, count = world.sizes(), world.brands.count
    grown = {what: (after[what] - before[what]) / hours / count for what in after}
    data, wal = before["data"] / count, wal_of_an_hour / count
    print(
        f"\nof {hours} hours with {count} brands, for a run: "
        + ", ".join(f"{w} {b / 1000:.1f} KB" for w, b in grown.items())
    )
    _line("brands", "data MB", "runs MB a year", "raw answers MB", "database MB after a year", "WAL GB a year")
    _line(*["---:"] * 6)
    history, raw = grown["history"] * _RUNS_KEPT, before["raw"] / count + grown["raw"] * _RAW_KEPT
    for brands in (60, 1000):
        parts = [brands * part / 1e6 for part in (data, history, raw)]
        _line(
            f"{brands:,}",
            *(f"{part:,.0f}" for part in (*parts, sum(parts))),
            f"{brands * wal * _RUNS_A_YEAR / 1e9:,.0f}",
        )


def _numbers(written: str) -> list[int]:
    return [int(number) for number in written.split(",")]


def _line(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
