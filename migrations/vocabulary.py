"""Closed vocabularies in the database: which words each CHECK allows, and how a revision lets in another.

A vocabulary (an enum of `models.py`) is stored as plain words, with a CHECK in every table that has a column of it. A
word that only the models know is refused by the database, at the first insert and no sooner: so the words are compared
here, and `make migration` writes the widening that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Connection, Enum, MetaData, inspect

from migrations.definitions import definition_of, redefine

Place = tuple[str, str]
"""A table, and the vocabulary whose CHECK it has; a CHECK bears the name of its vocabulary."""

_WORD: Final = re.compile(r"'((?:[^']|'')*)'")


def words_of_models(metadata: MetaData) -> dict[Place, frozenset[str]]:
    """Return which words the models write where."""
    return {
        (table.name, str(column.type.name)): frozenset(column.type.enums)
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Enum)
    }


def words_of_database(connection: Connection) -> dict[Place, frozenset[str]]:
    """Return which words the database takes where; other CHECKs than those of vocabularies are left out."""
    inspector = inspect(connection)
    return {
        (table, str(check["name"])): frozenset(_words(check["sqltext"]))
        for table in inspector.get_table_names()
        for check in inspector.get_check_constraints(table)
        if _is_choice(check["sqltext"])
    }


def missing_words(connection: Connection, metadata: MetaData) -> dict[str, list[str]]:
    """Return by vocabulary which words the models have and a CHECK of the database refuses."""
    allowed, missing = words_of_database(connection), dict[str, set[str]]()
    for place, words in words_of_models(metadata).items():
        if place in allowed and words - allowed[place]:
            missing.setdefault(place[1], set()).update(words - allowed[place])
    return {vocabulary: sorted(words) for vocabulary, words in sorted(missing.items())}


def widen(vocabulary: str, *words: str) -> None:
    """Let every column of a vocabulary hold these words too; the rows and the words so far stay as they are."""
    connection = op.get_bind()
    for table, name in words_of_database(connection):
        if name != vocabulary:
            continue
        if connection.dialect.name == "sqlite":
            _widen_on_sqlite(connection, table, vocabulary, words)
        else:
            _widen_on_postgresql(connection, table, vocabulary, words)


def _widen_on_postgresql(connection: Connection, table: str, vocabulary: str, words: tuple[str, ...]) -> None:
    checks = {check["name"]: check["sqltext"] for check in inspect(connection).get_check_constraints(table)}
    column = re.split(r"::| ", checks[vocabulary].lstrip("("), maxsplit=1)[0].strip('"()')
    op.drop_constraint(vocabulary, table, type_="check")
    op.create_check_constraint(vocabulary, table, sa.column(column).in_(_together(checks[vocabulary], words)))


def _widen_on_sqlite(connection: Connection, table: str, vocabulary: str, words: tuple[str, ...]) -> None:
    definition = definition_of(connection, table)
    check = re.search(rf"CONSTRAINT {vocabulary} CHECK \((.*? IN )\((.*?)\)\)", definition, re.DOTALL)
    if check is None:
        raise LookupError(f"{table} has no CHECK of the vocabulary {vocabulary}")
    choice = ", ".join("'" + word.replace("'", "''") + "'" for word in _together(check[2], words))
    redefine(connection, table, definition[: check.start(2)] + choice + definition[check.end(2) :])


def _together(condition: str, words: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys([*_words(condition), *words]))


def _words(condition: str) -> Iterator[str]:
    return (word.replace("''", "'") for word in _WORD.findall(condition))


def _is_choice(condition: str) -> bool:
    """Tell whether a condition is "one of these words", as either engine writes it."""
    return re.search(r" IN \('|= ANY \(+ARRAY\[", condition) is not None
