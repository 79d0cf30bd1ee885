"""Whose notes are read in a run: one call per contact is dear, so each run has a budget.

First contacts that changed since their notes were last read, then those never read, then those that have not changed,
as often as the brand's rhythm says (`notes_rhythm.py`). Contacts whose notes could not be read come behind all others.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zlib import crc32

from models import PROSPECT
from notes_rhythm import NotesRhythm

_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400
_FIRST_WAIT: Final = timedelta(minutes=30)
_LONGEST_WAIT: Final = timedelta(days=7)
_WITNESSES: Final = 3


@dataclass(frozen=True, slots=True)
class NoteCandidate:
    """A live contact: its type, whether its stage is active, when it changed, and how far its notes are read (UTC).

    `answer_hash` tells the answer that its notes were made from (see `sync.mapping.rules`). `lively`: it is of the hot
    list, or was noted lately. `unexplained`: how many new notes its last reading brought although its date had not
    moved. `failures`: how often in a row its notes could not be read, the last time at state `failed_state`; it is not
    asked again before `retry_at`.
    """

    client_id: str
    contact_type: str
    active: bool
    modified_at: datetime | None
    read_at: datetime | None
    read_state: datetime | None
    answer_hash: str | None = None
    lively: bool = False
    unexplained: int = 0
    failures: int = 0
    retry_at: datetime | None = None
    failed_state: datetime | None = None

    @property
    def never_read(self) -> bool:
        """Whether its notes were never read whole."""
        return self.read_at is None

    @property
    def changed(self) -> bool:
        """Whether the contact is in another state than when its notes were last read."""
        return self.read_at is not None and self.modified_at != self.read_state

    @property
    def has_newer_date(self) -> bool:
        """Whether the contact's date has moved on since its notes were last read."""
        return self.modified_at is not None and self.modified_at > (self.read_state or _LONG_AGO)

    @property
    def was_readable(self) -> bool:
        """Whether its notes were read whole the last time they were asked for."""
        return self.read_at is not None and not self.failures

    def steps_back(self, now: datetime) -> bool:
        """Tell whether it still waits after failing; one that changed since then is tried again at once."""
        waits = self.retry_at is not None and self.retry_at > now
        return waits and self.modified_at == self.failed_state

    def was_asked_today(self, now: datetime) -> bool:
        """Tell whether it was read since its moment of the day, which its id decides: so a brand's are spread over it.

        Counting a day from the last reading would ask all of them at once for ever, as in the run that read them first.
        """
        since_its_moment = (now.timestamp() - crc32(self.client_id.encode())) % _DAY
        return self.read_at is not None and self.read_at.timestamp() > now.timestamp() - since_its_moment


@dataclass(frozen=True, slots=True)
class NotesPlan:
    """Whose notes to read, in order, and what else is known of the brand's contacts.

    `changed_waiting`: how many changed contacts must wait for a later run; `stepped_back`: how many wait because they
    could not be read; `unexplained`: contacts whose new notes came without a newer date when last read; `witnesses`:
    contacts whose notes could be read, to be asked where others fail, so that it shows whether it is the call's fault.
    """

    due: list[NoteCandidate] = field(default_factory=list)
    contacts: int = 0
    changed_waiting: int = 0
    stepped_back: int = 0
    unexplained: list[NoteCandidate] = field(default_factory=list)
    witnesses: list[NoteCandidate] = field(default_factory=list)


def plan_notes(candidates: Iterable[NoteCandidate], budget: int, rhythm: NotesRhythm, now: datetime) -> NotesPlan:
    """Return the contacts to read within the budget. Looks at each candidate once and keeps only the chosen ones."""
    contacts = changed = stepped_back = 0
    unexplained: list[NoteCandidate] = []
    witnesses: list[tuple[datetime, str, NoteCandidate]] = []

    def all_due() -> Iterator[NoteCandidate]:
        nonlocal contacts, changed, stepped_back
        for candidate in candidates:
            contacts += 1
            if candidate.unexplained:
                unexplained.append(candidate)
            if candidate.was_readable:
                _keep_latest(witnesses, candidate)
            if candidate.steps_back(now):
                stepped_back += 1
            elif _is_due(candidate, rhythm, now):
                changed += candidate.changed
                yield candidate

    due = heapq.nsmallest(budget, all_due(), key=_urgency)
    waiting = changed - sum(candidate.changed for candidate in due)
    latest_first = [candidate for _, _, candidate in sorted(witnesses, reverse=True)]
    return NotesPlan(due, contacts, waiting, stepped_back, unexplained, latest_first)


def next_try(failures: int, now: datetime) -> datetime:
    """Return when a contact is asked again that has failed so often in a row: at once, then later each time.

    The first failure may be the moment's; from the second on it waits half an hour, an hour, and so on up to a week.
    """
    if failures <= 1:
        return now
    doubled: timedelta = _FIRST_WAIT * 2 ** min(failures - 2, 20)
    return now + min(doubled, _LONGEST_WAIT)


def _is_due(candidate: NoteCandidate, rhythm: NotesRhythm, now: datetime) -> bool:
    if candidate.changed or candidate.never_read:
        return True
    if rhythm is NotesRhythm.LEARNING:
        return candidate.active and candidate.contact_type == PROSPECT
    if rhythm is NotesRhythm.EACH_RUN and candidate.lively:
        return True
    return not candidate.was_asked_today(now)


def _keep_latest(witnesses: list[tuple[datetime, str, NoteCandidate]], candidate: NoteCandidate) -> None:
    """Keep the few that were read last: what could be read an hour ago tells more than what could be last week."""
    heapq.heappush(witnesses, (candidate.read_at or _LONG_AGO, candidate.client_id, candidate))
    if len(witnesses) > _WITNESSES:
        heapq.heappop(witnesses)


def _urgency(candidate: NoteCandidate) -> tuple[bool, int, bool, float, str]:
    """Return what sorts the most urgent contact first.

    Changed ones, the never read (prospects first, newest first), lively ones, then those read longest ago; behind them
    all, in the same order, those that could not be read before.
    """
    failed, newest_first = candidate.failures > 0, -(candidate.modified_at or _LONG_AGO).timestamp()
    if candidate.changed:
        return (failed, 0, False, newest_first, candidate.client_id)
    if candidate.never_read:
        return (failed, 1, candidate.contact_type != PROSPECT, newest_first, candidate.client_id)
    read_first = (candidate.read_at or _LONG_AGO).timestamp()
    return (failed, 2 if candidate.lively else 3, False, read_first, candidate.client_id)
