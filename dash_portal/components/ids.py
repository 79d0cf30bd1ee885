"""The ids that callbacks meet: one pattern for each kind of part, so that one callback serves it on every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

DETAILS_VIEW: Final = "details-view"
"""The store of the address's part that names what stands open at the side."""


def _pattern(kind: str, *names: str) -> Callable[..., dict[str, Any]]:
    """Return what makes the ids of a kind of part, of these values in this order."""
    return lambda *values: {"type": kind, **dict(zip(names, values, strict=True))}


view = _pattern("view", "page")
"""The store that holds a page's view as a query string."""
shown = _pattern("shown", "page")
"""The store that holds how fresh what is shown is."""
grid = _pattern("grid", "page")
"""A page's table."""
columns = _pattern("columns", "page")
"""The list of a table's columns."""
control = _pattern("control", "page", "parameter")
"""A control that sets a parameter of the view: a search field, a menu, a pager."""
clear = _pattern("clear", "page", "parameter")
"""The button that clears a search field."""
chart = _pattern("chart", "chart")
"""A chart's graph."""
numbers = _pattern("numbers", "chart")
"""The store that holds what a chart's rows say and lead to, and the view it was drawn for."""
chart_table = _pattern("chart-table", "chart")
"""The place where a chart's table appears when asked for."""
chart_table_view = _pattern("chart-table-view", "chart")
"""The store that holds the view of which a chart's table is asked for."""
chart_name = _pattern("chart-name", "chart", "key")
"""A name in a chart's table, the link that filters by it."""
chart_action = _pattern("chart-action", "chart", "action")
"""An entry in a chart's menu."""
