"""How quickly /agency/sync answers with many brands and a long history of syncs.

    python -m benchmarks.agency [--databases sqlite,postgresql] [--brands 200] [--days 90] [--requests 200] [--keep FOLDER]

Every brand has one run an hour with five resources, every fortieth of them failed or partial with its errors, and
resource freshness; brands are synced seconds apart, as a worker does it, so that their ages turn over one by one. The
real server is asked over HTTP by one signed-in agency admin, one request after the other, and answers compressed as to
a browser; what changes by itself is asked for as the page does it, with the mark of
what is shown. Every brand has three people. Filling takes minutes: with --keep the filled databases stay in the folder
and are used again, their brands made fresh as of now.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import httpx
from backports import zstd
from cryptography.fernet import Fernet
from sqlalchemy import Connection, Engine, insert, select, text, update
from sqlmodel import col

import migrations
from benchmarks.databases import database_in
from database import AgencySession, agency_transaction, create_engine
from encryption import Cipher
from models import (
    Resource,
    ResourceFreshness,
    ResourceStatus,
    Role,
    RunStatus,
    SyncError,
    SyncErrorKind,
    SyncRun,
    SyncRunResource,
    Tenant,
    Trigger,
    User,
    WorkerHeartbeat,
    new_id,
    utc_now,
)
from settings import Settings

PORT = "8197"
EMAIL = "ana@mellon.example"
PASSWORD = "four calm words together"
PAGES = (
    "/agency/sync",
    "/agency/sync/_live",
    "/agency/sync/brand-1",
    "/agency/brands",
    "/agency/users",
    "/agency/audit",
)
AIM_MILLISECONDS = 100.0
AIM_BYTES = 100_000
AS_IT_IS = {"Accept-Encoding": "identity"}
_MARK = re.compile(r"[?&;]seen=([0-9a-f]+)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--brands", type=int, default=200)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="fill the databases here once, and use them again")
    wish = parser.parse_args()
    print(f"{wish.brands} brands, {wish.days} days of hourly runs: {wish.brands * wish.days * 24:,} runs")
    late = False
    for kind in wish.databases.split(","):
        with _folder(wish.keep, kind) as folder, database_in(Path(folder), kind) as url:
            key = _filled(url, Path(folder), wish.brands, wish.days)
            with _served(url, key) as (address, client, pid):
                for page in PAGES:
                    late = _measure(kind, client, pid, address + page, page, wish.requests) or late
    sys.exit(1 if late else 0)


def _folder(keep: Path | None, kind: str) -> AbstractContextManager[str]:
    if keep is None:
        return tempfile.TemporaryDirectory()
    folder = keep.resolve() / kind
    folder.mkdir(parents=True, exist_ok=True)
    return nullcontext(str(folder))


def _filled(url: str, folder: Path, brands: int, days: int) -> str:
    """Fill the database, unless that was done before with as much, and return the key of its secrets."""
    size_file = folder / "filled.json"
    size = {"brands": brands, "days": days}
    engine = create_engine(Settings(database_url=url).database_url)
    migrations.upgrade(engine)
    if size_file.exists():
        filled: dict[str, Any] = json.loads(size_file.read_text())
        if filled["size"] != size:
            sys.exit(f"{folder} holds {filled['size']}: choose another folder, or that size")
        _freshen(engine)
    else:
        filled = {"size": size, "key": Fernet.generate_key().decode()}
        _fill(engine, filled["key"], brands, days)
        _add_admin(url, filled["key"])
        size_file.write_text(json.dumps(filled))
    engine.dispose()
    return str(filled["key"])


def _freshen(engine: Engine) -> None:
    """Let the worker be alive and every brand's data be read minutes ago; the run history keeps its times."""
    now = utc_now()
    with agency_transaction(engine) as connection:
        connection.execute(update(WorkerHeartbeat).values(started_at=now, beat_at=now + timedelta(hours=1)))
        for tenant_id in connection.scalars(select(col(Tenant.id))).all():
            of_brand = update(ResourceFreshness).where(col(ResourceFreshness.tenant_id) == tenant_id)
            read = _synced_at(now, tenant_id or 0)
            connection.execute(of_brand.values(whole_read_at=read, last_attempt_at=read))


def _synced_at(now: datetime, tenant_id: int) -> datetime:
    return now - timedelta(minutes=9, seconds=tenant_id * 1.7)


def _fill(engine: Engine, key: str, brands: int, days: int) -> None:
    began = time.perf_counter()
    now = utc_now()
    cipher = Cipher((key,))
    with AgencySession(engine, writes=True) as session:
        for number in range(brands):
            session.add(
                Tenant(
                    slug=f"brand-{number}",
                    name=f"Brand {number}",
                    timezone="America/New_York",
                    web_key_encrypted=cipher.encrypt(f"CT_{number:06}"),
                    web_key_last4=f"{number:04}",
                )
            )
        session.add(WorkerHeartbeat(worker="benchmark", started_at=now, beat_at=now + timedelta(hours=1)))
        session.flush()
        session.add_all(_people(brands))
        session.commit()
    for tenant_id in range(1, brands + 1):
        with agency_transaction(engine) as connection:
            _fill_brand(connection, tenant_id, now, days)
    _analyse(engine)
    print(f"  filled in {time.perf_counter() - began:.0f} s")


