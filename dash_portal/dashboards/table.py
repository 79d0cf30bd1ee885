"""Tables that are searched, sorted and paged by the database; what a link asks for is checked here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Select, func

from dash_portal.dashboards.statements import rows_of, select
from dash_portal.view import View
from database import BrandSession

Row = TypeVar("Row")
NewRow = TypeVar("NewRow")

PAGE_SIZE: Final = 25
SIZES: Final = (PAGE_SIZE, 50, 100)
"""How many rows a reader may have on one page."""


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """Which part of a table is wanted: `sort` names one of the table's columns, `page` counts from 1."""

    search: str = ""
    sort: str = ""
    descending: bool = False
    page: int = 1
    size: int = PAGE_SIZE

    @classmethod
    def of(
        cls, search: str, sort: str, page: int, *, sorts: Iterable[str], default: str, size: int = PAGE_SIZE
    ) -> TableQuestion:
        """Make a question of what a link holds: `sort` is a column's name, with a minus before it for descending.

        A `size` that is not one of SIZES is taken for the first of them.
        """
        known = set(sorts)
        name = sort.removeprefix("-")
        chosen = sort if name in known else default
        return cls(
            search.strip(),
            chosen.removeprefix("-"),
            chosen.startswith("-"),
            max(1, page),
            size if size in SIZES else PAGE_SIZE,
        )

    @classmethod
    def of_view(cls, view: View, *, sorts: Iterable[str], default: str) -> TableQuestion:
        """Make a question of what a page's address says."""
        return cls.of(
            view.value("q"),
            view.value("sort"),
            view.number("page", otherwise=1),
            sorts=sorts,
            default=default,
            size=view.number("size", otherwise=PAGE_SIZE),
        )

    def within(self, total: int) -> TableQuestion:
        """Return the question for a table of so many rows: a page beyond the last one is taken for the last."""
        return replace(self, page=min(self.page, max(1, ceil(total / self.size))))

    @property
    def offset(self) -> int:
        """How many rows stand before the page."""
        return (self.page - 1) * self.size

    @property
    def sort_text(self) -> str:
        """The sort as a link says it."""
        return f"-{self.sort}" if self.descending else self.sort


@dataclass(frozen=True, slots=True)
class TablePage(Generic[Row]):
    """One page of a table; `total` counts the rows of all pages, `page` the pages from 1."""

    rows: tuple[Row, ...]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, ceil(self.total / self.size))

    @property
    def first(self) -> int:
        """The number of the first row shown, 0 when there is none."""
        return (self.page - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return (self.page - 1) * self.size + len(self.rows)

    def of_rows(self, rows: Iterable[NewRow]) -> TablePage[NewRow]:
        """Return the same page of other rows."""
        return TablePage(tuple(rows), self.total, self.page, self.size)


def page_of(
    session: BrandSession, statement: Select[Any], question: TableQuestion, *, known_total: int | None = None
) -> TablePage[Any]:
    """Read one page of a statement's rows; a page beyond the last one is taken for the last."""
    total = count_of(session, statement) if known_total is None else known_total
    within = question.within(total)
    rows = rows_of(session, statement.limit(within.size).offset(within.offset))
    return TablePage(tuple(rows), total, within.page, within.size)


def count_of(session: BrandSession, statement: Select[Any]) -> int:
    """Count a statement's rows."""
    return int(session.exec(select(func.count()).select_from(statement.order_by(None).subquery())).one())


def sorted_by(
    statement: Any,
    question: TableQuestion,
    column: Any,
    *,
    tie: Any,
) -> Select[Any]:
    """Sort a statement; rows without a value come last either way, and the id settles ties no page overlaps."""
    ordered = column.desc() if question.descending else column.asc()
    made: Select[Any] = statement.order_by(ordered.nulls_last(), tie.desc() if question.descending else tie.asc())
    return made
