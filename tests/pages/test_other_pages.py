from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from database import AgencySession
from models import Resource, ResourceFreshness, ResourceStatus, ScheduledActivity, User, utc_now
from tests.pages.site import EMPTY, FILLED, Site, Visit
from tests.pages.test_chart_cards import choose
from tests.pages.test_leads_page import changed_figure, chart_ready, click_row, figure

pytestmark = pytest.mark.browser


def test_pipeline_shows_stages_in_the_brands_order_new_lead_first(visit: Visit) -> None:
    page = visit().open("/pipeline")
    expect(page.locator(".tab[aria-current=page]")).to_have_text("Pipeline")
    choose(page, "View as table", "#card-pipeline-stages")
    stages = page.locator("#card-pipeline-stages .chart-table tbody th")
    expect(stages.first).to_be_visible()
    names = stages.all_text_contents()
    assert names[0] == "New Lead"
    assert names[-1] == "Future Interest"
    assert "Not Interested" not in names
    expect(page.locator("#figure-opportunities")).to_contain_text("more in inactive stages")
    expect(page.locator("#pipeline-remarks")).to_contain_text("observed since")


def test_a_clicked_stage_lists_its_deals_with_days_in_stage(visit: Visit) -> None:
    page = visit().open("/pipeline")
    chart_ready(page, "pipeline-stages")
    of_all = figure(page, "opportunities")
    click_row(page, "pipeline-stages", 1)
    expect(page.locator(".chips .chip")).to_contain_text("Outbound Call")
    deals = changed_figure(page, "opportunities", of_all)
    expect(page.locator("#table-total")).to_have_attribute("data-total", deals)
    stages = page.locator("#table .ag-center-cols-container .ag-cell[col-id=stage]")
    expect(stages.first).to_be_visible()
    expect(stages.filter(has_not_text="Outbound Call")).to_have_count(0)
    days = page.locator("#table .ag-center-cols-container .ag-cell[col-id=days]").all_text_contents()
    assert all(re.search(r"\d+$", day) for day in days)


def test_the_hot_list_is_ranked_totalled_and_searched(visit: Visit) -> None:
    page = visit().open("/hot-list")
    first = page.locator("#table .ag-center-cols-container .ag-row").first
    expect(first).to_contain_text("FA S")
    expect(page.locator("#table .ag-floating-bottom")).to_contain_text("Total")
    deals = int(figure(page, "hot-deals"))
    expect(page.locator("#table .ag-center-cols-container .ag-row")).to_have_count(min(deals, 25))
    expect(page.locator("#table .ag-cell[col-id=priority] .badge").first).to_be_visible()
    page.get_by_label("Search hot list").fill("nobody of that name")
    expect(page.locator("#table")).to_contain_text("No deals fit these filters")
    page.get_by_role("link", name="Clear search and filters").click()
    expect(page.locator("#table .ag-center-cols-container .ag-row")).to_have_count(min(deals, 25))
    expect(page.get_by_label("Search hot list")).to_have_value("")
    candidates = page.locator("#table .ag-center-cols-container .ag-cell[col-id=candidate]")
    expect(candidates).to_have_count(min(deals, 25))
    by_stage = candidates.all_text_contents()
    assert by_stage != sorted(by_stage)
    page.locator("#table .ag-header-cell", has_text="Candidate").click()
    expect(page.locator("#table .ag-header-cell", has_text="Candidate")).to_have_attribute("aria-sort", "ascending")
    expect(candidates).to_have_text(sorted(by_stage))


WORDS = """document.querySelector("#table .ag-overlay-no-rows-center")"""
LIES_FREE = """(words) => {
    const [place, grid] = [words.getBoundingClientRect(), words.closest(".ag-root").getBoundingClientRect()];
    const heads = [...document.querySelectorAll("#table .ag-header, #table .ag-row")].filter((row) => row.clientHeight);
    return place.height > 0 && grid.top <= place.top && place.bottom <= grid.bottom && heads.every((row) => {
        const box = row.getBoundingClientRect();
        return box.bottom <= place.top || place.bottom <= box.top;
    });
}"""


@pytest.mark.parametrize("path", ["/leads", "/pipeline", "/hot-list", "/notes"])
def test_that_nothing_was_found_stands_free_of_all_rows(visit: Visit, path: str) -> None:
    page = visit(width=1280).open(path)
    rows, words = page.locator("#table .ag-row"), page.locator("#table .ag-overlay").get_by_text("fit these filters")
    expect(rows.first).to_be_visible()
    page.locator("#table input[type=search]").first.fill("nobody of that name")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator("#table .ag-header")).to_be_visible(visible=width == 1280)
        expect(words).to_be_visible()
        page.wait_for_function(f"() => ({LIES_FREE})({WORDS})")
    expect(page.locator("#table-total")).to_have_text(re.compile(r"^0 \w+$"))
    page.locator("#table .clear-search").first.click()
    expect(rows.first).to_be_visible()
    expect(page.locator("#table .ag-floating-bottom .ag-row")).to_have_count(1 if path == "/hot-list" else 0)


