"""The one table of all pages: AG Grid over one page of rows, which the server filters, searches, sorts and counts.

Its header, widths, order and hidden columns are the reader's own (`assets/grid.js` remembers them in the browser).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import dash_bootstrap_components as dbc
from dash import Output, html
from dash.development.base_component import Component
from dash_ag_grid import AgGrid

from dash_portal.components import ids
from dash_portal.components.texts import Pieces
from dash_portal.dashboards.table import SIZES, TablePage, TableQuestion
from dash_portal.view import View

LONGEST_SEARCH: Final = 100


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its field, its heading, the sort it offers ("" for none), how wide it begins, and what it holds."""

    field: str
    heading: str
    sort: str = ""
    numeric: bool = False
    descending_first: bool = False
    width: int = 130
    flex: int = 0
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The table of a page. `things` are what its rows are, `searched` says where a search looks ("": there is none)."""

    page: str
    title: str
    things: str
    columns: tuple[Column, ...]
    default_sort: str
    searched: str
    label: str = ""
    row_height: int = 44

    @property
    def search_label(self) -> str:
        """What the search field is called."""
        return self.label or f"Search {self.things}"

    @property
    def sorts(self) -> tuple[Column, ...]:
        """The columns that can be sorted by."""
        return tuple(column for column in self.columns if column.sort)


def grid_card(table: Table, *tools: Component, note: Component | None = None) -> Component:
    """Return the card of a table, still without rows; `tools` stand beside its search field."""
    page = table.page
    return html.Section(
        [
            html.Div(
                [
                    html.H2(table.title, id="table-title", className="card-title"),
                    html.Div(
                        [*_search(table), *tools, _columns_menu(table), *_sorts(table), _export(page)],
                        className="card-tools",
                    ),
                ],
                className="card-head",
            ),
            *([] if note is None else [note]),
            _grid(table),
            html.Div(
                [
                    html.Span(id="table-total", className="pager-text", role="status"),
                    html.Label(
                        "Rows on a page", htmlFor=_spelled(ids.control(page, "size")), className="visually-hidden"
                    ),
                    dbc.Select(
                        id=ids.control(page, "size"),
                        options=[{"label": f"{size} rows", "value": str(size)} for size in SIZES],
                        value=str(SIZES[0]),
                        class_name="size",
                    ),
                    dbc.Pagination(
                        id=ids.control(page, "page"),
                        max_value=1,
                        active_page=1,
                        fully_expanded=False,
                        previous_next=True,
                    ),
                ],
                className="pager",
            ),
        ],
        id="table",
        className="card table-card",
        **{"aria-labelledby": "table-title", "data-sort": table.default_sort},  # type: ignore[arg-type]
    )


def _search(table: Table) -> list[Component]:
    return [search_field(table.page, "q", table.search_label, table.searched)] if table.searched else []


def search_field(page: str, parameter: str, label: str, placeholder: str) -> Component:
    """Return a search field of a page: what is typed goes into the address, and the answer comes by it."""
    name = ids.control(page, parameter)
    return dbc.InputGroup(
        [
            html.Label(label, htmlFor=_spelled(name), className="visually-hidden"),
            dbc.Input(
                id=name,
                type="search",
                placeholder=placeholder,
                maxlength=LONGEST_SEARCH,
                autocomplete="off",
                debounce=60,
            ),
            dbc.Button(
                html.Span("Clear search", className="icon icon-close"),
                id={"type": "clear", "page": page, "parameter": parameter},
                color="",
                class_name="icon-button clear-search",
            ),
        ],
        class_name="search",
    )


def outputs(table: Table) -> list[Output]:
    """Return what of a table changes with the view."""
    page = table.page
    return [
        Output(ids.grid(page), "rowData"),
        Output(ids.grid(page), "dashGridOptions"),
        Output("table-total", "children"),
        Output("table-total", "data-total"),
        Output(ids.control(page, "page"), "max_value"),
        Output(ids.control(page, "page"), "active_page"),
        Output(ids.control(page, "size"), "value"),
        Output(f"{page}-export", "href"),
        *([Output(ids.control(page, "sort"), "value")] if table.sorts else []),
    ]


def values(
    table: Table,
    view: View,
    question: TableQuestion,
    rows: TablePage[Any],
    cells: Sequence[Mapping[str, Any]],
    *,
    foot: Mapping[str, Any] | None = None,
    row_height: int | None = None,
) -> dict[Output, Any]:
    """Return what a table shows: one page of rows, and which of how many they are. `foot` is a row of totals."""
    query = f"?{view.narrowed().query}" if view.narrowed().query else ""
    made = (
        list(cells),
        _options(table, foot, row_height),
        _total_text(rows, table.things),
        str(rows.total),
        rows.pages,
        rows.page,
        str(question.size),
        f"/export/{table.page}.csv{query}",
        *([question.sort_text] if table.sorts else []),
    )
    searched = {search_value(table.page, "q"): view.value("q")} if table.searched else {}
    return dict(zip(outputs(table), made, strict=True)) | searched


def search_value(page: str, parameter: str) -> Output:
    """Return what a page is made with in a search field. No callback changes it: one may be typing."""
    return Output(ids.control(page, parameter), "value")


def door(view: View, name: str, client_id: str | None, *, opens: bool = True) -> Pieces:
    """Return a contact's name as the link that opens the lead; `opens` lets a click on the row do the same."""
    if not client_id:
        return [name]
    return [
        {"text": name, "href": view.set_to("lead", client_id).href, "className": "door" if opens else "door-beside"}
    ]


