"""Which history entry of a contact is which: by its own id where it has one, else by what it says."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from sync.mapping.records import NoteRecord
from sync.mapping.wire_values import WireTime

# No id of the vendor's begins so: those that were seen are digits.
_DERIVED: Final = "~"
_Content = tuple[WireTime | None, str, str, str]


def identified(client_id: str, notes: Sequence[NoteRecord]) -> list[NoteRecord]:
    """Return a contact's notes in order, each once, under ids that are unique within the contact.

    A note without an id of its own (`note_id` blank) gets one from contact, date, author and text, which is the same
    each time it is read; equal twins are numbered. An id that stands on several notes that say different things is
    somebody else's (the contact's, the author's), and none of theirs.
    """
    shared = _shared_ids(notes)
    seen: set[str] = set()
    twins: Counter[str] = Counter()
    unique = []
    for note in notes:
        if note.note_id and note.note_id not in shared:
            if note.note_id in seen:
                continue  # the same note once more: pages overlap where notes are added while they are read
            seen.add(note.note_id)
            unique.append(note)
            continue
        derived = _derived_id(client_id, note)
        twins[derived] += 1
        number = f"-{twins[derived]}" if twins[derived] > 1 else ""
        unique.append(note._replace(note_id=derived + number))
    return unique


def says_anything(note: NoteRecord) -> bool:
    """Tell whether a record is a note at all: without an id it must at least say when, who or what."""
    return bool(note.note_id or note.created or note.author or note.text)


def _shared_ids(notes: Iterable[NoteRecord]) -> set[str]:
    first_content: dict[str, _Content] = {}
    return {
        note.note_id
        for note in notes
        if note.note_id and first_content.setdefault(note.note_id, _content(note)) != _content(note)
    }


def _content(note: NoteRecord) -> _Content:
    return (note.created, note.author, note.text, note.kind)


def _derived_id(client_id: str, note: NoteRecord) -> str:
    written = "" if note.created is None else note.created.isoformat()
    content = repr((client_id, written, note.author, note.text))
    return _DERIVED + hashlib.sha256(content.encode()).hexdigest()[:32]
