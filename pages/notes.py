"""/notes: what was said to whom; tens of thousands of notes, searched and sorted as one types."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, callback, html, register_page
from dash.development.base_component import Component

from dash_portal import dashboard_pages
from dash_portal.brand_time import clock_text
from dash_portal.components import empty, filter_chips, filter_menu, grid, ids, shell, texts
from dash_portal.components.grid import Column, Table, search_field
from dash_portal.components.rich_text import marked_pieces
from dash_portal.dashboards import notes
from dash_portal.dashboards.notes import NoteFilters, NoteRow
from dash_portal.page_request import PageRequest

PAGE = dashboard_pages.NOTES
HINT = "A date opens the note, a name its lead."
ROW_HEIGHTS = {"": 4.0, "compact": 2.5}


def _day(request: PageRequest, row: NoteRow) -> texts.Pieces:
    """Return the day as the link that opens the note."""
    text, target = texts.day(row.noted_at, request.brand.display_zone), request.view.set_to("note", row.key)
    return [{"text": text, "href": target.href, "className": "door line"}]


def _date(request: PageRequest, row: NoteRow) -> texts.Pieces:
    clock = clock_text(row.noted_at, request.brand.display_zone) if row.noted_at else ""
    return [*_day(request, row), {"text": clock, "className": "quiet line"}] if clock else _day(request, row)


def _contact(request: PageRequest, row: NoteRow) -> texts.Pieces:
    return texts.name_pieces(request.view, row.contact, row.client_id, opens=False)


def _snippet(request: PageRequest, row: NoteRow) -> texts.Pieces:
    return marked_pieces(row.snippet, request.view.value("q"))


def _two_lines(request: PageRequest, row: NoteRow) -> texts.Pieces:
    return [*_day(request, row), *_contact(request, row), {"text": row.snippet, "className": "second"}]


TABLE = Table(
    page=PAGE.name,
    title="Notes",
    things="notes",
    label="Search notes and authors",
    row_id="key",
    columns=(
        Column("date", "Date", "date", descending_first=True, width=150, cell=_date),
        Column("author", "Author", "author", width=150),
        Column("kind", "Kind", width=110),
        Column("contact", "Contact", "contact", width=170, cell=_contact),
        Column("content", "Note", width=220, grows=True, cell=_snippet),
    ),
    two_lines=_two_lines,
    default_sort=notes.DEFAULT_SORT,
    searched="What was said, or who wrote it …",
    row_height=ROW_HEIGHTS[""],
)
COVERAGE = Output("notes-coverage", "children")
DENSITY = [Output("notes-density", "children"), Output("notes-density", "href")]
MENUS = [*filter_menu.outputs(PAGE.name, "author"), *filter_menu.outputs(PAGE.name, "kind")]
OUTPUTS = shell.outputs(PAGE, MENUS, DENSITY, [COVERAGE], grid.outputs(TABLE))
STATES = shell.states(OUTPUTS)

register_page(__name__, path=PAGE.path, title=PAGE.document_title, name=PAGE.title)


def layout(**query: Any) -> Any:
    """Return the page, filled, for the person of this request."""
    return shell.page(PAGE, query, _content)


@callback(*OUTPUTS, Input(ids.view(PAGE.name), "data"), *STATES, prevent_initial_call=True)
def change(query: Any, *drawn: Any) -> list[Any]:
    """Answer what a changed view changes."""
    return shell.changes(PAGE, query, OUTPUTS, _content, STATES, drawn)


def _content(request: PageRequest) -> list[Component] | Component:
    session, brand, view = request.session, request.brand, request.view
    filters = NoteFilters.of(view)
    facets = notes.note_facets(session, brand, filters)
    if not facets.brand_total:
        what = "Notes on your contacts will appear here: calls, e-mails and meetings, newest first."
        return empty.nothing_yet(what, request)
    question = TABLE.question(request.view)
    rows = notes.note_page(session, brand, filters, question, facets.total)
    density = view.value("density")
    other_density = view.without("density") if density else view.set_to("density", "compact")
    names = {("client", client): notes.contact_name(session, brand, client) for client in view.values("client")[:1]}
    other = "Roomy" if density else "Compact"
    tools = (
        search_field(request, "contact", "Contact's name", "Contact's name …"),
        filter_menu.filter_menu(PAGE.name, "author", "Author", facets.authors, view),
        filter_menu.filter_menu(PAGE.name, "kind", "Kind", facets.kinds, view),
        html.A(other, id="notes-density", href=other_density.href, className="button view-link wide-only"),
    )
    chips = filter_chips.filter_chips(request, rows.total, TABLE.things, value_names=names, hint=HINT)
    coverage = html.P(_coverage(request), id="notes-coverage", className="card-text")
    line = html.Div([coverage, *chips], className="notes-line")
    return [grid.grid_card(TABLE, request, question, rows, *tools, note=line, row_height=ROW_HEIGHTS.get(density))]


def _coverage(request: PageRequest) -> str | None:
    """Say how far the first reading of the notes has come, until it is whole."""
    coverage = notes.note_coverage(request.session, request.brand)
    if coverage.read >= coverage.contacts:
        return None
    return f"Notes of {coverage.read:,} of {coverage.contacts:,} contacts read, more with each sync."
