"""Whether a table has just the rows that were pulled: told without laying anything out.

Most runs of most brands change nothing, and what nothing changes is to write nothing. Temporary tables are not free:
PostgreSQL writes each into its catalogues, which for one run's lists were 250 KB of its log.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Connection, select, true

from sync.storing.store import PackedRows
from sync.tables import MirrorTable

_MOST: Final = 10_000
"""Of more rows the hashes are compared by the database: memory stays flat, and the catalogues are the smaller part."""


def count_if_unchanged(
    connection: Connection,
    mirror: MirrorTable,
    tenant_id: int,
    rows: PackedRows,
    *,
    scope: ColumnElement[bool] | None = None,
    within: ColumnElement[bool] | None = None,
) -> int | None:
    """Return how many rows were pulled where landing them would change none; None where it would, or may.

    `scope`: which rows count as removed where they are missing; `within`: among which rows the pulled ones are.
    """
    pulled: set[str] = set()
    count = 0
    for batch in rows():
        count += len(batch)
        if count > _MOST:
            return None
        pulled.update(row[-1] for row in batch)  # the hash covers what addresses the row as well
    if len(pulled) != count:
        return None
    table = mirror.table
    is_ours = [table.c.tenant_id == tenant_id, table.c.removed_at.is_(None)]
    conditions = is_ours if within is None else [*is_ours, within]
    may_be_missed = (true() if scope is None else scope).label("may_be_missed")
    stored = connection.execute(select(table.c.row_hash, may_be_missed).where(*conditions).limit(_MOST + 1)).all()
    if len(stored) > _MOST or any(row.may_be_missed and row.row_hash not in pulled for row in stored):
        return None
    return count if pulled <= {row.row_hash for row in stored} else None
