"""What is said of the age of a brand's data: on the badge, in the banner, and where nothing was read yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dash_portal.accounts.rights_table import Capability
from dash_portal.agency.words import ERROR_WORDS
from dash_portal.brand_time import clock_text, day_text, local_day, moment_text
from dash_portal.freshness import Freshness
from models import SyncErrorKind

RENEW_WORDS: Final = "Your agency has to renew the connection."
"""What people of a brand read where its account can't be opened."""


@dataclass(frozen=True, slots=True)
class FreshnessWords:
    """The words of a page: `tip` explains its badge, `banner` follows a failed sync, `late` one that did not come.

    `{age}` in them is how old the data is by then. `waits` is the badge where nothing was read yet, `link` (words and
    address) is where the agency sees why, and can act.
    """

    waits: str
    tip: str
    banner: str
    late: str
    link: dict[str, str]


def freshness_words(fresh: Freshness, zone: str, slug: str, rights: frozenset[Capability]) -> FreshnessWords:
    """Say how fresh a brand's data is: when the next sync comes, or that somebody has to act first.

    `rights`: what the reader may do as one of the agency, and so is offered.
    """
    waits = "First sync failed" if fresh.failed else "Waiting for first sync"
    read = "" if fresh.read_at is None else moment_text(fresh.read_at, zone)
    sees_cause = Capability.SYNC_HEALTH in rights
    if fresh.refusal:
        words = _renewal(fresh.refusal, read, by_agency=sees_cause)
        may_renew = fresh.refusal is not SyncErrorKind.TOKEN_REFUSED and Capability.BRANDS in rights
        return FreshnessWords(waits, words, words, words, _way_out(slug, may_renew=may_renew) if sees_cause else {})
    due = _due(fresh, zone)
    cause = {"words": "See why", "address": f"/agency/sync/{slug}"} if sees_cause else {}
    if not read:
        failed = f"The first sync did not succeed. The next one is due at {due}."
        return FreshnessWords(waits, failed if fresh.failed else f"The first sync is due at {due}.", failed, "", cause)
    next_sync = f"It will catch up with the next sync, due at {due}."
    following = f"You are looking at data that is {{age}} old (from {read}). {next_sync}"
    return FreshnessWords(
        waits,
        tip=f"The data on this page was read at {read}. The next sync is due at {due}.",
        banner=f"The last sync did not succeed. {following}",
        late=f"No sync has landed for a while. {following}",
        link=cause,
    )


def nothing_yet_words(fresh: Freshness, zone: str) -> str:
    """Say when a page without rows fills itself; what went wrong is for the banner above it to say, once."""
    if fresh.refusal is not None or (fresh.failed and fresh.read_at is None):
        return "This page fills itself as soon as a sync has landed."
    if fresh.read_at is not None:
        return "There were none when the data was read. They appear here with the first sync that finds some."
    due = _due(fresh, zone)
    return f"The first sync is due at {due}. This page fills itself as soon as it has landed."


def _renewal(refusal: SyncErrorKind, read: str, *, by_agency: bool) -> str:
    """Say that somebody has to act first, and promise no time; what is wrong is for the agency alone."""
    cause = ERROR_WORDS[refusal].happened if by_agency else RENEW_WORDS
    return f"{cause} You see data from {read}." if read else f"{cause} Nothing was read yet."


def _way_out(slug: str, *, may_renew: bool) -> dict[str, str]:
    if may_renew:
        return {"words": "Replace web key", "address": f"/agency/sync/{slug}#new-key"}
    return {"words": "See what to do", "address": f"/agency/sync/{slug}"}


def _due(fresh: Freshness, zone: str) -> str:
    clock, day = clock_text(fresh.next_sync_at, zone), local_day(fresh.next_sync_at, zone)
    return clock if day == local_day(fresh.now, zone) else f"{clock} on {day_text(day)}"
