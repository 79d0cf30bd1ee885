"""What Alembic does not see by itself when it writes a revision from the difference of models and database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations import ops
from alembic.script import ScriptDirectory
from sqlalchemy import Index
from sqlmodel import SQLModel

from migrations.vocabulary import missing_words


def belongs_to(dialect: str) -> Callable[..., bool]:
    """Return what tells Alembic which of the models' objects a database of this dialect should have."""

    def belongs(thing: Any, *_place: Any) -> bool:
        return not isinstance(thing, Index) or thing.info.get("only_on", dialect) == dialect

    return belongs


def complete_revision(context: MigrationContext, _base: object, directives: list[ops.MigrationScript]) -> None:
    """Give a new revision the next number, the words its vocabularies lack, and values for rows that exist already."""
    script = directives[0]
    script.rev_id = _next_number(context)
    if script.upgrade_ops is None or context.connection is None:
        return
    for column in _new_columns(script.upgrade_ops.ops):
        _fill(column)
    missing = missing_words(context.connection, SQLModel.metadata)
    script.upgrade_ops.ops.extend(WidenOp(vocabulary, words) for vocabulary, words in missing.items())
    script.imports.update({"from migrations.vocabulary import widen"} if missing else ())


class WidenOp(ops.MigrateOperation):
    """A vocabulary that gets these words."""

    def __init__(self, vocabulary: str, words: Iterable[str]) -> None:
        self.vocabulary, self.words = vocabulary, tuple(words)


@renderers.dispatch_for(WidenOp)
def _render_widening(_context: AutogenContext, widening: WidenOp) -> str:
    return f"widen({', '.join(repr(name) for name in (widening.vocabulary, *widening.words))})"


def _next_number(context: MigrationContext) -> str:
    if context.config is None:
        raise LookupError("Alembic was started without a configuration")
    newest = ScriptDirectory.from_config(context.config).get_current_head()
    return f"{int(newest or 0) + 1:04}"


def _new_columns(changes: Iterable[ops.MigrateOperation]) -> Iterable[sa.Column[Any]]:
    for change in changes:
        if isinstance(change, ops.AddColumnOp):
            yield change.column
        elif isinstance(change, ops.ModifyTableOps):
            yield from _new_columns(change.ops)


def _fill(column: sa.Column[Any]) -> None:
    """Give rows that exist already the model's own default, where a new column may not be empty."""
    default = column.default
    if column.nullable or column.server_default is not None or not isinstance(default, sa.ColumnDefault):
        return
    if default.is_scalar:
        value = default.arg.value if hasattr(default.arg, "value") else default.arg
        column.server_default = sa.DefaultClause(str(int(value)) if isinstance(value, bool) else str(value))
