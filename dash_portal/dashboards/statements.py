"""Statements of any number of columns: sqlmodel's own types end at four."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlmodel

from database import BrandSession


def select(*columns: Any) -> Any:
    """Return sqlmodel's select of these columns."""
    return sqlmodel.select(*columns)


def rows_of(session: BrandSession, statement: Any) -> Sequence[Any]:
    """Return a statement's rows."""
    rows: Sequence[Any] = session.exec(statement).all()
    return rows
