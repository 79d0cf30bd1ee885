"""Every name that a chart or a menu shows gives exactly its rows when its link is followed, whatever its letters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from cleaning import name_key
from database import AgencySession
from models import utc_now
from tests.dash_portal.portal_world import PortalWorld, close_world, make_world
from tests.factories import commit_counted, make_lead, make_note
from tests.pages.asked_pages import ask_page

NAMES = [
    "Team \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "soft\u00adhyphen",
    "\u200f\u05e7\u05d1\u05dc\u05d4",
    "naïve\u200c café",
    "\U0001fae9 tomorrow's face",
    "*",
    "(none)",
    "Straße & <Söhne> 100% + 1?",
    "İstanbul",
    "x" * 1000,
    "\U0001f600" * 300,
    "amp;source",
]


@pytest.fixture
def world(database_url: str, encryption_key: str) -> Iterator[PortalWorld]:
    made = make_world(database_url, encryption_key)
    brand, now = made.brands["own"], utc_now()
    with AgencySession(made.engine) as session:
        for number, name in enumerate(NAMES):
            for copy in range(number + 1):
                client = f"lead-{number}-{copy}"
                session.add(make_lead(brand, client_id=client, lead_source=name, lead_source_key=name_key(name)))
                session.add(make_note(brand, client_id=client, note_id=client, author=name, kind="Call", noted_at=now))
        commit_counted(session, brand)
    yield made
    close_world(made)


def test_a_sources_own_bar_leads_to_its_rows(world: PortalWorld) -> None:
    client = world.sign_in("viewer@own.example")
    numbers = ask_page(world, client, "/leads", "?open=leads-by-source").by_id(
        {"type": "numbers", "chart": "leads-by-source"}
    )["data"]
    assert len(numbers["rows"]) == len(NAMES)
    for row in numbers["rows"]:
        assert_rows(world, client, "/leads", ("source", row["key"]), int(row["values"][0]))


def test_an_authors_own_entry_leads_to_their_notes(world: PortalWorld) -> None:
    client = world.sign_in("viewer@own.example")
    menu = ask_page(world, client, "/notes", "").by_id({"type": "control", "page": "notes", "parameter": "author"})
    assert len(menu["options"]) == len(NAMES)
    for option in menu["options"]:
        count = int(option["label"].rpartition(" · ")[2])
        assert_rows(world, client, "/notes", ("author", option["value"]), count)


def assert_rows(world: PortalWorld, client: Any, path: str, filter_: tuple[str, str], count: int) -> None:
    page = ask_page(world, client, path, f"?{urlencode([filter_])}")
    assert page.total() == count, filter_


def test_a_link_that_was_copied_out_of_html_is_read_all_the_same(world: PortalWorld) -> None:
    client = world.sign_in("viewer@own.example")
    page = ask_page(world, client, "/leads", f"?q=&amp;{urlencode([('source', 'İstanbul')])}")
    assert page.total() == NAMES.index("İstanbul") + 1
