"""The whole day of an agency admin, in a real browser, with a real worker and the stand-in over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from emulator import Fault
from tests.end_to_end.fresh_portal import BRIGHT, HARBOR, PASSWORD, FreshPortal

ANA, VERA = "ana@mellon.example", "vera@harbor.example"
SOON = 30_000

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def sign_in(page: Page, url: str, email: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/login" not in address)


def state_of(page: Page, slug: str) -> object:
    return expect(page.locator(f"#row-{slug} .state"))


def stands(page: Page) -> object:
    return expect(page.locator(".stand .state"))


def test_a_day_of_an_agency_admin(fresh_portal: FreshPortal, open_page: Callable[..., Page]) -> None:
    url, emulator = fresh_portal.url, fresh_portal.emulator
    page = open_page()

    # The portal is empty, and says how to make the first admin.
    page.goto(url)
    expect(page.get_by_text("create-user")).to_be_visible()
    made = fresh_portal.run(
        "dash_portal", "create-user", ANA, "--role", "agency_admin", "--name", "Ana", "--password-stdin", typed=PASSWORD
    )
    assert made.returncode == 0, made.stderr
    sign_in(page, url, ANA)
    page.get_by_role("link", name="Not now").click()
    page.wait_for_load_state()  # until then a click on its buttons is nobody's

    # First steps. Without a worker, the page says so; with one, the test tells what ClientTether says.
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    expect(page.get_by_text("No worker is running")).to_be_visible()
    with fresh_portal.worker():
        _bring_on_first_brand(page)
        viewer = _invite_viewer(page, open_page, url)
        _find_and_mend_wrong_key(page, url, fresh_portal)
        _find_refused_token(page, url, fresh_portal)
        _confirm_what_was_held_back(page, url, fresh_portal)
        _let_unreadable_records_be(page, url, fresh_portal)
        _look_on_the_phone(open_page, url)
        _look_at_raw_answers(page, url)
        emulator.clear_faults()
        _suspend(page, url, viewer)
    _read_the_audit_log(page, url)


def _bring_on_first_brand(page: Page) -> None:
    page.locator("#web_key").fill("CT_not_a_key_of_anyone")
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#test-words")).to_contain_text("Refused", timeout=SOON)
    page.locator("#web_key").fill(HARBOR.web_key)
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#test-words")).to_contain_text("120 contacts, in the account of", timeout=SOON)
    page.get_by_label("Name", exact=True).fill("Harbor & Pine")
    expect(page.get_by_label("Short name")).to_have_value("harbor-pine")
    page.get_by_label("Time zone").fill("America/New_York")
    page.get_by_label("Accent colour").fill("#ffe100")
    expect(page.locator("#accent-field")).to_contain_text("hard to see on light pages")
    page.get_by_role("button", name="Create brand and start its first sync").click()

    # The first sync is watched live: nothing is reloaded here.
    expect(page.get_by_role("heading", name="Harbor & Pine")).to_be_visible()
    stands(page).to_contain_text("Up to date", timeout=SOON)  # type: ignore[attr-defined]
    expect(page.locator(".run-state").first).to_have_text("Complete", timeout=SOON)
    page.locator(".run summary").first.click()
    leads = page.locator(".run-body tr", has_text="Leads").first
    expect(leads).to_contain_text("120")
    expect(page.locator(".run", has_text="asked for by hand by Ana")).not_to_have_count(0)


def _invite_viewer(page: Page, open_page: Callable[..., Page], url: str) -> Page:
    page.get_by_role("link", name="People").click()
    page.get_by_label("E-mail").fill(VERA)
    page.locator("#invite-brand").fill("harbor-pine")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("#link").input_value()
    assert urlsplit(link).path.startswith("/join/")
    expect(page.get_by_text("It works once, until")).to_be_visible()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("[data-copy]").click()
    assert page.evaluate("navigator.clipboard.readText()") == link

    viewer = open_page()
    viewer.goto(link)
    viewer.get_by_label("Your name").fill("Vera Viewer")
    for field in viewer.locator("input[type=password]").all():
        field.fill(PASSWORD)
    viewer.get_by_role("button", name="Set password and sign in").click()
    expect(viewer.locator("#brand-name")).to_have_text("Harbor & Pine")
    expect(viewer.locator("#figure-total .figure-value, .figure-value").first).to_have_text(re.compile(r"\d+"))
    assert viewer.request.get(f"{url}/agency/sync").status == 403
    return viewer


def _find_and_mend_wrong_key(page: Page, url: str, portal: FreshPortal) -> None:
    page.goto(f"{url}/agency/brands/_new")
    page.locator("#web_key").fill("CT_typed_wrong_by_hand")
    page.get_by_label("Name", exact=True).fill("BrightPath")
    expect(page.get_by_label("Short name")).to_have_value("brightpath")  # without one the form is not sent
    page.get_by_label("Time zone").fill("America/Chicago")
    page.get_by_role("button", name="Create brand and start its first sync").click()
    expect(page.get_by_role("heading", name="BrightPath")).to_be_visible()  # else the link would be the former page's
    page.get_by_role("link", name="Sync health").first.click()
    state_of(page, "brightpath").to_contain_text("Access refused", timeout=SOON)  # type: ignore[attr-defined]
    first = page.locator(".health tbody tr").first
    expect(first).to_contain_text("BrightPath")  # trouble comes first
    first.get_by_role("link", name="BrightPath").click()
    expect(page.locator(".stand")).to_contain_text("ClientTether refused this brand's web key.")
    expect(page.locator(".stand")).to_contain_text("put it in place of the old one here")
    page.get_by_role("link", name="Edit brand").click()
    page.locator("#web_key").fill(BRIGHT.web_key)
    portal.emulator.set_fault(Fault.HTTP_500, web_key=BRIGHT.web_key)
    page.get_by_role("button", name="Replace web key").click()
    expect(page.get_by_text("The new web key is in place")).to_be_visible()
    _find_and_mend_a_first_sync_that_failed(page, portal)


def _find_and_mend_a_first_sync_that_failed(page: Page, portal: FreshPortal) -> None:
    """From the dashboards, which have nothing to show yet, to what went wrong, and to a sync by hand."""
    page.get_by_role("link", name="Sync health").last.click()
    stands(page).to_contain_text("Last sync failed", timeout=SOON)  # type: ignore[attr-defined]
    page.get_by_role("link", name="Dashboards").click()
    expect(page.locator("#stale-banner")).to_contain_text("The first sync did not succeed.")
    page.locator("#stale-banner").get_by_role("link", name="See why").click()
    expect(page.locator(".stand")).to_contain_text("ClientTether had a fault of its own.")
    portal.emulator.clear_faults()
    page.get_by_role("button", name="Sync BrightPath now").click()
    stands(page).to_contain_text("Up to date", timeout=SOON)  # type: ignore[attr-defined]


def _find_refused_token(page: Page, url: str, portal: FreshPortal) -> None:
    portal.emulator.rotate_token("another-token")
    page.goto(f"{url}/agency/sync")
    page.get_by_role("button", name="Sync all brands now").click()
    for slug in ("harbor-pine", "brightpath"):
        state_of(page, slug).to_contain_text("Access refused", timeout=SOON)  # type: ignore[attr-defined]
        expect(page.locator(f"#row-{slug}")).to_contain_text("refused")
    portal.emulator.rotate_token(portal.environment["CLIENTTETHER_ACCESS_TOKEN"])
    page.get_by_role("button", name="Sync all brands now").click()
    for slug in ("harbor-pine", "brightpath"):
        state_of(page, slug).to_contain_text("Up to date", timeout=SOON)  # type: ignore[attr-defined]


def _confirm_what_was_held_back(page: Page, url: str, portal: FreshPortal) -> None:
    portal.emulator.set_fault(Fault.SHRUNK_LIST, call="read_client_list", web_key=HARBOR.web_key)
    page.goto(f"{url}/agency/sync/harbor-pine")
    page.get_by_role("button", name="Sync Harbor & Pine now").click()
    stands(page).to_contain_text("Waiting for your decision", timeout=SOON)  # type: ignore[attr-defined]
    page.get_by_text("Confirm what was held back").click()
    expect(page.locator(".sure-body")).to_contain_text("it would remove 60 of 120 rows")
    page.get_by_role("button", name="Yes, this is right").click()
    stands(page).to_contain_text("Up to date", timeout=SOON)  # type: ignore[attr-defined]
    newest = page.locator(".run").first
    newest.locator("summary").click()
    expect(newest.locator("tr", has_text="Leads")).to_contain_text("60")


def _let_unreadable_records_be(page: Page, url: str, portal: FreshPortal) -> None:
    portal.emulator.set_fault(Fault.UNREADABLE_ROWS, call="read_client_list", web_key=BRIGHT.web_key, share=0.03)
    page.goto(f"{url}/agency/sync/brightpath")
    page.get_by_role("button", name="Sync BrightPath now").click()
    stands(page).to_contain_text("Not all is understood", timeout=SOON)  # type: ignore[attr-defined]
    expect(page.locator("#understanding")).to_contain_text("could not be read")
    page.get_by_text("Let them be…").click()
    page.get_by_role("button", name="Yes, do without them").click()
    stands(page).to_contain_text("Up to date", timeout=SOON)  # type: ignore[attr-defined]


def _look_on_the_phone(open_page: Callable[..., Page], url: str) -> None:
    phone = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    sign_in(phone, url, ANA)
    phone.goto(f"{url}/agency/sync")
    row = phone.locator("#row-brightpath")
    expect(row.locator(".state")).to_have_text(re.compile("Up to date"))
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    row.get_by_role("button", name="Sync BrightPath now").tap()
    expect(row).to_contain_text("asked for by Ana")
    expect(row.get_by_role("button")).to_be_disabled()
    expect(row.get_by_role("button", name="Sync BrightPath now")).to_be_enabled(timeout=SOON)
    expect(row).to_contain_text("Complete, just now")


def _look_at_raw_answers(page: Page, url: str) -> None:
    page.goto(f"{url}/agency/sync/brightpath")
    page.locator(".run summary").first.click()
    page.get_by_role("link", name=re.compile("raw answer")).first.click()
    page.get_by_label("Search in all answers of this run").fill("ResultCode")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Leads 1", exact=True).click()
    expect(page.locator("pre mark").first).to_have_text(re.compile("resultcode", re.IGNORECASE))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith(".json")


def _suspend(page: Page, url: str, viewer: Page) -> None:
    expect(viewer).to_have_url(re.compile("/leads"))
    page.goto(f"{url}/agency/brands/harbor-pine")
    page.get_by_text("Suspend Harbor & Pine…").click()
    page.get_by_role("button", name="Yes, suspend it now").click()
    expect(page.get_by_text("The brand is suspended")).to_be_visible()
    viewer.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # else it asks every half minute
    expect(viewer).to_have_url(re.compile("/login"))  # the open tab ends by itself
    page.goto(f"{url}/agency/sync")
    state_of(page, "harbor-pine").to_contain_text("Suspended")  # type: ignore[attr-defined]
    page.locator("#row-harbor-pine").get_by_role("link", name="Harbor & Pine").click()
    page.get_by_role("button", name="Reactivate Harbor & Pine").click()
    expect(page.get_by_text("The brand is active again")).to_be_visible()


def _read_the_audit_log(page: Page, url: str) -> None:
    page.goto(f"{url}/agency/audit")
    deeds = [text.strip() for text in page.locator("tbody td[data-heading='Did what']").all_inner_texts()]
    in_order = [
        "created a person",
        "tested a web key",
        "created the brand",
        "invited someone",
        "accepted an invitation",
        "replaced the web key",
        "confirmed what was held back",
        "searched raw answers",
        "looked at a raw answer",
        "downloaded a raw answer",
        "suspended the brand",
    ]
    in_the_log = [deed for deed in reversed(deeds) if deed in in_order]
    assert list(dict.fromkeys(in_the_log)) == in_order
    assert "asked for a sync" in deeds
    assert "signed in" in deeds
    page.get_by_label("What was done").select_option("brand_suspended")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text(ANA)
    expect(page.locator("tbody tr")).to_contain_text("Harbor & Pine")
