"""Rows laid beside a table: new ones in, changed ones updated, missing ones marked, unchanged ones untouched.

Everything is set-based and happens on the caller's transaction, so that readers see the old state or the new one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Executable,
    Index,
    MetaData,
    Table,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable

from models import Mirrored
from sync.rows import Row

_BOOKKEEPING: Final = frozenset({"tenant_id", "created_at", "updated_at", "removed_at", "row_hash"})
_SUSPICIOUS_SHARE: Final = 5
_SUSPICIOUS_COUNT: Final = 20
Packed = tuple[Any, ...]


def table_of(model: type[Any]) -> Table:
    """Return the SQLAlchemy table of a model."""
    table: Table = model.__table__
    return table


class Shape:
    """How the rows of one mirrored table are packed: its own columns in order, then a hash over all of them."""

    def __init__(self, model: type[Mirrored]) -> None:
        self.table = table_of(model)
        self.names = tuple(column.name for column in self.table.columns if column.name not in _BOOKKEEPING)
        self.keys = tuple(column.name for column in self.table.primary_key if column.name != "tenant_id")

    def pack(self, row: Row) -> Packed:
        """Return a row as the tuple that is staged."""
        values = tuple(map(row.__getitem__, self.names))
        return (*values, hashlib.sha256(repr(values).encode()).hexdigest())

    @cached_property
    def staging(self) -> Table:
        """The temporary table that pulled rows are laid out in."""
        named = [*self.names, "row_hash"]
        columns = [Column(name, self.table.c[name].type) for name in named]
        table = Table(f"pulled_{self.table.name}", MetaData(), *columns, prefixes=["TEMPORARY"])
        Index(f"ix_pulled_{self.table.name}", *(table.c[key] for key in self.keys))
        return table

    def same_row(self) -> ColumnElement[bool]:
        """Join the table and its staging by their keys, without the brand."""
        return and_(*(self.table.c[key] == self.staging.c[key] for key in self.keys))


@dataclass(frozen=True, slots=True)
class Counts:
    """What laying rows beside a table did."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0

    @property
    def changed(self) -> bool:
        """Whether any row is other than before."""
        return bool(self.inserted or self.updated or self.removed)


@contextmanager
def staged(connection: Connection, shape: Shape, batches: Iterable[Sequence[Packed]]) -> Iterator[Table]:
    """Lay packed rows out in a temporary table that lives as long as the block, and yield it."""
    table = shape.staging
    connection.execute(DropTable(table, if_exists=True))
    connection.execute(CreateTable(table))
    try:
        if connection.dialect.name == "postgresql":
            _copy(connection, table, batches)
        else:
            _insert_many(connection, table, batches)
        for index in table.indexes:
            connection.execute(CreateIndex(index))
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"ANALYZE {table.name}")
        yield table
    finally:
        if not connection.invalidated and connection.in_transaction() and _is_usable(connection):
            connection.execute(DropTable(table))


def _is_usable(connection: Connection) -> bool:
    """Tell whether the transaction still takes statements; PostgreSQL refuses all after an error, and rolls back."""
    if connection.dialect.name != "postgresql":
        return True
    driver = connection.connection.driver_connection
    return driver is not None and driver.info.transaction_status.name == "INTRANS"


def _copy(connection: Connection, table: Table, batches: Iterable[Sequence[Packed]]) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - the connection is open
    names = ", ".join(table.columns.keys())
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for batch in batches:
            for row in batch:
                copy.write_row(row)


def _insert_many(connection: Connection, table: Table, batches: Iterable[Sequence[Packed]]) -> None:
    places = ", ".join("?" for _ in table.columns)
    statement = f"INSERT INTO {table.name} VALUES ({places})"  # noqa: S608 - a table of our own
    encoders = [
        (place, encode)
        for place, column in enumerate(table.columns)
        if (encode := column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)) is not None
    ]
    for batch in batches:
        encoded = []
        for row in batch:
            cells = list(row)
            for place, encode in encoders:
                cells[place] = encode(cells[place])
            encoded.append(tuple(cells))
        connection.exec_driver_sql(statement, encoded)


def missing(shape: Shape, tenant_id: int, scope: ColumnElement[bool] | None) -> ColumnElement[bool]:
    """Return the condition for live rows of the brand that the staging does not have, within the pull's scope."""
    table = shape.table
    conditions = [
        table.c.tenant_id == tenant_id,
        table.c.removed_at.is_(None),
        ~exists(select(literal(1)).select_from(shape.staging).where(shape.same_row()).correlate(table)),
    ]
    return and_(*conditions, *([] if scope is None else [scope]))


def count_missing(connection: Connection, shape: Shape, tenant_id: int, scope: ColumnElement[bool] | None) -> int:
    """Return how many rows would be marked removed."""
    found = select(func.count()).select_from(shape.table).where(missing(shape, tenant_id, scope))
    return int(connection.execute(found).scalar_one())


def count_live(connection: Connection, shape: Shape, tenant_id: int) -> int:
    """Return how many rows of the brand are not marked removed."""
    table = shape.table
    live = select(func.count()).where(table.c.tenant_id == tenant_id, table.c.removed_at.is_(None))
    return int(connection.execute(live).scalar_one())


def is_suspicious_removal(gone: int, live: int) -> bool:
    """Tell whether a pull would remove more than a fifth of the rows, and more than twenty."""
    return gone > _SUSPICIOUS_COUNT and gone * _SUSPICIOUS_SHARE > live


def upsert(
    connection: Connection,
    shape: Shape,
    tenant_id: int,
    now: datetime,
    *,
    scope: ColumnElement[bool] | None = None,
    remove: bool = True,
) -> Counts:
    """Bring the table to what is staged; `scope` narrows which missing rows count as removed. Return what changed."""
    staging = shape.staging
    pulled = int(connection.execute(select(func.count()).select_from(staging)).scalar_one())
    updated = _update_changed(connection, shape, tenant_id, now)
    inserted = _insert_new(connection, shape, tenant_id, now)
    removed = 0
    if remove:
        mark = update(shape.table).where(missing(shape, tenant_id, scope)).values(removed_at=now, updated_at=now)
        removed = connection.execute(mark).rowcount
    return Counts(inserted, updated, pulled - inserted - updated, removed)


def _update_changed(connection: Connection, shape: Shape, tenant_id: int, now: datetime) -> int:
    table, staging = shape.table, shape.staging
    differs = or_(table.c.row_hash != staging.c.row_hash, table.c.removed_at.is_not(None))
    fresh = {name: staging.c[name] for name in (*shape.names, "row_hash") if name not in shape.keys}
    change = update(table).where(table.c.tenant_id == tenant_id, shape.same_row(), differs)
    return connection.execute(change.values(**fresh, removed_at=None, updated_at=now)).rowcount


def _insert_new(connection: Connection, shape: Shape, tenant_id: int, now: datetime) -> int:
    table, staging = shape.table, shape.staging
    names = [*shape.names, "row_hash"]
    known = exists(select(literal(1)).where(table.c.tenant_id == tenant_id, shape.same_row()).correlate(staging))
    stamp = literal(now, table.c.created_at.type)
    rows = select(literal(tenant_id), stamp, stamp, *(staging.c[name] for name in names)).where(~known)
    add = insert(table).from_select(["tenant_id", "created_at", "updated_at", *names], rows)
    return run_counted(connection, add)


def run_counted(connection: Connection, statement: Executable) -> int:
    """Execute a statement and return how many rows it wrote; SQLAlchemy forgets the count of an insert unless told."""
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount
