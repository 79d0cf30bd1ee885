"""The menu of whoever is signed in offers what opens to them, and nothing else."""

from __future__ import annotations

import pytest

from tests.dash_portal.portal_world import PortalWorld
from tests.pages.asked_pages import ask_page

STAFF = "staff@mellon.example"


@pytest.mark.parametrize(
    ("email", "offered"),
    [
        ("viewer@own.example", ["/account"]),
        ("admin@own.example", ["/account", "/team"]),
        (STAFF, ["/account", "/agency/sync"]),
        (
            "agency@mellon.example",
            ["/account", "/agency/sync", "/agency/brands", "/agency/users", "/agency/audit"],
        ),
    ],
)
def test_each_persons_menu_leads_where_they_may_go(world: PortalWorld, email: str, offered: list[str]) -> None:
    world.hire(STAFF, "own")
    client = world.sign_in(email)
    page = ask_page(world, client, "/leads", "?brand=own")
    menu = page.by_id("person-menu")["children"]
    assert [part["props"]["href"] for part in page.components(menu) if "href" in part["props"]] == offered
    assert [client.get(address).status_code for address in offered] == [200] * len(offered)
