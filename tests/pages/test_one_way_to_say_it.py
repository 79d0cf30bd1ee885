"""One date format and one word for the people, wherever one reads: pages, panels, paper, pictures, the agency's pages."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from dash_portal.dashboards.notes import note_key
from database import AgencySession
from models import RunStatus, utc_now
from tests.dash_portal.agency.histories import GOOD, add_run
from tests.dash_portal.portal_world import PortalWorld, close_world, make_shared_world
from tests.factories import commit_counted
from tests.pages.asked_pages import ask_page
from tests.pages.filled_brand import fill_brand

PAGES = ("leads", "pipeline", "hot-list", "notes", "schedule")
PLAIN = ("/account", "/team", *(f"/print/{page}" for page in PAGES))
OF_THE_AGENCY = (
    *("/agency/sync", "/agency/sync/own", "/agency/brands", "/agency/brands/own", "/agency/users", "/agency/audit"),
    *("/agency/users/staff", "/account"),
)
NOT_READ = frozenset(
    ("id", "href", "src", "className", "class_name", "style", "opens", "data", "type", "namespace", "name", "figure")
)
"""What of a component nobody reads: its name, addresses, looks, and what scripts are given."""
FOREIGN = re.compile(r"\d{4}-\d\d-\d\d|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b|\b[A-Z][a-z]{2,8} \d{1,2}, \d{4}")
"""Dates in another format than 3 Nov 2026."""
OURS = re.compile(r"\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}\b")
USERS = re.compile(r"\busers?\b", re.IGNORECASE)


@pytest.fixture
def world(database_url: str, encryption_key: str) -> Iterator[PortalWorld]:
    made = make_shared_world(database_url, encryption_key)
    with AgencySession(made.engine) as session:
        fill_brand(session, made.brands["own"], utc_now(), leads=30, notes=10, events=3)
        commit_counted(session, made.brands["own"])
    add_run(made.engine, made.brands["own"], utc_now(), status=RunStatus.SUCCESS, results=GOOD)
    yield made
    close_world(made)


def words_of(part: Any) -> Iterator[str]:
    """Yield what a reader may see or hear of a page of components."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for held in part:
            yield from words_of(held)
    elif isinstance(part, dict):
        for name, held in part.items():
            if name not in NOT_READ:
                yield from words_of(held)


def text_of(html: str) -> str:
    """Return what a reader sees of a plain page, and what stands in its hints."""
    body = re.sub(r"(?s)<(script|style).*?</\1>", " ", html.partition("<body")[2])
    hints = " ".join(re.findall(r'(?:title|placeholder|aria-label)="([^"]*)"', body))
    return unescape(re.sub(r"<[^>]*>", " ", body) + hints)


def test_every_date_is_in_the_houses_format_and_people_are_called_people(world: PortalWorld) -> None:
    viewer = world.sign_in("viewer@own.example")
    panels = {"/leads": "?lead=lead-1", "/notes": f"?note={note_key('lead-1', 'note-1')}"}
    read: dict[str, str] = {}
    for page in PAGES:
        path = f"/{page}"
        read[path] = " ".join(words_of(ask_page(world, viewer, path, panels.get(path, "")).tree))
    for email, paths in (("admin@own.example", PLAIN), ("agency@mellon.example", OF_THE_AGENCY)):
        client = world.sign_in(email)
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, path
            read[f"{email} {path}"] = text_of(answer.text)
    picture, file = viewer.get("/export/charts/leads-sources/picture").get_json()
    read["picture"] = picture["layout"]["title"]["text"]
    for place, text in read.items():
        assert FOREIGN.findall(text) == [], place
        assert USERS.findall(text) == [], place
    dated = ("/leads", "/notes", "/schedule", "picture", "admin@own.example /print/schedule")
    assert [place for place in dated if not OURS.search(read[place])] == []
    assert re.search(r"\d{4}-\d\d-\d\d$", file["filename"])  # files sort by their names


def test_every_moment_in_a_file_is_one_that_a_spreadsheet_reads_as_a_moment(world: PortalWorld) -> None:
    client = world.sign_in("viewer@own.example")
    for table, headings in (("leads", ("Created",)), ("notes", ("Date",)), ("schedule", ("Starts", "Ends"))):
        heading, *rows = csv.reader(io.StringIO(client.get(f"/export/{table}.csv").text.removeprefix("\ufeff")))
        places = [place for place, name in enumerate(heading) if name.split(" (")[0] in headings]
        assert len(places) == len(headings)
        moments = {row[place] for row in rows for place in places}
        assert len(moments) > 1
        assert [text for text in moments if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", text)] == []
