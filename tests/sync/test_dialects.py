"""Dialects that the sync was not made for: what the probe says of each, and what its words make of a replay.

One that needs a field file and one that needs none are on both databases, the others on one: they differ on the wire.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from emulator import AccountPlan, quirks_named
from models import Resource, RunStatus
from tests.conftest import on_both_databases
from tests.sync.conftest import MakeWorld, OperatorOf, Say
from tests.sync.sync_world import SyncWorld

KEY, PLAIN_KEY = "CT_foreign_key", "CT_plain_key"
FOREIGN = ("--tenant", "foreign")
Fields = dict[str, dict[str, str]]
PEOPLE = ("leads", "pipeline_items")
# What someone writes who reads the probe's lines: our field, and the wire name that holds it.
FIELDS: dict[str, Fields] = {
    "snake": {
        resource: {"first_name": "first_name", "last_name": "last_name", "company": "comp_name"} for resource in PEOPLE
    },
    "camel": {
        "pipeline_stages": {
            "sales_cycle_id": "salesCycleId",
            "name": "salesCycleName",
            "active": "salesCycleActiveStatus",
            "order": "salesCycleOrder",
            "likelihood": "likelihoodToClose",
            "contact_type": "contactType",
        },
        "leads": {
            "client_id": "clientId",
            "deal_size": "dealSize",
            "lead_source": "clientsLeadSource",
            "sales_cycle": "clientsSalesCycle",
            "action_plan": "clientsActionPlan",
            "contact_type": "contactType",
            "assigned_user": "assignedUser",
            "last_modified": "lastModifiedDate",
        },
        "pipeline_items": {
            "opportunity_id": "opportunityId",
            "client_id": "clientId",
            "opportunity_name": "opportunityName",
            "deal_size": "dealSize",
            "lead_source": "contactLeadSource",
            "sales_cycle": "contactSalesCycle",
            "contact_type": "contactType",
            "assigned_user": "assignedUser",
            "last_modified": "lastModifiedDate",
        },
        "notes": {"note_id": "noteId", "author": "userName"},
        "scheduled_activities": {
            "event_id": "eventId",
            "start": "startDate",
            "end": "endDate",
            "kind": "eventType",
            "contact_name": "clientName",
            "client_id": "clientId",
        },
    },
    "own_words": {
        "pipeline_stages": {
            "sales_cycle_id": "column_no",
            "name": "label",
            "active": "on_board",
            "order": "rank",
            "likelihood": "chance",
            "contact_type": "role_code",
        },
        "leads": {
            "client_id": "person_no",
            "first_name": "given",
            "last_name": "family",
            "company": "firm",
            "email": "mailbox",
            "state": "region",
            "deal_size": "fee",
            "lead_source": "came_from",
            "sales_cycle": "column_label",
            "action_plan": "playbook",
            "contact_type": "role_code",
            "assigned_user": "owner",
            "created": "entered_at",
            "last_modified": "touched_at",
        },
        "pipeline_items": {
            "opportunity_id": "deal_no",
            "client_id": "person_no",
            "first_name": "given",
            "last_name": "family",
            "company": "firm",
            "deal_size": "fee",
            "lead_source": "came_from",
            "sales_cycle": "column_label",
            "contact_type": "role_code",
            "assigned_user": "owner",
            "created": "entered_at",
            "last_modified": "touched_at",
        },
        "notes": {
            "note_id": "entry_no",
            "text": "body",
            "author": "written_by",
            "created": "entered_at",
            "kind": "sort",
        },
        "scheduled_activities": {
            "event_id": "slot_no",
            "start": "begins",
            "end": "finishes",
            "kind": "sort",
            "title": "headline",
            "contact_name": "with_whom",
            "client_id": "person_no",
            "description": "details",
            "status": "standing",
        },
    },
    "by_number": {},
    "nested": {resource: {"first_name": "name.first", "last_name": "name.last"} for resource in PEOPLE},
}


def account_plan(key: str, *quirks: str) -> AccountPlan:
    return AccountPlan(
        name=key,
        web_key=key,
        seed=5,
        contacts=130,
        opportunities=24,
        notes=40,
        noted_contacts=30,
        events=24,
        quirks=quirks_named(quirks),
    )


@pytest.fixture
def make_foreign(make_world: MakeWorld, operator_of: OperatorOf) -> Callable[[str], SyncWorld]:
    """Return a world of a brand in a dialect beside one whose account has the same records and speaks plainly."""

    def make(dialect: str) -> SyncWorld:
        world = make_world(account_plan(KEY, dialect), account_plan(PLAIN_KEY), sync_notes_budget=200)
        world.add_brand(KEY, "foreign")
        world.add_brand(PLAIN_KEY, "plain")
        operator_of(world)
        return world

    return make


def sections(out: str) -> dict[str, list[str]]:
    """Return the lines of a probe by their resource."""
    sections: dict[str, list[str]] = {}
    for line in out.splitlines():
        if line.split(" ")[0] in set(Resource):
            lines = sections[line.split()[0]] = []
        elif line.startswith(" "):
            lines.append(line.strip())
    return sections


def as_toml(fields: Fields) -> str:
    return "\n".join(
        f"[{resource}]\n" + "\n".join(f'{ours} = "{wire_name}"' for ours, wire_name in names.items())
        for resource, names in fields.items()
    )


@pytest.mark.parametrize(
    ("database_kind", "dialect"), on_both_databases(sorted(FIELDS), lambda dialect: bool(FIELDS[dialect]))
)
def test_what_the_probe_says_is_enough_to_end_where_a_plain_account_does(
    make_foreign: Callable[[str], SyncWorld],
    say: Say,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dialect: str,
) -> None:
    world, fields = make_foreign(dialect), FIELDS[dialect]
    assert world.sync("plain") is RunStatus.SUCCESS
    ended = world.sync("foreign")
    assert (ended is RunStatus.SUCCESS) is not bool(fields)

    status, out, _ = say("probe", *FOREIGN)
    assert status == (1 if fields else 0)
    for resource, lines in sections(out).items():
        known = {line.split()[0] for line in lines if "nobody reads it" not in line}
        unread = {line.split()[0] for line in lines if "nobody reads it" in line}
        complaints = "\n".join(line for line in lines if line.startswith("!"))
        assert bool(complaints) == (resource in fields and resource != "notes") or "not asked" in complaints
        for ours, wire_name in fields.get(resource, {}).items():
            assert wire_name in unread - known or "not asked" in complaints, (resource, ours)

    file = tmp_path / "fields.toml"
    file.write_text(as_toml(fields))
    monkeypatch.setenv("CLIENTTETHER_FIELDS", str(file))
    assert say("probe", *FOREIGN)[0] == 0
    assert say("once", *FOREIGN)[0] == 0  # notes could not be asked for while no contact was known by its id
    assert say("replay", *FOREIGN)[0] == 0
    foreign, plain = (world.tables(world.brand_id(slug)) for slug in ("foreign", "plain"))
    for name, rows in plain.items():
        assert foreign[name] == rows, name


def test_an_envelope_of_another_api_is_not_understood_and_nothing_is_taken_for_none(
    make_foreign: Callable[[str], SyncWorld], say: Say
) -> None:
    world = make_foreign("foreign")
    status, out, _ = say("probe", *FOREIGN)
    assert status == 1
    assert all(any(line.startswith("!") for line in lines) for lines in sections(out).values())
    assert world.sync("foreign") is RunStatus.FAILED
    world.emulator.set_quirks(KEY)
    assert world.sync("foreign") is RunStatus.SUCCESS
    before = world.tables(world.brand_id("foreign"))
    world.emulator.set_quirks(KEY, "foreign")
    assert world.sync("foreign") is RunStatus.FAILED
    assert world.tables(world.brand_id("foreign")) == before
