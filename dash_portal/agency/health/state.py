"""How a brand stands, in one word with one reason: pure rules over what its last run left behind."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum
from typing import Final

from dash_portal.freshness import REFUSALS, Freshness, Mood
from models import RunStatus, SyncErrorKind


class BrandState(Enum):
    """How a brand stands, the most troubling first: words, a sign (so that colour is not needed) and a tone."""

    REFUSED = ("Access refused", "✕", "bad")
    FAILED = ("Last sync failed", "✕", "bad")
    HELD_BACK = ("Waiting for your decision", "‖", "bad")
    CUT_OFF = ("Last sync was cut off", "✕", "bad")
    OUT_OF_DATE = ("Out of date", "!", "bad")
    PARTLY = ("Only partly up to date", "◐", "warn")
    NOT_UNDERSTOOD = ("Not all is understood", "◐", "warn")
    OVERDUE = ("Next sync is overdue", "!", "warn")
    WAITING = ("Waiting for its first sync", "…", "calm")
    FRESH = ("Up to date", "✓", "good")
    SUSPENDED = ("Suspended", "–", "off")  # noqa: RUF001 - a dash on purpose

    def __init__(self, words: str, sign: str, tone: str) -> None:
        """Take the words, the sign and the tone (bad, warn, calm, good, off)."""
        self.words = words
        self.sign = sign
        self.tone = tone

    @property
    def word(self) -> str:
        """What an address calls the state: held-back."""
        return self.name.lower().replace("_", "-")

    @property
    def is_trouble(self) -> bool:
        """Tell whether someone of the agency should look."""
        return self.tone in {"bad", "warn"}


TROUBLE_ORDER: Final = {state: place for place, state in enumerate(BrandState)}

_NOT_UNDERSTOOD: Final = frozenset({SyncErrorKind.EMPTY_FIELD.value, SyncErrorKind.UNREADABLE_RECORD.value})
"""What leaves everything else as it was read: fields and records that nobody understands."""

_WORST_FIRST: Final = (
    *REFUSALS,
    SyncErrorKind.HELD_BACK,
    SyncErrorKind.INTERNAL,
    SyncErrorKind.REDIRECTED,
    SyncErrorKind.NOT_UNDERSTOOD,
    SyncErrorKind.REFUSED,
    SyncErrorKind.BODY_TOO_LARGE,
    SyncErrorKind.RATE_LIMITED,
    SyncErrorKind.TRANSPORT,
    SyncErrorKind.TIMEOUT,
    SyncErrorKind.SERVER_ERROR,
    SyncErrorKind.NOT_JSON,
    SyncErrorKind.INCOMPLETE,
    SyncErrorKind.EMPTY_FIELD,
    SyncErrorKind.UNREADABLE_RECORD,
    SyncErrorKind.UNREADABLE_FIELD,
    SyncErrorKind.UNAVAILABLE,
)


def worst_error(kinds: Collection[str]) -> str | None:
    """Return the kind of error that explains a run best: what must be mended by hand before what passes by itself."""
    known: Sequence[str] = [kind.value for kind in _WORST_FIRST]
    return min(kinds, key=lambda kind: known.index(kind) if kind in known else len(known), default=None)


def brand_state(
    *,
    suspended: bool,
    last_status: RunStatus | None,
    error_kinds: Collection[str],
    holds_back: bool,
    freshness: Freshness,
) -> BrandState:
    """Return how a brand stands.

    `last_status` is how its last finished run ended (None: there is none), `error_kinds` the kinds of error of that
    run, `holds_back` whether a resource waits for a decision.
    """
    if suspended:
        return BrandState.SUSPENDED
    if last_status is None:
        return BrandState.WAITING
    if last_status is not RunStatus.SUCCESS and any(kind.value in error_kinds for kind in REFUSALS):
        return BrandState.REFUSED
    if last_status is RunStatus.FAILED:
        return BrandState.HELD_BACK if holds_back else BrandState.FAILED
    if holds_back:
        return BrandState.HELD_BACK
    if last_status is RunStatus.ABANDONED:
        return BrandState.CUT_OFF
    if freshness.mood is Mood.STALE:
        return BrandState.OUT_OF_DATE
    if last_status is RunStatus.PARTIAL or freshness.failed:
        only_understanding = bool(error_kinds) and _NOT_UNDERSTOOD.issuperset(error_kinds) and not freshness.failed
        return BrandState.NOT_UNDERSTOOD if only_understanding else BrandState.PARTLY
    return _by_age(freshness)


def _by_age(freshness: Freshness) -> BrandState:
    if freshness.mood is Mood.WAITING:
        return BrandState.WAITING
    return BrandState.OVERDUE if freshness.mood is Mood.AGEING else BrandState.FRESH
