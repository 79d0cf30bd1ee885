"""A filter as a menu: each value with how many there are of it within the other filters, the chosen ones ticked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import dash_bootstrap_components as dbc
from dash import Output
from dash.development.base_component import Component

from dash_portal.components import ids
from dash_portal.view import View

MOST_SHOWN: Final = 40


def filter_menu(page: str, parameter: str, title: str, counted: Sequence[tuple[str, int]], view: View) -> Component:
    """Return the menu; what is chosen is always listed, of the rest the most frequent ones."""
    chosen, names = view.values(parameter), dict(counted)
    shown = [*dict.fromkeys([*list(names)[:MOST_SHOWN], *chosen])]
    options = [{"label": f"{name} · {names.get(name, 0):,}", "value": name} for name in shown]
    return dbc.DropdownMenu(
        dbc.Checklist(id=ids.control(page, parameter), options=options, value=list(chosen), class_name="menu-checks"),
        id=f"{page}-{parameter}-menu",
        label=f"{title} ({len(chosen)})" if chosen else title,
        color="",
        toggle_class_name="button",
        class_name="filter-menu",
    )


def outputs(page: str, parameter: str) -> list[Output]:
    """Return what of the menu changes with the view."""
    control = ids.control(page, parameter)
    return [Output(control, "options"), Output(control, "value"), Output(f"{page}-{parameter}-menu", "label")]
