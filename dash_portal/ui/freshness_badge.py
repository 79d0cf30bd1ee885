"""How old the page's data is: a badge that counts on by itself, and a banner when it is too old."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from dash_portal.brand_access import Brand
from dash_portal.brand_time import age_text, clock_text, day_text, local_day, moment_text
from dash_portal.freshness import Freshness, Mood
from dash_portal.ui.attributes import attributes
from dash_portal.ui.icons import icon
from dash_portal.ui.markup import Part, html
from models import Resource


def freshness_badge(freshness: Freshness, brand: Brand, resources: Iterable[Resource]) -> Part:
    """Return the badge. `assets/freshness.js` lets its age grow, and asks now and then whether a sync has landed."""
    age = freshness.age_seconds
    if freshness.read_at is None or age is None:
        text, exact = "Waiting for first sync", f"The first sync is due at {_due(freshness, brand)}."
    else:
        text = "Updated just now" if age < 60 else f"Updated {age_text(age)} ago"
        exact = (
            f"The data on this page was read at {moment_text(freshness.read_at, brand.display_zone)}. "
            f"The next sync is due at {_due(freshness, brand)}."
        )
    return html.Div(
        [
            icon(f"mood-{freshness.mood.value}"),
            html.Span(text, className="freshness-text"),
            html.Span(exact, id="freshness-tip", className="tip", role="tooltip"),
        ],
        id="freshness",
        className="freshness",
        tabIndex=0,
        role="group",
        **attributes(
            {
                "aria-label": text,
                "aria-describedby": "freshness-tip",
                "data-mood": freshness.mood.value,
                "data-failed": "yes" if freshness.failed else "",
                "data-age": "" if age is None else str(int(age)),
                "data-ageing-age": _age_at(freshness, freshness.ageing_at),
                "data-stale-age": _age_at(freshness, freshness.stale_at),
                "data-version": str(brand.data_version),
                "data-brand": brand.slug,
                "data-resources": ",".join(resource.value for resource in resources),
                "data-stamp": freshness.now.isoformat(),
            }
        ),
    )


def stale_banner(freshness: Freshness, brand: Brand) -> Part:
    """Return the banner, hidden until it is needed; it says how old the data is and never why."""
    since = ""
    if freshness.read_at is not None:
        since = f" (from {moment_text(freshness.read_at, brand.display_zone)})"
    reason = "The last sync did not succeed." if freshness.failed else "No sync has landed for a while."
    age = age_text(freshness.age_seconds or 0.0)
    shown = freshness.stale and freshness.mood is not Mood.WAITING
    return html.Div(
        [
            icon("mood-stale"),
            html.P(
                [
                    html.Strong(reason),
                    " You are looking at data that is ",
                    html.Span("less than a minute" if age == "just now" else age, className="stale-age"),
                    f" old{since}. It will catch up with the next sync, due at {_due(freshness, brand)}.",
                ]
            ),
        ],
        id="stale-banner",
        className="banner banner-stale" if shown else "banner banner-stale is-off",
        role="status",
    )


def _due(freshness: Freshness, brand: Brand) -> str:
    due = clock_text(freshness.next_sync_at, brand.display_zone)
    if local_day(freshness.next_sync_at, brand.display_zone) == local_day(freshness.now, brand.display_zone):
        return due
    return f"{due} on {day_text(local_day(freshness.next_sync_at, brand.display_zone))}"


def _age_at(freshness: Freshness, moment: datetime | None) -> str:
    if moment is None or freshness.read_at is None:
        return ""
    return str(int((moment - freshness.read_at).total_seconds()))
