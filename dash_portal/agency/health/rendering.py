"""How a brand's row on /agency/sync is drawn, once for all rows that say the same; and the parts of its own page.

With hundreds of brands most rows say what they said seconds ago, and a run that is over says the same for good. Each is
drawn from what it says and from nothing else (no clock, no viewer), so one that is drawn already is exactly what would
be drawn again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Final

from markupsafe import Markup

from dash_portal.agency.drawn import drawn
from dash_portal.agency.health.figures import BrandFigures
from dash_portal.agency.health.runs import RecentRuns, ResourceOutcome, RunOutcome, RunSummary
from dash_portal.agency.health.state import BrandState
from dash_portal.agency.health.sync_health import BrandHealth, OngoingSync
from dash_portal.agency.run_history import RunDetails
from dash_portal.agency.words import RESOURCE_STATUS_WORDS, RESOURCE_WORDS, RUN_MEANING, RUN_WORDS, advice_for
from dash_portal.brand_time import ago_text, duration_text, in_text, moment_text
from models import ResourceStatus, RunStatus, SyncErrorKind


@dataclass(frozen=True, slots=True)
class BrandRow:
    """What a brand's row says; whatever depends on the clock is in words already.

    `happened` explains trouble; `doing` is what goes on right now; `next_in` is None where no sync will come, and
    `is_first` says that a worker does not wait for that: it takes up a brand that was never synced as soon as it can.
    Where the brand's `figures` are None, none of its data was ever read.
    """

    slug: str
    name: str
    timezone: str
    state: BrandState
    pill: str
    happened: str | None
    doing: str | None
    is_running: bool
    read_at: datetime | None
    read_ago: str
    last_run: RunSummary | None
    last_ago: str
    outcome: RunOutcome | None
    notes_remaining: int | None
    recent: RecentRuns
    next_at: datetime | None
    next_in: str | None
    is_first: bool
    needs_key: bool
    figures: BrandFigures | None


def brand_row(
    health: BrandHealth,
    now: datetime,
    *,
    has_worker: bool,
    figures: BrandFigures | None = None,
    may_renew: bool = True,
) -> BrandRow:
    """Return what the row of this brand says at this moment; `may_renew`: to whoever may put another key in place."""
    next_at = None if health.is_suspended else health.freshness.next_sync_at.replace(second=0, microsecond=0)
    ongoing, last_run, read_at = health.ongoing, health.last_run, health.freshness.read_at
    return BrandRow(
        slug=health.slug,
        name=health.name,
        timezone=health.timezone,
        state=health.state,
        pill=health.pill,
        happened=None if health.error_kind is None else advice_for(health.error_kind).happened,
        doing=None if ongoing is None else ongoing_words(ongoing, now) + ("" if has_worker else _helpless(ongoing)),
        is_running=ongoing is not None and ongoing.running,
        read_at=read_at,
        read_ago=ago_text(read_at, now),
        last_run=last_run,
        last_ago=ago_text(None if last_run is None else last_run.started_at, now),
        outcome=health.outcome,
        notes_remaining=health.notes_remaining,
        recent=health.recent,
        next_at=next_at,
        next_in=None if next_at is None else in_text(next_at, now),
        is_first=starts_at_once(health),
        needs_key=may_renew and needs_key(health),
        figures=None if read_at is None else figures,
    )


def starts_at_once(health: BrandHealth) -> bool:
    """Tell whether a worker takes the brand up as soon as it can, because it was never synced."""
    return not health.is_suspended and health.last.finished is None and health.ongoing is None


def needs_key(health: BrandHealth) -> bool:
    """Tell whether another web key would mend the brand: it is refused, or can't be read any more."""
    return health.error_kind in {SyncErrorKind.KEY_REFUSED.value, SyncErrorKind.KEY_UNREADABLE.value}


def ongoing_words(ongoing: OngoingSync, now: datetime) -> str:
    """Say what goes on for a brand: Queued 2 min ago, asked for by Ana."""
    age = ago_text(ongoing.since, now)
    words = f"Running since {age}" if ongoing.running else f"Queued {age}"
    asked_for = f", asked for by {ongoing.by}" if ongoing.by else ""
    return f"{words}{asked_for}{'; lets in what was held back' if ongoing.accepts else ''}."


def _helpless(ongoing: OngoingSync) -> str:
    return "" if ongoing.running else " No worker is there to do it."


@lru_cache(maxsize=2048)
def drawn_row(row: BrandRow) -> Markup:
    """Return the row as HTML."""
    return drawn(
        "sync_row.html",
        row=row,
        exactly=moment_text,
        took=duration_text,
        run_words=RUN_WORDS,
        came_in=came_in,
        in_part=in_part,
        trend_chart=trend_chart,
        instant=_instant,
    )


