"""Pulled rows laid beside a table, on both databases, without a wire: what is written, and what is left alone."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, inspect

from database import brand_transaction
from encryption import Cipher
from models import PipelineItem, PipelineStage
from sync.reading.resources import OPPORTUNITIES_TABLE, STAGES_TABLE
from sync.storing.store import Counts, count_live, count_missing, is_suspicious_removal, staged, upsert
from sync.tables import Packed, table_of
from tests.sync.storing.bare_brand import add_brand

STAGES = table_of(PipelineStage)
TEN = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
Names = dict[str, str]  # what the stages of a pull are called, by their key


def packed(names: Names) -> list[Packed]:
    return [
        STAGES_TABLE.pack(
            {
                "contact_type": "1",
                "stage_key": key,
                "sales_cycle_id": key,
                "name": name,
                "position": 1,
                "active": True,
                "likelihood": None,
            }
        )
        for key, name in names.items()
    ]


def land_batches(
    engine: Engine, tenant: int, batches: Sequence[Sequence[Packed]], at: datetime = TEN, **options: Any
) -> Counts:
    with (
        brand_transaction(engine, tenant) as connection,
        staged(connection, STAGES_TABLE, tenant, lambda: batches) as staging,
    ):
        return upsert(connection, STAGES_TABLE, tenant, at, staging=staging, **options)


def land(engine: Engine, tenant: int, names: Names, at: datetime = TEN, **options: Any) -> Counts:
    """Lay stages beside their table as a sync does."""
    return land_batches(engine, tenant, [packed(names)], at, **options)


def stored(engine: Engine, tenant: int) -> dict[str, Any]:
    with brand_transaction(engine, tenant, writes=False) as connection:
        rows = connection.execute(STAGES.select().where(STAGES.c.tenant_id == tenant)).all()
    return {row.stage_key: row for row in rows}


def live(engine: Engine, tenant: int) -> Names:
    return {key: row.name for key, row in stored(engine, tenant).items() if row.removed_at is None}


PULLS_AND_COUNTS: list[tuple[list[Names], Counts]] = [
    ([{"a": "A", "b": "B"}], Counts(inserted=2)),
    ([{}], Counts()),
    ([{"a": "A", "b": "B"}, {"a": "A", "b": "B"}], Counts(unchanged=2)),
    ([{"a": "A", "b": "B"}, {"a": "A", "b": "Other"}], Counts(updated=1, unchanged=1)),
    ([{"a": "A", "b": "B"}, {"a": "Other", "b": "Another"}], Counts(updated=2)),
    ([{"a": "A"}, {"a": "A", "b": "B"}], Counts(inserted=1, unchanged=1)),
    ([{"a": "A", "b": "B"}, {"b": "B"}], Counts(unchanged=1, removed=1)),
    ([{"a": "A", "b": "B"}, {}], Counts(removed=2)),
    ([{"a": "A", "b": "B"}, {}, {}], Counts()),
    ([{"a": "A"}, {}, {"a": "A"}], Counts(updated=1)),
    ([{"a": "A", "b": "B", "c": "C"}, {"a": "A", "b": "Other", "d": "D"}], Counts(1, 1, 1, 1)),
]


def test_the_table_says_what_was_pulled_last_and_what_that_changed(engine: Engine, cipher: Cipher) -> None:
    for pulls, counts in PULLS_AND_COUNTS:
        tenant, landed = add_brand(engine, cipher), Counts()
        for names in pulls:
            landed = land(engine, tenant, names)
            assert live(engine, tenant) == names, pulls
        assert landed == counts, pulls
        assert landed.changed == bool(counts.inserted or counts.updated or counts.removed)


def test_whatever_comes_and_goes_the_table_follows(engine: Engine, tenant: int) -> None:
    dice = random.Random(20261127)
    before: Names = {}
    for _ in range(25):
        names = {key: dice.choice("xyz") for key in "abcdefgh" if dice.random() < 0.6}
        landed = land_batches(engine, tenant, list(in_batches(packed(names), dice)))
        assert live(engine, tenant) == names
        assert landed.removed == len(before.keys() - names.keys())
        assert landed.inserted + landed.updated + landed.unchanged == len(names)
        assert landed.unchanged == len(before.items() & names.items())
        before = names


def in_batches(rows: list[Packed], dice: random.Random) -> Iterable[list[Packed]]:
    """Cut rows anywhere; a batch may be empty, as that of a page of unreadable records is."""
    while rows:
        cut = dice.randint(0, len(rows))
        yield rows[:cut]
        rows = rows[cut:]


def test_only_what_changed_is_written(engine: Engine, tenant: int) -> None:
    land(engine, tenant, {"same": "S", "renamed": "R", "gone": "G"})
    noon = TEN + timedelta(hours=2)
    land(engine, tenant, {"same": "S", "renamed": "Other", "new": "N"}, noon)
    rows = stored(engine, tenant)
    times = {key: (row.created_at, row.updated_at, row.removed_at) for key, row in rows.items()}
    assert times == {
        "same": (TEN, TEN, None),
        "renamed": (TEN, noon, None),
        "gone": (TEN, noon, noon),
        "new": (noon, noon, None),
    }
    assert rows["gone"].name == "G"

    land(engine, tenant, {"gone": "G"}, noon + timedelta(hours=1), remove=False)
    returned = stored(engine, tenant)["gone"]
    assert (returned.created_at, returned.removed_at) == (TEN, None)


def test_what_is_out_of_scope_or_not_to_be_removed_stays(engine: Engine, tenant: int) -> None:
    land(engine, tenant, {"a": "A", "b": "B", "c": "C"})
    assert land(engine, tenant, {"a": "A"}, remove=False) == Counts(unchanged=1)
    assert land(engine, tenant, {"a": "A"}, scope=STAGES.c.stage_key < "c") == Counts(unchanged=1, removed=1)
    assert live(engine, tenant) == {"a": "A", "c": "C"}


def test_a_brand_with_the_same_keys_is_not_touched(engine: Engine, cipher: Cipher, tenant: int) -> None:
    other = add_brand(engine, cipher)
    land(engine, other, {"a": "Theirs", "b": "Theirs as well"})
    theirs = stored(engine, other)
    for names in ({"a": "Ours"}, {"a": "Ours anew"}, {}):
        land(engine, tenant, names, TEN + timedelta(hours=1))
        assert live(engine, tenant) == names
        assert stored(engine, other) == theirs


def test_missing_and_live_rows_are_counted_before_anything_is_written(engine: Engine, tenant: int) -> None:
    land(engine, tenant, {"a": "A", "b": "B", "c": "C", "d": "D"})
    land(engine, tenant, {"a": "A", "b": "B", "c": "C"})
    with (
        brand_transaction(engine, tenant) as connection,
        staged(connection, STAGES_TABLE, tenant, lambda: [packed({"a": "A"})]),
    ):
        assert count_live(connection, STAGES_TABLE, tenant) == 3
        assert count_missing(connection, STAGES_TABLE, tenant, None) == 2
        assert count_missing(connection, STAGES_TABLE, tenant, STAGES.c.stage_key < "c") == 1


class _BrokenError(Exception):
    """What a test raises where a sync breaks off."""


def test_what_breaks_off_leaves_the_old_rows_and_nothing_in_the_way(engine: Engine, tenant: int) -> None:
    land(engine, tenant, {"a": "A"})
    with pytest.raises(_BrokenError):
        _break_off(engine, tenant)
    assert live(engine, tenant) == {"a": "A"}
    with brand_transaction(engine, tenant) as connection:
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {STAGES_TABLE.pulled_keys.name} (left_over TEXT)")
        with staged(connection, STAGES_TABLE, tenant, lambda: [packed({"b": "B"})]) as staging:
            upsert(connection, STAGES_TABLE, tenant, TEN, staging=staging)
        assert not _temporary_tables(connection)
    assert live(engine, tenant) == {"b": "B"}


def _break_off(engine: Engine, tenant: int) -> None:
    with (
        brand_transaction(engine, tenant) as connection,
        staged(connection, STAGES_TABLE, tenant, lambda: [packed({"b": "B"})]) as staging,
    ):
        assert upsert(connection, STAGES_TABLE, tenant, TEN, staging=staging).changed
        raise _BrokenError


def _temporary_tables(connection: Connection) -> list[str]:
    return inspect(connection).get_temp_table_names()


def test_amounts_and_times_are_stored_as_they_are(engine: Engine, tenant: int) -> None:
    """Into an empty table, which takes another way, and beside rows."""
    at = datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
    columns: dict[str, Any] = dict.fromkeys(OPPORTUNITIES_TABLE.names, "") | {
        "client_id": None,
        "deal_size": Decimal("1234567.89"),
        "likelihood": 35,
        "opportunity_created_at": at,
        "last_modified_at": None,
    }
    first, second = (OPPORTUNITIES_TABLE.pack(columns | {"opportunity_id": each}) for each in "12")
    for rows in ([first], [first, second]):
        with (
            brand_transaction(engine, tenant) as connection,
            staged(connection, OPPORTUNITIES_TABLE, tenant, lambda rows=rows: [rows]) as staging,  # type: ignore[misc]
        ):
            upsert(connection, OPPORTUNITIES_TABLE, tenant, TEN, staging=staging)
    with brand_transaction(engine, tenant, writes=False) as connection:
        deals = connection.execute(table_of(PipelineItem).select()).all()
    assert len(deals) == 2
    for deal in deals:
        assert (deal.deal_size, deal.likelihood, deal.opportunity_created_at) == (Decimal("1234567.89"), 35, at)
        assert deal.last_modified_at is None


@pytest.mark.parametrize(
    ("gone", "of_live", "is_suspicious"),
    [(20, 20, False), (21, 105, False), (21, 104, True), (0, 0, False), (200, 1000, False), (201, 1000, True)],
)
def test_more_than_twenty_and_more_than_a_fifth_is_suspicious(gone: int, of_live: int, is_suspicious: bool) -> None:
    assert is_suspicious_removal(gone, of_live) is is_suspicious
