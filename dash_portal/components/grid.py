"""The one table of all pages: AG Grid over one page of rows, which the server filters, searches, sorts and counts.

Its header, widths, order and hidden columns are the reader's own (`assets/grid.js` remembers them in the browser).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import dash_bootstrap_components as dbc
from dash import Output, html
from dash.development.base_component import Component
from dash_ag_grid import AgGrid

from dash_portal.components import ids
from dash_portal.components.texts import Pieces, whole_on_hover
from dash_portal.dashboards.table import SIZES, TablePage, TableQuestion
from dash_portal.page_request import PageRequest
from dash_portal.view import View

LONGEST_SEARCH: Final = 100


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its field, its heading, the sort it offers ("" for none), how wide it is, and what it holds.

    Room that is left goes to the columns that grow; where there is too little, each shrinks to what is `least`.

    A cell is the row's field of that name, written by `write`, or what `cell` makes of a request and the whole row.
    The first click on the heading of numbers sorts by the largest.
    """

    field: str
    heading: str
    sort: str = ""
    numeric: bool = False
    descending_first: bool = False
    width: int = 130
    least: int = 90
    grows: bool = False
    wraps: bool = False
    write: Callable[[Any], Any] | None = None
    cell: Callable[[PageRequest, Any], Any] | None = None

    @property
    def orders(self) -> tuple[str, str]:
        """The sorts it offers, the one of a first click first."""
        ascending, descending = self.sort, f"-{self.sort}"
        return (descending, ascending) if self.numeric or self.descending_first else (ascending, descending)

    def content(self, request: PageRequest, row: Any) -> Any:
        """Return what stands in a row's cell."""
        if self.cell:
            return self.cell(request, row)
        value = getattr(row, self.field)
        if self.write:
            return self.write(value)
        on_hover = whole_on_hover(value) if isinstance(value, str) else {}
        return [{"text": value} | on_hover] if on_hover else value


@dataclass(frozen=True, slots=True)
class Table:
    """The table of a page.

    `things` are what its rows are, `row_id` the field that tells them apart, `searched` says where a search looks
    ("": there is none); `two_lines` says a row on a phone. `row_height` is in rem.
    """

    page: str
    title: str
    things: str
    row_id: str
    columns: tuple[Column, ...]
    two_lines: Callable[[PageRequest, Any], Pieces]
    default_sort: str
    searched: str
    label: str = ""
    row_height: float = 2.75

    @property
    def sorts(self) -> tuple[Column, ...]:
        """The columns that can be sorted by."""
        return tuple(column for column in self.columns if column.sort)

    def question(self, view: View) -> TableQuestion:
        """Return which part of the table a view asks for."""
        return TableQuestion.of_view(view, sorts=[column.sort for column in self.sorts], default=self.default_sort)


def grid_card(
    table: Table,
    request: PageRequest,
    question: TableQuestion,
    rows: TablePage[Any],
    *tools: Component,
    note: Component | None = None,
    foot: Mapping[str, Any] | None = None,
    row_height: float | None = None,
    written: Sequence[Mapping[str, Any]] | None = None,
) -> Component:
    """Return the card of a table: one page of rows, and which of how many they are.

    `tools` stand beside its search field, `note` below its title, `foot` is a row of totals; `written` are the rows'
    cells where a page has made them itself.
    """
    page = table.page
    label = table.label or f"Search {table.things}"
    search = [search_field(request, "q", label, table.searched)] if table.searched else []
    sorts = _sorts(table, question.sort_text)
    return html.Section(
        [
            html.Div(
                [
                    html.Div([html.H2(table.title, id="table-title", className="card-title"), note]),
                    html.Div(
                        [*search, *tools, _columns_menu(table), *sorts, *_take_away(request)], className="card-tools"
                    ),
                ],
                className="card-head",
            ),
            AgGrid(
                id=ids.grid(page),
                rowData=cells(table, request, rows.rows) if written is None else written,
                columnDefs=_definitions(table, question.sort_text),
                defaultColDef=_COLUMNS,
                getRowId="params.data.id",
                dashGridOptions=_OPTIONS
                | {
                    "localeText": {"noRowsToShow": f"No {table.things} fit these filters."},
                    "pinnedBottomRowData": [foot] if foot and rows.total else [],
                },
                eventListeners={
                    "sortChanged": ["order(params)"],
                    "columnMoved": [f"remember(params, '{page}')"],
                    "columnResized": [f"remember(params, '{page}')"],
                    "cellClicked": ["open(params)"],
                    "cellKeyDown": ["open(params)"],
                },
                className="grid ag-theme-portal",
                style={"height": None, "--ag-row-height": f"{row_height or table.row_height}rem"},
            ),
            _pager(table, question, rows),
        ],
        id="table",
        className="card table-card",
        **{"aria-labelledby": "table-title", "data-sort": table.default_sort},  # type: ignore[arg-type]
    )


