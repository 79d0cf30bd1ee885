"""Each page printed to PDF by the real browser, and read: what goes into a meeting."""

from __future__ import annotations

import io
import re
import unicodedata

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from database import AgencySession
from tests.factories import make_lead
from tests.pages.site import STALE, Site, Visit
from tests.pages.test_leads_page import ON_A_PHONE, chart_ready

pytestmark = pytest.mark.browser

PAGES = ("leads", "pipeline", "hot-list", "notes", "schedule")
FIGURES = {"leads": "Total leads", "pipeline": "Pipeline value $", "hot-list": "Weighted IFF $"}


def printed(visit: Visit, path: str, email: str = STALE) -> PdfReader:
    page = visit(email).open(f"/print/{path}")
    return PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))


def beyond_the_edge(pdf: PdfReader) -> list[str]:
    """Return the texts that begin beyond the right edge of their page."""
    edge, beyond = float(pdf.pages[0].mediabox.width), []

    def look(text: str, matrix: list[float], text_matrix: list[float], _font: object, _size: float) -> None:
        if text.strip() and matrix[0] * text_matrix[4] + matrix[4] >= edge:
            beyond.append(text)

    for page in pdf.pages:
        page.extract_text(visitor_text=look)
    return beyond


def text_of(pdf: PdfReader) -> str:
    """Return what a reader reads, ligatures as their letters."""
    written = " ".join(page.extract_text() for page in pdf.pages)
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", written))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_a_document_with_brand_date_filters_and_rows(visit: Visit, page: str) -> None:
    pdf = printed(visit, page)
    text = text_of(pdf)
    title = {"hot-list": "Hot list"}.get(page, page.capitalize())
    assert text.startswith(f"Stale Brand {title} Data of ")
    assert "No filter" in text
    assert FIGURES.get(page, "") in text
    count = re.search(r", (\d+) rows", text)
    assert count is not None
    assert int(count[1]) > 1
    # Wide tables lie on their side; nothing is shrunk, and nothing stands beyond the paper's edge.
    size = pdf.pages[0].mediabox
    assert (size.width > size.height) is (page != "notes")


def test_charts_are_drawn_for_the_paper_and_filters_named(visit: Visit) -> None:
    text = text_of(printed(visit, "leads?source=Facebook&only=new&q=person"))
    assert "Source: Facebook · Only: New in 7 days · Search: person" in text
    text = text_of(printed(visit, "pipeline"))
    for stage in ("Outbound Call", "FDD Sent", "FA Signed"):
        assert text.count(stage) >= 1
    page = visit(STALE).open("/print/pipeline")
    cells = page.locator(".chart").first.locator("tbody td").all()
    assert [cell.inner_text() for cell in cells if cell.locator("i").count() and not cell.inner_text().strip()] == []
    page = visit(STALE).open("/print/leads")
    lengths = {}
    for row in page.locator(".chart").first.locator("tbody tr").all():
        cell = row.locator("td").first
        lengths[int(cell.inner_text())] = cell.locator("i").evaluate("bar => bar.getBoundingClientRect().width")
    longest = max(lengths)
    assert lengths[longest] > 60
    for leads, length in lengths.items():  # as long as the number is large
        assert length == pytest.approx(lengths[longest] * leads / longest, abs=2)


def test_no_row_is_cut_off_at_the_papers_edge(site: Site, visit: Visit) -> None:
    """Not even one with a name that has no place to part at: each row's last cell is on the paper."""
    brand = site.brand("stale")
    with AgencySession(site.world.engine) as session:
        lead = make_lead(brand, client_id="endless", name="n" * 300, company="c" * 300, sales_lead="Last Cell")
        session.add(lead)
        session.commit()
        pdf = printed(visit, "leads?q=nnnn")
        session.delete(lead)
        session.commit()
    assert "Last Cell" in text_of(pdf)
    assert beyond_the_edge(pdf) == []


def test_notes_stand_in_full(visit: Visit) -> None:
    text = text_of(printed(visit, "notes?author=Luis+Fontaine"))
    assert "Author: Luis Fontaine" in text
    assert "Spoke about territory 1 and funding." in text
    assert "Dana Whitaker" not in text


def test_the_paper_is_one_click_from_the_table_as_filtered(visit: Visit) -> None:
    page = visit(STALE).open("/leads?source=Facebook")
    expect(page.locator("#leads-print")).to_have_attribute("href", "/print/leads?source=Facebook")
    with page.expect_popup() as opened:
        page.locator("#leads-print").click()
    expect(opened.value.locator("header")).to_contain_text("Source: Facebook")


@pytest.mark.parametrize("page", PAGES)
def test_the_browsers_own_print_is_the_screen_fitted_to_the_paper(visit: Visit, page: str) -> None:
    """Of the widest screen too: with brand, date of the data, figures, each row whole, and where all rows are."""
    shown = visit(STALE, width=1920).open(f"/{page}")
    expect(shown.locator("#table .ag-center-cols-container .ag-row").first).to_be_visible()
    last = shown.locator("#table .ag-center-cols-container .ag-row:not(:has(h3)) .ag-cell").last.inner_text()
    title = shown.locator("h1").inner_text()
    pdf = PdfReader(io.BytesIO(shown.pdf(prefer_css_page_size=True)))
    text = text_of(pdf)
    assert re.search(rf"Stale Brand {title} Data of .*“Print” beside the table gives all its rows", text)
    assert FIGURES.get(page, "").removesuffix(" $") in text
    assert " ".join(last.split()) in text[-600:]
    assert beyond_the_edge(pdf) == []
    assert pdf.pages[0].mediabox.width > pdf.pages[0].mediabox.height


def test_a_phones_own_print_is_its_screen_in_a_size_to_read(visit: Visit) -> None:
    """Its rows in two lines, as they stand there, not squeezed into columns; the document is one touch away as well."""
    shown = visit(STALE, width=ON_A_PHONE).open("/leads")
    chart_ready(shown, "leads-top-statuses")
    rows = shown.locator("#table .ag-center-cols-container .ag-cell[col-id=narrow]")
    expect(rows).to_have_count(25)
    expect(shown.locator("#leads-print")).to_be_visible()
    last = "".join(rows.last.inner_text().split())
    pdf = PdfReader(io.BytesIO(shown.pdf(prefer_css_page_size=True)))
    text = text_of(pdf)
    assert last in text[-400:].replace(" ", "")
    assert "Deal size" not in text
    assert beyond_the_edge(pdf) == []
    expect(rows).to_have_count(25)  # and the screen is as it was


def test_the_browsers_own_print_names_the_filters(visit: Visit) -> None:
    shown = visit(STALE).open("/pipeline?stage=FDD+Sent")
    expect(shown.locator("#card-pipeline-stages svg text").first).to_be_visible()
    text = text_of(PdfReader(io.BytesIO(shown.pdf(prefer_css_page_size=True))))
    assert "Stage: FDD Sent" in text
    assert "✕" not in text
