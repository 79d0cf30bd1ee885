"""Notes: what was said to whom, searched and sorted by the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, unquote

from sqlalchemy import and_, func, tuple_
from sqlmodel import col

from dash_portal.brand_access import Brand
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.dashboards.search import matches
from dash_portal.dashboards.statements import rows_of, select
from dash_portal.dashboards.table import count_of
from dash_portal.view import View
from database import BrandSession
from models import Lead, Note, NoteCount, NoteCoverage

MOST_ROWS: Final = 200
SNIPPET: Final = 240
NO_NAME: Final = "(none)"
"""What stands for notes without an author or a kind, on the screen and in links."""


@dataclass(frozen=True, slots=True)
class NoteFilters:
    """What the notes are narrowed to; empty means all. `contact` is looked for in names, `client_id` is exact."""

    search: str = ""
    authors: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    contact: str = ""
    client_id: str = ""

    @classmethod
    def of(cls, view: View) -> NoteFilters:
        """Read the filters off a link."""
        return cls(
            search=view.value("q"),
            authors=view.values("author"),
            kinds=view.values("kind"),
            contact=view.value("contact"),
            client_id=view.value("client"),
        )


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One note in the table, by its key in links; `snippet` is plain text around the first match."""

    key: str
    noted_at: datetime | None
    author: str
    kind: str
    contact: str
    snippet: str


@dataclass(frozen=True, slots=True)
class FullNote:
    """One note in full; `content` is HTML that was sanitised when it was stored."""

    noted_at: datetime | None
    author: str
    kind: str
    contact: str
    client_id: str
    content: str


