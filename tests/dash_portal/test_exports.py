from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from dash_portal.exports import EXPORTS
from database import AgencySession
from models import Tenant, User
from sync.mapping.records import NoteRecord
from sync.mapping.rows import note_row
from tests.dash_portal.portal_world import PortalWorld, close_world, make_shared_world
from tests.factories import (
    commit_counted,
    make_activity,
    make_hot_list_item,
    make_lead,
    make_note,
    make_opportunity,
    make_stage,
)

FORMULAS = ("=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1")


def rows_of(client: FlaskClient, path: str) -> list[list[str]]:
    answer = client.get(path, buffered=True)
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("table", sorted(EXPORTS))
def test_an_export_is_written_into_the_audit_log(world: PortalWorld, table: str) -> None:
    client = world.sign_in("viewer@own.example")
    assert len(rows_of(client, f"/export/{table}.csv")) >= 1
    entry = world.audit("exported")[0]
    assert (entry.actor_email, entry.tenant_id, entry.details) == (
        "viewer@own.example",
        world.brands["own"],
        {"what": table},
    )


def test_no_cell_starts_a_formula(world: PortalWorld) -> None:
    with AgencySession(world.engine) as session:
        for text in FORMULAS:
            session.add(make_lead(world.brands["own"], name=text, company=text, sales_lead=text))
            session.add(make_note(world.brands["own"], author=text, kind=text, content_text=text))
        commit_counted(session, world.brands["own"])
    client = world.sign_in("viewer@own.example")
    for table in ("leads", "notes"):
        rows = rows_of(client, f"/export/{table}.csv")
        assert len(rows) == len(FORMULAS) + 1
        for cell in (cell for row in rows for cell in row):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert not cell.lstrip().startswith(("=", "@"))


CELLS = {
    "3-4": "'3-4",
    "007": "'007",
    "(404) 555-0100": "'(404) 555-0100",
    "+1 404 555 0100": "'+1 404 555 0100",
    "\uff1d1\uff0b1": "'\uff1d1\uff0b1",
    "\uff20SUM(A1)": "'\uff20SUM(A1)",
    "Studio 54": "Studio 54",
}
"""Texts of rows, and how a spreadsheet has to be given them: as texts, none of them a day, a number or a formula."""

COLUMNS_OF_TEXT = {
    "leads": ("Name", "Company", "Phone", "Sales lead"),
    "pipeline": ("Candidate", "Opportunity", "Sales lead"),
    "hot-list": ("Candidate", "Market", "Units", "Sales lead"),
    "notes": ("Author", "Kind", "Note"),
    "schedule": ("Kind", "Contact", "Title", "Description", "Status"),
}


def rows_saying(brand: int, text: str) -> list[Any]:
    """Return a row of each table with this text in every cell that holds one."""
    who, soon = {"sales_lead": text}, datetime.now(UTC) + timedelta(days=2)
    hot = {"stage_position": 1, "iff": Decimal(45_000), "weighted_iff": Decimal(9_000), "likelihood": 20}
    said = {"title": text, "contact_name": text, "description": text, "kind": text, "status": text}
    return [
        make_lead(brand, name=text, company=text, phone=text, **who),
        make_opportunity(brand, candidate=text, opportunity_name=text, stage_name="FDD Sent", **who),
        make_hot_list_item(brand, candidate=text, market=text, units=text, stage_name="FDD Sent", **hot, **who),
        make_note(brand, author=text, kind=text, content_text=text),
        make_activity(brand, starts_at=soon, ends_at=soon + timedelta(hours=1), **said),
    ]


def test_codes_telephone_numbers_and_wide_signs_stay_what_they_are_in_every_table(world: PortalWorld) -> None:
    brand = world.brands["own"]
    with AgencySession(world.engine) as session:
        session.add(make_stage(brand, "FDD Sent", 1, likelihood=20))
        for text in CELLS:
            session.add_all(rows_saying(brand, text))
        commit_counted(session, brand)
    client = world.sign_in("viewer@own.example")
    assert set(COLUMNS_OF_TEXT) == set(EXPORTS)
    for table, headings in COLUMNS_OF_TEXT.items():
        heading, *rows = rows_of(client, f"/export/{table}.csv")
        for name in headings:
            assert sorted(row[heading.index(name)] for row in rows) == sorted(CELLS.values()), (table, name)


