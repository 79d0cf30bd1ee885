"""Whose notes are read in a run: one call per contact is dear, so each run has a budget.

First contacts that changed since their notes were last read, then those never read, then active prospects whose notes
were read longest ago.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from models import PROSPECT

_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class NoteCandidate:
    """A live contact: its type, whether its stage is active, when it changed, and how far its notes are read (UTC).

    `answer_hash` tells the answer that its notes were made from (see `sync.mapping.rules`).
    """

    client_id: str
    contact_type: str
    active: bool
    modified_at: datetime | None
    read_at: datetime | None
    read_state: datetime | None
    answer_hash: str | None = None

    @property
    def never_read(self) -> bool:
        """Whether its notes were never read whole."""
        return self.read_at is None

    @property
    def changed(self) -> bool:
        """Whether the contact is in another state than when its notes were last read."""
        return self.read_at is not None and self.modified_at != self.read_state


@dataclass(frozen=True, slots=True)
class NotesPlan:
    """Whose notes to read, in order, and how many changed contacts must wait for a later run."""

    due: list[NoteCandidate]
    changed_waiting: int = 0


def plan_notes(candidates: Iterable[NoteCandidate], budget: int) -> NotesPlan:
    """Return the contacts to read within the budget. Looks at each candidate once and keeps only the chosen ones."""
    changed = 0

    def due_ones() -> Iterable[NoteCandidate]:
        nonlocal changed
        for candidate in candidates:
            changed += candidate.changed
            if candidate.changed or candidate.never_read or (candidate.active and candidate.contact_type == PROSPECT):
                yield candidate

    due = heapq.nsmallest(budget, due_ones(), key=_urgency)
    chosen = sum(candidate.changed for candidate in due)
    return NotesPlan(due, changed - chosen)


def _urgency(candidate: NoteCandidate) -> tuple[int, bool, float, str]:
    """Return what sorts the most urgent contact first: changed, never read (prospects first, newest first), oldest."""
    newest_first = -(candidate.modified_at or _LONG_AGO).timestamp()
    if candidate.changed:
        return (0, False, newest_first, candidate.client_id)
    if candidate.never_read:
        return (1, candidate.contact_type != PROSPECT, newest_first, candidate.client_id)
    return (2, False, (candidate.read_at or _LONG_AGO).timestamp(), candidate.client_id)