def _total_text(rows: TablePage[Any], things: str) -> str:
    if rows.total == 0:
        return f"No {things} fit these filters."
    return f"{rows.first:,} to {rows.last:,} of {rows.total:,} {things}"


def _grid(table: Table) -> Component:
    sort = table.default_sort
    definitions = [_definition(column, sort) for column in table.columns]
    definitions[0]["colSpan"] = {"function": "params.data.day ? 20 : 1"}  # the heading of a day
    return AgGrid(
        id=ids.grid(table.page),
        rowData=[],
        columnDefs=[*definitions, _NARROW | {"headerName": table.title}],
        defaultColDef={
            "resizable": True,
            "sortable": False,
            "cellRenderer": "Pieces",
            "cellDataType": False,
            "suppressHeaderMenuButton": True,
            "suppressHeaderFilterButton": True,
            "comparator": {"function": "sortedByTheServer()"},
        },
        getRowId="params.data.id",
        dashGridOptions=_options(table),
        className="grid ag-theme-portal",
        style={"height": None},
    )


_NARROW: Final = {"field": "narrow", "hide": True, "flex": 1, "autoHeight": True, "wrapText": True}
"""The only column on a phone: two lines that say the row."""


def _options(table: Table, foot: Mapping[str, Any] | None = None, row_height: int | None = None) -> dict[str, Any]:
    return {
        "rowHeight": row_height or table.row_height,
        "domLayout": "autoHeight",
        "suppressMultiSort": True,
        "ensureDomOrder": True,
        "enableCellTextSelection": True,
        "animateRows": False,
        "suppressColumnVirtualisation": True,
        "localeText": {"noRowsToShow": f"No {table.things} fit these filters."},
        "pinnedBottomRowData": [dict(foot)] if foot else [],
    }


def _definition(column: Column, sort: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "field": column.field,
        "colId": column.sort or column.field,
        "headerName": column.heading,
        "sortable": bool(column.sort),
        "minWidth": 80,
        "sortingOrder": ["desc", "asc"] if column.descending_first else ["asc", "desc"],
    }
    made |= (
        {"flex": column.flex, "initialWidth": column.width, "minWidth": column.width}
        if column.flex
        else {"initialWidth": column.width}
    )
    if column.wraps:
        made |= {"autoHeight": True, "wrapText": True}
    if column.numeric:
        made["type"] = "rightAligned"
    if column.sort and sort.removeprefix("-") == column.sort:
        made["initialSort"] = "desc" if sort.startswith("-") else "asc"
    return made


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


def _sorts(table: Table) -> list[Component]:
    """Return the sort menu, which a phone shows in place of the headings."""
    options = []
    for column in table.sorts:
        words = f"By {column.heading[0].lower()}{column.heading[1:]}"
        orders = (f"-{column.sort}", column.sort) if column.descending_first else (column.sort, f"-{column.sort}")
        options += [{"label": words, "value": orders[0]}, {"label": f"{words}, reversed", "value": orders[1]}]
    if not options:
        return []
    name = ids.control(table.page, "sort")
    return [
        html.Label("Sorted", htmlFor=_spelled(name), className="visually-hidden"),
        dbc.Select(id=name, options=options, value=table.default_sort, class_name="phone-only"),
    ]


def _export(page: str) -> Component:
    return html.A("CSV", id=f"{page}-export", href=f"/export/{page}.csv", className="button", download="")


def _spelled(name: dict[str, str]) -> str:
    """Return an id as it stands in the document."""
    return "{" + ",".join(f'"{key}":"{name[key]}"' for key in sorted(name)) + "}"
