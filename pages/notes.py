"""/notes: what was said to whom; tens of thousands of notes, searched and sorted as one types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback

from dash_portal.brand_access import Brand, authorised_brand, open_brand
from dash_portal.brand_time import clock_text, day_text, local_day, moment_text
from dash_portal.charts.numbers import NO_VALUE
from dash_portal.dashboards.notes import (
    DEFAULT_SORT,
    Coverage,
    Facets,
    NoteFilters,
    NoteRow,
    full_note,
    known_sort,
    note_block,
    note_coverage,
    note_facets,
    note_rows,
)
from dash_portal.ui.attributes import attributes
from dash_portal.ui.chips import chips
from dash_portal.ui.data_table import export_link, search_box
from dash_portal.ui.empty import nothing_yet
from dash_portal.ui.facets import facet_menu
from dash_portal.ui.icons import icon
from dash_portal.ui.links import plain_link, view_link
from dash_portal.ui.markup import Part, dcc, html, plain
from dash_portal.ui.page import Asked, Content, Page, by_data, register, show
from dash_portal.ui.panel import facts, panel
from dash_portal.ui.rich_text import marked_parts, rich_text
from dash_portal.view import View
from database import BrandSession
from models import Resource

BLOCK = 100
ROW_HEIGHTS = {"": 64, "compact": 40}
CHIPS = {"author": "Author", "kind": "Kind", "contact": "Contact", "client": "Contact"}
PARAMETERS = ("brand", "q", "author", "kind", "contact", "client", "sort", "density", "note")


def content(asked: Asked) -> Content:
    """Answer what the page shows around its table."""
    session, brand, view = asked.session, asked.brand, asked.view
    facets = note_facets(session, brand)
    if not facets.total:
        what = "Notes on your contacts will appear here: calls, e-mails and meetings, newest first."
        return Content({}, instead=nothing_yet(what, asked.freshness, brand))
    filters = NoteFilters.of(view)
    sort = known_sort(view.value("sort") or DEFAULT_SORT)
    first = _block(session, brand, filters, sort, start=0, end=BLOCK)
    texts = {("client", filters.client_id): _contact_name(asked, filters)} if filters.client_id else {}
    return Content(
        slots={
            "tools": _tools(view, facets),
            "chips": chips(view, CHIPS, texts=texts),
            "summary": _summary(facets, note_coverage(session, brand), first["rowCount"]),
            "first": _first_block(asked, sort, first),
            "panel": _panel(asked),
        }
    )


def frame(parts: Mapping[str, Part], view: View) -> Sequence[Any]:
    """Arrange the page."""
    searches = [
        search_box("notes", view, label="Search notes and authors"),
        search_box("notes", view, label="Contact's name", parameter="contact"),
    ]
    return [
        html.Section(
            [
                html.Div([*searches, parts["tools"]], className="card-tools notes-tools"),
                html.Div([parts["summary"], parts["chips"]], className="notes-line"),
                _grid(view),
                parts["first"],
                *(dcc.Store(id=f"notes-{name}") for name in ("refilled", "asked", "answered")),
            ],
            className="card notes",
            id="table",
            **attributes({"aria-label": "Notes"}),
        ),
        parts["panel"],
    ]


def _tools(view: View, facets: Facets) -> list[Part]:
    density = view.value("density")
    density_view = view.without("density") if density else view.set_to("density", "compact")
    return [
        facet_menu("Author", "author", facets.authors, view),
        facet_menu("Kind", "kind", facets.kinds, view),
        plain_link([icon("density"), "Roomy" if density else "Compact"], density_view.href, className="button"),
        export_link(view.without("density"), "notes"),
    ]


def _summary(facets: Facets, coverage: Coverage, found: int) -> Part:
    shown = f"{found:,} notes" if found == facets.total else f"{found:,} of {facets.total:,} notes"
    parts: list[Any] = [html.Span(shown, id="table-total", role="status", **attributes({"data-total": str(found)}))]
    if coverage.read < coverage.contacts:
        parts.append(
            html.Span(
                f" · notes of {coverage.read:,} of {coverage.contacts:,} contacts read, more with each sync",
                className="quiet",
            )
        )
    return html.P(parts, className="lead-text")


def _grid(view: View) -> Part:
    sort = known_sort(view.value("sort") or DEFAULT_SORT)

    def column(field: str, heading: str, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = {"field": field, "headerName": heading} | more
        if sort.removeprefix("-") == field:
            made["sort"] = "desc" if sort.startswith("-") else "asc"
        return made

    grid = dash_ag_grid.AgGrid(
        id="notes-grid",
        rowModelType="infinite",
        columnDefs=[
            column("date", "Date", width=130, sortingOrder=["desc", "asc"], cellRenderer="NoteDate"),
            column("author", "Author", width=150, sortingOrder=["asc", "desc"]),
            column("kind", "Kind", width=110, sortable=False),
            column("contact", "Contact", width=170, sortingOrder=["asc", "desc"]),
            column("content", "Note", flex=1, minWidth=150, sortable=False, cellRenderer="NoteContent"),
        ],
        defaultColDef={"sortable": True, "resizable": True, "suppressMovable": True, "suppressHeaderMenuButton": True},
        getRowId="params.data.id",
        dashGridOptions={
            "cacheBlockSize": BLOCK,
            "maxBlocksInCache": 20,
            "rowHeight": ROW_HEIGHTS.get(view.value("density"), 64),
            "blockLoadDebounceMillis": 0,
            "maxConcurrentDatasourceRequests": 1,  # Dash's grid gives any answer to the last one who asked
            "suppressMultiSort": True,
            "suppressCellFocus": False,
            "ensureDomOrder": True,
            "enableCellTextSelection": True,
            "animateRows": False,
            "localeText": {"noRowsToShow": "No notes fit these filters."},
        },
        className="notes-grid",
        style={"height": "max(26rem, calc(100vh - 21rem))"},
    )
    return plain(grid)


def _contact_name(asked: Asked, filters: NoteFilters) -> str:
    rows = note_rows(asked.session, asked.brand, NoteFilters(client_id=filters.client_id), DEFAULT_SORT, start=0, end=1)
    return rows[0].contact if rows and rows[0].contact else filters.client_id


def _panel(asked: Asked) -> list[Part]:
    view, zone = asked.view, asked.brand.display_zone
    key = view.value("note")
    if not key:
        return []
    note = full_note(asked.session, key)
    closed = view.without("note")
    if note is None:
        return [panel("Note", [html.P("This note is not on file any more.")], closed, opener="notes-grid")]
    all_notes = view.to(view.path, "brand").set_to("client", note.client_id)
    return [
        panel(
            note.contact or "Note",
            [
                facts(
                    [
                        ("Written", moment_text(note.noted_at, zone) if note.noted_at else NO_VALUE),
                        ("Author", note.author),
                        ("Kind", note.kind),
                    ]
                ),
                rich_text(note.content, search=view.value("q")),
                html.P(view_link("All notes on this contact", all_notes)),
            ],
            closed,
            opener="notes-grid",
        )
    ]


def _first_block(asked: Asked, sort: str, block: dict[str, Any]) -> Part:
    """Return the rows that the table begins with, so that they need no second answer, and what they are rows of."""
    filters = asked.view.without("sort", "density", "note").query
    of = {"filters": filters, "version": asked.brand.data_version, "sort": sort}
    return dcc.Store(id="notes-first", data=of | block)


@callback(
    Output("notes-answered", "data"),
    Input("notes-asked", "data"),
    State("notes-view", "data"),
    prevent_initial_call=True,
)
def rows(request: Any, pinned: Any) -> dict[str, Any]:
    """Answer the block of rows that the grid asks for, of the brand the page is pinned to, if it may be seen.

    The request's number goes back with the rows, so that an answer that comes too late is known for what it is.
    """
    asked: Mapping[str, Any] = request if isinstance(request, dict) else {}
    view = View.parsed("/notes", pinned)
    brand = authorised_brand(view.value("brand") or None)
    start, end = _row_number(asked.get("startRow")), _row_number(asked.get("endRow"))
    with open_brand(brand) as session:
        block = _block(session, brand, NoteFilters.of(view), _sort(asked.get("sortModel")), start=start, end=end)
    return {"number": _row_number(asked.get("number"))} | block


def _block(
    session: BrandSession, brand: Brand, filters: NoteFilters, sort: str, *, start: int, end: int
) -> dict[str, Any]:
    """Return a block of rows as the grid takes it."""
    block = note_block(session, brand, filters, sort, start=start, end=end)
    row_data = [_row(row, brand.display_zone, filters.search) for row in block.rows]
    return {"rowData": row_data, "rowCount": block.total}


def _row_number(value: Any) -> int:
    return min(value, 10_000_000) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _sort(model: Any) -> str:
    """Return the order the grid asks for, in the words of a link."""
    first = model[0] if isinstance(model, list) and model else {}
    if not isinstance(first, dict) or not isinstance(first.get("colId"), str):
        return DEFAULT_SORT
    return known_sort(f"-{first['colId']}" if first.get("sort") == "desc" else first["colId"])


def _row(row: NoteRow, zone: str, search: str) -> dict[str, Any]:
    noted_at = row.noted_at
    return {
        "id": row.key,
        "date": day_text(local_day(noted_at, zone)) if noted_at else NO_VALUE,
        "time": clock_text(noted_at, zone) if noted_at else "",
        "author": row.author,
        "kind": row.kind,
        "contact": row.contact,
        "content": marked_parts(row.snippet, search),
    }


PAGE = Page(
    path="/notes",
    title="Notes",
    resources=(Resource.NOTES,),
    parameters=PARAMETERS,
    slots=("tools", "chips", "summary", "first", "panel"),
    charts=(),
    content=content,
    frame=frame,
    depends_on=by_data,
)


def layout(**query: Any) -> Any:
    """Return the page for the person of this request."""
    return show(PAGE, query)


register(__name__, PAGE, layout)
clientside_callback(
    ClientsideFunction("notes", "refill"),
    Output("notes-refilled", "data"),
    Input("notes-first", "data"),
    prevent_initial_call=True,
)
clientside_callback(
    ClientsideFunction("notes", "ask"),
    Output("notes-grid", "getRowsResponse", allow_duplicate=True),
    Output("notes-asked", "data"),
    Input("notes-grid", "getRowsRequest"),
    State("notes-first", "data"),
    prevent_initial_call=True,
)
clientside_callback(
    ClientsideFunction("notes", "deliver"),
    Output("notes-grid", "getRowsResponse"),
    Input("notes-answered", "data"),
    prevent_initial_call=True,
)
