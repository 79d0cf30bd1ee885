"""What both renderers promise about any chart, checked without a browser."""

import json
from html import escape, unescape
from typing import Any

import plotly.graph_objects as go
import pytest
from hypothesis import given, settings

from dash_portal.charts.chart import Chart, Kind, Look, Series
from dash_portal.charts.data import chart_data
from dash_portal.charts.echarts import echarts_option
from dash_portal.charts.layout import drawing_of
from dash_portal.charts.plotly import plotly_figure
from tests.dash_portal.charts.examples import BAR, EXAMPLES, GROUPED_BAR, PROGRESSION
from tests.dash_portal.charts.strategies import HOSTILE, accents, charts


def plotly_values(trace: dict[str, Any]) -> list[float | None]:
    return list(trace["y"] if trace["orientation"] == "v" else trace["x"])


def plotly_names(trace: dict[str, Any]) -> list[str]:
    return list(trace["x"] if trace["orientation"] == "v" else trace["y"])


def plotly_colours(trace: dict[str, Any]) -> list[str]:
    return list(trace["marker"]["color"])


def plotly_edges(trace: dict[str, Any]) -> list[str | None]:
    line = trace["marker"].get("line")
    if line is None:
        return [None] * len(trace["text"])
    return [colour if width else None for colour, width in zip(line["color"], line["width"], strict=True)]


def lengths(series: Series, values: list[float | None]) -> list[float | None]:
    """How long its marks are: those that bear a number are all of one length, and none stands for no number."""
    if series.look is Look.HEAT:
        return [None if value is None else 1 for value in values]
    return [1 if value else None for value in values] if series.look is Look.MARK else values


def echarts_names(option: dict[str, Any]) -> list[str]:
    axis = option["xAxis"][0] if option["xAxis"][0]["type"] == "category" else option["yAxis"][0]
    return list(axis["data"])


def echarts_colours(series: dict[str, Any]) -> list[str]:
    return [item.get("itemStyle", {}).get("color") or series["itemStyle"]["color"] for item in series["data"]]


@given(charts(), accents)
def test_any_chart_is_the_same_in_both_engines(chart: Chart, accent: str | None) -> None:
    figure, option = plotly_figure(chart, accent=accent), echarts_option(chart, accent=accent)
    data = chart_data(chart)
    assert len(figure["data"]) == len(option["series"]) == len(data["series"])
    for said, trace, series, written in zip(
        chart.series, figure["data"], option["series"], data["series"], strict=True
    ):
        assert trace["type"] == series["type"]
        assert unescape(trace["name"]) == series["name"]
        assert plotly_values(trace) == [item["value"] for item in series["data"]] == lengths(said, written["values"])
        assert [unescape(text) for text in trace["text"]] == [item["label"]["formatter"] for item in series["data"]]
        assert plotly_edges(trace) == [item.get("itemStyle", {}).get("borderColor") for item in series["data"]]
        assert trace["customdata"] == [item["key"] for item in series["data"]]
        assert plotly_colours(trace) == echarts_colours(series)
        assert plotly_names(trace) == echarts_names(option)


@given(charts(), accents)
def test_any_chart_is_plain_json(chart: Chart, accent: str | None) -> None:
    for drawn in (plotly_figure(chart, accent=accent), echarts_option(chart, accent=accent), chart_data(chart)):
        assert json.loads(json.dumps(drawn, allow_nan=False)) == drawn


@settings(deadline=None)  # Plotly's own validation is the slow part
@given(charts(), accents)
def test_any_figure_is_one_that_plotly_knows(chart: Chart, accent: str | None) -> None:
    figure = plotly_figure(chart, accent=accent)
    go.Figure(figure)  # refuses what is misspelt or of the wrong kind
    assert figure["layout"]["height"] == drawing_of(chart, None).height >= drawing_of(chart, None).shown_height


@given(charts())
def test_no_upstream_text_is_markup(chart: Chart) -> None:
    """Plotly reads tags in every text, ECharts in tooltips and placeholders in formatters."""
    ours = ("<b>", "</b>", "<br>", '<span style="font-size:22px">', "</span>")
    figure, option = plotly_figure(chart, accent=None), echarts_option(chart, accent=None)
    shown = [annotation["text"] for annotation in figure["layout"].get("annotations", [])]
    for trace, series in zip(figure["data"], option["series"], strict=True):
        tooltips = [item["tooltip"]["formatter"] for item in series["data"]]
        assert not any("{" in text for text in tooltips)
        shown += [trace["name"], *trace["hovertext"], *trace.get("labels", []), *tooltips]
    for axis in ("xaxis", "yaxis"):
        shown += figure["layout"].get(axis, {}).get("ticktext", [])
    together = "".join(shown)
    for tag in ours:
        together = together.replace(tag, "")
    assert "<" not in together
    assert ">" not in together


@pytest.mark.parametrize("name", [name for name in HOSTILE if len(name) < 50 and name.strip()])
def test_a_hover_says_the_whole_name(name: str) -> None:
    chart = Chart("c", "C", "C", Kind.BAR, (name,), (BAR.series[0].__class__("Leads", (12431,)),))
    (hover,) = plotly_figure(chart, accent=None)["data"][0]["hovertext"]
    name_in_full = " ".join(
        "".join(letter for letter in name.replace("\n", " ").replace("\t", " ") if letter.isprintable()).split()
    )
    assert hover.removeprefix("<b>").removesuffix("</b><br>Leads: 12,431") == escape(name_in_full).replace(
        "$", "&#36;" if name_in_full.count("$") > 1 else "$"
    )


def test_labels_that_occur_twice_stay_two_bars() -> None:
    chart = Chart("c", "C", "C", Kind.BAR, ("Other", "Other", ""), (BAR.series[0].__class__("Leads", (1, 2, 3)),))
    assert plotly_names(plotly_figure(chart, accent=None)["data"][0]) == ["Other", "Other (2)", "(none)"]


def test_both_engines_show_the_first_category_first() -> None:
    assert plotly_figure(BAR, accent=None)["layout"]["yaxis"]["autorange"] == "reversed"
    assert all(axis["inverse"] for axis in echarts_option(BAR, accent=None)["yAxis"])


def test_the_accent_is_the_first_series() -> None:
    assert plotly_colours(plotly_figure(PROGRESSION, accent="#7A1FA2")["data"][0])[0] != "#7A1FA2"  # too dark at night
    assert plotly_colours(plotly_figure(PROGRESSION, accent="#B4509A")["data"][0]) == ["#B4509A"] * 5


def test_the_selected_category_is_strong_and_the_others_faded() -> None:
    colours = plotly_colours(plotly_figure(BAR, accent=None)["data"][0])
    assert colours == ["rgba(0,114,198,0.28)", "#0072C6", *["rgba(0,114,198,0.28)"] * 3]


def test_money_is_written_on_the_bars_and_in_full_on_hover() -> None:
    trace = plotly_figure(GROUPED_BAR, accent=None)["data"][0]
    assert trace["text"] == ["$90k", "$1.25M", "\N{EN DASH}", "$180k", "$90k"]
    assert trace["hovertext"][1] == "<b>Outbound Call</b><br>Value: $1,250,000.50"


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_option_carries_no_colour_of_text(name: str) -> None:
    """The page's theme has to reach them."""
    option = echarts_option(EXAMPLES[name], accent=None)
    assert "color" not in option["textStyle"]
    assert "backgroundColor" not in option
    assert not any("color" in series["label"] for series in option["series"])
