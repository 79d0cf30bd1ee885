"""The filters in force, each of which can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dash_portal.ui.attributes import attributes
from dash_portal.ui.icons import icon
from dash_portal.ui.links import view_link
from dash_portal.ui.markup import Part, html
from dash_portal.view import View

SELECT_A_BAR: Final = "Select a bar to filter this page."


def chips(
    view: View, labels: Mapping[str, str], *, texts: Mapping[tuple[str, str], str] | None = None, hint: str = ""
) -> Part:
    """Return a chip for each value of the parameters in `labels` (parameter -> what to call it).

    `texts` gives the words for values that are ids. Without a filter the `hint` stands in their place, so that the
    first one moves nothing on the page.
    """
    set_values = [(name, value) for name in labels for value in view.values(name)]
    items = [
        html.Li(
            view_link(
                [f"{labels[name]}: ", html.Strong((texts or {}).get((name, value), value)), icon("close")],
                view.toggled(name, value),
                label=f"Remove filter {labels[name]}: {(texts or {}).get((name, value), value)}",
                className="chip",
            )
        )
        for name, value in set_values
    ]
    if not items:
        return html.P(hint or None, className="chips quiet", id="chips")
    cleared = view.narrowed().without(*labels)
    items.append(html.Li(view_link("Clear filters", cleared, className="chip-clear")))
    return html.Ul(items, className="chips", id="chips", **attributes({"aria-label": "Filters in force"}))
