"""/schedule: what comes next, day by day in the reader's own zone."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, callback, html, register_page
from dash.development.base_component import Component

from dash_portal.brand_access import Brand
from dash_portal.brand_time import clock_text, day_heading, day_text, local, local_day
from dash_portal.components import grid, ids, shell
from dash_portal.components.empty import not_offered, nothing_yet
from dash_portal.components.freshness import output as how_fresh
from dash_portal.components.grid import Column, Table, door
from dash_portal.components.texts import stage_piece
from dash_portal.dashboards.schedule import Appointment, by_day, description_text, first_and_last_day, upcoming
from dash_portal.dashboards.table import TableQuestion
from dash_portal.page_request import DashboardPage, PageRequest, by_minute
from models import Resource

PAGE = DashboardPage(
    path="/schedule",
    title="Schedule",
    resources=(Resource.SCHEDULED_ACTIVITIES,),
    parameters=("page", "size"),
    depends_on=by_minute,
)
TABLE = Table(
    page=PAGE.name,
    title="Upcoming",
    things="appointments",
    columns=(
        Column("time", "Time", width=190),
        Column("contact", "Contact", width=180, flex=1),
        Column("what", "What", width=220, flex=3, wraps=True),
        Column("state", "State", width=230),
    ),
    default_sort="",
    searched="",
)
ZONE = Output("schedule-zone", "children")
OUTPUTS = [ZONE, *grid.outputs(TABLE)]

register_page(__name__, path=PAGE.path, title=PAGE.document_title, name=PAGE.title)


def layout(**query: Any) -> Any:
    """Return the page, filled, for the person of this request."""
    return shell.page(PAGE, query, _frame, _answer)


@callback(*OUTPUTS, how_fresh(PAGE), Input(ids.view(PAGE.name), "data"), prevent_initial_call=True)
def change(query: Any) -> list[Any]:
    """Answer what a changed view, or the next minute, changes."""
    return shell.changes(PAGE, query, OUTPUTS, _answer)


def _frame() -> list[Component]:
    return [grid.grid_card(TABLE, note=html.P(id="schedule-zone", className="lead-text"))]


def _answer(request: PageRequest) -> shell.Answer | Component:
    brand, view = request.brand, request.view
    if request.freshness.unavailable:
        return not_offered()
    question = TableQuestion.of_view(view, sorts=(), default="")
    page = upcoming(request.session, brand, question, request.now)
    if not page.total:
        what = "Your upcoming appointments will appear here, day by day."
        return nothing_yet(what, request.freshness, brand)
    zone = brand.display_zone
    today = local_day(request.now, zone)
    cells = []
    for day in by_day(page.rows, brand):
        heading = [
            {"text": day_heading(day.day, today), "tag": "h3"},
            {"text": day_text(day.day), "className": "quiet"},
        ]
        cells.append({"id": f"day-{day.day.isoformat()}", "day": True, "time": heading, "narrow": heading})
        cells += [_cells(request, appointment) for appointment in day.appointments]
    return {
        ZONE: [
            "All times are in your time zone, ",
            html.Strong(f"{zone.replace('_', ' ')} ({local(request.now, zone):%Z})"),
            ".",
        ],
        **grid.values(TABLE, view, question, page, cells),
    }


def _times(appointment: Appointment, brand: Brand) -> str:
    """Say when an appointment begins and until when it lasts, where anybody says so; on another day, with that day."""
    first, last = first_and_last_day(appointment, brand)
    begins = "All day" if appointment.all_day else clock_text(appointment.starts_at, brand.display_zone)
    clock = (
        "" if appointment.all_day or not appointment.ends_at else clock_text(appointment.ends_at, brand.display_zone)
    )
    until = ", ".join(part for part in (day_text(last) if last != first else "", clock) if part)
    return f"{begins} to {until}" if until else begins


def _cells(request: PageRequest, appointment: Appointment) -> dict[str, Any]:
    times = _times(appointment, request.brand)
    contact = door(request.view, appointment.contact or appointment.title or "(no name)", appointment.client_id)
    title = appointment.title if appointment.contact else ""
    what = [piece for piece in (title, {"text": description_text(appointment), "className": "second"}) if piece]
    return {
        "id": appointment.event_id,
        "time": times,
        "contact": contact,
        "what": what,
        "state": [
            piece for piece in (appointment.kind, " ", appointment.status and stage_piece(appointment.status)) if piece
        ],
        "narrow": [
            {"text": times, "className": "strong"},
            " ",
            *contact,
            {"text": " · ".join(filter(None, (title, appointment.kind, appointment.status))), "className": "second"},
        ],
    }
