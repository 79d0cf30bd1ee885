"""A page on paper, as the server answers it: how many rows stand on it, and which figures above them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from dash_portal.printing import MOST_ROWS, printed_cell, printed_chart
from database import AgencySession
from tests.dash_portal.charts.examples import ROWS
from tests.dash_portal.portal_world import PortalWorld, close_world, make_shared_world
from tests.factories import commit_counted, make_lead


def rows_and_heading(world: PortalWorld, path: str) -> tuple[int, str]:
    answer = world.sign_in("viewer@own.example").get(path)
    assert answer.status_code == 200
    table = answer.text.split('<table class="rows">')[1]
    headings = re.findall(r"<h2>(.*?)</h2>", answer.text)
    return table.split("<tbody>")[1].count("<tr>"), headings[-1]


def test_a_table_too_long_for_a_file_prints_its_first_500_rows_and_says_so(
    database_url: str, encryption_key: str
) -> None:
    world = make_shared_world(database_url, encryption_key, portal_export_rows=MOST_ROWS - 1)
    with AgencySession(world.engine) as session:
        brand = world.brands["own"]
        session.add_all(make_lead(brand, lead_source="A") for _ in range(MOST_ROWS))
        session.add_all(make_lead(brand, lead_source="B") for _ in range(1_000))
        commit_counted(session, brand)
    assert rows_and_heading(world, "/print/leads") == (500, "Leads, first 500 of 1,500 rows")
    assert rows_and_heading(world, "/print/leads?source=A") == (500, "Leads, 500 rows")
    close_world(world)


def test_figures_are_written_out_and_narrowed_as_the_page_is(world: PortalWorld) -> None:
    with AgencySession(world.engine) as session:
        session.add_all(make_lead(world.brands["own"], lead_source="A") for _ in range(3))
        session.add(make_lead(world.brands["own"], lead_source="B"))
        commit_counted(session, world.brands["own"])
    client = world.sign_in("viewer@own.example")
    for path, leads in (("/print/leads", 4), ("/print/leads?source=A", 3)):
        figures = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)<", client.get(path).text))
        assert figures["Total leads"] == str(leads)
        assert len(figures) == 5


def test_a_phone_stands_on_paper_as_on_the_screen(world: PortalWorld) -> None:
    with AgencySession(world.engine) as session:
        session.add(make_lead(world.brands["own"], phone="8045551463"))
        session.add(make_lead(world.brands["own"], phone="+49 30 901820"))
        commit_counted(session, world.brands["own"])
    client = world.sign_in("viewer@own.example")
    printed = client.get("/print/leads").text
    assert ">(804) 555-1463</td>" in printed
    assert ">+49 30 901820</td>" in printed
    assert "8045551463" in client.get("/export/leads.csv").text, "a program gets what the CRM has"


def test_a_time_on_paper_is_not_parted_from_its_pm() -> None:
    moment = datetime(2026, 11, 28, 2, 56, tzinfo=UTC)
    assert printed_cell(moment, "America/New_York").text == "27 Nov 2026, 9:56\u00a0PM"


def test_on_paper_each_bar_has_its_number() -> None:
    """On the screen "weighted" is a bar inside that of the value, with its number on hover; paper has no hover."""
    rows = dict(printed_chart(ROWS, None).rows)
    assert [bar.text for bar in rows["FDD Review Call Scheduled"]] == ["15", "13 %", "$1.25M", "$12.5k", "31.5", "1"]
    assert [bar.text for bar in rows["New Lead"]] == ["12", "94 %", "", "", "2", ""]
    for bars in rows.values():
        assert [bar for bar in bars if bar.percent and not bar.text] == []
