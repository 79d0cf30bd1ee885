from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Route, expect
from sqlmodel import select

from dash_portal.dashboards.answers import ANSWERS
from database import AgencySession
from models import Lead, Note, Resource, ResourceStatus, RunStatus, SyncError, SyncErrorKind, SyncRun, Tenant, utc_now
from tests.dash_portal.agency.histories import add_run
from tests.factories import commit_counted, make_activity, make_lead, make_note
from tests.pages.filled_brand import set_freshness
from tests.pages.site import AGENCY, FILLED, STALE, Site, Visit

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def read_twelve_minutes_ago(site: Site) -> None:
    """However long the tests before took."""
    with AgencySession(site.world.engine) as session:
        set_freshness(session, site.brand("own"), utc_now() - timedelta(minutes=12))
        session.commit()


@pytest.fixture
def landed(site: Site) -> Iterator[list[Lead | Note]]:
    """Rows that a test lets land; they are taken back at the end."""
    rows: list[Lead | Note] = []
    yield rows
    with AgencySession(site.world.engine) as session:
        for row in rows:
            session.delete(row)
        set_freshness(session, site.brand("own"), utc_now() - timedelta(minutes=12))
        commit_counted(session, site.brand("own"))


def let_a_sync_land(site: Site, landed: list[Lead | Note]) -> None:
    own, soon = site.brand("own"), utc_now() + timedelta(hours=1)
    landed += [make_lead(own, name="Just Landed"), make_note(own, content_text="Just landed", noted_at=soon)]
    with AgencySession(site.world.engine) as session:
        session.add_all(landed)
        session.get_one(Tenant, site.brand("own")).data_version += 1
        set_freshness(session, site.brand("own"), utc_now())
        commit_counted(session, site.brand("own"))


def test_the_badge_says_the_age_and_the_exact_time_on_hover(visit: Visit) -> None:
    page = visit(FILLED).open("/leads")
    badge = page.locator("#freshness")
    expect(badge).to_contain_text("Updated 1")
    expect(badge).to_have_class(re.compile("mood-fresh"))
    expect(page.locator("#stale-banner")).not_to_be_visible()
    badge.hover()
    expect(page.locator(".tooltip")).to_contain_text("The data on this page was read at")


def test_after_a_failed_sync_a_banner_says_the_datas_age_and_no_details(visit: Visit) -> None:
    page = visit(STALE).open("/leads")
    banner = page.locator("#stale-banner")
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("data that is 9 h")
    expect(banner).to_contain_text("The last sync did not succeed.")
    expect(page.locator("#freshness")).to_have_class(re.compile("mood-stale"))


@pytest.fixture
def refused(site: Site) -> Iterator[None]:
    """The stale brand's web key was refused in its last sync, while a test runs."""
    brand = site.brand("stale")
    errors: dict[Resource | None, tuple[SyncErrorKind, str]] = {None: (SyncErrorKind.KEY_REFUSED, "refused")}
    run = add_run(site.world.engine, brand, utc_now(), status=RunStatus.FAILED, results={}, errors=errors)
    yield
    with AgencySession(site.world.engine) as session:
        for error in session.exec(select(SyncError).where(SyncError.run_id == run)):
            session.delete(error)
        session.flush()
        session.delete(session.get_one(SyncRun, (brand, run)))
        session.commit()


def test_a_refused_access_is_told_to_the_brand_in_plain_words_and_leads_the_agency_to_the_key(
    visit: Visit, refused: None
) -> None:
    banner = visit(STALE).open("/leads").locator("#stale-banner")
    expect(banner).to_contain_text("Your agency has to renew the connection. You see data from")
    expect(banner.get_by_role("link")).to_have_count(0)
    page = visit(AGENCY).open("/leads?brand=stale")
    expect(page.locator("#stale-banner")).to_contain_text("ClientTether refused this brand's web key.")
    page.locator("#stale-banner").get_by_role("link", name="Replace web key").click()
    expect(page.locator("#web_key")).to_be_in_viewport()


def test_the_age_goes_on_counting_and_turns_amber_and_red_by_itself(visit: Visit) -> None:
    visitor = visit(FILLED, fresh=True)
    visitor.page.clock.install()
    page = visitor.open("/leads")
    badge = page.locator("#freshness")
    expect(badge).to_have_class(re.compile("mood-fresh"))
    # A chart whose scripts are still loading would give up on them when half a minute goes by at once.
    expect(page.locator(".chart-card:not(:has(.main-svg))")).to_have_count(0)
    page.route("**/_dash-update-component*", lambda route: route.abort())  # as if the network were away for hours
    page.clock.fast_forward("01:15:00")
    expect(badge).to_have_class(re.compile("mood-ageing"))
    page.clock.fast_forward("01:00:00")
    expect(badge).to_have_class(re.compile("mood-stale"))
    expect(badge).to_contain_text("Updated 2 h")
    expect(page.locator("#stale-banner")).to_be_visible()
    visitor.problems.clear()  # the browser itself reports the requests that were cut off


