"""What a probe tells of an account, and how a field file written from it mends what was not understood."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emulator import AccountPlan
from models import RawSnapshot, RunStatus
from tests.sync.conftest import MakeWorld, OperatorOf, Say
from tests.sync.sync_world import SyncWorld

KEY, PLAIN_KEY = "CT_probed_key", "CT_plain_key"


def account_plan(key: str) -> AccountPlan:
    return AccountPlan(
        name=key, web_key=key, seed=5, contacts=30, opportunities=24, notes=40, noted_contacts=30, events=9
    )


@pytest.fixture
def world(make_world: MakeWorld, operator_of: OperatorOf) -> SyncWorld:
    made = make_world(account_plan(KEY), account_plan(PLAIN_KEY), sync_notes_budget=100)
    made.add_brand(KEY, "brand")
    made.add_brand(PLAIN_KEY, "plain")
    operator_of(made)
    return made


def rows_of(world: SyncWorld, call: str) -> list[dict[str, Any]]:
    account = world.emulator.account(KEY)
    if call == "notes":
        return [note for notes in account.notes.values() for note in notes]
    rows: list[dict[str, Any]] = getattr(account, call)
    return rows


def line_of(out: str, wire_name: str) -> str:
    return next(line for line in out.splitlines() if line.split()[:1] == [wire_name])


def test_a_documented_account_is_understood_and_nothing_is_written(world: SyncWorld, say: Say) -> None:
    tenant = world.brand_id("brand")
    contact = rows_of(world, "contacts")[0]
    contact["favourite_colour"] = "a secret blue"
    before = world.tables(tenant)
    status, out, err = say("probe", "--tenant", "brand")
    assert (status, err) == (0, "")
    assert "!" not in out
    assert line_of(out, "clients_lead_source").split()[1:3] == ["lead_source,", "text"]
    assert "30 of 30" in line_of(out, "created")
    assert line_of(out, "favourite_colour").endswith("nobody reads it                    filled in 1 of 30")
    assert world.tables(tenant) == before
    assert not world.rows(RawSnapshot, tenant)
    assert not {contact["email"], contact["lastName"], "a secret blue", KEY} & set(out.split())
    assert "secret" not in out


def test_how_a_call_pages_is_told_as_syncs_have_found_it(world: SyncWorld, say: Say) -> None:
    """One answer teaches nothing of pages: what is said of them is said to come from elsewhere."""
    _, out, _ = say("probe", "--tenant", "brand")
    assert out.count("pages, as syncs have found: nothing yet") == 4
    world.sync("brand")
    _, out, _ = say("probe", "--tenant", "brand")
    assert "pages, as syncs have found: pages of up to 30 records" in out
    assert "its total counts the list" in out
    assert "nothing yet" not in out


def test_what_is_not_understood_is_named_call_by_call(world: SyncWorld, say: Say) -> None:
    for contact in rows_of(world, "contacts"):
        contact["created"] = "some day"
        contact["source"] = {"name": contact.pop("clients_lead_source"), "id": "4"}
    for deal in rows_of(world, "opportunities"):
        deal["id"] = deal.pop("opportunity_id")
    status, out, _ = say("probe", "--tenant", "brand")
    assert status == 1
    assert "not understood in 30" in line_of(out, "created")
    assert "not there: lead_source, text (read from clients_lead_source)" in out
    assert "nobody reads it" in line_of(out, "source.name")
    assert "24 of 24 records have no id that is read from opportunity_id" in out
    assert "filled in 24 of 24" in line_of(out, "deal_size") or "deal_size, amount" in line_of(out, "deal_size")


def test_a_field_file_and_a_replay_mend_what_was_missed(
    world: SyncWorld, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for contact in rows_of(world, "contacts"):
        contact["contact"] = {"id": contact.pop("client_id"), "first": contact.pop("firstName")}
        contact["source"] = contact.pop("clients_lead_source")
        contact["created"], contact["made_on"] = "0000-00-00", contact["created"]
    for note in rows_of(world, "notes"):
        name = next(name for name in note if name in {"note_id", "history_note_id", "history_id", "id"})
        note["entry"] = note.pop(name)
    brand, plain = world.brand_id("brand"), world.brand_id("plain")
    assert world.sync("plain") is RunStatus.SUCCESS
    assert world.sync("brand") is not RunStatus.SUCCESS
    file = tmp_path / "fields.toml"
    file.write_text(
        '[leads]\nclient_id = "contact.id"\nfirst_name = "contact.first"\nlead_source = ["source"]\n'
        'created = ["created", "made_on"]\n[notes]\nnote_id = ["entry"]\n[calls.leads]\npage_size = 10\n'
    )
    monkeypatch.setenv("CLIENTTETHER_FIELDS", str(file))
    assert say("probe", "--tenant", "brand")[0] == 0
    assert say("replay", "--tenant", "brand")[0] == 0
    tables, expected = world.tables(brand), world.tables(plain)
    assert tables["leads"] == expected["leads"]
    assert tables["pipeline_items"] == expected["pipeline_items"]
    assert say("once", "--tenant", "brand")[0] == 0
    assert {"limit=10&offset=0", "limit=10&offset=20"} <= {
        row["request"].partition("?")[2] for row in world.rows(RawSnapshot, brand) if row["resource"] == "leads"
    }
    assert world.tables(brand)["notes"] == expected["notes"]
    assert say("replay", "--tenant", "brand")[0] == 0
    assert world.tables(brand)["notes"] == expected["notes"]
