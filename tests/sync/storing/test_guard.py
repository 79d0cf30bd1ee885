"""What is held back, on a real table: the same rules for lists and notes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine

from database import brand_transaction
from models import FieldState, Lead, Resource, SyncErrorKind, utc_now
from sync.failures import PullError
from sync.mapping.expectations import FieldReport
from sync.mapping.records import CONTACTS
from sync.mapping.rows import lead_row
from sync.mapping.wire_record import FieldIssue
from sync.reading.pull import Pull
from sync.reading.resources import LEADS_TABLE
from sync.reading.spool import Spool
from sync.storing.guard import raise_if_fields_fell, raise_if_mostly_unreadable, raise_if_removing_too_much
from sync.storing.store import count_missing, excuse_missing, staged, upsert
from sync.tables import Packed, table_of

ZONE = ZoneInfo("America/New_York")


def packed(numbers: range) -> list[Packed]:
    reading = CONTACTS.reading()
    records = CONTACTS.read_rows([(f"{number:03}", {"lastName": f"N{number}"}) for number in numbers], reading)
    return [LEADS_TABLE.pack(lead_row(record, ZONE)) for record in records]


@pytest.fixture
def brand(engine: Engine, tenant: int) -> int:
    """A brand with a hundred leads, 000 to 099."""
    rows = packed(range(100))
    with (
        brand_transaction(engine, tenant) as connection,
        staged(connection, LEADS_TABLE, tenant, lambda: [rows]) as staging,
    ):
        upsert(connection, LEADS_TABLE, tenant, utc_now(), staging=staging)
    return tenant


@pytest.fixture
def connection(engine: Engine, brand: int) -> Iterator[Connection]:
    with brand_transaction(engine, brand) as opened:
        yield opened


def pull_of(fetched: int, rejected: int = 0) -> Pull:
    pull = Pull(Resource.LEADS, LEADS_TABLE, Spool())
    pull.fetched, pull.rejected = fetched, [FieldIssue("", "", "the record has no id")] * rejected
    return pull


@contextmanager
def _held_back(held: bool, reason: str) -> Iterator[None]:
    if not held:
        yield
        return
    with pytest.raises(PullError, match=reason) as raised:
        yield
    assert raised.value.kind is SyncErrorKind.HELD_BACK


@pytest.mark.parametrize(
    ("left", "may_empty", "held"),
    [(100, True, False), (80, True, False), (79, True, True), (99, False, False), (0, True, True), (0, False, True)],
)
def test_a_fifth_and_more_than_twenty_is_too_much(
    connection: Connection, brand: int, left: int, may_empty: bool, held: bool
) -> None:
    rows = packed(range(left))
    with staged(connection, LEADS_TABLE, brand, lambda: [rows]), _held_back(held, f"remove {100 - left} of 100 rows"):
        raise_if_removing_too_much(connection, pull_of(left), brand, None, may_empty=may_empty)


def test_that_nothing_at_all_came_is_suspicious_where_something_must(connection: Connection, brand: int) -> None:
    few = table_of(Lead).c.client_id < "003"
    with staged(connection, LEADS_TABLE, brand, lambda: [[]]):
        raise_if_removing_too_much(connection, pull_of(0), brand, few)
        with pytest.raises(PullError, match="3 of 100"):
            raise_if_removing_too_much(connection, pull_of(0), brand, few, may_empty=False)


def test_excused_rows_are_not_missing_and_stay_the_same_ones(connection: Connection, brand: int) -> None:
    for _ in range(2):
        rows = packed(range(10, 100))
        with staged(connection, LEADS_TABLE, brand, lambda rows=rows: [rows]) as staging:  # type: ignore[misc]
            assert excuse_missing(connection, LEADS_TABLE, brand, None, 3) == 3
            missing = count_missing(connection, LEADS_TABLE, brand, None)
            assert upsert(connection, LEADS_TABLE, brand, utc_now(), staging=staging).removed == missing
    live = connection.execute(table_of(Lead).select().where(table_of(Lead).c.removed_at.is_(None))).all()
    assert sorted(row.client_id for row in live)[:4] == ["000", "001", "002", "010"]


@pytest.mark.parametrize(("fetched", "rejected", "held"), [(100, 10, False), (100, 11, True), (400, 20, False)])
def test_a_twentieth_and_more_than_ten_unreadable_is_too_much(fetched: int, rejected: int, held: bool) -> None:
    with _held_back(held, f"{rejected} of {fetched} records"):
        raise_if_mostly_unreadable(pull_of(fetched, rejected))


def test_fallen_fields_are_named_and_the_first_is_pointed_at() -> None:
    def report(field: str, *, fell: bool) -> FieldReport:
        return FieldReport(field, (f"wire_{field}",), "text", True, 30, 0, 0, 30, 0, state=FieldState.FILLED, fell=fell)

    raise_if_fields_fell([report("created", fell=False)])
    with pytest.raises(PullError) as raised:
        raise_if_fields_fell([report("name", fell=False), report("stage", fell=True), report("source", fell=True)])
    assert raised.value.field == "stage"
    assert "stage (read from wire_stage) is missing in 30 of 30 rows, and was filled before" in raised.value.message
    assert "source" in raised.value.message
