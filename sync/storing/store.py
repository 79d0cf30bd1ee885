"""Rows laid beside a table: new ones in, changed ones updated, missing ones marked, unchanged ones untouched.

Everything is set-based and happens on the caller's transaction, so that readers see the old state or the new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
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

from sync.tables import MirrorTable, Packed

# People tidy up: a few rows go every day. More than a fifth at once looks like a call that answers with less than it
# has. A small table loses a fifth of its rows easily, hence the second bound.
_SUSPICIOUS_SHARE: Final = 5
_SUSPICIOUS_COUNT: Final = 20
_PORTION: Final = 500  # rows handed to SQLite at once: a contact's few notes are not worth a statement of their own
PackedRows = Callable[[], Iterable[Sequence[Packed]]]


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


@dataclass(frozen=True, slots=True)
class Staging:
    """How many rows were pulled; into an empty table, from which nothing can be missing, no keys are laid out."""

    pulled: int
    table_was_empty: bool = False


@contextmanager
def staged(connection: Connection, mirror: MirrorTable, tenant_id: int, rows: PackedRows) -> Iterator[Staging]:
    """Lay pulled rows out in temporary tables that live as long as the block.

    All of them are laid out by key and hash; whole only those that the table does not have just so.
    """
    tables = (mirror.pulled_rows, mirror.pulled_keys)
    for table in tables:
        # A connection goes back to its pool with its temporary tables: one that broke off here may have left them.
        connection.execute(DropTable(table, if_exists=True))
        connection.execute(CreateTable(table))
    try:
        if _has_no_rows(connection, mirror, tenant_id):
            # A first sync: there is nothing to compare with, and nothing that could be missing.
            yield Staging(_fill(connection, mirror.pulled_rows, rows(), searched=False), table_was_empty=True)
            return
        # Of a row that has not changed only key and hash travel, so that a sync's time goes with what has changed, not
        # with how wide the rows are: a note may be 200,000 characters long.
        keys = ([mirror.key_and_hash(row) for row in batch] for batch in rows())
        pulled = _fill(connection, mirror.pulled_keys, keys)
        stale = _stale_keys(connection, mirror, tenant_id, pulled)
        if stale is None:
            # All of them changed (a new rule, another time zone): asking for each key costs more than it spares.
            _fill(connection, mirror.pulled_rows, rows())
        elif stale:
            _fill(
                connection,
                mirror.pulled_rows,
                ([r for r in batch if mirror.key_and_hash(r) in stale] for batch in rows()),
            )
        yield Staging(pulled)
    finally:
        # After an error the transaction takes no more statements on PostgreSQL, and its rollback drops the tables.
        if not connection.invalidated and connection.in_transaction() and _is_usable(connection):
            for table in tables:
                connection.execute(DropTable(table))


def _has_no_rows(connection: Connection, mirror: MirrorTable, tenant_id: int) -> bool:
    any_row = select(literal(1)).where(mirror.table.c.tenant_id == tenant_id).limit(1)
    return connection.execute(any_row).first() is None


def _stale_keys(connection: Connection, mirror: MirrorTable, tenant_id: int, pulled: int) -> set[Packed] | None:
    """Return (key and hash) which pulled rows the table does not have just so; None where that is all of them."""
    table, keys = mirror.table, mirror.pulled_keys
    own = and_(table.c.tenant_id == tenant_id, mirror.same_row(keys))
    is_so = and_(own, table.c.row_hash == keys.c.row_hash, table.c.removed_at.is_(None))
    as_it_is = exists(select(literal(1)).select_from(table).where(is_so).correlate(keys))
    stale = {tuple(row) for row in connection.execute(select(keys).where(~as_it_is))}
    return None if len(stale) == pulled else stale


def _fill(connection: Connection, table: Table, batches: Iterable[Sequence[Packed]], *, searched: bool = True) -> int:
    """Fill a temporary table, ready to be searched by key unless it is only read through; return its number of rows."""
    if connection.dialect.name == "postgresql":
        count = _copy(connection, table, batches)
    else:
        count = _insert_many(connection, table, batches)
    for index in table.indexes if searched else ():
        connection.execute(CreateIndex(index))
    if searched and connection.dialect.name == "postgresql":
        # Autovacuum never sees temporary tables: without this the planner takes them for small and joins row by row.
        connection.exec_driver_sql(f"ANALYZE {table.name}")
    return count


def _is_usable(connection: Connection) -> bool:
    """Tell whether the transaction still takes statements; PostgreSQL refuses all after an error, and rolls back."""
    if connection.dialect.name != "postgresql":
        return True
    driver = connection.connection.driver_connection
    return driver is not None and driver.info.transaction_status.name == "INTRANS"


def _copy(connection: Connection, table: Table, batches: Iterable[Sequence[Packed]]) -> int:
    # COPY is PostgreSQL's quickest way in; psycopg turns Python's values into its text by itself.
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - the connection is open
    names = ", ".join(table.columns.keys())
    count = 0
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for batch in batches:
            count += len(batch)
            for row in batch:
                copy.write_row(row)
    return count


def _insert_many(connection: Connection, table: Table, batches: Iterable[Sequence[Packed]]) -> int:
    # Past SQLAlchemy's own insert, which wants a dictionary of each row. What its types would do to a value on the way
    # (decimals, dates, vocabularies) is then done here, and only for columns whose type does anything.
    places = ", ".join("?" for _ in table.columns)
    statement = f"INSERT INTO {table.name} VALUES ({places})"  # noqa: S608 - a table of our own
    encoders = [
        (place, encode)
        for place, column in enumerate(table.columns)
        if (encode := column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)) is not None
    ]
    rows = chain.from_iterable(batches)
    count = 0
    while portion := list(islice(rows, _PORTION)):
        count += len(portion)
        columns: list[Iterable[Any]] = list(zip(*portion, strict=True))
        for place, encode in encoders:
            columns[place] = map(encode, columns[place])
        connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))
    return count


def missing(mirror: MirrorTable, tenant_id: int, scope: ColumnElement[bool] | None) -> ColumnElement[bool]:
    """Return the condition for live rows of the brand that were not pulled, within the pull's scope."""
    table, keys = mirror.table, mirror.pulled_keys
    conditions = [
        table.c.tenant_id == tenant_id,
        table.c.removed_at.is_(None),
        ~exists(select(literal(1)).select_from(keys).where(mirror.same_row(keys)).correlate(table)),
    ]
    return and_(*conditions, *([] if scope is None else [scope]))


