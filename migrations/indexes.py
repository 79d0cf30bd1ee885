"""Indexes of tables that are in use: built beside who writes them, where the engine can."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import text


def add_index(name: str, table: str, columns: list[Any], **options: Any) -> None:
    """Build an index without holding up who writes the table: `CONCURRENTLY` on PostgreSQL.

    That can't be part of a transaction, so **the revision does nothing else**: cut off half-way, it is applied again,
    and what half an index was left is taken away first. In a restore, where nobody writes, it is built as ever. On
    SQLite writers wait. `options` are those of Alembic's `create_index`.
    """
    context = op.get_context()
    if context.dialect.name != "postgresql" or context.opts["is_within"]:
        op.create_index(name, table, columns, **options)
        return
    with context.autocommit_block():
        # It waits for who writes now, and nobody waits for it: its time is not that of an attempt.
        attempt = op.get_bind().scalar(text("SELECT current_setting('lock_timeout')"))
        op.execute("SET lock_timeout = '10min'")
        try:
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
            op.create_index(name, table, columns, postgresql_concurrently=True, **options)
        finally:
            op.execute(f"SET lock_timeout = '{attempt}'")
