"""Each kind of chart as the real engines draw it in the real browser."""

import re
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from playwright.sync_api import expect

from dash_portal.charts.chart import Chart, Kind, Series
from dash_portal.charts.data import chart_data
from tests.dash_portal.charts.conftest import ChartPage
from tests.dash_portal.charts.examples import (
    BAR,
    EMPTY,
    EXAMPLES,
    KEYED,
    PANELS,
    PARTS,
    ROWS,
    SIGNED,
    SOURCES,
    STRIP,
    with_names,
)
from tests.dash_portal.charts.strategies import HOSTILE, charts
from tests.dash_portal.charts.test_names import CALLS, ENDLESS, SHOWS
from tests.dash_portal.charts.test_rendering import lengths

pytestmark = pytest.mark.browser


def shown(values: list[float | None]) -> int:
    return len([value for value in values if value])


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", EXAMPLES)
def test_both_engines_draw_the_same(chart_page: ChartPage, name: str, width: int) -> None:
    chart = EXAMPLES[name]
    chart_page.page.set_viewport_size({"width": width, "height": 800})
    drawn = chart_page.draw(chart)
    data = chart_data(chart)
    series = [(said, written["values"]) for said, written in zip(chart.series, data["series"], strict=True)]
    for engine in (drawn["plotly"], drawn["echarts"]):
        assert engine["types"] == ["bar"] * len(chart.series)
        assert engine["names"] == [series["name"] for series in data["series"]]
        assert engine["values"] == [lengths(*pair) for pair in series]
        assert engine["categories"] == data["categories"]
        assert engine["marks"] == [shown(lengths(*pair)) for pair in series]
    for left, right in zip(drawn["plotly"]["boxes"], drawn["echarts"]["boxes"], strict=True):
        assert_same_marks(left, right, across=chart.kind is Kind.STRIP, in_rows=chart.kind is Kind.ROWS)


def assert_same_marks(left: list[dict[str, Any]], right: list[dict[str, Any]], *, across: bool, in_rows: bool) -> None:
    """In both engines a mark is as large beside the largest, at the same height and in the same colours.

    Edges are drawn within a mark or around it, so what is thin is not compared.
    """
    size = "height" if across else "width"
    largest, twins_largest = (max((mark[size] for mark in marks), default=1) for marks in (left, right))
    twins = {twin["place"]: twin for twin in right}
    for mark in left:
        if mark[size] <= 4:
            continue
        twin = twins[mark["place"]]
        assert mark[size] / largest == pytest.approx(twin[size] / twins_largest, abs=0.03 + 2 / largest)
        assert mark["middle"] == pytest.approx(twin["middle"], abs=1) or not in_rows
        assert rgba(mark["fill"]) == rgba(twin["fill"])
        if twin["edge"]:
            assert rgba(mark["edge"]) == rgba(twin["edge"])


def rgba(colour: str) -> tuple[float, ...]:
    """Return the channels of a colour as either engine writes it, in any order."""
    if colour.startswith("#"):
        return tuple(sorted((*(int(colour[place : place + 2], 16) for place in (1, 3, 5)), 1)))
    channels = [float(number) for number in re.findall(r"[\d.]+", colour)]
    return tuple(sorted(channels if len(channels) == 4 else (*channels, 1)))


@pytest.mark.parametrize("name", [name for name, chart in EXAMPLES.items() if chart.kind is not Kind.ROWS])
def test_every_name_can_be_read_on_a_phone(chart_page: ChartPage, name: str) -> None:
    """Whole, and inside the card: in Plotly a label is one text, in ECharts each of its lines is one.

    Only rows have one or two lines for each, and cut a name that is too long.
    """
    chart_page.page.set_viewport_size({"width": 360, "height": 800})
    drawn = chart_page.draw(EXAMPLES[name], narrow=True)
    for engine in ("plotly", "echarts"):
        words = " ".join(drawn[engine]["texts"]).replace(" ", "")
        for category in EXAMPLES[name].categories:
            assert category.replace(" ", "") in words, engine
    boxes = chart_page.page.eval_on_selector_all(
        "#plotly svg text, #echarts svg text",
        """nodes => nodes.filter((node) => node.textContent).map((node) => {
          const {left, right, top, bottom} = node.getBoundingClientRect();
          return {text: node.textContent, left, right, top, bottom}; })""",
    )
    assert [box for box in boxes if box["left"] < -1 or box["right"] > 361] == []
    assert [(box["text"], other["text"]) for box, other in combinations(boxes, 2) if overlap(box, other)] == []


