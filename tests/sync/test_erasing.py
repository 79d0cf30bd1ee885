"""What a contact may ask to have removed is gone: from the tables, from their counts, and from the kept answers."""

from __future__ import annotations

import json
import zlib

import pytest

from database import brand_transaction
from emulator import AccountPlan
from models import Lead, LeadCount, Note, PipelineItem, PipelineStageChange, RawBody, RawSnapshot, Resource, RunStatus
from sync.lease import take_lease
from tests.sync.conftest import MakeWorld, OperatorOf, Say
from tests.sync.sync_world import SyncWorld

KEYS = ("CT_erased_key", "CT_spared_key")


@pytest.fixture
def world(make_world: MakeWorld, operator_of: OperatorOf) -> SyncWorld:
    made = make_world(*(AccountPlan(name=key, web_key=key, seed=5, contacts=25) for key in KEYS), sync_notes_budget=50)
    for slug, key in zip(("brand", "other"), KEYS, strict=True):
        made.add_brand(key, slug)
        assert made.sync(slug) is RunStatus.SUCCESS
    operator_of(made)
    return made


def bodies(world: SyncWorld, tenant: int) -> str:
    return "\n".join(zlib.decompress(row["body"]).decode() for row in world.rows(RawBody, tenant))


def whoever_has_a_deal(world: SyncWorld, tenant: int) -> str:
    with_notes = {row["client_id"] for row in world.rows(Note, tenant)}
    deals = [row["client_id"] for row in world.rows(PipelineItem, tenant) if row["contact_type"] == "1"]
    return next(str(client_id) for client_id in deals if client_id in with_notes)


def test_a_contact_is_gone_from_tables_counts_and_answers_and_others_stay(world: SyncWorld, say: Say) -> None:
    tenant, other = world.brand_id("brand"), world.brand_id("other")
    spared, version = world.tables(other), world.data_version(tenant)
    client_id = whoever_has_a_deal(world, tenant)
    (lead,) = [row for row in world.rows(Lead, tenant) if row["client_id"] == client_id]
    leads, counted = len(world.rows(Lead, tenant)), sum(row["leads"] for row in world.rows(LeadCount, tenant))
    deals = {row["opportunity_id"] for row in world.rows(PipelineItem, tenant) if row["client_id"] == client_id}
    assert client_id in bodies(world, tenant)

    status, out, _ = say("erase-contact", "--tenant", "brand", client_id)
    assert (status, json.loads(out)["contacts"]) == (0, 1)
    assert len(world.rows(Lead, tenant)) == leads - 1
    assert sum(row["leads"] for row in world.rows(LeadCount, tenant)) == counted - 1
    for model in (Note, PipelineItem):
        assert client_id not in {row["client_id"] for row in world.rows(model, tenant)}
        assert world.rows(model, tenant)
    assert not deals & {row["opportunity_id"] for row in world.rows(PipelineStageChange, tenant)}
    assert world.data_version(tenant) > version
    kept = bodies(world, tenant)
    assert client_id not in kept
    assert not lead["email"] or lead["email"] not in kept
    assert Resource.PIPELINE_STAGES in {row["resource"] for row in world.rows(RawSnapshot, tenant)}, (
        "others' answers stay"
    )
    assert Resource.NOTES in {row["resource"] for row in world.rows(RawSnapshot, tenant)}
    assert Resource.LEADS not in {row["resource"] for row in world.rows(RawSnapshot, tenant)}, "what a pull stood on"
    assert world.tables(other) == spared

    assert world.sync("brand") is RunStatus.SUCCESS, "it goes on; what is still upstream comes back"
    assert len(world.rows(Lead, tenant)) == leads


def test_an_address_is_erased_in_every_brand_whatever_its_case(world: SyncWorld, say: Say) -> None:
    tenants = [world.brand_id("brand"), world.brand_id("other")]
    addresses = [{row["email"] for row in world.rows(Lead, tenant)} - {""} for tenant in tenants]
    address = min(addresses[0] & addresses[1])
    status, out, _ = say("erase-contact", address.upper())
    assert (status, json.loads(out)["contacts"] >= 2) == (0, True)
    for tenant in tenants:
        assert address not in {row["email"] for row in world.rows(Lead, tenant)}
        assert address not in bodies(world, tenant)


def test_a_brand_that_is_being_synced_and_an_id_without_a_brand_are_one_line(world: SyncWorld, say: Say) -> None:
    tenant = world.brand_id("brand")
    with brand_transaction(world.engine, tenant) as connection:
        assert take_lease(connection, tenant, "a worker", 60, None)
    for arguments, words in ((("--tenant", "brand", "1"), "brand is being synced"), (("1",), "--tenant")):
        status, _, err = say("erase-contact", *arguments)
        assert (status, words in err, len(err.strip().splitlines())) == (2, True, 1)
