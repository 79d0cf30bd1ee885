"""How often contacts that have not changed are asked for new notes: a rule over what was seen, and the words for it.

Notes are read contact by contact, which is nearly all the calls that a brand costs. Whether a new note moves its
contact's modification date nobody knows of ClientTether: so it is learned, for each brand, from the notes that come.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

NOTES_THAT_PROVE: Final = 20
"""So many new notes must all have come with a newer date before the date is trusted."""

LIVELY_DAYS: Final = 30
"""Contacts with a note of the last 30 days are the ones that new notes are expected of."""


class NotesRhythm(StrEnum):
    """How contacts are asked whose modification date is as it was.

    `learning`: active prospects, as many as a run's budget allows. `daily`: each once a day, because the date tells of
    new notes. `each_run`: those of the hot list and those noted lately in every run, because it does not; the others
    once a day.
    """

    LEARNING = "learning"
    DAILY = "daily"
    EACH_RUN = "each_run"


def notes_rhythm(with_newer_date: int, without: int) -> NotesRhythm:
    """Return the rhythm that follows from how many new notes came with a newer date of their contact, and without."""
    if without:
        return NotesRhythm.EACH_RUN
    return NotesRhythm.DAILY if with_newer_date >= NOTES_THAT_PROVE else NotesRhythm.LEARNING


def rhythm_words(with_newer_date: int, without: int) -> str:
    """Return in one sentence, for people of the agency, which way it stands."""
    match notes_rhythm(with_newer_date, without):
        case NotesRhythm.DAILY:
            return (
                f"All {with_newer_date} new notes came with a newer date of their contact, so contacts that have not "
                "changed are asked once a day."
            )
        case NotesRhythm.EACH_RUN:
            return (
                f"{without} of {with_newer_date + without} new notes came without a newer date of their contact, so "
                f"contacts of the hot list and those with a note of the last {LIVELY_DAYS} days are asked in every "
                "sync, the others once a day."
            )
        case NotesRhythm.LEARNING:
            return (
                f"Still learning whether a new note shows in its contact's date: {with_newer_date} of "
                f"{NOTES_THAT_PROVE} new notes were seen, all with a newer date. Until then active prospects are asked "
                "in every sync."
            )