def test_times_are_those_of_the_screen_and_their_zone_is_named(world: PortalWorld) -> None:
    """The reader's own zone, as on the page; a whole day is the brand's day, and has no clock."""
    brand = world.brands["own"]
    far_off = datetime.now(UTC).replace(hour=3, minute=30, second=0, microsecond=0) + timedelta(days=40)
    midnight = datetime.combine(far_off.date(), time(), ZoneInfo("America/New_York"))
    with AgencySession(world.engine) as session:
        session.get_one(Tenant, brand).timezone = "America/New_York"
        session.exec(select(User).where(User.email == "viewer@own.example")).one().display_timezone = "Asia/Tokyo"
        session.add(make_lead(brand, lead_created_at=far_off, phone="007"))
        session.add(make_note(brand, noted_at=far_off))
        session.add(make_activity(brand, title="Call", starts_at=far_off, ends_at=far_off + timedelta(hours=1)))
        days = {"starts_at": midnight, "ends_at": midnight + timedelta(days=2, seconds=-1), "all_day": True}
        session.add(make_activity(brand, title="Fair", **days))
        commit_counted(session, brand)
    client = world.sign_in("viewer@own.example")
    clock = f"{far_off:%Y-%m-%d} 12:30"  # half past three in the morning in UTC is half past twelve in Tokyo

    for table, heading in (("leads", "Created"), ("notes", "Date")):
        headings, row = rows_of(client, f"/export/{table}.csv")
        assert row[headings.index(f"{heading} (Asia/Tokyo)")] == clock
    headings, *rows = rows_of(client, "/export/schedule.csv")
    assert headings[:2] == ["Starts (Asia/Tokyo)", "Ends (Asia/Tokyo)"]
    times = {row[headings.index("Title")]: row[:2] for row in rows}
    assert times["Call"] == [clock, f"{far_off:%Y-%m-%d} 13:30"]
    assert times["Fair"] == [f"{far_off:%Y-%m-%d}", f"{far_off + timedelta(days=1):%Y-%m-%d}"]


def test_a_zone_is_called_as_the_screen_calls_it() -> None:
    assert EXPORTS["notes"].headings("America/New_York")[0] == "Date (America/New York)"


def test_words_of_a_note_stand_apart_where_tags_stood(world: PortalWorld) -> None:
    markup = "<p>Called</p><p>Will decide</p><ul><li>asked for FDD</li><li>two units</li></ul>soon<br>again<hr>later"
    record = NoteRecord("1", f"{markup}<table><tr><td>a</td><td>b</td></tr></table>", "Pat", None, "Note")
    with AgencySession(world.engine) as session:
        text = note_row(record, "1", ZoneInfo("UTC"))["content_text"]
        session.add(make_note(world.brands["own"], content_text=text))
        commit_counted(session, world.brands["own"])
    _, row = rows_of(world.sign_in("viewer@own.example"), "/export/notes.csv")
    assert " ".join(row[-1].split()) == "Called Will decide asked for FDD two units soon again later a b"


def test_too_long_a_table_is_refused_in_plain_words(database_url: str, encryption_key: str) -> None:
    world = make_shared_world(database_url, encryption_key, portal_export_rows=3)
    with AgencySession(world.engine) as session:
        session.add_all(make_lead(world.brands["own"], lead_source="A") for _ in range(3))
        session.add(make_lead(world.brands["own"], lead_source="B"))
        commit_counted(session, world.brands["own"])
    client = world.sign_in("viewer@own.example")
    refused = client.get("/export/leads.csv", buffered=True)
    assert refused.status_code == 413
    assert "more than 3 rows" in refused.text
    assert world.audit("exported") == []
    assert len(rows_of(client, "/export/leads.csv?source=A")) == 4
    close_world(world)


def test_deals_begin_with_those_that_came_farthest_and_end_with_the_parked(world: PortalWorld) -> None:
    brand = world.brands["own"]
    stages = (("New Lead", -1, 0), ("FDD Sent", 1, 20), ("FA Signed", 2, 100), ("Future Interest", 3, 1))
    with AgencySession(world.engine) as session:
        for name, position, likelihood in stages:
            session.add(make_stage(brand, name, position, likelihood=likelihood))
            session.add(make_opportunity(brand, stage_name=name, stage_key=name.casefold()))
        commit_counted(session, brand)
    rows = rows_of(world.sign_in("viewer@own.example"), "/export/pipeline.csv")
    place = rows[0].index("Stage")
    assert [row[place] for row in rows[1:]] == ["FA Signed", "FDD Sent", "New Lead", "Future Interest"]


def test_a_hot_list_is_taken_away_cell_by_cell(world: PortalWorld) -> None:
    """Amounts and shares as numbers, telephone numbers and codes as they are, and nothing that a spreadsheet computes."""
    brand = world.brands["own"]
    common = {"stage_name": "FA Sent", "stage_position": 2, "likelihood": 95, "iff": 49500, "weighted_iff": "47025.00"}
    with AgencySession(world.engine) as session:
        session.add(make_stage(brand, "FA Sent", 2, likelihood=95))
        texts = {"candidate": "(404) 555-0100", "market": "\uff1d1+1", "units": "3-4", "sales_lead": "Pat; =cmd"}
        deal = make_opportunity(brand, stage_name="FA Sent", stage_key="fa sent")
        session.add_all((deal, make_hot_list_item(brand, opportunity_id=deal.opportunity_id, **common, **texts)))
        commit_counted(session, brand)
    headings, row = rows_of(world.sign_in("viewer@own.example"), "/export/hot-list.csv")
    assert dict(zip(headings, row, strict=True)) == {
        "Candidate": "'(404) 555-0100",
        "Priority": "Closing",
        "Market": "'\uff1d1+1",
        "Units": "'3-4",
        "Stage": "FA Sent",
        "IFF": "49500.00",
        "Weighted IFF": "47025.00",
        "Likely %": "95",
        "Days in stage": "",
        "Stuck": "",
        "Sales lead": "Pat; '=cmd",
    }
