"""/schedule: what comes next, day by day in the brand's own zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dash_portal.brand_access import Brand
from dash_portal.brand_time import clock_text, day_heading, day_text, local, local_day
from dash_portal.dashboards.schedule import Activity, Day, by_day, first_and_last_day, upcoming
from dash_portal.ui.attributes import attributes
from dash_portal.ui.badges import status_badge
from dash_portal.ui.data_table import export_link, pager
from dash_portal.ui.empty import not_offered, nothing_yet
from dash_portal.ui.markup import Part, html
from dash_portal.ui.page import Asked, Content, Page, by_minute, register, show
from dash_portal.ui.rich_text import rich_text
from dash_portal.view import View
from models import Resource


def content(asked: Asked) -> Content:
    """Answer what the page shows."""
    brand, view = asked.brand, asked.view
    if asked.freshness.unavailable:
        return Content({}, instead=not_offered())
    page = upcoming(asked.session, brand, view.number("page", otherwise=1), asked.now)
    if not page.total:
        what = "Your upcoming appointments will appear here, day by day."
        return Content({}, instead=nothing_yet(what, asked.freshness, brand))
    today = local_day(asked.now, brand.display_zone)
    zone = f"{local(asked.now, brand.display_zone):%Z}"
    list_of_days = [
        html.Header(
            [
                html.P(
                    [
                        f"{page.total:,} upcoming. All times are in your time zone, ",
                        html.Strong(f"{brand.display_zone.replace('_', ' ')} ({zone})"),
                        ".",
                    ],
                    className="lead-text",
                ),
                html.Div(export_link(view, "schedule"), className="card-tools"),
            ],
            className="card-head",
        ),
        *(_day(day, today, brand) for day in by_day(page.rows, brand)),
        pager(page, view, things="activities"),
    ]
    return Content({"days": list_of_days})


def frame(parts: Mapping[str, Part], _view: View) -> Sequence[Any]:
    """Arrange the page."""
    return [parts["days"]]


def _day(day: Day, today: date, brand: Brand) -> Part:
    heading = f"day-{day.day.isoformat()}"
    return html.Section(
        [
            html.H2([day_heading(day.day, today), html.Small(day_text(day.day))], id=heading, className="day-title"),
            html.Ol([_activity(activity, brand) for activity in day.activities], className="activities"),
        ],
        className="card day",
        **attributes({"aria-labelledby": heading}),
    )


def _from_and_until(activity: Activity, brand: Brand) -> tuple[str, str]:
    """Return when an activity begins and until when it lasts ('' where nobody says); on another day, with that day."""
    first, last = first_and_last_day(activity, brand)
    begins = "All day" if activity.all_day else clock_text(activity.starts_at, brand.display_zone)
    clock = "" if activity.all_day or not activity.ends_at else clock_text(activity.ends_at, brand.display_zone)
    day = day_text(last) if last != first else ""
    return begins, ", ".join(part for part in (day, clock) if part)


def _activity(activity: Activity, brand: Brand) -> Part:
    begins, until = _from_and_until(activity, brand)
    return html.Li(
        [
            html.Div(
                [
                    html.Time(begins, dateTime=activity.starts_at.isoformat()),
                    html.Span(f"to {until}", className="quiet") if until else None,
                ],
                className="activity-time",
            ),
            html.Div(
                [
                    html.P(
                        [
                            html.Strong(activity.contact or activity.title or "(no name)"),
                            html.Span(activity.title, className="activity-title")
                            if activity.contact and activity.title
                            else None,
                        ]
                    ),
                    rich_text(activity.description) if activity.description else None,
                ],
                className="activity-what",
            ),
            html.Div(
                [
                    html.Span(activity.kind, className="quiet") if activity.kind else None,
                    status_badge(activity.status) if activity.status else None,
                ],
                className="activity-state",
            ),
        ]
    )


PAGE = Page(
    path="/schedule",
    title="Schedule",
    resources=(Resource.SCHEDULED_ACTIVITIES,),
    parameters=("brand", "page"),
    slots=("days",),
    charts=(),
    content=content,
    frame=frame,
    depends_on=by_minute,
)


def layout(**query: Any) -> Any:
    """Return the page for the person of this request."""
    return show(PAGE, query)


register(__name__, PAGE, layout)
