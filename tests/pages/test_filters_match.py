"""Every name that a chart or a menu shows gives exactly its rows when its link is followed, whatever its letters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from cleaning import name_key
from database import AgencySession
from models import utc_now
from tests.dash_portal.portal_world import PortalWorld, close_world, make_shared_world
from tests.factories import commit_counted, make_lead, make_note, make_opportunity
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
    made = make_shared_world(database_url, encryption_key)
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
    page = ask_page(world, client, "/leads", "?open=leads-sources")
    bars, *_ = page.by_id({"type": "chart", "chart": "leads-sources"})["figure"]["data"]
    assert len(bars["customdata"]) == len(NAMES)
    for key, count in zip(bars["customdata"], bars["x"], strict=True):
        assert_rows(world, client, "/leads", ("source", key), count)


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


def test_a_source_is_spelled_alike_on_all_pages(world: PortalWorld) -> None:
    brand = world.brands["own"]
    with AgencySession(world.engine) as session:
        for number, spelling in enumerate(("Word of mouth", "Word of mouth", "WORD OF MOUTH")):
            named = {"client_id": f"spelled-{number}", "lead_source": spelling}
            session.add_all([make_lead(brand, **named), make_opportunity(brand, **named)])
        commit_counted(session, brand)
    client = world.sign_in("viewer@own.example")
    leads = ask_page(world, client, "/leads", "?source=word+of+mouth")
    assert {row["source"] for row in leads.rows()} == {"Word of mouth"}
    deals = ask_page(world, client, "/pipeline", "?q=word+of+mouth")
    assert [row["source"] for row in deals.rows()] == ["Word of mouth"] * 3
    panel = ask_page(world, client, "/pipeline", "?lead=spelled-2").by_id("details")["children"]
    assert "WORD OF MOUTH" not in str(panel)
    assert "Word of mouth" in str(panel)


def test_what_a_link_says_that_means_nothing_is_told(world: PortalWorld) -> None:
    client = world.sign_in("viewer@own.example")
    page = ask_page(world, client, "/leads", "?stats=new&source=*")
    assert page.total() == NAMES.index("*") + 1
    assert "\u201cstats\u201d" in page.by_id("unread")["children"]
    assert ask_page(world, client, "/leads", "?source=*&lead=1").by_id("unread").get("children") is None


def test_who_hears_the_page_hears_which_filters_hold_and_how_many_rows_fit(world: PortalWorld) -> None:
    client = world.sign_in("viewer@own.example")
    heard = ask_page(world, client, "/leads", "?source=*&source=(none)").by_id("leads-heard")
    assert heard["role"] == "status"
    assert heard["children"] == f"Source: *; Source: (none). {NAMES.index('*') + NAMES.index('(none)') + 2} leads."
    unfiltered = ask_page(world, client, "/leads", "").by_id("leads-heard")["children"]
    assert unfiltered == f"No filter. {sum(range(len(NAMES) + 1))} leads."
