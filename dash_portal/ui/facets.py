"""A filter as a menu of links: each value with how many there are of it, the chosen ones ticked."""

from __future__ import annotations

from collections.abc import Sequence

from dash_portal.ui.icons import icon
from dash_portal.ui.links import view_link
from dash_portal.ui.markup import Part, html
from dash_portal.view import View

MOST_SHOWN = 40


def facet_menu(title: str, parameter: str, values: Sequence[tuple[str, int]], view: View) -> Part:
    """Return the menu of one filter; what is chosen is always listed, of the rest the most frequent ones."""
    chosen = set(view.values(parameter))
    shown = [pair for number, pair in enumerate(values) if number < MOST_SHOWN or pair[0] in chosen]
    items = [
        html.Li(
            view_link(
                [
                    icon("tick") if name in chosen else html.Span(className="icon"),
                    html.Span(name, className="facet-name"),
                    html.Span(f"{count:,}", className="quiet"),
                ],
                view.toggled(parameter, name),
                **({"aria-current": "true"} if name in chosen else {}),
            )
        )
        for name, count in shown
    ]
    rest = len(values) - len(shown)
    if rest > 0:
        items.append(html.Li(html.Span(f"and {rest:,} more: search for them", className="quiet menu-note")))
    label = f"{title} ({len(chosen)})" if chosen else title
    return html.Details(
        [html.Summary([label, icon("down")], className="button"), html.Ul(items, className="menu-list facet-list")],
        className="menu facet",
    )
