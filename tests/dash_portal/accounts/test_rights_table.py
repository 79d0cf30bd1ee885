"""The table of rights: what the document shows is what the code goes by, and nothing is open by being forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dash_portal import callback_requests
from dash_portal.accounts.rights_table import (
    IF_ALLOWED,
    OF_CALLBACK,
    OF_SCOPE,
    RIGHTS,
    Capability,
    capability_of,
    rights_of,
)
from dash_portal.brand_access import RoleForbiddenError, require
from models import ApiScope, Role
from tests.dash_portal.portal_world import PortalWorld

DOCUMENT = Path(__file__).parents[3] / "docs" / "security.md"
COLUMNS = {
    "brand viewer": (RIGHTS[Role.TENANT_VIEWER], frozenset()),
    "brand admin": (RIGHTS[Role.TENANT_ADMIN], frozenset()),
    "agency staff": (RIGHTS[Role.AGENCY_STAFF], IF_ALLOWED[Role.AGENCY_STAFF]),
    "agency admin": (RIGHTS[Role.AGENCY_ADMIN], frozenset()),
    **{f"key: {scope.value}": (OF_SCOPE[scope], frozenset()) for scope in ApiScope},
}


def test_the_document_shows_the_table() -> None:
    lines = re.search(r"\| may do \|.*?\n\n", DOCUMENT.read_text(), re.DOTALL)
    assert lines is not None
    heading, _, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[0].strip().splitlines()]
    assert heading == ["may do", *COLUMNS]
    assert [row[0] for row in rows] == [capability.value for capability in Capability]
    for name, *cells in rows:
        assert cells == [
            "yes" if Capability(name) in rights else "if allowed" if Capability(name) in if_allowed else ""
            for rights, if_allowed in COLUMNS.values()
        ], name


@pytest.mark.parametrize("role", list(Role))
def test_nobody_is_allowed_more_than_their_role_lets_them_be(role: Role) -> None:
    everything = frozenset(Capability)
    assert rights_of(role) == RIGHTS[role]
    assert rights_of(role, everything) == RIGHTS[role] | IF_ALLOWED.get(role, frozenset())


def test_every_role_and_scope_has_a_column() -> None:
    assert RIGHTS.keys() == set(Role)
    assert OF_SCOPE.keys() == set(ApiScope)


def test_every_callback_that_runs_here_is_in_the_table(world: PortalWorld) -> None:
    registered = world.app.extensions["dash"].callback_map.values()
    here = [callback["inputs"][0]["id"] for callback in registered if "callback" in callback]
    assert sorted(here) == sorted(OF_CALLBACK), "say in accounts/rights_table.py what a new callback asks for"


@pytest.mark.parametrize(
    ("asks_for", "answered"),
    [(Capability.DASHBOARDS, (200, 200)), (Capability.AUDIT_LOG, (403, 200)), (None, (403, 403))],
)
def test_a_callback_is_open_to_those_of_whom_the_table_says_so(
    world: PortalWorld, monkeypatch: pytest.MonkeyPatch, asks_for: Capability | None, answered: tuple[int, int]
) -> None:
    monkeypatch.setattr(callback_requests, "OF_CALLBACK", {"freshness-asks": asks_for} if asks_for else {})
    asked = {"id": "freshness-asks", "property": "n_intervals", "value": 1}
    shown = {"id": {"page": "leads", "type": "shown"}, "property": "data", "value": None}
    body = {
        "output": "landed.data",
        "outputs": {"id": "landed", "property": "data"},
        "inputs": [asked],
        "state": [[shown]],
        "changedPropIds": ["freshness-asks.n_intervals"],
    }
    answers = []
    for email in ("viewer@own.example", "agency@mellon.example"):
        client = world.sign_in(email)
        token = {"X-CSRFToken": world.csrf_token(client)}
        answers.append(client.post("/_dash-update-component", json=body, headers=token).status_code)
    assert tuple(answers) == answered


OF_STAFF = {
    "agency_sync.show",
    "agency_sync.live",
    "agency_sync.sync_all",
    "agency_sync.brand",
    "agency_sync.brand_live",
    "agency_sync.sync_now",
    "agency_brands.menu",
    "agency_brands.open_first",
}
RAW_ANSWERS = {"agency_snapshots.of_run", "agency_snapshots.show", "agency_snapshots.download"}


@pytest.mark.parametrize(
    ("rights", "opened"),
    [
        (RIGHTS[Role.TENANT_ADMIN], set()),
        (rights_of(Role.AGENCY_STAFF), OF_STAFF),
        (rights_of(Role.AGENCY_STAFF, frozenset(Capability)), OF_STAFF | RAW_ANSWERS),
    ],
    ids=["brand admin", "staff", "staff, raw answers"],
)
def test_of_the_agencys_part_only_what_is_named_here_is_open_to_who_is_no_admin_of_it(
    world: PortalWorld, rights: frozenset[Capability], opened: set[str]
) -> None:
    """Said a second time: an address that asks for too little is the table's word, by which the walk goes as well."""
    endpoints = {rule.endpoint for rule in world.app.url_map.iter_rules() if rule.rule.startswith("/agency")}
    assert {endpoint for endpoint in endpoints if capability_of(endpoint) in rights} == opened


def test_what_the_table_does_not_know_is_open_to_nobody(world: PortalWorld) -> None:
    assert capability_of("new_page.show") is None
    with world.app.test_request_context("/new"), pytest.raises(RoleForbiddenError):
        require(None)
