"""Habits of an API that nobody designed the client for: each by its name, and whole dialects made of them.

A fault comes and goes; a quirk is how an account answers from then on. The truth of the account stays as it is.
"""

from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Quirk(StrEnum):
    """One way in which answers may differ from what is known of the API."""

    # How fields are named and nested.
    SNAKE_CASE = "snake_case"
    CAMEL_CASE = "camel_case"
    OWN_NAMES = "own_names"
    NESTED_NAMES = "nested_names"
    # What values look like.
    STAGE_IDS = "stage_ids"
    TYPE_WORDS = "type_words"
    LIKELIHOOD_FRACTIONS = "likelihood_fractions"
    ACTIVE_WORDS = "active_words"
    US_DATES = "us_dates"
    ISO_DATES = "iso_dates"
    DATE_ONLY = "date_only"
    ZERO_DATES = "zero_dates"
    AMBIGUOUS_AMOUNTS = "ambiguous_amounts"
    ENTITIES = "entities"
    DECOMPOSED_LETTERS = "decomposed_letters"
    # Which records there are, and what they are called.
    NOTES_WITHOUT_IDS = "notes_without_ids"
    NOTE_IDS_PER_CONTACT = "note_ids_per_contact"
    CAPPED_HISTORIES = "capped_histories"
    RECURRING_EVENTS = "recurring_events"
    ALL_DAY_EVENTS = "all_day_events"
    DOUBLED_ROWS = "doubled_rows"
    # How lists come in pages.
    PAGE_CAP_50 = "page_cap_50"
    OFFSET_IN_PAGES = "offset_in_pages"
    IGNORES_PAGING = "ignores_paging"
    OWN_PARAMETERS = "own_parameters"
    CURSOR_PAGES = "cursor_pages"
    # What the total says.
    TOTAL_OF_PAGE = "total_of_page"
    TOTAL_ZERO = "total_zero"
    TOTAL_CAPPED = "total_capped"
    TOTAL_BELOW = "total_below"
    TOTAL_ABOVE = "total_above"
    TOTAL_MOVING = "total_moving"
    # How an answer is wrapped and written.
    SUCCESS_ENVELOPE = "success_envelope"
    STATUS_ENVELOPE = "status_envelope"
    BARE_LISTS = "bare_lists"
    NO_CONTENT_FOR_NONE = "no_content_for_none"
    LATIN_1 = "latin_1"
    UNDECLARED_LATIN_1 = "undeclared_latin_1"
    BOM = "bom"
    NOTICES = "notices"
    CONTROL_CHARACTERS = "control_characters"


# Habits that go together, as one vendor's release would have them. All up to `nested` only name, nest and
# write otherwise what the known API says, so that whoever learns their words reads the same records.
DIALECTS: Final = MappingProxyType(
    {
        "plain": frozenset[Quirk](),
        "snake": frozenset({Quirk.SNAKE_CASE, Quirk.LIKELIHOOD_FRACTIONS, Quirk.TOTAL_OF_PAGE}),
        "camel": frozenset({Quirk.CAMEL_CASE, Quirk.ACTIVE_WORDS, Quirk.PAGE_CAP_50, Quirk.ISO_DATES, Quirk.BOM}),
        "own_words": frozenset({Quirk.OWN_NAMES, Quirk.TOTAL_CAPPED, Quirk.LATIN_1}),
        "by_number": frozenset(
            {
                *(Quirk.STAGE_IDS, Quirk.US_DATES, Quirk.OFFSET_IN_PAGES, Quirk.NO_CONTENT_FOR_NONE),
                *(Quirk.TOTAL_ZERO, Quirk.NOTICES),
            }
        ),
        "nested": frozenset({Quirk.NESTED_NAMES, Quirk.ENTITIES, Quirk.DECOMPOSED_LETTERS, Quirk.IGNORES_PAGING}),
        "foreign": frozenset({Quirk.SUCCESS_ENVELOPE, Quirk.CAMEL_CASE}),
        "careless": frozenset(
            {
                *(Quirk.TYPE_WORDS, Quirk.OWN_PARAMETERS, Quirk.DATE_ONLY, Quirk.AMBIGUOUS_AMOUNTS),
                *(Quirk.NOTES_WITHOUT_IDS, Quirk.RECURRING_EVENTS),
                *(Quirk.ALL_DAY_EVENTS, Quirk.DOUBLED_ROWS, Quirk.CONTROL_CHARACTERS),
            }
        ),
    }
)


def quirks_named(names: Iterable[str]) -> frozenset[Quirk]:
    """Return the quirks that dialects and single quirks of these names have together. Raises ValueError."""
    quirks: set[Quirk] = set()
    for name in names:
        if name in DIALECTS:
            quirks |= DIALECTS[name]
        elif name in set(Quirk):
            quirks.add(Quirk(name))
        else:
            raise ValueError(f"no dialect or quirk is called {name!r}; there are {', '.join((*DIALECTS, *Quirk))}")
    return frozenset(quirks)
