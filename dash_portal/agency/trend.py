"""The last runs as a small chart: a bar per run, as high as it took long; its outline tells how it ended."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Final

from markupsafe import Markup

from dash_portal.agency.latest_runs import TREND_RUNS, Trend, TrendRun
from dash_portal.agency.plain_words import RUN_WORDS
from models import RunStatus

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
def trend_chart(trend: Trend) -> Markup:
    """Return the chart as SVG, the latest run at the right; what it shows is also said in words."""
    runs = trend.runs
    longest = max((run.seconds for run in runs), default=0) or 1
    paths: dict[str, list[str]] = {}
    for place, run in enumerate(runs, start=TREND_RUNS - len(runs)):
        look = _LOOKS[run.status]
        height = _HEIGHT if look == "bad" else _LOWEST + (_HEIGHT - _LOWEST) * (run.seconds / longest) ** 0.5 * 0.8
        paths.setdefault(look, []).append(_bar(place * _STEP + 1, f"{height:.0f}", outlined=look != "good"))
    drawn = "".join(f'<path class="trend-{look}" d="{"".join(parts)}"/>' for look, parts in paths.items())
    width, words = TREND_RUNS * _STEP + 1, trend_words(runs)
    return Markup(  # noqa: S704 - numbers and words of our own only
        f'<svg class="trend" viewBox="0 0 {width} {_HEIGHT + 2}" width="{width}" height="{_HEIGHT + 2}" role="img" '
        f'stroke-width="{_WIDTH}" aria-label="{words}"><title>{words}</title>{drawn}</svg>'
    )


def _bar(left: int, height: str, *, outlined: bool) -> str:
    """Return a bar's part of a path: its outline, or just the line along its middle, drawn as wide as the bar."""
    if outlined:
        return f"M{left} {_HEIGHT + 1}v-{height}h{_WIDTH}v{height}z"
    return f"M{left + _WIDTH / 2} {_HEIGHT + 1}v-{height}"


def trend_words(runs: tuple[TrendRun, ...]) -> str:
    """Say what the chart shows: Last 24 syncs: 22 complete, 2 failed."""
    if not runs:
        return "No sync yet"
    counted = Counter(run.status for run in runs)
    parts = ", ".join(f"{counted[status]} {RUN_WORDS[status].lower()}" for status in RunStatus if counted[status])
    return f"Last {len(runs)} syncs: {parts}" if len(runs) > 1 else f"One sync: {parts.partition(' ')[2]}"
