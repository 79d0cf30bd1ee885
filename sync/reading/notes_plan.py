"""Whose notes are read in a run: one call per contact is dear, so each run has a budget.

First contacts that changed since their notes were last read, then those never read, then those that have not changed,
as often as the brand's rhythm says (`notes_rhythm.py`). Contacts whose notes could not be read come behind all others.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from zlib import crc32

from models import PROSPECT
from notes_rhythm import NotesRhythm

_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400
_FIRST_WAIT: Final = timedelta(minutes=30)
_LONGEST_WAIT: Final = timedelta(days=7)
_WITNESSES: Final = 3  # as many as must fail before the call itself counts as down (`notes_pull`)


class LiveContact(NamedTuple):
    """A live contact: its type, whether its stage is active, when it changed, and how far its notes are read (UTC).

    A tuple, because a run makes one of each contact of the brand.

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
        # crc32, not hash(), which every process salts anew: a contact's moment is the same for all workers.
        since_its_moment = (now.timestamp() - crc32(self.client_id.encode())) % _DAY
        return self.read_at is not None and self.read_at.timestamp() > now.timestamp() - since_its_moment


@dataclass(frozen=True, slots=True)
class NotesPlan:
    """Whose notes to read, in order, and what else is known of the brand's contacts.

    `changed_waiting`: how many changed contacts must wait for a later run; `stepped_back`: how many wait because they
    could not be read; `unexplained`: contacts whose new notes came without a newer date when last read; `witnesses`:
    contacts whose notes could be read, to be asked where others fail, so that it shows whether it is the call's fault;
    `takes_turns`: more contacts were due than the budget lets in.
    """

    due: list[LiveContact] = field(default_factory=list)
    contacts: int = 0
    changed_waiting: int = 0
    stepped_back: int = 0
    unexplained: list[LiveContact] = field(default_factory=list)
    witnesses: list[LiveContact] = field(default_factory=list)
    takes_turns: bool = False


def plan_notes(contacts: Iterable[LiveContact], budget: int, rhythm: NotesRhythm, now: datetime) -> NotesPlan:
    """Return the contacts to read within the budget. Looks at each contact once and keeps only the chosen ones."""
    count = changed = stepped_back = wanted = 0
    unexplained: list[LiveContact] = []
    witnesses: list[tuple[datetime, str, LiveContact]] = []

    def all_due() -> Iterator[LiveContact]:
        nonlocal count, changed, stepped_back, wanted
        for contact in contacts:
            count += 1
            if contact.unexplained:
                unexplained.append(contact)
            if contact.was_readable:
                _keep_latest(witnesses, contact)
            if contact.steps_back(now):
                stepped_back += 1
            elif _is_due(contact, rhythm, now):
                changed += contact.changed
                wanted += 1
                yield contact

    # A stream, of which only the budget's best are kept: a brand may have hundreds of thousands of contacts.
    due = heapq.nsmallest(budget, all_due(), key=_urgency)
    # Only changed contacts that must wait make the notes known to be behind; others just have not had their turn.
    waiting = changed - sum(contact.changed for contact in due)
    latest_first = [contact for _, _, contact in sorted(witnesses, reverse=True)]
    return NotesPlan(due, count, waiting, stepped_back, unexplained, latest_first, takes_turns=wanted > len(due))


def next_try(failures: int, now: datetime) -> datetime:
    """Return when a contact is asked again that has failed so often in a row: at once, then later each time.

    The first failure may be the moment's; from the second on it waits half an hour, an hour, and so on up to a week.
    """
    if failures <= 1:
        return now
    doubled: timedelta = _FIRST_WAIT * 2 ** min(failures - 2, 20)
    return now + min(doubled, _LONGEST_WAIT)


def _is_due(contact: LiveContact, rhythm: NotesRhythm, now: datetime) -> bool:
    if contact.changed or contact.never_read:
        return True
    if rhythm is NotesRhythm.LEARNING:
        # Nothing is learned of contacts that are not asked, and these are the ones that new notes are expected of.
        return contact.active and contact.contact_type == PROSPECT
    if rhythm is NotesRhythm.EACH_RUN and contact.lively:
        return True
    return not contact.was_asked_today(now)


def _keep_latest(witnesses: list[tuple[datetime, str, LiveContact]], contact: LiveContact) -> None:
    """Keep the few that were read last: what could be read an hour ago tells more than what could be last week."""
    read_at = contact.read_at or _LONG_AGO
    if len(witnesses) < _WITNESSES:
        heapq.heappush(witnesses, (read_at, contact.client_id, contact))
    elif read_at >= witnesses[0][0]:
        heapq.heappushpop(witnesses, (read_at, contact.client_id, contact))


def _urgency(contact: LiveContact) -> tuple[bool, int, bool, float, str]:
    """Return what sorts the most urgent contact first.

    Changed ones, the never read (prospects first, newest first), lively ones, then those read longest ago; behind them
    all, in the same order, those that could not be read before.
    """
    # Whoever can't be read stays changed, or never read: at their place they would use up the budget of every run.
    failed, newest_first = contact.failures > 0, -(contact.modified_at or _LONG_AGO).timestamp()
    if contact.changed:
        return (failed, 0, False, newest_first, contact.client_id)
    if contact.never_read:
        return (failed, 1, contact.contact_type != PROSPECT, newest_first, contact.client_id)
    read_first = (contact.read_at or _LONG_AGO).timestamp()
    return (failed, 2 if contact.lively else 3, False, read_first, contact.client_id)
