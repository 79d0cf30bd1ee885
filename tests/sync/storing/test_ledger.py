"""What a run writes down about itself, on a real database."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine

from database import brand_transaction
from models import KnownField, Resource, ResourceFreshness, ResourceStatus, SyncError, SyncRunResource, utc_now
from sync.mapping.wire_record import FieldIssue, IssueList
from sync.storing.ledger import (
    ResourceResult,
    accept_unreadable,
    accepted_unreadable,
    record_issues,
    record_replay,
    record_result,
    record_unknown_fields,
    was_read_whole,
)
from sync.tables import table_of

LEADS = Resource.LEADS


def freshness(engine: Engine, tenant: int) -> tuple[datetime | None, ResourceStatus]:
    with brand_transaction(engine, tenant, writes=False) as connection:
        row = connection.execute(table_of(ResourceFreshness).select()).one()
    return row.whole_read_at, row.last_status


def test_only_what_is_as_read_moves_the_whole_read(engine: Engine, tenant: int) -> None:
    start = utc_now().replace(microsecond=0)

    def record(hours: int, status: ResourceStatus, *, whole: bool = False) -> None:
        result = ResourceResult(LEADS, status, start + timedelta(hours=hours), whole=whole)
        with brand_transaction(engine, tenant) as connection:
            record_result(connection, tenant, f"run-{hours}", result)

    record(0, ResourceStatus.FAILED)
    assert freshness(engine, tenant) == (None, ResourceStatus.FAILED)
    record(1, ResourceStatus.SUCCESS)
    record(2, ResourceStatus.HELD_BACK)
    assert freshness(engine, tenant) == (start + timedelta(hours=1), ResourceStatus.HELD_BACK)
    record(3, ResourceStatus.PARTIAL)
    assert freshness(engine, tenant) == (start + timedelta(hours=1), ResourceStatus.PARTIAL)
    record(4, ResourceStatus.PARTIAL, whole=True)
    assert freshness(engine, tenant) == (start + timedelta(hours=4), ResourceStatus.PARTIAL)
    with brand_transaction(engine, tenant) as connection:
        assert was_read_whole(connection, tenant, LEADS)
        assert not was_read_whole(connection, tenant, Resource.NOTES)
        record_replay(connection, tenant, ResourceResult(LEADS, ResourceStatus.SUCCESS, start))
        assert len(connection.execute(table_of(SyncRunResource).select()).all()) == 5
    assert freshness(engine, tenant) == (start, ResourceStatus.PARTIAL)


def test_issues_are_one_row_for_each_field_and_a_count_beyond_the_first_hundred(engine: Engine, tenant: int) -> None:
    issues = IssueList()
    for number in range(130):
        field = "created" if number % 3 else "deal_size"
        issues.add(FieldIssue(str(number), field, "a date was expected"))
    with brand_transaction(engine, tenant) as connection:
        record_issues(connection, tenant, "run", LEADS, rejected=[], issues=issues)
        errors = connection.execute(table_of(SyncError).select()).all()
    assert {error.kind for error in errors} == {"unreadable_field"}
    assert {(error.message, error.field, error.record_id, error.times) for error in errors} == {
        ("a date was expected", "created", "1", 66),
        ("a date was expected", "deal_size", "0", 34),
        ("and 30 more of this kind", None, None, 30),
    }


def test_unknown_fields_are_new_once_and_clean(engine: Engine, tenant: int) -> None:
    with brand_transaction(engine, tenant) as connection:
        assert record_unknown_fields(connection, tenant, LEADS, {"colour\n", "size", ""}) == ["colour", "size"]
        assert record_unknown_fields(connection, tenant, LEADS, {"size", "weight"}) == ["weight"]
        assert record_unknown_fields(connection, tenant, Resource.NOTES, {"size"}) == ["size"]
        assert len(record_unknown_fields(connection, tenant, LEADS, {f"f{n:03}" for n in range(500)})) == 197
        assert len(connection.execute(table_of(KnownField).select()).all()) == 201


def test_accepted_records_are_remembered_by_their_number(engine: Engine, tenant: int) -> None:
    with brand_transaction(engine, tenant) as connection:
        assert accepted_unreadable(connection, tenant, LEADS) == 0
        record_result(connection, tenant, "run", ResourceResult(LEADS, ResourceStatus.PARTIAL, utc_now(), whole=True))
        accept_unreadable(connection, tenant, LEADS, 3)
        record_result(connection, tenant, "run", ResourceResult(LEADS, ResourceStatus.PARTIAL, utc_now(), whole=True))
        assert accepted_unreadable(connection, tenant, LEADS) == 3
