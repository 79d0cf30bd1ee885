"""/notes: what was said to whom; tens of thousands of notes, searched and sorted as one types."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, callback, html, register_page
from dash.development.base_component import Component

from dash_portal.brand_time import clock_text
from dash_portal.components import filter_chips, filter_menu, grid, ids, shell
from dash_portal.components.empty import nothing_yet
from dash_portal.components.freshness import output as how_fresh
from dash_portal.components.grid import Column, Table, door, search_field, search_value
from dash_portal.components.rich_text import marked_pieces
from dash_portal.components.texts import day
from dash_portal.dashboards.notes import (
    DEFAULT_SORT,
    SORTS,
    NoteFilters,
    NoteRow,
    note_coverage,
    note_facets,
    note_page,
)
from dash_portal.dashboards.table import TableQuestion
from dash_portal.page_request import DashboardPage, PageRequest, by_data
from models import Resource

PAGE = DashboardPage(
    path="/notes",
    title="Notes",
    resources=(Resource.NOTES,),
    parameters=("q", "author", "kind", "contact", "client", "sort", "page", "size", "density"),
    depends_on=by_data,
)
CHIPS = {"author": "Author", "kind": "Kind", "contact": "Contact", "client": "Contact"}
ROW_HEIGHTS = {"": 64, "compact": 40}
TABLE = Table(
    page=PAGE.name,
    title="Notes",
    things="notes",
    label="Search notes and authors",
    columns=(
        Column("date", "Date", "date", descending_first=True, width=150),
        Column("author", "Author", "author", width=150),
        Column("kind", "Kind", width=110),
        Column("contact", "Contact", "contact", width=170),
        Column("content", "Note", width=220, flex=1),
    ),
    default_sort=DEFAULT_SORT,
    searched="What was said, or who wrote it …",
    row_height=ROW_HEIGHTS[""],
)
COVERAGE = Output("notes-coverage", "children")
DENSITY = [Output("notes-density", "children"), Output("notes-density", "href")]
OUTPUTS = [
    filter_chips.output(PAGE.name),
    *filter_menu.outputs(PAGE.name, "author"),
    *filter_menu.outputs(PAGE.name, "kind"),
    *DENSITY,
    COVERAGE,
    *grid.outputs(TABLE),
]

register_page(__name__, path=PAGE.path, title=PAGE.document_title, name=PAGE.title)


def layout(**query: Any) -> Any:
    """Return the page, filled, for the person of this request."""
    return shell.page(PAGE, query, _frame, _answer)


@callback(*OUTPUTS, how_fresh(PAGE), Input(ids.view(PAGE.name), "data"), prevent_initial_call=True)
def change(query: Any) -> list[Any]:
    """Answer what a changed view changes."""
    return shell.changes(PAGE, query, OUTPUTS, _answer)


def _frame() -> list[Component]:
    tools = (
        search_field(PAGE.name, "contact", "Contact's name", "Contact's name …"),
        filter_menu.filter_menu(PAGE.name, "author"),
        filter_menu.filter_menu(PAGE.name, "kind"),
        html.A(id="notes-density", className="button view-link wide-only"),
    )
    return [
        grid.grid_card(
            TABLE,
            *tools,
            note=html.Div(
                [html.P(id="notes-coverage", className="card-text"), filter_chips.filter_chips(PAGE.name)],
                className="notes-line",
            ),
        )
    ]


def _answer(request: PageRequest) -> shell.Answer | Component:
    session, brand, view = request.session, request.brand, request.view
    filters = NoteFilters.of(view)
    facets = note_facets(session, brand, filters)
    if not facets.brand_total:
        what = "Notes on your contacts will appear here: calls, e-mails and meetings, newest first."
        return nothing_yet(what, request.freshness, brand)
    question = TableQuestion.of_view(view, sorts=SORTS, default=DEFAULT_SORT)
    rows = note_page(session, brand, filters, question, facets.total)
    density = view.value("density")
    coverage = note_coverage(session, brand)
    is_partly_read = coverage.read < coverage.contacts
    answer: dict[Output, Any] = {
        filter_chips.output(PAGE.name): filter_chips.chips(view, CHIPS, texts=_contact_name(request, filters)),
        **filter_menu.values(PAGE.name, "author", "Author", facets.authors, view),
        **filter_menu.values(PAGE.name, "kind", "Kind", facets.kinds, view),
        DENSITY[0]: "Roomy" if density else "Compact",
        DENSITY[1]: (view.without("density") if density else view.set_to("density", "compact")).href,
        search_value(PAGE.name, "contact"): view.value("contact"),
        COVERAGE: f"Notes of {coverage.read:,} of {coverage.contacts:,} contacts read, more with each sync."
        if is_partly_read
        else None,
        **grid.values(
            TABLE,
            view.without("density"),
            question,
            rows,
            [_cells(request, row) for row in rows.rows],
            row_height=ROW_HEIGHTS.get(density),
        ),
    }
    return answer


def _contact_name(request: PageRequest, filters: NoteFilters) -> dict[tuple[str, str], str]:
    """Name the contact whose notes alone are shown."""
    if not filters.client_id:
        return {}
    question = TableQuestion(sort="date", descending=True)
    rows = note_page(request.session, request.brand, NoteFilters(client_id=filters.client_id), question, 1).rows
    return {("client", filters.client_id): rows[0].contact or filters.client_id} if rows else {}


def _cells(request: PageRequest, row: NoteRow) -> dict[str, Any]:
    view, zone = request.view, request.brand.display_zone
    date = [{"text": day(row.noted_at, zone), "href": view.set_to("note", row.key).href, "className": "door line"}]
    clock = clock_text(row.noted_at, zone) if row.noted_at else ""
    time = [{"text": clock, "className": "quiet line"}] if clock else []
    text = marked_pieces(row.snippet, view.value("q"))
    contact = door(view, row.contact, row.client_id, opens=False)
    return {
        "id": row.key,
        "date": [*date, *time],
        "author": row.author,
        "kind": row.kind,
        "contact": contact,
        "content": text,
        "narrow": [*date, *contact, {"text": row.snippet, "className": "second"}],
    }
