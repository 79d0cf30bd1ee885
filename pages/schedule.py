"""/schedule: what comes next, day by day in the reader's own zone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dash import Input, Output, callback, html, register_page
from dash.development.base_component import Component

from dash_portal import dashboard_pages
from dash_portal.brand_time import day_heading, day_text, local, local_day, zone_text
from dash_portal.components import empty, grid, ids, shell, texts
from dash_portal.components.grid import Column, Table
from dash_portal.dashboards.schedule import Appointment, by_day, description_text, times_text, upcoming
from dash_portal.page_request import PageRequest

PAGE = dashboard_pages.SCHEDULE


def _times(request: PageRequest, appointment: Appointment) -> str:
    return times_text(appointment, request.brand)


def _contact(request: PageRequest, appointment: Appointment) -> texts.Pieces:
    return texts.name_pieces(request.view, appointment.contact or appointment.title, appointment.client_id)


def _title(appointment: Appointment) -> str:
    return appointment.title if appointment.contact else ""


def _what(_request: PageRequest, appointment: Appointment) -> texts.Pieces:
    description = {"text": description_text(appointment), "className": "second"}
    return [piece for piece in (_title(appointment), description) if piece]


def _state(_request: PageRequest, appointment: Appointment) -> texts.Pieces:
    status = texts.stage_pieces(appointment.status) if appointment.status else []
    return [piece for piece in (appointment.kind, " ", *status) if piece]


def _two_lines(request: PageRequest, appointment: Appointment) -> texts.Pieces:
    time = {"text": _times(request, appointment), "className": "strong"}
    second = " · ".join(filter(None, (_title(appointment), appointment.kind, appointment.status)))
    return [time, " ", *_contact(request, appointment), {"text": second, "className": "second"}]


TABLE = Table(
    page=PAGE.name,
    title="Upcoming",
    things="appointments",
    row_id="event_id",
    columns=(
        Column("time", "Time", width=190, least=150, cell=_times),
        Column("contact", "Contact", width=180, grows=True, cell=_contact),
        Column("what", "What", width=220, grows=True, wraps=True, cell=_what),
        Column("state", "State", width=230, least=170, cell=_state),
    ),
    two_lines=_two_lines,
    default_sort="",
    searched="",
)
ZONE = Output("schedule-zone", "children")
OUTPUTS = shell.outputs(PAGE, [ZONE], grid.outputs(TABLE), has_chips=False)
STATES = shell.states(OUTPUTS)

register_page(__name__, path=PAGE.path, title=PAGE.document_title, name=PAGE.title)


def layout(**query: Any) -> Any:
    """Return the page, filled, for the person of this request."""
    return shell.page(PAGE, query, _content)


@callback(*OUTPUTS, Input(ids.view(PAGE.name), "data"), *STATES, prevent_initial_call=True)
def change(query: Any, *drawn: Any) -> list[Any]:
    """Answer what a changed view, or the next minute, changes."""
    return shell.changes(PAGE, query, OUTPUTS, _content, STATES, drawn)


def _content(request: PageRequest) -> list[Component] | Component:
    brand = request.brand
    if request.freshness.unavailable:
        return empty.not_offered()
    question = TABLE.question(request.view)
    page = upcoming(request.session, brand, question, request.now)
    if not page.total:
        what = "Your upcoming appointments will appear here, day by day."
        return empty.nothing_yet(what, request)
    zone = f"{zone_text(brand.display_zone)} ({local(request.now, brand.display_zone):%Z})"
    zone_line = html.P(
        ["All times are in your time zone, ", html.Strong(zone), "."], id="schedule-zone", className="lead-text"
    )
    return [grid.grid_card(TABLE, request, question, page, note=zone_line, written=_days(request, page.rows))]


def _days(request: PageRequest, appointments: Iterable[Appointment]) -> list[dict[str, Any]]:
    """Return the rows of a page of the table, each day under its heading."""
    today = local_day(request.now, request.brand.display_zone)
    cells = []
    for group in by_day(appointments, request.brand):
        name = {"text": day_heading(group.day, today), "tag": "h3"}
        heading = [name, {"text": day_text(group.day), "className": "quiet"}]
        cells.append({"id": f"day-{group.day.isoformat()}", "day": True, "time": heading, "narrow": heading})
        cells += grid.cells(TABLE, request, group.appointments)
    return cells
