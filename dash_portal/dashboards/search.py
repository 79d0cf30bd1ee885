"""Looking for words in columns, whatever their case, accents and punctuation, as quickly as each engine can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, String, and_, func, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col

from accents import ACCENTED, PLAIN, unaccented

MOST_WORDS: Final = 8
LEAST_DIGITS: Final = 3
_IN_NUMBERS: Final = frozenset("0123456789()+-./")


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


class _Unaccented(FunctionElement[str]):
    """A text in small letters, those with accents without them."""

    name = "unaccented"
    type = String()
    inherit_cache = True


@compiles(_Unaccented, "postgresql")
def _translated(element: Any, compiler: Any, **options: Any) -> str:
    (column,) = (compiler.process(clause, **options) for clause in element.clauses)
    return f"translate(lower({column}), '{ACCENTED}', '{PLAIN}')"


@compiles(_Unaccented, "sqlite")
def _called(element: Any, compiler: Any, **options: Any) -> str:
    (column,) = (compiler.process(clause, **options) for clause in element.clauses)
    return f"unaccented({column})"


class _SmallLike(FunctionElement[str]):
    """An unaccented text whose capitals of a word's own letters are small too: column, capitals, small letters.

    `lower` of PostgreSQL knows no letter but ASCII's where a database was made with the locale C.
    """

    name = "small_like"
    type = String()
    inherit_cache = True


@compiles(_SmallLike, "postgresql")
def _small_by_translation(element: Any, compiler: Any, **options: Any) -> str:
    column, capitals, small = (compiler.process(clause, **options) for clause in element.clauses)
    return f"translate({column}, {capitals}, {small})"


@compiles(_SmallLike, "sqlite")
def _small_already(element: Any, compiler: Any, **options: Any) -> str:
    return str(compiler.process(next(iter(element.clauses)), **options))


class _HasOthers(FunctionElement[bool]):
    """A text holds other letters than ASCII's: it has more bytes than letters."""

    name = "has_others"
    type = Boolean()
    inherit_cache = True


@compiles(_HasOthers, "postgresql")
@compiles(_HasOthers, "sqlite")
def _compared(element: Any, compiler: Any, **options: Any) -> str:
    (column,) = (compiler.process(clause, **options) for clause in element.clauses)
    if compiler.dialect.name == "sqlite":
        return f"(length(CAST({column} AS BLOB)) <> length({column}))"
    return f"(octet_length({column}) <> char_length({column}))"


def matches(search: str, columns: Sequence[Any], phones: Sequence[Any] = ()) -> ColumnElement[bool]:
    """Return the condition that every word of the search is in one of the columns, whatever its case and accents.

    Digits are found in `phones` whatever stands between them, there and in the search.
    """
    words = search.split()[:MOST_WORDS]
    return and_(*(or_(*_held(word, columns), *_dialled(word, phones)) for word in words))


def _held(word: str, columns: Sequence[Any]) -> list[ColumnElement[bool]]:
    return [_holds(col(column), word) for column in columns]


def _dialled(word: str, phones: Sequence[Any]) -> list[ColumnElement[bool]]:
    digits = "".join(letter for letter in word if letter.isdigit() and letter.isascii())
    if len(digits) < LEAST_DIGITS or not set(word) <= _IN_NUMBERS:
        return []
    return [_digits_of(col(phone)).contains(digits) for phone in phones]


def _digits_of(column: Any) -> Any:
    for sign in sorted(_IN_NUMBERS - set("0123456789") | {" "}):
        column = func.replace(column, sign, "")
    return column


def _holds(column: Any, word: str) -> ColumnElement[bool]:
    plain = unaccented(word) or ""
    if not plain.isascii():
        return and_(_HasOthers(column), _small_like(plain, column).contains(plain, autoescape=True))
    pattern = plain.replace("/", "//").replace("%", "/%").replace("_", "/_")
    # Only a text with other letters than ASCII's is looked at twice, which few are.
    return or_(
        _HoldsAscii(column, f"%{pattern}%"), and_(_HasOthers(column), _HoldsAscii(_Unaccented(column), f"%{pattern}%"))
    )


def _small_like(word: str, column: Any) -> Any:
    capitals = {letter.upper(): letter for letter in word if len(letter.upper()) == 1}
    return _SmallLike(_Unaccented(column), "".join(capitals), "".join(capitals.values()))
