"""What a page says where a brand's account can't be opened, or was never read: the cause, and no promise of a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from database import AgencySession
from models import Resource, ResourceStatus, RunStatus, SyncErrorKind, utc_now
from tests.dash_portal.agency.histories import add_run
from tests.dash_portal.portal_world import PortalWorld, close_world, make_shared_world
from tests.factories import commit_counted, make_lead
from tests.pages.asked_pages import AskedPage, ask_page
from tests.pages.filled_brand import set_freshness

PAGES = ("/leads", "/pipeline", "/hot-list", "/notes", "/schedule")
FAILED = dict.fromkeys(Resource, ResourceStatus.FAILED)
REFUSED = {None: (SyncErrorKind.KEY_REFUSED, "refused")}


@pytest.fixture
def world(database_url: str, encryption_key: str) -> Iterator[PortalWorld]:
    """Own Brand has data of two hours ago, Other Brand has none yet."""
    made = make_shared_world(database_url, encryption_key)
    with AgencySession(made.engine) as session:
        session.add(make_lead(made.brands["own"], client_id="lead", name="Ann Lee"))
        set_freshness(session, made.brands["own"], utc_now() - timedelta(hours=2))
        commit_counted(session, made.brands["own"])
    yield made
    close_world(made)


def freshness_shown(page: AskedPage, path: str) -> dict[str, Any]:
    fresh: dict[str, Any] = page.by_id({"type": "shown", "page": path.removeprefix("/")})["data"]
    return fresh


def fail(world: PortalWorld, brand: str, started_at: datetime, **run: Any) -> None:
    add_run(world.engine, world.brands[brand], started_at, status=RunStatus.FAILED, **run)


def every_page(world: PortalWorld, client: FlaskClient, search: str = "") -> list[tuple[AskedPage, dict[str, Any]]]:
    pages = [(ask_page(world, client, path, search), path) for path in PAGES]
    return [(page, freshness_shown(page, path)) for page, path in pages]


def test_a_refused_brands_people_read_who_renews_it_and_the_agency_reads_why(world: PortalWorld) -> None:
    fail(world, "own", utc_now(), results=FAILED, errors=REFUSED)
    for _, fresh in every_page(world, world.sign_in("viewer@own.example")):
        assert fresh["failed"]
        assert fresh["banner"].startswith("Your agency has to renew the connection. You see data from ")
        assert fresh["link"] == {}
        assert "due at" not in str(fresh)
        assert "key" not in fresh["banner"]
    for _, fresh in every_page(world, world.sign_in("agency@mellon.example"), "?brand=own"):
        assert fresh["banner"].startswith("ClientTether refused this brand's web key. You see data from ")
        assert fresh["link"] == {"words": "Replace web key", "address": "/agency/sync/own#new-key"}


def test_a_key_that_cannot_be_opened_shows_although_no_resource_was_tried(world: PortalWorld) -> None:
    unreadable = {None: (SyncErrorKind.KEY_UNREADABLE, "locked")}
    fail(world, "own", utc_now(), results={}, errors=unreadable)
    fresh = freshness_shown(ask_page(world, world.sign_in("viewer@own.example"), "/leads", ""), "/leads")
    assert fresh["failed"]
    assert fresh["banner"].startswith("Your agency has to renew the connection. You see data from ")


def words_in_the_box(page: AskedPage) -> str:
    """Return what a page without rows says in place of them."""
    card = next(part["props"] for part in page.components() if part["props"].get("class_name") == "empty")
    return str(card["children"])


def test_a_first_read_that_failed_says_so_once_on_every_page(world: PortalWorld) -> None:
    """In the banner, which appears on a page that is open as well; the box in place of the rows says nothing of it."""
    client = world.sign_in("viewer@other.example")
    for page, fresh in every_page(world, client):
        assert (fresh["waits"], fresh["failed"]) == ("Waiting for first sync", False)
        assert "The first sync is due at " in words_in_the_box(page)
    timeout = {Resource.LEADS: (SyncErrorKind.TIMEOUT, "too long")}
    fail(world, "other", utc_now() - timedelta(minutes=2), results={}, errors=timeout)
    for page, fresh in every_page(world, client):
        assert (fresh["waits"], fresh["failed"]) == ("First sync failed", True)
        assert fresh["banner"].startswith("The first sync did not succeed. The next one is due at ")
        assert "did not succeed" not in words_in_the_box(page)
        assert "due at" not in words_in_the_box(page)
        assert fresh["link"] == {}
    by_agency = ask_page(world, world.sign_in("agency@mellon.example"), "/leads", "?brand=other")
    assert freshness_shown(by_agency, "/leads")["link"] == {"words": "See why", "address": "/agency/sync/other"}
    fail(world, "other", utc_now(), results=FAILED, errors=REFUSED)
    for page, fresh in every_page(world, client):
        assert fresh["banner"] == "Your agency has to renew the connection. Nothing was read yet."
        assert fresh["link"] == {}
        assert "agency" not in words_in_the_box(page)
        assert "due at" not in str(page.tree)
    for page, fresh in every_page(world, world.sign_in("agency@mellon.example"), "?brand=other"):
        assert fresh["banner"] == "ClientTether refused this brand's web key. Nothing was read yet."
        assert fresh["link"] == {"words": "Replace web key", "address": "/agency/sync/other#new-key"}
        assert "This page fills itself" in words_in_the_box(page)
