"""Which code a schema serves: what each revision promises, and that it is so."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Connection, Engine, inspect, text

import migrations
from migrations.history import known_revisions, serves_from
from tests.conftest import engine_of

FIRST = "0025"
"""The first revision that says which code it serves."""


@dataclass(frozen=True)
class Column:
    may_be_empty: bool = True
    length: int | None = None

    @property
    def must_be_given(self) -> bool:
        return not self.may_be_empty


Schema = dict[str, dict[str, Column]]
"""The columns of each table; one that has a value of its own where none is given may be left empty."""


def schema_of(connection: Connection) -> Schema:
    inspector = inspect(connection)
    return {
        table: {
            column["name"]: Column(
                bool(column["nullable"] or column["default"] is not None or column.get("autoincrement") is True),
                getattr(column["type"], "length", None),
            )
            for column in inspector.get_columns(table)
        }
        for table in inspector.get_table_names()
    }


def missed(older: Schema, newer: Schema) -> set[str]:
    """Return what code that was written for the older schema stumbles over in the newer one."""
    gone = {table for table in older if table not in newer}
    for table in older.keys() & newer.keys():
        gone |= {f"{table}.{name}" for name in older[table].keys() - newer[table].keys()}
        gone |= {
            f"{table}.{name}"
            for name, column in newer[table].items()
            if column.must_be_given and (name not in older[table] or older[table][name].may_be_empty)
        }
        gone |= {
            f"{table}.{name}"
            for name, column in newer[table].items()
            if column.length is not None and name in older[table] and (older[table][name].length or 0) > column.length
        }
    return gone


OLDER: Schema = {"leads": {"id": Column(may_be_empty=False), "phone": Column(length=40)}, "notes": {"id": Column()}}


@pytest.mark.parametrize(
    ("newer", "stumbles_over"),
    [
        pytest.param(OLDER, set(), id="nothing new"),
        pytest.param({**OLDER, "deals": {"id": Column(may_be_empty=False)}}, set(), id="a table more"),
        pytest.param({**OLDER, "notes": {"id": Column(), "mood": Column()}}, set(), id="a column more"),
        pytest.param({"leads": OLDER["leads"]}, {"notes"}, id="a table less"),
        pytest.param({**OLDER, "leads": {"id": OLDER["leads"]["id"]}}, {"leads.phone"}, id="a column less"),
        pytest.param(
            {**OLDER, "notes": {"id": Column(), "mood": Column(may_be_empty=False)}},
            {"notes.mood"},
            id="a new column that must be given",
        ),
        pytest.param(
            {**OLDER, "notes": {"id": Column(may_be_empty=False)}}, {"notes.id"}, id="a column that must be given now"
        ),
        pytest.param(
            {**OLDER, "leads": OLDER["leads"] | {"phone": replace(OLDER["leads"]["phone"], length=20)}},
            {"leads.phone"},
            id="a shorter column",
        ),
    ],
)
def test_what_older_code_stumbles_over(newer: Schema, stumbles_over: set[str]) -> None:
    assert missed(OLDER, newer) == stumbles_over


def test_each_revision_serves_the_one_before_it_and_what_was_let_go_does_not_come_back() -> None:
    declared = {revision: serves_from(revision) for revision in known_revisions() if revision >= FIRST}
    assert all(declared.values()), "each says which code it serves"
    for (before, served_before), (revision, served) in zip(
        list(declared.items()), list(declared.items())[1:], strict=False
    ):
        assert served_before <= served <= before, f"{revision}: a release runs on its own schema and on one newer"


def test_each_revision_leaves_what_the_code_needs_that_it_says_it_serves(empty_database_url: str) -> None:
    schemas: dict[str, Schema] = {}
    with engine_of(empty_database_url) as engine:
        for revision in (revision for revision in known_revisions() if revision >= FIRST):
            with migrations.schema_transaction(engine) as connection:
                migrations.upgrade_within(connection, revision)
                schemas[revision] = schema_of(connection)
            assert missed(schemas[serves_from(revision)], schemas[revision]) == set()


@pytest.mark.parametrize(
    ("revision", "serves", "stands"),
    [
        (FIRST, FIRST, migrations.Standing.CURRENT),
        ("9999", FIRST, migrations.Standing.NEWER),
        ("9999", "0001", migrations.Standing.NEWER),
        ("9999", "9998", migrations.Standing.TOO_NEW),
        ("9999", None, migrations.Standing.TOO_NEW),
        ("0024", FIRST, migrations.Standing.OLDER),
    ],
)
def test_how_schema_and_release_stand(
    engine: Engine, revision: str, serves: str | None, stands: migrations.Standing
) -> None:
    if stands is migrations.Standing.CURRENT:
        revision = known_revisions()[-1]
    with engine.begin() as connection:
        written = text("UPDATE alembic_version SET version_num = :revision, serves_from = :serves")
        connection.execute(written, {"revision": revision, "serves": serves})
        assert migrations.standing(connection) is stands
        connection.rollback()
