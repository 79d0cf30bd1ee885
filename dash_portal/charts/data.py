"""A chart as plain data: for the API, the copied data, the table view and the CSV."""

from typing import Any

from dash_portal.charts.chart import Chart
from dash_portal.charts.numbers import exact, json_number


def chart_data(chart: Chart) -> dict[str, Any]:
    """Return the chart's numbers as JSON: {"categories": [...], "series": [{"name", "values": [...]}]}."""
    return {
        "categories": list(chart.categories),
        "series": [
            {"name": series.name, "values": [json_number(value) for value in series.values]} for series in chart.series
        ],
    }


def chart_table(chart: Chart) -> list[list[str | int | float | None]]:
    """Return the chart's numbers as rows, the heading first. A spreadsheet writer still defuses the texts."""
    heading: list[str | int | float | None] = ["", *(series.name for series in chart.series)]
    columns = [[json_number(value) for value in series.values] for series in chart.series]
    return [heading, *([label, *values] for label, *values in zip(chart.categories, *columns, strict=True))]


def written_rows(chart: Chart) -> list[tuple[str, str | None, list[str]]]:
    """Return for each category its label, the key that a click filters by, and its values written in full."""
    formats = [chart.format_of(series) for series in chart.series]
    columns = [series.values for series in chart.series]
    return [
        (label, key, [exact(value, written) for value, written in zip(values, formats, strict=True)])
        for label, key, *values in zip(chart.categories, chart.click_keys(), *columns, strict=True)
    ]


def chart_words(chart: Chart) -> list[str]:
    """Say each category in words: what one hears of it."""
    names = [series.name for series in chart.series]
    words = []
    for label, key, values in written_rows(chart):
        facts = ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))
        words.append(f"{label}: {facts}{', selected' if key in chart.selected else ''}")
    return words
