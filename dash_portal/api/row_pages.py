"""A stretch of a table's rows for programs, all of one version of the brand's data."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlmodel import select

from dash_portal.brand_access import Brand, open_brand_rows
from dash_portal.dashboards.statements import rows_of
from dash_portal.dashboards.table import count_of
from dash_portal.exports import Export
from dash_portal.view import View
from database import BrandSession
from date_only import date_of
from models import Tenant

_TRIES: Final = 3


class DataChangedError(Exception):
    """The brand's data is no longer that of the page before."""


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some rows of a table, of `total` in all."""

    data_version: int
    total: int
    rows: tuple[Any, ...]


def read_page(
    export: Export[Any], brand: Brand, view: View, moment: datetime, *, offset: int, most: int, version: int | None
) -> RowPage:
    """Return the rows after the first `offset`, of the data of this version (None: of the present one).

    Raises DataChangedError where the data is of another one, or changes again and again while it is read.
    """
    for _ in range(_TRIES):
        with open_brand_rows(brand) as session:
            present = _version(session)
            if version is not None and present != version:
                break
            selection = export.selection(session, replace(brand, data_version=present), view, moment)
            total = count_of(session, selection.statement)
            rows = rows_of(session, selection.statement.limit(most).offset(offset))
            page = RowPage(present, total, tuple(map(selection.row_of, rows)))
            if _version(session) == present:  # PostgreSQL shows each statement what has landed by then
                return page
    raise DataChangedError


def plain_row(row: Any) -> dict[str, Any]:
    """Return a row as JSON has it: money to the cent as text, moments in UTC, and days where no hour is known."""
    return {field.name: _plain(getattr(row, field.name)) for field in fields(row)}


def _plain(value: Any) -> Any:
    day = date_of(value) if isinstance(value, datetime) else None
    return msgspec.to_builtins(value if day is None else day)


def _version(session: BrandSession) -> int:
    return session.exec(select(Tenant.data_version)).one()
