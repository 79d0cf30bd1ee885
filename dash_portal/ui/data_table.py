"""Tables whose rows come from the server page by page: sorted and paged by links, searched as one types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash_portal.dashboards.table import TablePage, TableQuestion
from dash_portal.ui.attributes import attributes
from dash_portal.ui.icons import icon
from dash_portal.ui.links import plain_link, view_link
from dash_portal.ui.markup import Part, field, html
from dash_portal.view import View

LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, the sort it offers ("" for none), and whether it holds numbers."""

    heading: str
    sort: str = ""
    numeric: bool = False
    descending_first: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its cells, and the view that opening it leads to, if any."""

    cells: Sequence[Any]
    key: str
    opens: View | None = None
    open: bool = False


def search_box(page: str, view: View, *, label: str, parameter: str = "q") -> Part:
    """Return a search field of a page; what is typed goes into the link, and the answer comes by it."""
    name = f"{page}-search" if parameter == "q" else f"{page}-{parameter}"
    return html.Div(
        [
            html.Label(label, htmlFor=name, className="visually-hidden"),
            icon("search"),
            _search_field(name, parameter, view.value(parameter), label),
        ],
        className="search",
    )


def _search_field(name: str, parameter: str, text: str, label: str) -> Part:
    """Return the field itself (`assets/search_fields.js` follows it): Dash's would move the caret while one types."""
    return field(
        key=name,  # another page's field is another field
        id=name,
        type="search",
        defaultValue=text,
        placeholder=label,
        maxLength=LONGEST_SEARCH,
        autoComplete="off",
        spellCheck=False,
        **attributes({"data-searches": parameter}),
    )


def export_link(view: View, table: str) -> Part:
    """Return the link that downloads the whole table as filtered."""
    query = f"?{view.narrowed().query}" if view.narrowed().query else ""
    return plain_link([icon("download"), "CSV"], f"/export/{table}.csv{query}", className="button", download=True)


def table_card(title: str, tools: Sequence[Part], table: Part) -> Part:
    """Return the card of a page's table: its title, its tools, its rows."""
    return html.Section(
        [
            html.Header(
                [
                    html.H2(title, id="table-title", className="card-title", tabIndex=-1),
                    html.Div(list(tools), className="card-tools"),
                ],
                className="card-head",
            ),
            table,
        ],
        className="card",
        id="table",
        **attributes({"aria-labelledby": "table-title"}),
    )


def data_table(
    caption: str,
    columns: Sequence[Column],
    lines: Sequence[Line],
    view: View,
    question: TableQuestion,
    *,
    foot: Sequence[Any] | None = None,
) -> Part:
    """Return a table with its sort links; on a phone each row becomes a small card with its headings."""
    head = html.Tr([_heading(column, view, question) for column in columns])
    body = [_line(columns, line) for line in lines]
    parts = [html.Caption(caption, className="visually-hidden"), html.Thead(head), html.Tbody(body)]
    if foot is not None:
        named = zip(columns, foot, strict=True)
        cells = [_cell(column, value) if column.numeric else html.Td(value) for column, value in named]
        parts.append(html.Tfoot(html.Tr(cells)))
    return html.Div(html.Table(parts, className="table table-cards"), className="table-frame")


def _heading(column: Column, view: View, question: TableQuestion) -> Part:
    side = "is-number" if column.numeric else ""
    if not column.sort:
        return html.Th(column.heading, scope="col", className=side)
    is_sorted = question.sort == column.sort
    first = f"-{column.sort}" if column.descending_first else column.sort
    other = column.sort if column.descending_first else f"-{column.sort}"
    following = other if is_sorted and question.sort_text == first else first
    mark = icon("down" if question.descending else "up") if is_sorted else None
    state = ("descending" if question.descending else "ascending") if is_sorted else "none"
    link = view_link([column.heading, mark], view.narrowed().set_to("sort", following), className="sort")
    return html.Th(link, scope="col", className=side, **attributes({"aria-sort": state}))


def _line(columns: Sequence[Column], line: Line) -> Part:
    cells = [_cell(column, value) for column, value in zip(columns, line.cells, strict=True)]
    if line.opens is None:
        return html.Tr(cells)
    link = view_link(line.cells[0], line.opens, id=f"row-{line.key}", className="row-link")
    first = _cell(columns[0], link)
    classes = "opens is-open" if line.open else "opens"
    return html.Tr([first, *cells[1:]], className=classes)


def _cell(column: Column, value: Any) -> Part:
    return html.Td(
        value, className="is-number" if column.numeric else "", **attributes({"data-heading": column.heading})
    )


def pager(page: TablePage[Any], view: View, *, things: str) -> Part:
    """Return what says which rows are shown of how many, and leads to the others."""
    shown = f"{page.first:,}–{page.last:,} of {page.total:,} {things}" if page.total else f"No {things}"  # noqa: RUF001
    return html.Nav(
        [
            html.Span(shown, className="pager-text", id="table-total", **attributes({"data-total": str(page.total)})),
            _turn("Previous", view.set_to("page", str(page.page - 1)) if page.page > 1 else None),
            html.Span(f"Page {page.page:,} of {page.pages:,}", className="pager-text"),
            _turn("Next", view.set_to("page", str(page.page + 1)) if page.page < page.pages else None),
        ],
        className="pager",
        **attributes({"aria-label": f"Pages of {things}"}),
    )


def _turn(text: str, target: View | None) -> Part:
    if target is None:
        return html.Span(text, className="button is-off", **attributes({"aria-disabled": "true"}))
    return view_link(text, target, className="button")
