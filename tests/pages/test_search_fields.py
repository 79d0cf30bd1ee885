"""Search fields under quick fingers, in the middle of a word, with an IME, with Back: nothing typed is ever lost."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from models import utc_now
from tests.pages.site import Visit

pytestmark = pytest.mark.browser

WORDS = "person 014 and nobody else"


@pytest.mark.parametrize(("path", "label"), [("/leads", "Search leads"), ("/notes", "Search notes and authors")])
def test_quick_typing_loses_no_letter(visit: Visit, path: str, label: str) -> None:
    page = visit().open(path)
    field = page.get_by_label(label)
    for delay in (0, 70):
        field.press_sequentially(WORDS, delay=delay)
        expect(page).to_have_url(re.compile(r"q=person\+014\+and\+nobody\+else$"))  # a moment after the last key
        expect(page.locator("#table")).to_contain_text(re.compile("No (leads|notes) fit"))
        expect(field).to_have_value(WORDS)
        field.fill("")
        expect(page.locator(".ag-row").first).to_be_visible()


def test_the_caret_stays_in_the_middle_of_the_word_that_is_mended(visit: Visit) -> None:
    page = visit().open("/leads?q=person+4")
    field = page.get_by_label("Search leads")
    field.click()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    field.press_sequentially("01", delay=150)  # slower than a search starts: its answers come in between
    expect(page.locator("#table .ag-center-cols-container .ag-row")).to_have_count(1)
    expect(field).to_have_value("person 014")
    assert field.evaluate("field => field.selectionStart") == len("person 01")


TOLD = """word => {
  const field = JSON.parse(document.querySelector('input[type="search"]').id);
  return window.dash_component_api.getLayout(field).props.value === word;
}"""
TOLD_AT_ONCE = """() => {
  const told = (parameter, value) => ({prop_id: `{"page":"leads","parameter":"${parameter}","type":"control"}.value`, value});
  const triggered = [told("size", "25"), told("q", "person 014")];
  document.querySelector('input[type="search"]').value = "person 014";
  window.dash_clientside.callback_context = {triggered, triggered_id: JSON.parse(triggered[0].prop_id.split(".")[0])};
  window.dash_clientside.address.chosen();
}"""


def test_what_was_typed_while_an_answer_came_is_searched_too(visit: Visit) -> None:
    """Dash tells it in one with the controls that the answer set, and those may come first."""
    page = visit().open("/leads?q=person+01")
    expect(page.locator(".ag-row").first).to_be_visible()
    page.evaluate(TOLD_AT_ONCE)
    expect(page).to_have_url(re.compile(r"q=person\+014$"))
    expect(page.locator("#table .ag-center-cols-container .ag-row")).to_have_count(1)


def test_a_space_at_the_end_stays_while_one_thinks_of_the_next_word(visit: Visit) -> None:
    page = visit().open("/leads")
    field = page.get_by_label("Search leads")
    field.press_sequentially("person 014 ")
    expect(page.locator("#table .ag-center-cols-container .ag-row")).to_have_count(1)
    expect(field).to_have_value("person 014 ")


def test_back_puts_the_former_words_into_the_field(visit: Visit) -> None:
    page = visit().open("/notes")
    field, shown = page.get_by_label("Search notes and authors"), page.locator(".ag-row mark").first
    field.fill("territory")
    expect(shown).to_have_text("territory")
    page.get_by_role("button", name="Author").click()
    page.locator(".dropdown-menu.show").get_by_text("Luis Fontaine").click()
    expect(page.locator(".chips .chip")).to_have_count(1)
    field.fill("funding")
    expect(shown).to_have_text("funding")
    page.go_back()
    expect(field).to_have_value("territory")
    expect(shown).to_have_text("territory")
    page.go_forward()
    expect(field).to_have_value("funding")


def test_back_from_another_page_brings_the_words_along(visit: Visit) -> None:
    page = visit().open("/leads")
    page.get_by_label("Search leads").fill("person 014")
    expect(page.locator("#table .ag-center-cols-container .ag-row")).to_have_count(1)
    page.locator(".tabs").get_by_text("Pipeline", exact=True).click()
    expect(page.get_by_label("Search deals")).to_have_value("")
    page.go_back()
    expect(page.get_by_label("Search leads")).to_have_value("person 014")
    expect(page.locator("#table .ag-center-cols-container .ag-row")).to_have_count(1)


def test_the_small_cross_clears_the_search(visit: Visit) -> None:
    page = visit().open("/hot-list?q=nobody+of+that+name")
    expect(page.locator("#table")).to_contain_text("No deals fit")
    field = page.get_by_label("Search hot list")
    page.get_by_role("button", name="Clear search").click()
    expect(page.locator("#table .ag-center-cols-container .ag-row").first).to_be_visible()
    expect(field).to_have_value("")
    expect(page).to_have_url(re.compile("/hot-list$"))


def stop_the_clock(page: Page) -> None:
    """Let no pause in the page ever end by itself."""
    page.clock.install()
    page.clock.pause_at(utc_now() + timedelta(hours=1))


def compose(page: Page, text: str) -> None:
    """Hold this text as an IME does before it is chosen."""
    page.context.new_cdp_session(page).send(
        "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
    )


def test_half_a_word_of_an_input_method_is_not_searched_and_enter_searches_at_once(visit: Visit) -> None:
    page = visit(fresh=True).open("/leads")
    expect(page.locator(".ag-row").first).to_be_visible()
    stop_the_clock(page)
    field = page.get_by_label("Search leads")
    field.press_sequentially("person ")
    compose(page, "01")
    page.clock.run_for(5000)
    expect(field).to_have_value("person 01")
    assert "q=" not in page.url
    page.keyboard.insert_text("014")
    page.clock.run_for(5000)
    expect(page).to_have_url(re.compile(r"q=person\+014$"))
    expect(field).to_have_value("person 014")
    field.fill("person 016")
    assert page.url.endswith("q=person+014")
    field.press("Enter")
    page.clock.run_for(10)  # Dash's own ticks; a pause after typing is longer
    expect(page).to_have_url(re.compile(r"q=person\+016$"))
    expect(field).to_be_focused()


def test_an_answer_that_comes_after_enter_brings_no_older_word_back(visit: Visit) -> None:
    """With an answer, Dash tells the word that the field held when it was asked for."""
    page = visit(fresh=True).open("/leads")
    expect(page.locator(".ag-row").first).to_be_visible()
    held: list[Route] = []
    page.route(
        "**/_dash-update-component*",
        lambda route: held.append(route) if "person+014" in str(route.request.post_data) else route.continue_(),
    )
    field, visited = page.get_by_label("Search leads"), [page.url]
    page.on("framenavigated", lambda frame: visited.append(frame.url))
    field.fill("person 014")
    field.press("Enter")
    page.wait_for_function(TOLD, arg="person 014")
    stop_the_clock(page)
    field.fill("person 016")
    field.press("Enter")
    with page.expect_response("**/_dash-update-component*"):
        held[0].continue_()
    for _ in range(50):
        page.clock.run_for(1)  # Dash's own ticks, and not yet the pause after typing
    page.clock.resume()
    page.wait_for_function(TOLD, arg="person 016")
    expect(page.locator("#table .ag-center-cols-container .ag-row")).to_contain_text("person 016", ignore_case=True)
    assert [url.partition("?")[2] for url in visited] == ["", "q=person+014", "q=person+016"]