def overlap(box: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two texts run into each other; boxes hold some air around the letters."""
    across = min(box["right"], other["right"]) - max(box["left"], other["left"])
    down = min(box["bottom"], other["bottom"]) - max(box["top"], other["top"])
    return bool(across > 2 and down > 5)


LONG = replace(with_names(ROWS, ENDLESS), chart_id="long")
TWO_LINES = replace(with_names(ROWS, (*SHOWS, *CALLS, *SOURCES)), chart_id="two lines on a phone")
TEXTS = """() => [...document.querySelectorAll("#plotly svg text, #echarts svg text")]
  .filter((node) => node.textContent).map((node) => {
    const {left, right, top, bottom} = node.getBoundingClientRect();
    const engine = node.closest("#plotly") ? "plotly" : "echarts";
    return {engine, text: node.textContent, left, right, top, bottom}; })"""


@pytest.mark.parametrize("chart", [LONG, TWO_LINES, ROWS, PARTS, STRIP], ids=lambda chart: chart.chart_id)
def test_no_text_runs_into_another_at_any_width(chart_page: ChartPage, chart: Chart) -> None:
    """With 41 stages of names of 300 letters, on cards of pages from 360 to 2560 pixels."""
    for width in (302, 332, 556, 720, 970, 1376, 1536):
        chart_page.page.set_viewport_size({"width": width, "height": 1200})
        chart_page.draw(chart, narrow=width < 400)
        texts = chart_page.page.evaluate(TEXTS)
        assert len(texts) >= 2 * len(chart.categories)
        assert [box for box in texts if box["left"] < -1 or box["right"] > width + 1] == [], width
        of_engine = [[box for box in texts if box["engine"] == engine] for engine in ("plotly", "echarts")]
        pairs = [pair for boxes in of_engine for pair in combinations(boxes, 2)]
        assert [(box["text"], other["text"]) for box, other in pairs if overlap(box, other)] == [], width


@pytest.mark.parametrize("chart", [BAR, PANELS, SIGNED], ids=lambda chart: chart.chart_id)
def test_every_value_is_written_beside_its_mark(chart_page: ChartPage, chart: Chart) -> None:
    drawn = chart_page.draw(chart)
    expected = {"leads-by-source": "120", "leads-source-quality": "2.3 %", "values": "-$60k"}[chart.chart_id]
    assert expected in drawn["plotly"]["texts"]
    assert expected in drawn["echarts"]["texts"]


def test_an_empty_chart_says_what_will_appear(chart_page: ChartPage) -> None:
    drawn = chart_page.draw(EMPTY)
    assert drawn["plotly"]["texts"] == [EMPTY.empty_text]
    assert drawn["echarts"]["texts"] == [EMPTY.empty_text]


def test_hostile_names_are_shown_as_they_are_written(chart_page: ChartPage) -> None:
    for kind in Kind:
        chart = Chart(
            "hostile", "H", "H", kind, tuple(HOSTILE), (Series("<b>Leads</b>", tuple(range(1, len(HOSTILE) + 1))),)
        )
        drawn = chart_page.draw(chart)
        for engine in ("plotly", "echarts"):
            words = " ".join(drawn[engine]["texts"]).replace(" ", "")
            name = "<imgsrc=" if kind is Kind.ROWS else "<imgsrc=xonerror=alert(1)>"
            assert name in words, (kind, engine)
            assert "&lt;b&gt;&amp;" in words, (kind, engine)
        assert chart_page.page.locator("#plotly img, #echarts img, #plotly b, #echarts b").count() == 0
        assert chart_page.page.evaluate("(() => { for (const key in {}) return key; return null; })()") is None


def test_a_tooltip_shows_a_hostile_name_as_text(chart_page: ChartPage) -> None:
    page = chart_page.page
    chart_page.draw(Chart("h", "H", "H", Kind.BAR, ("<img src=x onerror=alert(1)> {b}",), (Series("{c}", (12431,)),)))
    box = page.locator("#echarts").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5)
    tooltip = page.locator("#echarts div", has_text="12,431").last
    expect(tooltip).to_contain_text("<img src=x onerror=alert(1)> {b}")
    expect(tooltip).to_contain_text("{c}: 12,431")
    assert page.locator("#echarts img").count() == 0


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chart=charts())
def test_any_chart_is_drawn_by_both_without_a_word_on_the_console(chart_page: ChartPage, chart: Chart) -> None:
    drawn = chart_page.draw(chart)
    assert drawn["plotly"]["names"] == drawn["echarts"]["names"]
    assert len(drawn["plotly"]["values"]) == len(drawn["echarts"]["values"]) == len(chart.series)
    assert chart_page.messages == []


def click_mark(chart_page: ChartPage, series: int, index: int) -> None:
    """Click on the middle of a mark that ECharts drew, as slowly as people do.

    A mark under the pointer is drawn anew, above the others. Where that happens between pressing and letting go, the
    browser tells of no click at all.
    """
    chart_page.finish()
    x, y = chart_page.page.evaluate(
        """async ([series, index]) => {
          const { getInstanceByDom } = await import("/vendor/echarts.min.js");
          const element = document.getElementById("echarts");
          const chart = getInstanceByDom(element);
          const mark = chart.getModel().getSeriesByIndex(series).getData().getItemGraphicEl(index);
          const [x, y] = [mark.shape.x + mark.shape.width / 2, mark.shape.y + mark.shape.height / 2];
          const {left, top} = element.getBoundingClientRect();
          return [left + x, top + y];
        }""",
        [series, index],
    )
    chart_page.page.mouse.move(x, y)
    chart_page.finish()
    chart_page.page.mouse.down()
    chart_page.page.mouse.up()


def clicks(chart_page: ChartPage, count: int = 1) -> list[dict[str, Any]]:
    chart_page.page.wait_for_function("(count) => window.clicked.length >= count", arg=count)
    clicked: list[dict[str, Any]] = chart_page.page.evaluate("() => window.clicked")
    return clicked


def test_a_click_in_echarts_names_the_key(chart_page: ChartPage) -> None:
    chart_page.draw(BAR)
    click_mark(chart_page, 0, 1)
    click_mark(chart_page, 0, 4)  # the folded rest has no key of its own: nothing is told
    click_mark(chart_page, 0, 0)
    assert [click["key"] for click in clicks(chart_page, 2)] == ["Google Ads", "Facebook"]


def test_a_click_names_the_key_and_not_the_label(chart_page: ChartPage) -> None:
    chart_page.draw(KEYED)
    click_mark(chart_page, 0, 4)
    assert clicks(chart_page) == [{"key": "other-sources"}]


def test_a_click_in_plotly_carries_the_key(chart_page: ChartPage) -> None:
    page = chart_page.page
    chart_page.draw(BAR)
    page.evaluate(
        """() => document.getElementById("plotly").on("plotly_click",
          ({points}) => { window.clicked = points.map(({customdata}) => customdata); })"""
    )
    box = page.locator("#plotly .bars .point path").nth(1).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function("() => window.clicked")
    assert page.evaluate("() => window.clicked") == ["Google Ads"]


@pytest.mark.parametrize("chart", [BAR, SIGNED, PANELS], ids=lambda chart: chart.chart_id)
def test_the_texts_follow_the_theme(chart_page: ChartPage, chart: Chart) -> None:
    """On the dark page no text that lies on the page stays dark, in either engine."""
    chart_page.draw(chart)
    chart_page.page.evaluate("() => { document.documentElement.dataset.bsTheme = 'dark'; }")
    darkest = chart_page.page.evaluate(
        """async () => {
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          const onPage = [...document.querySelectorAll("#plotly svg text, #echarts svg text")]
            .filter((node) => node.textContent);
          return Math.min(...onPage.map((node) => {
            const [red, green, blue] = getComputedStyle(node).fill.match(/\\d+/g).map(Number);
            return Math.max(red, green, blue);
          }));
        }"""
    )
    assert darkest > 150


def test_a_chart_fits_its_card_and_ends_with_it(chart_page: ChartPage) -> None:
    page = chart_page.page
    page.set_viewport_size({"width": 1000, "height": 800})
    chart_page.draw(PANELS)
    page.set_viewport_size({"width": 400, "height": 800})
    expect(page.locator("#echarts svg")).to_have_attribute("width", "400")
    page.evaluate(
        """async () => {
          const { getInstanceByDom } = await import("/vendor/echarts.min.js");
          window.kept = getInstanceByDom(document.getElementById("echarts"));
          document.getElementById("echarts").remove(); }"""
    )
    page.wait_for_function("() => window.kept.isDisposed()")


def test_an_engine_that_could_not_be_loaded_is_asked_for_again(chart_page: ChartPage) -> None:
    page = chart_page.page
    page.route("**/echarts.min.js", lambda route: route.abort(), times=1)
    with pytest.raises(Exception, match="Failed to fetch"):
        chart_page.draw(BAR)
    assert chart_page.messages == ["error: Failed to load resource: net::ERR_FAILED"]
    chart_page.messages.clear()
    assert chart_page.draw(BAR)["echarts"]["marks"] == [4]
