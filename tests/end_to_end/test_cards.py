"""Each card of each page, as a person reads it in the browser, against the same figure counted by other code."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.counting import Counted, key, stage_key
from tests.end_to_end.running_portal import SLUGS, RunningPortal

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def viewers(portal: RunningPortal) -> dict[str, httpx.Client]:
    """Each brand's viewer, signed in."""
    return {brand: portal.sign_in(f"viewer@{brand}.example") for brand in SLUGS}


@pytest.fixture
def signed_in(portal: RunningPortal, viewers: dict[str, httpx.Client], tab: Page, brand: str) -> Page:
    """The page of a brand's viewer."""
    cookies = viewers[brand].cookies.items()
    tab.context.add_cookies([{"name": name, "value": value, "url": portal.url} for name, value in cookies])
    tab.goto(f"{portal.url}/healthz")
    return tab


def cards(page: Page, path: str) -> dict[str, Any]:
    """Open a page and return its cards' exact values by their ids."""
    page.goto(urljoin(page.url, path))
    expect(page.locator(".figure").first).to_be_visible()
    figures = page.locator(".figure").all()
    return {
        str(figure.get_attribute("id")).removeprefix("figure-"): Decimal(str(figure.get_attribute("data-value")))
        for figure in figures
    }


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


def test_the_cards_of_leads(signed_in: Page, counted: Counted) -> None:
    assert cards(signed_in, "/leads") == {
        "total-leads": counted.total_leads(),
        "new-leads": counted.new_leads(),
        "active-leads": counted.active_leads(),
        "qualified-candidates": counted.qualified_candidates(),
        "signed-leads": sum(stage in counted.signed for stage in counted.by_status().elements()),
    }


def test_the_cards_of_leads_narrowed_to_a_source_and_a_status(signed_in: Page, counted: Counted) -> None:
    both = [
        lead
        for lead in counted.leads
        if key(lead["clients_lead_source"]) == "google ads" and stage_key(lead, "clients_sales_cycle") == "new lead"
    ]
    shown = cards(signed_in, "/leads?source=Google%20Ads&status=New%20Lead")
    assert shown["total-leads"] == shown["active-leads"] == len(both)
    assert shown["signed-leads"] == 0


def test_the_cards_of_the_pipeline(signed_in: Page, counted: Counted) -> None:
    value = sum((counted.size(deal) for deal in counted.board()), Decimal(0))
    shown = cards(signed_in, "/pipeline")
    assert 0 <= shown.pop("stuck-deals") <= len(counted.board())
    assert shown == {
        "opportunities": len(counted.board()),
        "pipeline-value": value,
        "weighted-value": cents(sum((counted.weighted(deal) for deal in counted.board()), Decimal(0))),
        "average-deal": cents(value / len(counted.valued())),
    }


def test_the_cards_and_the_totals_of_the_hot_list(signed_in: Page, counted: Counted) -> None:
    hot = counted.hot()
    iff = sum((counted.size(deal) for deal in hot), Decimal(0))
    weighted = sum((cents(counted.weighted(deal)) for deal in hot), Decimal(0))
    shown = cards(signed_in, "/hot-list")
    assert sorted(shown.values()) == sorted([Decimal(len(hot)), iff, weighted])
    totals = signed_in.get_by_role("row").filter(has_text="Total")
    expect(totals).to_contain_text(f"{len(hot)} deals")
    expect(totals).to_contain_text(f"${iff:,.2f}".removesuffix(".00"))
    expect(totals).to_contain_text(f"${weighted:,.2f}".removesuffix(".00"))


def test_the_number_of_notes(signed_in: Page, counted: Counted) -> None:
    signed_in.goto(urljoin(signed_in.url, "/notes"))
    expect(signed_in.locator("#table-total")).to_contain_text(f" of {counted.notes_of_contacts():,} notes")
