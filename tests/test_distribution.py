"""The tables can be distributed by brand: Citus's rules, asked of the models. docs/scale.md tells what for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlmodel import SQLModel

from database import BRAND_OWNED_TABLES

TABLES = SQLModel.metadata.tables
ON_EVERY_NODE = {
    "tenants": "what every brand's rows refer to",
    "users": "people of the agency have no brand, and who signs in is looked for before a brand is known",
    "user_sessions": "a cookie's session is looked for before a brand is known",
    "recovery_codes": "a person's, who may be of no brand",
    "memberships": "which brands somebody has is looked for before a brand is known",
    "staff_brands": "which brands agency staff look after is looked for before a brand is known",
    "identities": "a company account is a person's, who may be of no brand, and is looked for before a brand is known",
    "api_keys": "the key says which brand it is of",
    "invites": "a link is looked for before a brand is known",
    "sign_in_failures": "counted by address, whichever brand it was",
    "audit_log": "rows of the agency have no brand, and are listed with those of all brands",
    "connection_checks": "a key may be tested before its brand is there",
    "worker_heartbeats": "a worker works for all brands",
}
"""Small tables whose rows may belong to no brand, and why: reference tables, the same on every node."""


def broken_rules(table: Table, on_every_node: frozenset[str]) -> Iterator[str]:
    """Yield what of a brand's table keeps it from being distributed by `tenant_id`.

    Its column must be filled, each key must hold it (here: begin with it, so that one brand's rows lie side by side),
    and a foreign key must lead to the same brand's rows or to a table that is on every node.
    """
    if "tenant_id" not in table.columns or table.columns["tenant_id"].nullable:
        yield "tenant_id may be missing"
    uniques = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    unique_indexes = [index for index in table.indexes if index.unique]
    keys: list[PrimaryKeyConstraint | UniqueConstraint | Index] = [table.primary_key, *uniques, *unique_indexes]
    for key in keys:
        if next((column.name for column in key.columns), None) != "tenant_id":
            yield f"{key.name or 'the primary key'} does not begin with tenant_id"
    for foreign in table.foreign_key_constraints:
        target = foreign.elements[0].column
        is_same_brand = next(iter(foreign.columns)).name == "tenant_id" == target.name
        if not is_same_brand and target.table.name not in on_every_node:
            yield f"a foreign key leads to {target.table.name} whatever the brand"
        if next(iter(foreign.columns)).name != "tenant_id":
            yield f"the foreign key to {target.table.name} does not begin with tenant_id"


@pytest.mark.parametrize("name", sorted(BRAND_OWNED_TABLES))
def test_every_key_and_foreign_key_of_a_brands_table_begins_with_the_brand(name: str) -> None:
    assert list(broken_rules(TABLES[name], frozenset(ON_EVERY_NODE))) == []


def test_every_other_table_is_on_every_node_and_leads_to_none_that_is_distributed() -> None:
    assert TABLES.keys() - BRAND_OWNED_TABLES == ON_EVERY_NODE.keys()
    targets = {key.column.table.name for name in ON_EVERY_NODE for key in TABLES[name].foreign_keys}
    assert targets <= ON_EVERY_NODE.keys()


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ((Column("tenant_id", Integer, primary_key=True),), []),
        ((Column("id", Integer, primary_key=True), Column("tenant_id", Integer, nullable=False)), ["the primary key"]),
        ((Column("tenant_id", Integer), Column("id", Integer, primary_key=True)), ["tenant_id may", "the primary key"]),
        (
            (Column("tenant_id", Integer, primary_key=True), Column("x", Integer), UniqueConstraint("x", name="u")),
            ["u "],
        ),
        (
            (Column("tenant_id", Integer, primary_key=True), Column("x"), Index("i", "x", "tenant_id", unique=True)),
            ["i "],
        ),
        (
            (
                Column("tenant_id", Integer, primary_key=True),
                Column("x", Integer),
                ForeignKeyConstraint(["x"], ["others.id"]),
            ),
            ["a foreign key leads to others", "the foreign key to others"],
        ),
    ],
)
def test_a_table_that_breaks_a_rule_is_found(parts: tuple[Column[int]], complaint: list[str]) -> None:
    metadata = MetaData()
    Table("others", metadata, Column("id", Integer, primary_key=True))
    told = list(broken_rules(Table("of_brands", metadata, *parts), frozenset()))
    assert len(told) == len(complaint)
    assert all(words.startswith(start) for words, start in zip(told, complaint, strict=True))