@dataclass(frozen=True, slots=True)
class Facets:
    """What notes can be filtered by, with how many there are of each, the most frequent first."""

    authors: tuple[tuple[str, int], ...]
    kinds: tuple[tuple[str, int], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many contacts have had their notes read so far: the first reading spreads over several syncs."""

    contacts: int
    read: int


def note_facets(session: BrandSession, brand: Brand) -> Facets:
    """Answer how many notes the brand has by author and by kind; known until its data changes."""
    return ANSWERS.answer(brand, ("note facets",), lambda: _facets(session))


def _facets(session: BrandSession) -> Facets:
    authors: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for row in rows_of(session, select(NoteCount.author, NoteCount.kind, NoteCount.notes)):
        authors[row.author or NO_NAME] += row.notes
        kinds[row.kind or NO_NAME] += row.notes
    return Facets(_by_frequency(authors), _by_frequency(kinds), authors.total())


def note_coverage(session: BrandSession, brand: Brand) -> Coverage:
    """Answer of how many contacts the notes were read; known until the brand's data changes."""
    return ANSWERS.answer(brand, ("note coverage",), lambda: _coverage(session))


def _coverage(session: BrandSession) -> Coverage:
    kept = session.exec(select(NoteCoverage)).first()
    return Coverage(0, 0) if kept is None else Coverage(kept.contacts, kept.contacts_read)


def _by_frequency(counted: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def note_count(session: BrandSession, brand: Brand, filters: NoteFilters) -> int:
    """Count the notes that fit; known until the brand's data changes."""
    if filters == NoteFilters():
        return note_facets(session, brand).total
    return ANSWERS.answer(brand, ("note count", filters), lambda: count_of(session, _fitting(filters, *_IDENTITY)))


@dataclass(frozen=True, slots=True)
class NoteBlock:
    """A block of rows, and how many notes fit in all."""

    rows: tuple[NoteRow, ...]
    total: int


def note_block(
    session: BrandSession, brand: Brand, filters: NoteFilters, sort: str, *, start: int, end: int
) -> NoteBlock:
    """Answer a block of rows. Where it holds the last one, nothing needs to be counted: a rare word is sought once."""
    size = min(end - start, MOST_ROWS)
    if filters.search and start <= 0 < size and session.get_bind().dialect.name == "postgresql":
        question = ("first notes", filters, sort, size)
        return ANSWERS.answer(brand, question, lambda: _first_fitting(session, filters, sort, size))
    rows = note_rows(session, brand, filters, sort, start=start, end=end)
    if len(rows) < size and (rows or start <= 0):
        return NoteBlock(rows, max(0, start) + len(rows))
    return NoteBlock(rows, note_count(session, brand, filters))


def _first_fitting(session: BrandSession, filters: NoteFilters, sort: str, size: int) -> NoteBlock:
    """Find the first notes of a search and count them all in one pass: PostgreSQL looks through every text for either.

    SQLite reads the notes in the order of the table and stops early, so that two statements are quicker there.
    """
    counted = func.count().over().label("total")
    fitting = _fitting(filters, *_IDENTITY, counted, with_contact=sort.endswith("contact"))
    first = rows_of(session, _sorted(fitting, sort).limit(size))
    identities = [(note.client_id, note.note_id) for note in first]
    return NoteBlock(_read(session, identities, filters), first[0].total if first else 0)


def note_rows(
    session: BrandSession, brand: Brand, filters: NoteFilters, sort: str, *, start: int, end: int
) -> tuple[NoteRow, ...]:
    """Answer the rows from `start` up to and without `end`, at most 200 of them; known until the data changes."""
    first = max(0, start)
    size = max(0, min(end - first, MOST_ROWS))
    question = ("note rows", filters, sort, first, size)
    return ANSWERS.answer(brand, question, lambda: _rows(session, filters, sort, first, size))


def _rows(session: BrandSession, filters: NoteFilters, sort: str, first: int, size: int) -> tuple[NoteRow, ...]:
    fitting = _sorted(_fitting(filters, *_IDENTITY, with_contact=sort.endswith("contact")), sort)
    block = rows_of(session, fitting.offset(first).limit(size))
    return _read(session, [(note.client_id, note.note_id) for note in block], filters)


def _read(session: BrandSession, identities: Sequence[tuple[str, str]], filters: NoteFilters) -> tuple[NoteRow, ...]:
    """Read the notes of a block, which were found by what they are sorted by: texts are too long to be sorted along."""
    if not identities:
        return ()
    shown = _with_contact(select(*_SHOWN).select_from(Note)).where(tuple_(*map(col, _IDENTITY)).in_(identities))
    rows = {(row.client_id, row.note_id): _note_row(row, filters.search) for row in rows_of(session, shown)}
    return tuple(rows[identity] for identity in identities)


def _note_row(row: Any, search: str) -> NoteRow:
    return NoteRow(
        key=note_key(row.client_id, row.note_id),
        noted_at=row.noted_at,
        author=row.author or NO_NAME,
        kind=row.kind or NO_NAME,
        contact=row.contact or "",
        snippet=snippet_of(row.content_text, search),
    )


def note_key(client_id: str, note_id: str) -> str:
    """Return what a note is called in links: ids tell notes of one contact apart, and no more."""
    return f"{quote(client_id, safe='')}/{quote(note_id, safe='')}"


_CONTACT: Final[Any] = col(Lead.name).label("contact")
_IDENTITY: Final = (Note.client_id, Note.note_id)
_SHOWN: Final = (*_IDENTITY, Note.noted_at, Note.author, Note.kind, _CONTACT, Note.content_text)


def note_statement(filters: NoteFilters, sort: str) -> Any:
    """Return the statement of all notes that fit, sorted: an export reads it."""
    return _sorted(_fitting(filters, *_SHOWN, with_contact=True), sort)


def _sorted(statement: Any, sort: str) -> Any:
    descending = sort.startswith("-")
    name = sort.removeprefix("-")
    column = SORTS[name]
    ties = (col(Note.note_id), col(Note.client_id))
    if name == "date":
        ordered = [column.desc().nulls_last() if descending else column.asc().nulls_last()]
    else:
        shown_first = col(Note.noted_at).desc().nulls_last()
        ordered = [func.lower(column).desc() if descending else func.lower(column).asc(), shown_first]
    return statement.order_by(*ordered, *(tie.desc() if descending else tie.asc() for tie in ties))


SORTS: Final[Mapping[str, Any]] = {
    "date": col(Note.noted_at),
    "author": Note.author,
    "kind": Note.kind,
    "contact": Lead.name,
}
DEFAULT_SORT: Final = "-date"


def known_sort(sort: str) -> str:
    """Return a sort order that exists: the one asked for, or newest first."""
    return sort if sort.removeprefix("-") in SORTS and sort.count("-") <= 1 else DEFAULT_SORT


def _fitting(filters: NoteFilters, *columns: Any, with_contact: bool = False) -> Any:
    statement = select(*columns).select_from(Note).where(col(Note.removed_at).is_(None))
    if with_contact or filters.contact:
        statement = _with_contact(statement)
    if filters.search:
        statement = statement.where(matches(filters.search, (Note.content_text, Note.author)))
    if filters.authors:
        statement = statement.where(col(Note.author).in_([_stored(name) for name in filters.authors]))
    if filters.kinds:
        statement = statement.where(col(Note.kind).in_([_stored(name) for name in filters.kinds]))
    if filters.contact:
        statement = statement.where(matches(filters.contact, (Lead.name,)))
    if filters.client_id:
        statement = statement.where(col(Note.client_id) == filters.client_id)
    return statement


def _with_contact(statement: Any) -> Any:
    own = and_(col(Lead.tenant_id) == col(Note.tenant_id), col(Lead.client_id) == col(Note.client_id))
    return statement.join(Lead, own, isouter=True)


def _stored(name: str) -> str:
    return "" if name == NO_NAME else name


def full_note(session: BrandSession, key: str) -> FullNote | None:
    """Return one note of the brand in full; None where there is none under that key.

    Links of old name a note by its id alone: the first note of that id is meant.
    """
    client_id, _, note_id = (unquote(part) for part in key.rpartition("/"))
    of_contact = [col(Note.client_id) == client_id] if client_id else []
    statement = (
        _fitting(
            NoteFilters(),
            Note.noted_at,
            Note.author,
            Note.kind,
            _CONTACT,
            Note.client_id,
            Note.content,
            with_contact=True,
        )
    ).where(col(Note.note_id) == note_id, *of_contact)
    note = session.exec(statement.order_by(col(Note.client_id))).first()
    if note is None:
        return None
    return FullNote(
        noted_at=note.noted_at,
        author=note.author or NO_NAME,
        kind=note.kind or NO_NAME,
        contact=note.contact or "",
        client_id=note.client_id,
        content=note.content,
    )


def snippet_of(text: str, search: str, *, length: int = SNIPPET) -> str:
    """Return about `length` letters of a text: its beginning, or what surrounds the first match of the search."""
    flat = " ".join(text.split())
    if len(flat) <= length:
        return flat
    places = [place for word in search.split() if (place := flat.casefold().find(word.casefold())) >= 0]
    start = max(0, min(places) - length // 4) if places else 0
    end = start + length
    return ("…" if start else "") + flat[start:end].strip() + ("…" if end < len(flat) else "")
