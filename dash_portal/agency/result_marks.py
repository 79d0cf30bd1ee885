"""What came in with a run, resource by resource, as a sign and words; colour only underlines it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from markupsafe import Markup

from dash_portal.agency.finished_runs import Outcome
from dash_portal.agency.plain_words import RESOURCE_STATUS_WORDS, RESOURCE_WORDS
from models import ResourceStatus

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
def result_list(outcome: Outcome) -> Markup:
    """Return the list for a brand's row."""
    return Markup('<ul class="results">%s</ul>') % Markup("").join(
        Markup(
            '<li class="result result-%s" title="%s"><span aria-hidden="true">%s</span>%s'
            '<span class="visually-hidden">: %s</span></li>'
        )
        % (
            SIGNS[one.status][1],
            f"{RESOURCE_WORDS[one.resource]}: {RESOURCE_STATUS_WORDS[one.status]}; {one.fetched:,} read, "
            f"{one.changed:,} changed" + (f", {one.rejected:,} set aside" if one.rejected else ""),
            SIGNS[one.status][0],
            RESOURCE_WORDS[one.resource],
            RESOURCE_STATUS_WORDS[one.status],
        )
        for one in outcome.results
    )


def result_mark(status: ResourceStatus) -> Markup:
    """Return one resource's result with its sign."""
    sign, tone = SIGNS[status]
    return Markup('<span class="result result-%s"><span aria-hidden="true">%s</span>%s</span>') % (
        tone,
        sign,
        RESOURCE_STATUS_WORDS[status],
    )
