"""Looking for words in columns, whatever their case, as quickly as each engine can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col

MOST_WORDS: Final = 8


class _HoldsAscii(FunctionElement[bool]):
    """A column holds a word of plain ASCII letters, in either case; the word comes as an escaped LIKE pattern.

    Nothing but ASCII can match such a word, so neither engine needs to know how other letters are folded: that alone
    takes PostgreSQL three times as long as the search itself, and SQLite, whose LIKE folds no others, half as long.
    """

    name = "holds_ascii"
    type = Boolean()
    inherit_cache = True


@compiles(_HoldsAscii, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    column, pattern = (compiler.process(clause, **options) for clause in element.clauses)
    return f"""({column} COLLATE "C" ILIKE {pattern} ESCAPE '/')"""


@compiles(_HoldsAscii, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    column, pattern = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} LIKE {pattern} ESCAPE '/')"


def matches(search: str, columns: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition that every word of the search is in one of the columns, whatever its case."""
    words = search.split()[:MOST_WORDS]
    condition = _somewhere(words[0], columns)
    for word in words[1:]:
        condition = condition & _somewhere(word, columns)
    return condition


def _somewhere(word: str, columns: Sequence[Any]) -> ColumnElement[bool]:
    return or_(*(_holds(col(column), word) for column in columns))


def _holds(column: Any, word: str) -> ColumnElement[bool]:
    if not word.isascii():
        held: ColumnElement[bool] = column.icontains(word, autoescape=True)
        return held
    pattern = word.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return _HoldsAscii(column, f"%{pattern}%")