def _instant(moment: datetime) -> str:
    """Return a moment as machines read it, to the minute: 2026-07-14T09:05Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


@lru_cache(maxsize=1024)
def drawn_run(slug: str, run: RunDetails, *, with_answers: bool) -> Markup:
    """Return what a run of the brand did as HTML: a page of the history holds twenty, and few of them are new.

    `with_answers`: to whoever may read the raw answers.
    """
    return drawn(
        "sync_run.html",
        slug=slug,
        run=run,
        with_answers=with_answers,
        took=duration_text,
        run_meaning=RUN_MEANING,
        resource_words=RESOURCE_WORDS,
        status_mark=status_mark,
    )


# What came in with a run, resource by resource, as a sign and words; colour only underlines it.

SIGNS: Final = {
    ResourceStatus.SUCCESS: ("✓", "good"),
    ResourceStatus.PARTIAL: ("◐", "calm"),
    ResourceStatus.INCOMPLETE: ("✕", "bad"),
    ResourceStatus.FAILED: ("✕", "bad"),
    ResourceStatus.HELD_BACK: ("‖", "bad"),
    ResourceStatus.UNAVAILABLE: ("–", "off"),  # noqa: RUF001 - a dash on purpose
}
"""The sign and the tone of each way a resource can end."""


@lru_cache(maxsize=4096)
def came_in(outcome: RunOutcome, verb: str = "") -> Markup:
    """Return what came in, in a few words: 5 of 5; or 3 of 5, with what did not by name. The rest is in the title.

    `verb` follows the numbers where no heading says what they count.
    """
    missing = [resource for resource in outcome.resources if SIGNS[resource.status][1] == "bad"]
    good = f"{len(outcome.resources) - len(missing)} of {len(outcome.resources)}{verb}"
    listed = "; ".join(map(_what_came, outcome.resources))
    names = ", ".join(RESOURCE_WORDS[resource.resource] for resource in missing)
    if missing and len(missing) == len(outcome.resources):
        return Markup('<span class="result-bad" title="%s">%s</span>') % (listed, good)
    failed = Markup(', <span class="result-bad">not %s</span>') % names if missing else ""
    return Markup('<span title="%s">%s%s</span>') % (listed, good, failed)


def _what_came(resource: ResourceOutcome) -> str:
    """Say in a line what came of one resource: Leads: failed, 288 read, 0 changed. That it is complete goes unsaid."""
    status = "" if resource.status is ResourceStatus.SUCCESS else f"{RESOURCE_STATUS_WORDS[resource.status].lower()}, "
    set_aside = f", {resource.rejected:,} set aside" if resource.rejected else ""
    name = RESOURCE_WORDS[resource.resource]
    return f"{name}: {status}{resource.fetched:,} read, {resource.changed:,} changed{set_aside}"


def in_part(outcome: RunOutcome) -> str:
    """Say which resources came in with gaps, "" where none did: Leads in part."""
    names = [RESOURCE_WORDS[each.resource] for each in outcome.resources if each.status is ResourceStatus.PARTIAL]
    return f"{', '.join(names)} in part" if names else ""


@cache
def status_mark(status: ResourceStatus) -> Markup:
    """Return how one resource ended, with its sign."""
    sign, tone = SIGNS[status]
    return Markup('<span class="result result-%s"><span aria-hidden="true">%s</span>%s</span>') % (
        tone,
        sign,
        RESOURCE_STATUS_WORDS[status],
    )


# The last runs as a small chart: a bar per run, as high as it took long; its outline tells how it ended.

_STEP: Final = 5
_WIDTH: Final = 3.5
_HEIGHT: Final = 22
_LOWEST: Final = 4

_LOOKS: Final = {
    RunStatus.SUCCESS: "good",
    RunStatus.RUNNING: "now",
    RunStatus.PARTIAL: "part",
    RunStatus.FAILED: "bad",
    RunStatus.ABANDONED: "bad",
}


@lru_cache(maxsize=4096)
def trend_chart(recent: RecentRuns) -> Markup:
    """Return the chart as SVG, as wide as its runs, the latest at the right; what it shows is also said in words."""
    runs = recent.runs
    longest = max((run.seconds for run in runs), default=0) or 1
    paths: dict[str, list[str]] = {}
    for place, run in enumerate(runs):
        look = _LOOKS[run.status]
        height = _HEIGHT if look == "bad" else _LOWEST + (_HEIGHT - _LOWEST) * (run.seconds / longest) ** 0.5 * 0.8
        paths.setdefault(look, []).append(_bar(place * _STEP + 3, f"{height:.0f}", outlined=look != "good"))
    drawn = "".join(f'<path class="trend-{look}" d="{"".join(parts)}"/>' for look, parts in paths.items())
    width, words = len(runs) * _STEP + 1, trend_words(runs)
    return Markup(  # noqa: S704 - numbers and words of our own only
        f'<svg class="trend" viewBox="0 {-_HEIGHT - 1} {width} {_HEIGHT + 2}" width="{width}" height="{_HEIGHT + 2}" '
        f'role="img"><title>{words}</title>{drawn}</svg>'
    )


def _bar(middle: int, height: str, *, outlined: bool) -> str:
    """Return a bar's part of a path: its outline, or just the line along its middle, drawn as wide as the bar."""
    if outlined:
        return f"M{middle - _WIDTH / 2} 0v-{height}h{_WIDTH}v{height}z"
    return f"M{middle} 0v-{height}"


def trend_words(runs: tuple[RunSummary, ...]) -> str:
    """Say what the chart shows: Last 24 syncs: 22 complete, 2 failed."""
    if not runs:
        return "No sync yet"
    counted = Counter(run.status for run in runs)
    parts = ", ".join(f"{counted[status]} {RUN_WORDS[status].lower()}" for status in RunStatus if counted[status])
    return f"Last {len(runs)} syncs: {parts}" if len(runs) > 1 else f"One sync: {parts.partition(' ')[2]}"
