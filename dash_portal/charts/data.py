"""A chart as plain data: for the API, the copied data, the table view and the CSV."""

from typing import Any

from dash_portal.charts.chart import Chart
from dash_portal.charts.numbers import json_number


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
