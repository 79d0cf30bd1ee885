"""The tables that mirror ClientTether, and how a row of one is packed on its way there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any, Final

import msgspec
from sqlalchemy import Column, ColumnElement, Index, MetaData, Table, and_

from models import Mirrored

# What the sync knows of a row beside what the record says: none of it makes another row of an unchanged record.
_BOOKKEEPING: Final = frozenset({"tenant_id", "created_at", "updated_at", "removed_at", "row_hash", "stage_id"})
Row = dict[str, Any]
Packed = tuple[Any, ...]
_write_out: Final = msgspec.json.Encoder().encode


def table_of(model: type[Any]) -> Table:
    """Return the SQLAlchemy table of a model."""
    table: Table = model.__table__
    return table


class MirrorTable:
    """How the rows of one mirrored table are packed: its own columns in order, then a hash over all of them."""

    def __init__(self, model: type[Mirrored]) -> None:
        self.table = table_of(model)
        self.names = tuple(column.name for column in self.table.columns if column.name not in _BOOKKEEPING)
        self.keys = tuple(column.name for column in self.table.primary_key if column.name != "tenant_id")
        self._values: Callable[[Row], Packed] = itemgetter(*self.names)

    def pack(self, row: Row) -> Packed:
        """Return a row as the tuple that is staged."""
        # Another hash has every row of every brand written once more by the first sync after the upgrade.
        values = self._values(row)
        return (*values, hashlib.sha256(_write_out(values)).hexdigest())

    @cached_property
    def pulled_rows(self) -> Table:
        """The temporary table of the pulled rows that are to be written, whole."""
        return self._temporary(f"pulled_{self.table.name}", (*self.names, "row_hash"))

    @cached_property
    def pulled_keys(self) -> Table:
        """The temporary table of all pulled rows: only what addresses each, and its hash."""
        return self._temporary(f"pulled_keys_of_{self.table.name}", (*self.keys, "row_hash"))

    def _temporary(self, name: str, columns: Sequence[str]) -> Table:
        table = Table(name, MetaData(), *(Column(c, self.table.c[c].type) for c in columns), prefixes=["TEMPORARY"])
        Index(f"ix_{name}", *(table.c[key] for key in self.keys))
        return table

    def same_row(self, pulled: Table) -> ColumnElement[bool]:
        """Join the table and what was pulled for it by their keys, without the brand."""
        return and_(*(self.table.c[key] == pulled.c[key] for key in self.keys))

    def key_and_hash(self, row: Packed) -> Packed:
        """Return of a packed row what `pulled_keys` holds."""
        return (*(row[place] for place in self._key_places), row[-1])

    @cached_property
    def _key_places(self) -> tuple[int, ...]:
        return tuple(self.names.index(key) for key in self.keys)