def outputs(table: Table) -> list[Output]:
    """Return what of a table changes with the view; not its search field, in which one may be typing."""
    page, values = table.page, ("size", *(["sort"] if table.sorts else []))
    return [
        *(Output(ids.grid(page), part) for part in ("rowData", "columnDefs", "dashGridOptions", "style")),
        *(Output(ids.control(page, "page"), part) for part in ("max_value", "active_page")),
        *(Output(ids.control(page, name), "value") for name in values),
        *(Output("table-total", part) for part in ("children", "data-total")),
        *(Output(f"{page}-{way}", "href") for way in ("export", "print")),
    ]


def search_field(request: PageRequest, parameter: str, label: str, placeholder: str) -> Component:
    """Return a search field of a page: what is typed goes into the address, and the answer comes by it."""
    page = request.page.name
    name = ids.control(page, parameter)
    return dbc.InputGroup(
        [
            html.Label(label, htmlFor=_spelled(name), className="visually-hidden"),
            dbc.Input(
                id=name,
                type="search",
                value=request.view.value(parameter),
                placeholder=placeholder,
                maxlength=LONGEST_SEARCH,
                autocomplete="off",
                debounce=60,
            ),
            dbc.Button(
                html.Span("Clear search", className="icon icon-close"),
                id=ids.clear(page, parameter),
                color="",
                class_name="icon-button clear-search",
            ),
        ],
        class_name="search",
    )


