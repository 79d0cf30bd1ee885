"""Notes: what was said to whom, searched and sorted by the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, unquote

from sqlalchemy import ColumnElement, and_, func, or_, tuple_
from sqlmodel import col

from cleaning import LONGEST_KEY
from dash_portal.brand_access import Brand
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.dashboards.search import matches
from dash_portal.dashboards.statements import rows_of, select
from dash_portal.dashboards.table import TablePage, TableQuestion
from dash_portal.view import View
from database import BrandSession
from models import Lead, Note, NoteCount, NoteCoverage

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
    client_id: str
    snippet: str


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """One note as programs and files get it: all of its text, without markup."""

    note_id: str
    client_id: str
    noted_at: datetime | None
    author: str
    kind: str
    contact: str
    text: str


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
    """What notes can be filtered by, with how many there are of each within the other filters, the most frequent first.

    `total` is how many fit all filters, `brand_total` how many there are at all.
    """

    authors: tuple[tuple[str, int], ...]
    kinds: tuple[tuple[str, int], ...]
    total: int
    brand_total: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many contacts have had their notes read so far: the first reading spreads over several syncs."""

    contacts: int
    read: int


def note_facets(session: BrandSession, brand: Brand, filters: NoteFilters) -> Facets:
    """Answer how many notes there are by author and by kind within the other filters; known until the data changes."""
    counted = ANSWERS.answer(brand, ("notes by author and kind",), lambda: _counted(session))
    within = counted
    if filters.search or filters.contact or filters.client_id:
        others = replace(filters, authors=(), kinds=())
        question = ("notes by author and kind", others)
        within = ANSWERS.answer(brand, question, lambda: _counted_within(session, others))
    return _facets(within, filters, brand_total=counted.total())


def _counted(session: BrandSession) -> Counter[tuple[str, str]]:
    """Add up what the sync has counted."""
    kept = rows_of(session, select(NoteCount.author, NoteCount.kind, NoteCount.notes))
    return Counter({(author or NO_NAME, kind or NO_NAME): count for author, kind, count in kept})


def _counted_within(session: BrandSession, filters: NoteFilters) -> Counter[tuple[str, str]]:
    counts = _fitting(filters, Note.author, Note.kind, func.count()).group_by(col(Note.author), col(Note.kind))
    return Counter({(author or NO_NAME, kind or NO_NAME): count for author, kind, count in rows_of(session, counts)})


def _facets(counted: Counter[tuple[str, str]], filters: NoteFilters, *, brand_total: int) -> Facets:
    authors: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    total = 0
    for names, count in counted.items():
        author, kind = (name[:LONGEST_KEY] for name in names)
        fits_author = not filters.authors or author in filters.authors
        fits_kind = not filters.kinds or kind in filters.kinds
        authors[author] += count if fits_kind else 0
        kinds[kind] += count if fits_author else 0
        total += count if fits_author and fits_kind else 0
    return Facets(_by_frequency(authors), _by_frequency(kinds), total, brand_total)


def note_coverage(session: BrandSession, brand: Brand) -> Coverage:
    """Answer of how many contacts the notes were read; known until the brand's data changes."""
    return ANSWERS.answer(brand, ("note coverage",), lambda: _coverage(session))


def _coverage(session: BrandSession) -> Coverage:
    kept = session.exec(select(NoteCoverage)).first()
    return Coverage(0, 0) if kept is None else Coverage(kept.contacts, kept.contacts_read)


def _by_frequency(counted: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def note_page(
    session: BrandSession, brand: Brand, filters: NoteFilters, question: TableQuestion, total: int
) -> TablePage[NoteRow]:
    """Answer one page of the notes that fit, `total` in all; known until the data changes."""
    shown = question.within(total)
    kept = ("notes", filters, shown)
    rows = ANSWERS.answer(brand, kept, lambda: _rows(session, filters, shown.sort_text, shown.offset, shown.size))
    return TablePage(rows, total, shown.page, shown.size)


def contact_name(session: BrandSession, brand: Brand, client_id: str) -> str:
    """Return what a contact is called whose notes alone are shown: the id itself where there is no name, or no note."""
    latest = TableQuestion(sort="date", descending=True)
    rows = note_page(session, brand, NoteFilters(client_id=client_id), latest, 1).rows
    return (rows[0].contact if rows else "") or client_id


def _rows(session: BrandSession, filters: NoteFilters, sort: str, first: int, size: int) -> tuple[NoteRow, ...]:
    fitting = _sorted(_fitting(filters, *_IDENTITY, with_contact=sort.endswith("contact")), sort)
    block = rows_of(session, fitting.offset(first).limit(size))
    return _read(session, [(note.client_id, note.note_id) for note in block], filters)


def _read(session: BrandSession, identities: Sequence[tuple[str, str]], filters: NoteFilters) -> tuple[NoteRow, ...]:
    """Read the notes of a block, which were found by what they are sorted by: texts are too long to be sorted along.

    Contacts are named beside the pairs, which say the same: SQLite looks up no pairs in an index, but walks all notes.
    """
    if not identities:
        return ()
    of_contacts = col(Note.client_id).in_({client_id for client_id, _ in identities})
    of_block = tuple_(*map(col, _IDENTITY)).in_(identities)
    shown = _with_contact(select(*_SHOWN).select_from(Note)).where(of_contacts, of_block)
    rows = {(row.client_id, row.note_id): _note_row(row, filters.search) for row in rows_of(session, shown)}
    return tuple(rows[identity] for identity in identities)


def _note_row(row: Any, search: str) -> NoteRow:
    return NoteRow(
        key=note_key(row.client_id, row.note_id),
        noted_at=row.noted_at,
        author=row.author or NO_NAME,
        kind=row.kind or NO_NAME,
        contact=row.contact or "",
        client_id=row.client_id,
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


def written_note(row: Any) -> WrittenNote:
    """Make a note of a row of `note_statement`."""
    return WrittenNote(
        note_id=row.note_id,
        client_id=row.client_id,
        noted_at=row.noted_at,
        author=row.author,
        kind=row.kind,
        contact=row.contact or "",
        text=row.content_text,
    )


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
        statement = statement.where(_named(col(Note.author), filters.authors))
    if filters.kinds:
        statement = statement.where(_named(col(Note.kind), filters.kinds))
    if filters.contact:
        statement = statement.where(matches(filters.contact, (Lead.name,)))
    if filters.client_id:
        statement = statement.where(col(Note.client_id) == filters.client_id)
    return statement


def _with_contact(statement: Any) -> Any:
    own = and_(col(Lead.tenant_id) == col(Note.tenant_id), col(Lead.client_id) == col(Note.client_id))
    return statement.join(Lead, own, isouter=True)


def _named(column: Any, names: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a note bears one of the names; of an endless one a link holds the beginning."""
    stored = [*names, *([""] if NO_NAME in names else [])]
    endless = [name for name in names if len(name) >= LONGEST_KEY]
    held: ColumnElement[bool] = column.in_(stored)
    return or_(held, func.substr(column, 1, LONGEST_KEY).in_(endless)) if endless else held


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
