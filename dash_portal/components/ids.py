"""The ids that callbacks meet: one pattern for each kind of part, so that one callback serves it on every page."""

from __future__ import annotations

from typing import Final

DETAILS_VIEW: Final = "details-view"
"""The store of the address's part that names what stands open at the side."""


def view(page: str) -> dict[str, str]:
    """Return the id of the store that holds a page's view as a query string."""
    return {"type": "view", "page": page}


def shown(page: str) -> dict[str, str]:
    """Return the id of the store that holds how fresh what is shown is."""
    return {"type": "shown", "page": page}


def chart(chart_id: str) -> dict[str, str]:
    """Return the id of a chart's graph."""
    return {"type": "chart", "chart": chart_id}


def numbers(chart_id: str) -> dict[str, str]:
    """Return the id of the store that holds a chart's numbers as a table."""
    return {"type": "numbers", "chart": chart_id}


def chart_table(chart_id: str) -> dict[str, str]:
    """Return the id of the place where a chart's table appears when asked for."""
    return {"type": "chart-table", "chart": chart_id}


def chart_name(chart_id: str, key: str) -> dict[str, str]:
    """Return the id of a name in a chart's table, the link that filters by it."""
    return {"type": "chart-name", "chart": chart_id, "key": key}


def chart_action(chart_id: str, action: str) -> dict[str, str]:
    """Return the id of an entry in a chart's menu."""
    return {"type": "chart-action", "chart": chart_id, "action": action}


def grid(page: str) -> dict[str, str]:
    """Return the id of a page's table."""
    return {"type": "grid", "page": page}


def control(page: str, parameter: str) -> dict[str, str]:
    """Return the id of a control that sets a parameter of the view: a search field, a menu, a pager."""
    return {"type": "control", "page": page, "parameter": parameter}


def columns(page: str) -> dict[str, str]:
    """Return the id of the list of a table's columns."""
    return {"type": "columns", "page": page}
