"""A core field that is renamed, dropped, retyped or nested upstream is never taken for an answer.

Every core field of every resource in turn, as `EXPECTATIONS` declares them, so that a new one is covered by itself: at a
brand's first sync, and at a later one, when the good values are in the table already. Everything is damaged in every
way, half of it on each database: what the damage is, is seen before a row comes near the database, and what becomes of
it there is the same for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeVar

import pytest
from flask.testing import FlaskClient

from dash_portal.agency.words import field_words
from emulator import Account, AccountPlan
from models import Resource, ResourceStatus, RunStatus
from sync.command_line import main
from sync.commands import exit_status
from sync.mapping.expectations import EXPECTATIONS
from sync.mapping.records import KINDS
from sync.status import status_lines, sync_status
from tests.conftest import DATABASE_KINDS
from tests.dash_portal.portal_world import close_world, make_shared_world
from tests.sync.conftest import MakeWorld
from tests.sync.processes import environment
from tests.sync.sync_world import DATA, SyncWorld

Row = dict[str, Any]
Damaged = TypeVar("Damaged")
ROWS = 24
KINDS_OF_DAMAGE: dict[str, Callable[[Row, str], Row]] = {
    "renamed": lambda row, key: {f"the_{name}" if name == key else name: value for name, value in row.items()},
    "dropped": lambda row, key: {name: value for name, value in row.items() if name != key},
    "retyped": lambda row, key: row | {key: [[row[key]]]},
    "nested": lambda row, key: row | {key: {"is": {"said": row[key]}}},
}
CALLS = {
    Resource.PIPELINE_STAGES: "read_sales_cycle_list",
    Resource.LEADS: "read_client_list",
    Resource.PIPELINE_ITEMS: "read_opportunity_list",
    Resource.NOTES: "read_client_history_notes",
    Resource.SCHEDULED_ACTIVITIES: "read_all_events",
}
WIRE_NAMES = {resource: {each.name: each.wire_names for each in kind.fields} for resource, kind in KINDS.items()}
TABLES = {model.__tablename__: model for model in DATA}


@dataclass(frozen=True)
class Damage:
    """Core fields of a resource, and what became of them upstream."""

    resource: Resource
    fields: tuple[str, ...]
    kind: str

    def __call__(self, call: str, row: Row) -> Row:
        """Return a row as it is sent: damaged, where the call is the resource's."""
        if call != CALLS[self.resource]:
            return row
        for field in self.fields:
            there = [name for name in WIRE_NAMES[self.resource][field] if name in row]
            assert there, field
            for name in there:
                row = KINDS_OF_DAMAGE[self.kind](row, name)
        return row


def core_fields(resource: Resource) -> tuple[str, ...]:
    return tuple(expectation.field for expectation in EXPECTATIONS[resource])


def plan(web_key: str) -> AccountPlan:
    return AccountPlan(
        name=web_key,
        web_key=web_key,
        seed=5,
        contacts=ROWS,
        opportunities=ROWS,
        noted_contacts=ROWS,
        notes=ROWS,
        events=ROWS,
    )


def world_for(make_world: MakeWorld, resource: Resource, *web_keys: str) -> SyncWorld:
    budget = ROWS if resource is Resource.NOTES else 0
    return make_world(*map(plan, web_keys), sync_notes_budget=budget)


@pytest.fixture
def agency(database_url: str, encryption_key: str) -> Iterator[FlaskClient]:
    """A browser in which somebody of the agency is signed in to the portal."""
    portal = make_shared_world(database_url, encryption_key)
    yield portal.sign_in("agency@mellon.example")
    close_world(portal)


def check_told(world: SyncWorld, agency: FlaskClient, slug: str, damage: Damage, exit_code: int) -> None:
    """Assert that `sync once` exits 1, and nothing says success; `sync status` and the brand's page name the fields."""
    assert exit_code == 1, damage
    assert world.runs(world.brand_id(slug))[-1]["status"] in {RunStatus.PARTIAL, RunStatus.FAILED}, damage
    result = world.results(world.brand_id(slug))[damage.resource.value]
    assert result["status"] in {ResourceStatus.PARTIAL, ResourceStatus.HELD_BACK, ResourceStatus.FAILED}, damage
    report = sync_status(world.engine, world.settings.sync_cron)
    report["brands"] = [brand for brand in report["brands"] if brand["slug"] == slug]
    lines = "\n".join(status_lines(report))
    assert [field for field in damage.fields if f"the field {field} " not in lines] == [], damage
    page = agency.get(f"/agency/sync/{slug}").text
    named = re.findall(r"<strong>[^<:]*: ([^<]+)</strong>", page)
    assert [field for field in damage.fields if field_words(field) not in named] == [], (damage, named)


@pytest.mark.parametrize("resource", list(EXPECTATIONS))
def test_at_first_sight(
    make_world: MakeWorld,
    agency: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    resource: Resource,
    database_kind: str,
) -> None:
    """All core fields of a resource together; each by itself is judged in `mapping/test_expectations.py`."""
    squares = chess_board(list(EXPECTATIONS), database_kind)
    kinds = [kind for each, kind in squares if each == resource]
    world = world_for(make_world, resource, *kinds)
    for name, value in environment(world.settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sync.command_line.configure_logs", lambda: None)
    for kind in kinds:
        damage = Damage(resource, core_fields(resource), kind)
        world.emulator.account(kind).rewrite = damage
        world.add_brand(kind, kind)
        check_told(world, agency, kind, damage, main(["once", "--tenant", kind]))


@pytest.mark.parametrize("resource", list(EXPECTATIONS))
def test_later_the_good_values_stay(
    make_world: MakeWorld, agency: FlaskClient, resource: Resource, database_kind: str
) -> None:
    world = world_for(make_world, resource, "CT_good_key")
    tenant, account = world.add_brand("CT_good_key", "brand"), world.emulator.account("CT_good_key")
    assert world.sync("brand") is RunStatus.SUCCESS
    good = world.rows(TABLES[resource.value], tenant)
    assert len(good) >= ROWS - 1
    for turn, (field, kind) in enumerate(chess_board(core_fields(resource), database_kind), start=1):
        damage = Damage(resource, (field,), kind)
        if resource is Resource.NOTES:
            add_a_note_to_each(account, turn)
        account.rewrite = damage
        check_told(world, agency, "brand", damage, exit_status([world.sync("brand")]))
        assert world.rows(TABLES[resource.value], tenant) == good, damage
        account.rewrite = None
    assert world.sync("brand") is RunStatus.SUCCESS


def chess_board(damaged: Sequence[Damaged], database_kind: str) -> list[tuple[Damaged, str]]:
    """Return one colour of what is damaged, by how: each of both is on both databases."""
    colour = DATABASE_KINDS.index(database_kind)
    squares = product(enumerate(damaged), enumerate(KINDS_OF_DAMAGE))
    return [(what, kind) for (row, what), (column, kind) in squares if (row + column) % 2 == colour]


def add_a_note_to_each(account: Account, turn: int) -> None:
    """Let every contact have a new note, and say so by its date: only then is it asked for its notes."""
    with account.changing():
        account.contacts[:] = [
            contact | {"last_modified_date": f"2031-01-{turn:02} 10:00:00"} for contact in account.contacts
        ]
        for client_id, notes in account.notes.items():
            notes.append(notes[0] | {"note_id": f"{client_id}{turn:03}"})
