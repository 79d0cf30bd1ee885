"""Ways that lead on: names open their lead, cards their rows, stuck deals can be listed, phones and mails be used."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from cleaning import name_key
from database import AgencySession
from tests.factories import commit_counted, make_lead
from tests.pages.site import Site, Visit
from tests.pages.test_chart_cards import choose
from tests.pages.test_leads_page import figure

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/hot-list?q=person+026", "Person 026"),
        ("/pipeline?q=person+026", "Person 026"),
        ("/notes?client=lead-26", "Person 026"),
        ("/schedule?page=2", "Candidate 26"),
    ],
)
def test_a_name_opens_its_lead_where_it_stands(visit: Visit, path: str, name: str) -> None:
    page = visit().open(path)
    page.locator(".ag-row").get_by_role("link", name=name, exact=True).first.click()
    panel = page.locator("#details")
    expect(panel.locator(".offcanvas-title")).to_have_text("Person 026")
    expect(panel).to_contain_text("Territory 26")
    expect(panel).to_contain_text("Spoke about territory 26 ")
    expect(page).to_have_url(re.compile("lead=lead-26"))
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(page).not_to_have_url(re.compile("lead=lead-26"))


def test_a_note_leads_on_to_its_lead_who_can_be_called_and_to_the_notes_on_it(visit: Visit) -> None:
    page = visit().open("/notes?client=lead-14")
    page.locator(".ag-row [col-id=content]").first.click()
    panel = page.locator("#details")
    panel.get_by_role("link", name="Open this lead").click()
    expect(panel.get_by_role("link", name="(555) 000-0014")).to_have_attribute("href", "tel:5550000014")
    expect(panel.get_by_role("link", name="person14@example.com")).to_have_attribute(
        "href", "mailto:person14@example.com"
    )
    panel.get_by_role("link", name=re.compile("notes$")).click()
    expect(panel).to_have_count(0)
    expect(page.locator(".chips .chip")).to_have_text("Contact: Person 014")


def test_a_phone_is_found_by_its_digits_and_dialled_and_a_mail_is_written(visit: Visit) -> None:
    page = visit().open("/leads")
    page.get_by_label("Search leads").fill("(555) 000-0014")
    expect(page.locator("#table-total")).to_have_attribute("data-total", "1")
    expect(page.locator(".ag-row").first).to_contain_text("Person 014")
    expect(page.locator(".ag-row").get_by_role("link", name="(555) 000-0014")).to_have_attribute(
        "href", "tel:5550000014"
    )
    mail = page.locator(".ag-row").get_by_role("link", name="person14@example.com")
    expect(mail).to_have_attribute("href", "mailto:person14@example.com")


def test_a_card_leads_to_its_rows_and_back(visit: Visit) -> None:
    page = visit().open("/leads")
    expect(page.locator(".ag-row").first).to_be_visible()
    of_all = figure(page, "total-leads")
    for card in ("new-leads", "active-leads", "qualified-candidates", "signed-leads"):
        count, label = figure(page, card), page.locator(f"#figure-{card} .figure-label").inner_text()
        page.locator(f"#figure-{card}").click()
        expect(page.locator(".chips .chip")).to_have_text(f"Only: {label}")
        expect(page.locator("#figure-total-leads .figure-value")).to_have_text(count)
        expect(page.locator("#table-total")).to_have_attribute("data-total", count)
        page.go_back()
        expect(page.locator(".chips .chip")).to_have_count(0)
        expect(page.locator("#figure-total-leads .figure-value")).to_have_text(of_all)


def test_stuck_deals_are_listed_and_marked(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/pipeline")
    expect(page.locator(".ag-row").first).to_be_visible()
    count = figure(page, "stuck-deals")
    page.locator("#figure-stuck-deals").click()
    expect(page).to_have_url(re.compile("stuck=yes"))
    expect(page.locator("#table-total")).to_have_attribute("data-total", count)
    days = page.locator(".ag-row [col-id=days]")
    expect(days.first).to_be_visible()
    expect(days.filter(has_not_text="Stuck")).to_have_count(0)
    page = visitor.open("/hot-list")
    of_all = figure(page, "hot-deals")
    stuck = days.filter(has_text="Stuck")
    expect(stuck.first).to_be_visible()
    marked = stuck.count()
    page = visitor.open("/hot-list?stuck=yes")
    expect(page.locator(".chips .chip")).to_have_text("Only: Stuck deals")
    expect(page.locator("#table-total")).to_have_attribute("data-total", str(marked))
    assert 0 < marked < int(of_all)


@pytest.mark.parametrize(
    ("path", "label", "named", "searches"),
    [
        ("/leads", "Search leads", "source, status", ("YouTube", "Outbound Call")),
        ("/pipeline", "Search deals", "stage, source", ("Facebook",)),
        ("/notes", "Search notes and authors", "who wrote it", ("Luis Fontaine",)),
    ],
)
def test_a_search_looks_where_its_field_says_and_can_be_cleared(
    visit: Visit, path: str, label: str, named: str, searches: tuple[str, ...]
) -> None:
    page = visit().open(path)
    field, total = page.get_by_label(label), page.locator("#table-total")
    of_all = total.get_attribute("data-total")
    expect(field).to_have_attribute("placeholder", re.compile(named))
    for found in searches:
        field.fill(found.removeprefix("Luis ").lower())  # it is found whatever its case
        expect(total).not_to_have_attribute("data-total", str(of_all))
        rows = page.locator(".ag-center-cols-container .ag-row")
        expect(rows.filter(has_not_text=found)).to_have_count(0)
        expect(rows.first).to_be_visible()
        page.get_by_role("button", name="Clear search").first.click()
        expect(total).to_have_attribute("data-total", str(of_all))
        expect(field).to_have_value("")


def test_a_menu_counts_within_the_other_filters(visit: Visit) -> None:
    page = visit().open("/notes?author=Luis+Fontaine")
    expect(page.locator("#table-total")).to_have_text("1 to 25 of 87 notes")
    page.get_by_role("button", name="Kind").click()
    entry = page.locator(".dropdown-menu.show label").first
    kind, _, count = entry.inner_text().partition(" · ")
    assert 0 < int(count) <= 87  # of 261 notes of all authors
    entry.click()
    expect(page.locator("#table-total")).to_have_attribute("data-total", count)
    page.get_by_role("button", name="Author").click()
    of_kind = page.locator(".dropdown-menu.show label", has_text="Luis Fontaine")
    expect(of_kind).to_have_text(f"Luis Fontaine · {count}")
    expect(page.locator("#notes-heard")).to_have_text(f"Author: Luis Fontaine; Kind: {kind}. {count} notes.")


def test_a_mangled_link_is_read_and_what_means_nothing_is_said(visit: Visit) -> None:
    page = visit().open("/leads?stats=new&amp;source=Facebook")
    expect(page.locator(".chips .chip")).to_have_text("Source: Facebook")
    expect(page.locator("#unread")).to_contain_text("\u201cstats\u201d")
    total = page.locator("#table-total").get_attribute("data-total")
    expect(page.locator("#leads-heard")).to_have_text(f"Source: Facebook. {total} leads.")


ODD_NAME = "*\u200f Team \U0001f468\u200d\U0001f469\u200d\U0001f467 so\u00adft & <b>+%"


@pytest.fixture
def odd_source(site: Site) -> Iterator[None]:
    """While a test runs, three leads of the brand came from a source whose name is hard to write."""
    own = site.brand("own")
    named = {"lead_source": ODD_NAME, "lead_source_key": name_key(ODD_NAME)}
    leads = [make_lead(own, client_id=f"odd-{number}", **named) for number in range(3)]
    with AgencySession(site.world.engine) as session:
        session.add_all(leads)
        commit_counted(session, own)
    yield
    with AgencySession(site.world.engine) as session:
        for lead in leads:
            session.delete(lead)
        commit_counted(session, own)


def test_a_source_of_odd_letters_filters_when_clicked_and_reloaded(visit: Visit, odd_source: None) -> None:
    page = visit().open("/leads?open=leads-sources")
    choose(page, "View as table")
    page.locator("#card-leads-sources .chart-table").get_by_role("link", name=re.compile("Team")).click()
    for _ in ("clicked", "reloaded"):
        expect(page.locator(".chips .chip")).to_contain_text("Team")
        expect(page.locator("#table-total")).to_have_attribute("data-total", "3")
        page.reload()


def test_columns_are_hidden_and_the_choice_is_remembered(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/leads")
    heading = page.locator(".ag-header-cell", has_text="Sales lead")
    expect(heading).to_be_visible()
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("Sales lead").click()
    expect(heading).to_have_count(0)
    page = visitor.open("/leads")
    expect(page.locator(".ag-header-cell", has_text="Source")).to_be_visible()
    expect(heading).to_have_count(0)


def test_a_phone_shows_two_lines_a_row_and_a_sort_menu(visit: Visit) -> None:
    page = visit(width=390).open("/leads?q=person+01")
    row = page.locator(".ag-row").first
    expect(row.locator(".ag-cell:visible")).to_have_count(1)
    box = row.bounding_box()
    assert box is not None
    assert box["height"] < 90
    page.get_by_label("Sorted").select_option("By name")
    expect(page).to_have_url(re.compile("sort=name"))
    expect(page.locator(".ag-row").first).to_contain_text("Person 001")