def test_notes_come_with_their_page_and_are_searched_and_ordered_in_the_link(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/notes")
    expect(page.locator("#table .ag-row[row-index='0']")).to_contain_text("Hello there press")
    assert visitor.page_calls() == 1
    page.get_by_label("Search notes and authors").fill("territory 25")
    expect(page.locator("#table-total")).to_have_text(re.compile(r"of \d notes$|of 1\d notes$"))
    expect(page.locator(".ag-row mark").first).to_have_text("territory")
    expect(page.get_by_label("Search notes and authors")).to_be_focused()
    expect(page).to_have_url(re.compile(r"q=territory\+25"))
    page.locator(".ag-header-cell", has_text="Author").click()
    expect(page.locator(".ag-header-cell", has_text="Author")).to_have_attribute("aria-sort", "ascending")
    page.wait_for_url(re.compile("sort=author"))
    page.get_by_label("Search notes and authors").fill("")
    expect(page.locator("#table-total")).to_have_text("1 to 25 of 261 notes")


def test_notes_are_filtered_by_author_kind_and_contact(visit: Visit) -> None:
    page = visit().open("/notes")
    expect(page.locator(".ag-row").first).to_be_visible()
    page.get_by_role("button", name="Author").click()
    page.locator(".dropdown-menu.show").get_by_text("Luis Fontaine").click()
    expect(page.locator(".chips .chip")).to_contain_text("Luis Fontaine")
    expect(page.locator(".ag-row [col-id=author]").first).to_have_text("Luis Fontaine")
    page.get_by_label("Contact's name").fill("Person 001")
    expect(page.locator(".chips .chip")).to_have_count(2)
    expect(page.locator(".ag-row [col-id=contact]").first).to_have_text("Person 001")
    page.go_back()
    expect(page.locator(".chips .chip")).to_have_count(0)
    expect(page.locator(".ag-row").first).to_contain_text("Hello there press")


def test_a_note_opens_in_full_by_click_and_by_enter(visit: Visit) -> None:
    page = visit().open("/notes?q=funding")
    expect(page.locator(".ag-row mark").first).to_be_visible()
    page.locator(".ag-row [col-id=content]").first.click()
    panel = page.locator("#details")
    expect(panel.locator(".rich-text strong")).to_contain_text("funding")
    expect(panel.locator("mark").first).to_have_text("funding")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    page.locator(".ag-row [col-id=author]").nth(1).click(position={"x": 3, "y": 3})
    expect(panel).to_have_count(1)
    page.locator(".details .btn-close").click()
    expect(panel).to_have_count(0)


def test_notes_are_as_dense_as_one_likes_and_turned_in_pages_as_long_as_one_likes(visit: Visit) -> None:
    page = visit().open("/notes")
    row = page.locator(".ag-row[row-id$='/note-attack']")
    expect(row).to_have_css("height", "64px")
    page.get_by_role("link", name="Compact").click()
    expect(page.get_by_role("link", name="Roomy")).to_be_visible()
    expect(row).to_have_css("height", "40px")
    expect(page.locator(".ag-row[row-id*=note-]")).to_have_count(25)
    page.get_by_label("Rows on a page").select_option("100 rows")
    expect(page.locator(".ag-row[row-id*=note-]")).to_have_count(100)
    page.locator(".pagination").get_by_text("3", exact=True).click()
    expect(page.locator(".ag-row[row-id$='/note-259']")).to_be_visible()
    expect(page.locator("#table-total")).to_have_text("201 to 261 of 261 notes")
    page.go_back()
    expect(page.locator("#table-total")).to_have_text("1 to 100 of 261 notes")


def test_notes_that_could_not_be_read_come_when_one_tries_again(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/notes")
    expect(page.locator("#table .ag-row").first).to_contain_text("Hello there")
    page.route("**/_dash-update-component*", lambda route: route.abort())
    page.locator(".pagination").get_by_text("2", exact=True).click()
    expect(page.locator("#failed")).to_contain_text("The page could not be loaded.")
    page.unroute("**/_dash-update-component*")
    page.locator("#failed-button").click()
    expect(page.locator("#failed")).not_to_be_visible()
    expect(page.locator("#table .ag-row").first).to_contain_text("territory 24 ")
    visitor.problems.clear()  # the browser itself reports the request that was cut off


def test_the_schedule_is_grouped_by_day_and_paged(visit: Visit) -> None:
    page = visit().open("/schedule")
    expect(page.locator("#main")).to_contain_text("America/New York")
    expect(page.locator("#table h3").filter(has_text=re.compile(r"^Tomorrow"))).to_have_count(1)
    activities = page.locator("#table .ag-row[row-id^=event-]")
    expect(activities).to_have_count(25)
    page.get_by_label("Rows on a page").select_option("100 rows")
    expect(activities).to_have_count(100)
    page.locator(".pagination").get_by_text("2", exact=True).click()
    expect(activities).to_have_count(30)


@pytest.fixture
def in_tokyo(site: Site) -> Iterator[None]:
    """The viewer reads times in a zone of their own while a test runs."""
    _set_zone(site, "Asia/Tokyo")
    yield
    _set_zone(site, None)


def _set_zone(site: Site, zone: str | None) -> None:
    with AgencySession(site.world.engine) as session:
        session.exec(select(User).where(User.email == FILLED)).one().display_timezone = zone
        session.commit()


def test_times_are_written_in_the_zone_that_the_reader_chose(visit: Visit, site: Site, in_tokyo: None) -> None:
    with AgencySession(site.world.engine) as session:
        start = session.get_one(ScheduledActivity, (site.brand("own"), "event-0", "")).starts_at
    assert start is not None
    page = visit().open("/schedule")
    expect(page.locator("#main")).to_contain_text("Asia/Tokyo")
    expect(page.locator("#table .ag-row[row-id=event-0]")).to_contain_text(
        f"{start.astimezone(ZoneInfo('Asia/Tokyo')):%I:%M %p}".lstrip("0")
    )


@pytest.fixture
def without_calendar(site: Site) -> Iterator[None]:
    """The empty brand's account does not offer the call for appointments while a test runs."""
    brand, now = site.brand("empty"), utc_now()
    with AgencySession(site.world.engine) as session:
        session.add(
            ResourceFreshness(
                tenant_id=brand,
                resource=Resource.SCHEDULED_ACTIVITIES,
                last_status=ResourceStatus.UNAVAILABLE,
                last_attempt_at=now,
            )
        )
        session.commit()
    yield
    with AgencySession(site.world.engine) as session:
        session.delete(session.get_one(ResourceFreshness, (brand, Resource.SCHEDULED_ACTIVITIES)))
        session.commit()


def test_a_calendar_that_is_not_offered_is_said_in_words_a_client_understands(
    visit: Visit, without_calendar: None
) -> None:
    page = visit(EMPTY).open("/schedule")
    expect(page.get_by_role("heading", name="Your account has no calendar to show")).to_be_visible()
    expect(page.locator("#main")).to_contain_text("ask your agency")


@pytest.mark.parametrize("path", ["/leads", "/pipeline", "/hot-list", "/notes", "/schedule"])
def test_an_empty_brand_says_what_will_appear_and_when(visit: Visit, path: str) -> None:
    page = visit(EMPTY).open(path)
    expect(page.locator(".empty")).to_contain_text("will appear here")
    expect(page.locator(".empty")).to_contain_text("The first sync is due at")
    expect(page.locator("#freshness")).to_contain_text("Waiting for first sync")


def test_tabs_lead_from_page_to_page(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/leads?source=Facebook")
    for name, path in (
        ("Pipeline", "/pipeline"),
        ("Hot list", "/hot-list"),
        ("Notes", "/notes"),
        ("Schedule", "/schedule"),
    ):
        page.locator(".tabs").get_by_text(name, exact=True).click()
        page.wait_for_url(re.compile(f"{path}$"))
        expect(page.locator(".tab[aria-current=page]")).to_have_text(name)
        expect(page).to_have_title(f"{name} · Own Brand")
    for path in ("/notes", "/hot-list", "/pipeline", "/leads?source=Facebook"):
        page.go_back()
        page.wait_for_url(re.compile(re.escape(path) + "$"))
        expect(page.locator("#page")).to_have_attribute("data-path", path.partition("?")[0])
    expect(page.locator(".chips .chip")).to_have_count(1)


def test_who_has_signed_in_has_the_table_engine_already(visit: Visit) -> None:
    visitor = visit(fresh=True)
    page = visitor.page
    page.goto(f"{visitor.url}/leads")
    loaded = {request.split("?")[0] for request in visitor.requests if "async-community" in request}
    expect(page.locator(".ag-row").first).to_be_visible()
    page.context.clear_cookies()
    visitor.requests.clear()
    page.goto(f"{visitor.url}/login")
    page.wait_for_load_state("networkidle")
    assert loaded <= {request.split("?")[0] for request in visitor.requests}


def test_the_notes_come_and_go_without_loading_a_document(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/leads")
    visitor.requests.clear()
    tabs, rows = page.locator(".tabs"), page.locator(".ag-row")
    tabs.get_by_text("Notes", exact=True).click()
    expect(rows.first).to_contain_text("Hello there press")
    page.get_by_label("Search notes and authors").fill("territory 25")
    expect(rows.locator("mark").first).to_have_text("territory")
    tabs.get_by_text("Pipeline", exact=True).click()
    expect(page.locator("#table")).to_contain_text("Days in stage")
    tabs.get_by_text("Notes", exact=True).click()
    expect(rows.first).to_contain_text("Hello there press")
    page.go_back()
    expect(page.locator("#table")).to_contain_text("Days in stage")
    page.go_back()
    expect(rows.locator("mark").first).to_have_text("territory")
    expect(page.get_by_label("Search notes and authors")).to_have_value("territory 25")
    assert not any(request.startswith("GET") and request.endswith("/notes") for request in visitor.requests)