def test_new_data_is_announced_and_shown_without_losing_filters_or_scroll(
    visit: Visit, site: Site, landed: list[Lead | Note]
) -> None:
    page = visit(FILLED).open("/leads?source=Facebook&sort=name")
    expect(page.locator("#figure-total-leads")).to_be_visible()
    before = int(page.locator("#figure-total-leads .figure-value").inner_text())
    expect(page.locator("#new-data")).not_to_be_visible()
    let_a_sync_land(site, landed)
    page.evaluate("window.dash_clientside.set_props('freshness-asks', {n_intervals: Date.now()})")
    expect(page.locator("#new-data")).to_be_visible()
    page.locator("#table").scroll_into_view_if_needed()
    scrolled = page.evaluate("window.scrollBy(0, 300), window.scrollY")
    assert scrolled > 0
    page.locator("#new-data-button").click()
    expect(page.locator("#figure-total-leads .figure-value")).to_have_text(str(before + 1))
    expect(page.locator("#new-data")).not_to_be_visible()
    expect(page.locator("#freshness")).to_contain_text("Updated just now")
    expect(page.locator(".chips .chip")).to_have_count(1)
    assert abs(page.evaluate("window.scrollY") - scrolled) <= 2
    expect(page).to_have_url(re.compile("sort=name"))


def test_new_data_is_taken_by_itself_when_one_comes_back_to_the_tab(
    visit: Visit, site: Site, landed: list[Lead | Note]
) -> None:
    page = visit(FILLED).open("/notes?page=2")
    rows = page.locator("#table .ag-row")
    expect(rows.first).to_contain_text("territory 24 ")
    let_a_sync_land(site, landed)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#said")).to_have_text("Showing the new data")
    expect(page.locator("#table-total")).to_have_text("26 to 50 of 262 notes")
    expect(rows.first).to_contain_text("territory 23 ")
    expect(page.locator("#freshness")).to_contain_text("Updated just now")


def test_one_may_leave_a_tab_that_is_loading_and_come_back_to_it(visit: Visit) -> None:
    """There is nothing yet then that could be asked for newer data."""
    visitor = visit(FILLED)
    page, held = visitor.page, list[Route]()
    page.route(re.compile("_dash-layout"), lambda route: held.append(route))  # noqa: PLW0108 - playwright marks it
    with page.expect_request(re.compile("_dash-layout")):
        page.goto(f"{visitor.url}/leads", wait_until="commit")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    held[0].continue_()
    page.unroute_all()
    expect(page.locator("#freshness")).to_contain_text("Updated 1")


def test_new_data_is_taken_by_itself_after_a_minute_in_which_nobody_touched_the_page(
    visit: Visit, site: Site, landed: list[Lead | Note]
) -> None:
    visitor = visit(FILLED, fresh=True)
    visitor.page.clock.install()
    page = visitor.open("/notes")
    expect(page.locator("#table-total")).to_have_text("1 to 25 of 261 notes")
    let_a_sync_land(site, landed)
    page.clock.fast_forward("00:40")
    expect(page.locator("#new-data")).to_be_visible()
    expect(page.locator("#table-total")).to_have_text("1 to 25 of 261 notes")
    page.clock.fast_forward("00:30")
    expect(page.locator("#said")).to_have_text("Showing the new data")
    expect(page.locator("#table-total")).to_have_text("1 to 25 of 262 notes")


def test_new_data_waits_while_somebody_reads_a_panel(visit: Visit, site: Site, landed: list[Lead | Note]) -> None:
    page = visit(FILLED).open("/notes?note=note-3")
    expect(page.locator("#details")).to_be_visible()
    let_a_sync_land(site, landed)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#new-data")).to_be_visible()
    expect(page.locator("#freshness")).to_contain_text("Updated 1")  # the age of what is on the screen
    expect(page.locator("#table-total")).to_have_text("1 to 25 of 261 notes")


def test_a_failed_attempt_shows_its_banner_while_the_page_is_open(
    visit: Visit, site: Site, landed: list[Lead | Note]
) -> None:
    page = visit(FILLED).open("/pipeline")
    expect(page.locator("#stale-banner")).not_to_be_visible()
    with AgencySession(site.world.engine) as session:
        set_freshness(session, site.brand("own"), utc_now() - timedelta(minutes=70), ResourceStatus.FAILED)
        session.commit()
    page.evaluate("window.dash_clientside.set_props('freshness-asks', {n_intervals: Date.now()})")
    expect(page.locator("#stale-banner")).to_be_visible()
    expect(page.locator("#stale-banner")).to_contain_text("1 h 10 min")


def test_the_schedule_drops_what_is_over_while_it_is_open(visit: Visit, site: Site) -> None:
    visitor = visit(FILLED)
    visitor.page.clock.install()
    with AgencySession(site.world.engine) as session:
        over = make_activity(
            site.brand("own"),
            event_id="nearly-over",
            starts_at=utc_now() - timedelta(hours=1),
            ends_at=utc_now() + timedelta(hours=1),
        )
        session.add(over)
        session.commit()
        page = visitor.open("/schedule")
        expect(page.locator(".ag-row[row-id=nearly-over]")).to_be_visible()
        over.ends_at = utc_now() - timedelta(minutes=1)
        session.commit()
        ANSWERS.forget()  # the server's own clock has not gone on: the minute that its answer is kept for is over
        page.clock.fast_forward("01:05")
        expect(page.locator(".ag-row[row-id=nearly-over]")).to_have_count(0)
        session.delete(over)
        session.commit()
