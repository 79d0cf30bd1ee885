"""The table of rights: what the document shows is what the code goes by, and nothing is open by being forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dash_portal.accounts.rights_table import IF_ALLOWED, OF_A_PROGRAM, RIGHTS, Capability, capability_of, rights_of
from dash_portal.brand_access import RoleForbiddenError, require
from models import Role
from tests.dash_portal.portal_world import PortalWorld

DOCUMENT = Path(__file__).parents[3] / "docs" / "security.md"
COLUMNS = {
    "brand viewer": (RIGHTS[Role.TENANT_VIEWER], frozenset()),
    "brand admin": (RIGHTS[Role.TENANT_ADMIN], frozenset()),
    "agency staff": (RIGHTS[Role.AGENCY_STAFF], IF_ALLOWED[Role.AGENCY_STAFF]),
    "agency admin": (RIGHTS[Role.AGENCY_ADMIN], frozenset()),
    "API key": (OF_A_PROGRAM, frozenset()),
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


def test_every_role_has_a_column() -> None:
    assert RIGHTS.keys() == set(Role)


def test_what_the_table_does_not_know_is_open_to_nobody(world: PortalWorld) -> None:
    assert capability_of("new_page.show") is None
    with world.app.test_request_context("/new"), pytest.raises(RoleForbiddenError):
        require(None)