def count_missing(
    connection: Connection, mirror: MirrorTable, tenant_id: int, scope: ColumnElement[bool] | None
) -> int:
    """Return how many rows would be marked removed; ask it only of a table that was not empty."""
    gone = select(func.count()).select_from(mirror.table).where(missing(mirror, tenant_id, scope))
    return int(connection.execute(gone).scalar_one())


def excuse_missing(
    connection: Connection, mirror: MirrorTable, tenant_id: int, scope: ColumnElement[bool] | None, most: int
) -> int:
    """Have up to `most` of the missing rows stay, because they may be among what can't be read; return how many do.

    Nobody can tell which rows those are. The first by key are taken, so that it is the same ones in every run.
    """
    table, keys = mirror.table, mirror.pulled_keys
    kept = select(*(table.c[name] for name in (*mirror.keys, "row_hash"))).where(missing(mirror, tenant_id, scope))
    kept = kept.order_by(*(table.c[key] for key in mirror.keys)).limit(most)
    return run_counted(connection, insert(keys).from_select([*mirror.keys, "row_hash"], kept))


def count_live(connection: Connection, mirror: MirrorTable, tenant_id: int) -> int:
    """Return how many rows of the brand are not marked removed."""
    table = mirror.table
    live = select(func.count()).where(table.c.tenant_id == tenant_id, table.c.removed_at.is_(None))
    return int(connection.execute(live).scalar_one())


def is_suspicious_removal(gone: int, live: int) -> bool:
    """Tell whether a pull would remove more than a fifth of the rows, and more than twenty."""
    return gone > _SUSPICIOUS_COUNT and gone * _SUSPICIOUS_SHARE > live


def upsert(
    connection: Connection,
    mirror: MirrorTable,
    tenant_id: int,
    now: datetime,
    *,
    staging: Staging,
    scope: ColumnElement[bool] | None = None,
    remove: bool = True,
) -> Counts:
    """Bring the table to what is staged; `scope` narrows which missing rows count as removed. Return what changed."""
    if staging.table_was_empty:
        return Counts(inserted=_insert_new(connection, mirror, tenant_id, now, all_of_them=True))
    # Update before insert: a row that was just inserted would be looked at again as one that might have changed.
    updated = _update_changed(connection, mirror, tenant_id, now)
    inserted = _insert_new(connection, mirror, tenant_id, now)
    # Marked, not deleted: what a page showed yesterday can be explained, and a record that returns keeps its history.
    removed = 0
    if remove:
        mark = update(mirror.table).where(missing(mirror, tenant_id, scope)).values(removed_at=now, updated_at=now)
        removed = connection.execute(mark).rowcount
    return Counts(inserted, updated, staging.pulled - inserted - updated, removed)


def _update_changed(connection: Connection, mirror: MirrorTable, tenant_id: int, now: datetime) -> int:
    table, pulled = mirror.table, mirror.pulled_rows
    # A row that was marked removed comes back by being listed again, even where nothing in it has changed.
    differs = or_(table.c.row_hash != pulled.c.row_hash, table.c.removed_at.is_not(None))
    fresh = {name: pulled.c[name] for name in (*mirror.names, "row_hash") if name not in mirror.keys}
    change = update(table).where(table.c.tenant_id == tenant_id, mirror.same_row(pulled), differs)
    return connection.execute(change.values(**fresh, removed_at=None, updated_at=now)).rowcount


def _insert_new(
    connection: Connection, mirror: MirrorTable, tenant_id: int, now: datetime, *, all_of_them: bool = False
) -> int:
    table, pulled = mirror.table, mirror.pulled_rows
    names = [*mirror.names, "row_hash"]
    known = exists(select(literal(1)).where(table.c.tenant_id == tenant_id, mirror.same_row(pulled)).correlate(pulled))
    stamp = literal(now, table.c.created_at.type)
    rows = select(literal(tenant_id), stamp, stamp, *(pulled.c[name] for name in names))
    if not all_of_them:
        rows = rows.where(~known)
    add = insert(table).from_select(["tenant_id", "created_at", "updated_at", *names], rows)
    return run_counted(connection, add)


def run_counted(connection: Connection, statement: Executable) -> int:
    """Execute a statement and return how many rows it wrote; SQLAlchemy forgets the count of an insert unless told."""
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount
