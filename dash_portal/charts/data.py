"""A chart as plain data: for the API, the copied data, the table view and the CSV."""

from typing import Any

from dash_portal.charts.chart import Chart, Series
from dash_portal.charts.numbers import ValueFormat, exact, json_number, share_of


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


def written(chart: Chart, series: Series, place: int) -> str:
    """Write one value in full, of what is a part also its share: 8 of 61, 13.1 %."""
    value = exact(series.values[place], chart.format_of(series))
    share = share_of(series.values[place], series.wholes[place]) if series.wholes else None
    if share is None or series.wholes is None:
        return value
    return f"{value} of {exact(series.wholes[place], chart.format_of(series))}, {exact(share, ValueFormat.PERCENT)}"


def written_rows(chart: Chart) -> list[tuple[str, str | None, list[str]]]:
    """Return for each category its label, the key that a click filters by, and its values written in full."""
    return [
        (label, key, [written(chart, series, place) for series in chart.series])
        for place, (label, key) in enumerate(zip(chart.categories, chart.click_keys(), strict=True))
    ]


def chart_words(chart: Chart) -> list[str]:
    """Say each category in words: what one hears of it."""
    names = [series.name for series in chart.series]
    words = []
    for label, key, values in written_rows(chart):
        facts = ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))
        words.append(f"{label}: {facts}{', selected' if key in chart.selected else ''}")
    return words


def chart_targets(chart: Chart) -> list[list[tuple[str | None, str]]]:
    """Return for each category what can be clicked: the row, then its marks that set more; each as key and words."""
    targets = []
    named = zip(chart.categories, chart.click_keys(), chart_words(chart), strict=True)
    for place, (label, key, spoken) in enumerate(named):
        marks = [
            (series.key_of(key, series.values[place]), f"{label}: {series.name} {written(chart, series, place)}")
            for series in chart.series
            if series.sets and series.values[place]
        ]
        targets.append([(key, spoken), *marks])
    return targets
