"""Answers that nobody has met before, at a brand's first sync and at a later one, over real HTTP."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from emulator import AccountPlan, Fault
from models import Lead, RawBody, RawSnapshot, ResourceStatus, RunStatus, SyncErrorKind
from sync.commands import snapshots
from tests.conftest import on_both_databases
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import SyncWorld

KEY = "CT_strange_key"
LEADS = "read_client_list"
FOREIGN = ("success_flag", "error_record", "no_code", "no_list", "total_without_list", "bare_list", "null")


@pytest.fixture
def world(make_world: MakeWorld) -> SyncWorld:
    made = make_world(AccountPlan(name="A", web_key=KEY, contacts=9, opportunities=7, events=3), sync_notes_budget=0)
    made.add_brand(KEY, "brand")
    with made.emulator.account(KEY).changing():
        made.emulator.account(KEY).contacts[0] |= {"firstName": "Zoë", "whiteboard": "first line\nsecond\tline"}
    return made


def _kept(world: SyncWorld, **columns: Any) -> list[dict[str, Any]]:
    kept = world.rows(RawSnapshot, world.brand_id("brand"))
    return [row for row in kept if all(row[name] == value for name, value in columns.items())]


def test_an_answer_that_says_nothing_removes_nobody_and_is_kept(
    world: SyncWorld, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = world.brand_id("brand")
    for is_first in (True, False):
        before = world.tables(tenant)["leads"]
        for variant in FOREIGN:
            world.emulator.set_fault(Fault.FOREIGN_ANSWER, LEADS, variant=variant)
            assert world.sync("brand") is RunStatus.PARTIAL, variant
            assert world.results(tenant)["leads"]["status"] is ResourceStatus.FAILED
            (error,) = world.errors(tenant)
            assert (error["kind"], error["resource"]) == (SyncErrorKind.NOT_UNDERSTOOD.value, "leads")
            assert world.tables(tenant)["leads"] == before
            world.emulator.clear_faults()
        assert len(_kept(world, understood=False)) == len(FOREIGN) * (1 if is_first else 2)
        assert world.sync("brand") is RunStatus.SUCCESS
        assert len(world.live(Lead, tenant)) == 9
    assert not _kept(world, understood=False, whole=True)
    monkeypatch.setattr("sync.commands.load_settings", lambda _kind: world.settings)
    snapshots("brand", run_id=None, body=None, most=500)
    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert sum("not understood" in line for line in lines) == 2 * len(FOREIGN)


def test_of_a_page_that_is_no_data_the_beginning_is_kept(world: SyncWorld) -> None:
    world.emulator.set_fault(Fault.HTML_INSTEAD_OF_JSON, LEADS)
    assert world.sync("brand") is RunStatus.PARTIAL
    (kept,) = _kept(world, understood=False)
    bodies = {row["sha256"]: row["body"] for row in world.rows(RawBody, world.brand_id("brand"))}
    assert b"Sign in" in zlib.decompress(bodies[kept["sha256"]])[:65_536]


WRAPPED = [
    (Fault.ROWS_WITHOUT_CODE, ""),
    (Fault.FALSE_GZIP, ""),
    (Fault.TEXT_ENCODING, "latin_1_declared"),
    (Fault.TEXT_ENCODING, "latin_1"),
    (Fault.TEXT_ENCODING, "utf_8_declared_latin_1"),
    (Fault.TEXT_ENCODING, "utf_16"),
    (Fault.TEXT_ENCODING, "raw_control"),
]


@pytest.mark.parametrize(
    ("database_kind", "case"),
    on_both_databases(WRAPPED, lambda case: case[0]),
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else value,
)
def test_rows_are_read_however_they_are_wrapped(world: SyncWorld, case: tuple[Fault, str]) -> None:
    """How a text is encoded is undone before anything is stored: each encoding on one of the databases will do."""
    fault, variant = case
    tenant = world.brand_id("brand")
    world.emulator.set_fault(fault, variant=variant)
    assert world.sync("brand") is RunStatus.SUCCESS
    oddly_wrapped = world.tables(tenant)
    assert any("Zoë" in lead["name"] for lead in world.live(Lead, tenant))
    world.emulator.clear_faults()
    assert world.sync("brand") is RunStatus.SUCCESS
    assert world.tables(tenant) == oddly_wrapped


def test_no_content_is_none_where_a_list_may_be_empty(world: SyncWorld) -> None:
    tenant = world.brand_id("brand")
    assert world.sync("brand") is RunStatus.SUCCESS
    world.emulator.set_fault(Fault.NO_CONTENT, "read_all_events")
    assert world.sync("brand") is RunStatus.SUCCESS
    assert world.tables(tenant, removed=False)["scheduled_activities"] == []


def test_an_account_that_shows_no_lead_at_first_sight_waits_for_someone_to_confirm_it(world: SyncWorld) -> None:
    tenant = world.brand_id("brand")
    world.emulator.set_fault(Fault.EMPTIED_LIST, LEADS, variant="list:number")
    assert world.sync("brand") is RunStatus.PARTIAL
    assert world.results(tenant)["leads"]["status"] is ResourceStatus.HELD_BACK
    assert world.sync("brand", accept=True) is RunStatus.SUCCESS
    assert world.sync("brand") is RunStatus.SUCCESS
    world.emulator.clear_faults()
    assert world.sync("brand") is RunStatus.SUCCESS
    assert len(world.live(Lead, tenant)) == 9