def _people(brands: int) -> Iterator[User]:
    """Yield three people of every brand, who can't sign in: they have no password."""
    for tenant_id, number in product(range(1, brands + 1), range(3)):
        email = f"person-{number}@brand-{tenant_id}.example"
        yield User(email=email, password_hash="", role=Role.TENANT_VIEWER, tenant_id=tenant_id)


def _fill_brand(connection: Connection, tenant_id: int, now: datetime, days: int) -> None:
    runs, resources, errors = [], [], []
    stamps = {"created_at": now, "updated_at": now, "tenant_id": tenant_id}
    for back in range(days * 24):
        started = _synced_at(now, tenant_id) - timedelta(hours=back)
        bad = (tenant_id * 7 + back) % 40 == 0
        status = RunStatus.PARTIAL if bad else RunStatus.SUCCESS
        run_id = new_id()
        runs.append(
            stamps
            | {
                "run_id": run_id,
                "status": status,
                "trigger": Trigger.SCHEDULE,
                "slot_at": started,
                "started_at": started,
                "finished_at": started + timedelta(seconds=5 + (back * tenant_id) % 37),
                "worker": "benchmark",
                "missed_slots": 0,
            }
        )
        for resource in Resource:
            failed = bad and resource is Resource.LEADS
            updated = (back + tenant_id) % 29
            resources.append(
                stamps
                | {
                    "run_id": run_id,
                    "resource": resource,
                    "status": ResourceStatus.FAILED if failed else ResourceStatus.SUCCESS,
                    "read_started_at": started,
                    "pages": 3,
                    "fetched": 288 + 7 * tenant_id,
                    "inserted": 0,
                    "updated": updated,
                    "unchanged": 288 + 7 * tenant_id - updated,
                    "removed": 0,
                    "rejected": 0,
                    "remaining": 0,
                    "seconds": 1.0,
                }
            )
        if bad:
            errors.append(
                stamps
                | {
                    "error_id": new_id(),
                    "run_id": run_id,
                    "resource": Resource.LEADS,
                    "kind": SyncErrorKind.TIMEOUT.value,
                    "message": "ClientTether did not answer in time",
                    "attempts": 3,
                }
            )
    fresh: list[dict[str, Any]] = [
        stamps
        | {
            "resource": resource,
            "whole_read_at": _synced_at(now, tenant_id),
            "last_status": ResourceStatus.SUCCESS,
            "last_attempt_at": _synced_at(now, tenant_id),
        }
        for resource in Resource
    ]
    for table, rows in ((SyncRun, runs), (SyncRunResource, resources), (SyncError, errors), (ResourceFreshness, fresh)):
        if rows:
            connection.execute(insert(table), rows)


def _analyse(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _environment(url: str, key: str) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": url,
        "PORTAL_ENCRYPTION_KEY": key,
        "PORTAL_SECRET_KEY": "benchmark-abcdefghijklmnopqrstuvwxyz-0123456789",
        "PORT": PORT,
    }


def _add_admin(url: str, key: str) -> None:
    user = ("create-user", EMAIL, "--role", "agency_admin", "--password-stdin")
    command = (sys.executable, "-m", "dash_portal", *user)
    subprocess.run(command, env=_environment(url, key), input=PASSWORD, text=True, check=True)


@contextmanager
def _served(url: str, key: str) -> Iterator[tuple[str, httpx.Client, int]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "dash_portal", "serve"],
        env=_environment(url, key),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{PORT}"
    try:
        with httpx.Client(timeout=30, headers={"Accept-Encoding": "gzip, deflate, br, zstd"}) as client:
            _sign_in(client, address)
            yield address, client, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def _sign_in(client: httpx.Client, address: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            form = client.get(f"{address}/login", headers=AS_IT_IS).text
            break
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    assert token is not None
    who = {"email": EMAIL, "password": PASSWORD, "csrf_token": token[1], "next": "/"}
    assert client.post(f"{address}/login", data=who).status_code == 303


def _measure(kind: str, client: httpx.Client, pid: int, address: str, page: str, count: int) -> bool:
    """Print the figures of one page; tell whether /agency/sync missed its aim."""
    for _ in range(10):
        client.get(address).raise_for_status()
    times, sent, seen, worked = [], 0, "", _processor_seconds(pid)
    for _ in range(count):
        began = time.perf_counter()
        answer = client.get(address, params={"seen": seen} if seen else None)
        times.append((time.perf_counter() - began) * 1000)
        sent += answer.num_bytes_downloaded
        assert answer.status_code in {200, 204}, answer.status_code
        mark = _MARK.search(_text(answer)) if page.endswith("_live") else None
        seen = mark[1] if mark else seen
    worked = (_processor_seconds(pid) - worked) * 1000 / count
    middle, late = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    whole = len(client.get(address, headers=AS_IT_IS).content)
    print(
        f"  {kind:10} {page:24} median {middle:6.1f} ms   p95 {late:6.1f} ms   processor {worked:5.1f} ms"
        f"   {whole / 1024:5.0f} KB, {sent / count / 1024:4.0f} KB sent"
    )
    return page == "/agency/sync" and (late > AIM_MILLISECONDS or whole > AIM_BYTES)


def _text(answer: httpx.Response) -> str:
    """Return what an answer says: httpx by itself does not decode what a browser is sent."""
    is_packed = answer.headers.get("Content-Encoding") == "zstd"
    return zstd.decompress(answer.content).decode() if is_packed else answer.text


def _processor_seconds(pid: int) -> float:
    """Return the processor time of the server's processes (Linux): it says how much is done, however busy the machine."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ticks = 0
    for process in (str(pid), *children):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