def cells(table: Table, request: PageRequest, rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Return what stands in the rows' cells; `opens` is the view that a click anywhere in a row leads to."""
    written = []
    for row in rows:
        shown = {column.field: column.content(request, row) for column in table.columns}
        opens = next((piece["href"] for cell in shown.values() for piece in cell if _is_door(piece)), None)
        narrow = table.two_lines(request, row)
        written.append({"id": getattr(row, table.row_id), **shown, "narrow": narrow, "opens": opens})
    return written


def _is_door(piece: Any) -> bool:
    return isinstance(piece, dict) and "door" in piece.get("className", "").split()


def _pager(table: Table, question: TableQuestion, rows: TablePage[Any]) -> Component:
    name = ids.control(table.page, "size")
    total = f"{rows.first:,} to {rows.last:,} of {rows.total:,} {table.things}"
    return html.Div(
        [
            html.Span(
                total if rows.total else f"0 {table.things}",
                id="table-total",
                className="pager-text",
                **{"data-total": str(rows.total)},  # type: ignore[arg-type]
            ),
            html.Label("Rows on a page", htmlFor=_spelled(name), className="visually-hidden"),
            dbc.Select(
                id=name,
                options=[{"label": f"{size} rows", "value": str(size)} for size in SIZES],
                value=str(question.size),
                class_name="size",
            ),
            dbc.Pagination(
                id=ids.control(table.page, "page"),
                max_value=rows.pages,
                active_page=rows.page,
                fully_expanded=False,
                previous_next=True,
            ),
        ],
        className="pager",
    )


_COLUMNS: Final = {
    "resizable": True,
    "sortable": False,
    # Each cell that React draws costs a click on a chart a tenth of a millisecond: plain text needs none of it.
    "cellRendererSelector": {"function": "params.value && params.value.map ? {component: 'Pieces'} : null"},
    "cellDataType": False,
    "wrapHeaderText": True,
    "autoHeaderHeight": True,
    "suppressHeaderMenuButton": True,
    "suppressHeaderFilterButton": True,
    "comparator": {"function": "0"},  # the server has sorted
}
_NARROW: Final = {"field": "narrow", "initialHide": True, "flex": 1, "autoHeight": True, "wrapText": True}
"""The only column on a phone: two lines that say the row."""


_OPTIONS: Final = {
    "domLayout": "autoHeight",
    "suppressMultiSort": True,
    "maintainColumnOrder": True,
    "ensureDomOrder": True,
    "enableCellTextSelection": True,
    "animateRows": False,
    "suppressColumnVirtualisation": True,
}


def _definitions(table: Table, sort: str) -> list[dict[str, Any]]:
    """Return AG Grid's columns; the arrow stands where the server sorted by."""
    definitions = [_definition(column, sort) for column in table.columns]
    definitions[0]["colSpan"] = {"function": "params.data.day ? 20 : 1"}  # the heading of a day
    return [*definitions, _NARROW | {"headerName": table.title}]


def _definition(column: Column, sort: str) -> dict[str, Any]:
    return {
        "field": column.field,
        "colId": column.sort or column.field,
        "headerName": column.heading,
        "sortable": bool(column.sort),
        "sortingOrder": ["desc" if order.startswith("-") else "asc" for order in column.orders],
        "sort": None if not column.sort else {column.sort: "asc", f"-{column.sort}": "desc"}.get(sort),
        "flex": column.width,
        "minWidth": column.least,
        "maxWidth": None if column.grows else column.width,
        "autoHeight": column.wraps,
        "wrapText": column.wraps,
        "type": ["rightAligned"] if column.numeric else [],
    }


def _columns_menu(table: Table) -> Component:
    names = [{"label": column.heading, "value": column.sort or column.field} for column in table.columns]
    return dbc.DropdownMenu(
        dbc.Checklist(
            id=ids.columns(table.page),
            options=names,
            value=[name["value"] for name in names],
            persistence=True,
            persistence_type="local",
            class_name="menu-checks",
        ),
        label="Columns",
        color="",
        toggle_class_name="button",
        class_name="wide-only",
        align_end=True,
    )


def _sorts(table: Table, sort: str) -> list[Component]:
    """Return the sort menu, which a phone shows in place of the headings."""
    options = []
    for column in table.sorts:
        words = f"By {column.heading[0].lower()}{column.heading[1:]}"
        labels = (words, f"{words}, reversed")
        options += [{"label": label, "value": order} for label, order in zip(labels, column.orders, strict=True)]
    if not options:
        return []
    name = ids.control(table.page, "sort")
    return [
        html.Label("Sorted", htmlFor=_spelled(name), className="visually-hidden"),
        dbc.Select(id=name, options=options, value=sort, class_name="phone-only"),
    ]


def _take_away(request: PageRequest) -> list[Component]:
    page, query = request.page.name, request.view.narrowed().query
    file, paper = (f"{path}?{query}".removesuffix("?") for path in (f"/export/{page}.csv", f"/print/{page}"))
    return [
        html.A("CSV", id=f"{page}-export", href=file, className="button", download=""),
        html.A("Print", id=f"{page}-print", href=paper, className="button", target="_blank"),
    ]


def _spelled(name: dict[str, str]) -> str:
    """Return an id as it stands in the document."""
    return "{" + ",".join(f'"{key}":"{name[key]}"' for key in sorted(name)) + "}"
