"""Small labels that say a state in a word and a shape, never by colour alone."""

from __future__ import annotations

from dash_portal.dashboards.hot_list import Priority
from dash_portal.ui.markup import Part, html

_SHAPES = {Priority.CLOSING: "three", Priority.STRONG: "two", Priority.WARM: "one"}


def priority_badge(priority: Priority) -> Part:
    """Return a priority as a word beside one to three bars."""
    bars = html.Span([html.I(), html.I(), html.I()], className=f"bars bars-{_SHAPES[priority]}")
    return html.Span([bars, priority.value], className=f"badge badge-{priority.name.lower()}")


def stage_badge(name: str) -> Part:
    """Return a stage's name as a label; the name is never cut."""
    return html.Span(name, className="badge badge-stage")


def stuck_badge() -> Part:
    """Return the label of a deal that stays too long in its stage."""
    return html.Span("Stuck", className="badge badge-stuck", title="Longer than twice its stage's median and 14 days")


def status_badge(status: str) -> Part:
    """Return an activity's status, as upstream words it."""
    return html.Span(status, className="badge badge-stage")
