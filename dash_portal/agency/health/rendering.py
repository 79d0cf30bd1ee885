"""A brand's row on /agency/sync: what it says, and its HTML, which is drawn once for all rows that say the same.

With hundreds of brands most rows say what they said seconds ago. A row is drawn from what it says and from nothing else
(no clock, no viewer), so one that is drawn already is exactly what would be drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from flask import current_app
from markupsafe import Markup

from dash_portal.agency.brand_state import BrandState
from dash_portal.agency.latest_runs import Trend
from dash_portal.agency.plain_words import RUN_WORDS, advice_for
from dash_portal.agency.result_marks import result_list
from dash_portal.agency.sync_health import Activity, BrandHealth, LastRun
from dash_portal.agency.time_words import ago, at, took
from dash_portal.agency.trend import trend_chart
from dash_portal.brand_time import moment_text


@dataclass(frozen=True, slots=True)
class BrandRow:
    """What a brand's row says; whatever depends on the clock is in words already.

    `happened` explains trouble; `doing` is what goes on right now; `next_at` is None where no sync will come.
    """

    slug: str
    name: str
    timezone: str
    state: BrandState
    happened: str | None
    doing: str | None
    is_running: bool
    read_at: datetime | None
    read_ago: str
    last_run: LastRun | None
    last_ago: str
    notes_remaining: int | None
    trend: Trend
    next_at: str | None


def brand_row(health: BrandHealth, now: datetime, *, has_worker: bool) -> BrandRow:
    """Return what the row of this brand says at this moment."""
    doing, last_run, read_at = health.activity, health.last_run, health.freshness.read_at
    return BrandRow(
        slug=health.slug,
        name=health.name,
        timezone=health.timezone,
        state=health.state,
        happened=None if health.error_kind is None else advice_for(health.error_kind).happened,
        doing=None if doing is None else activity_words(doing, now) + ("" if has_worker else _helpless(doing)),
        is_running=doing is not None and doing.running,
        read_at=read_at,
        read_ago=ago(read_at, now),
        last_run=last_run,
        last_ago=ago(None if last_run is None else last_run.started_at, now),
        notes_remaining=health.notes_remaining,
        trend=health.trend,
        next_at=None if health.is_suspended else at(health.freshness.next_sync_at, now, health.timezone),
    )


def activity_words(activity: Activity, now: datetime) -> str:
    """Say what goes on for a brand: Queued 2 min ago, asked for by Ana."""
    words = f"Running since {ago(activity.since, now)}" if activity.running else f"Queued {ago(activity.since, now)}"
    asked = f", asked for by {activity.by}" if activity.by else ""
    return f"{words}{asked}{'; lets in what was held back' if activity.accepts else ''}."


def _helpless(activity: Activity) -> str:
    return "" if activity.running else " No worker is there to do it."


@lru_cache(maxsize=2048)
def drawn_row(row: BrandRow) -> Markup:
    """Return the row as HTML."""
    template = current_app.jinja_env.get_template("agency/sync_row.html")
    return Markup(  # noqa: S704 - a template's own answer, escaped there
        template.render(
            row=row,
            exactly=moment_text,
            took=took,
            run_words=RUN_WORDS,
            result_list=result_list,
            trend_chart=trend_chart,
        )
    )
