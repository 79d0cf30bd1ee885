"""What follows from rows, on both databases, without a wire: moves between stages, and the hot list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from cleaning import name_key
from database import brand_transaction
from models import HotListItem, PipelineItem, PipelineStage, PipelineStageChange, utc_now
from sync.reading.resources import OPPORTUNITIES_TABLE, STAGES_TABLE
from sync.storing.derived import (
    derive_hot_list,
    is_renamed_stage,
    record_late_moves,
    record_stage_changes,
    remember_stages,
)
from sync.storing.store import count_missing, staged, upsert
from sync.tables import MirrorTable, table_of

TEN = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
Land = Callable[..., Any]


def stage(name: str, sales_cycle_id: str, position: int = 1) -> dict[str, Any]:
    key = name_key(name)
    likelihood, active = 50, True
    return {
        "contact_type": "1",
        "stage_key": key,
        "sales_cycle_id": sales_cycle_id,
        "name": name,
        "position": position,
        "active": active,
        "likelihood": likelihood,
    }


def deal(opportunity_id: str, stage_name: str, **changes: Any) -> dict[str, Any]:
    columns: dict[str, Any] = dict.fromkeys(OPPORTUNITIES_TABLE.names, "") | {
        "opportunity_id": opportunity_id,
        "client_id": None,
        "contact_type": "1",
        "stage_name": stage_name,
        "stage_key": name_key(stage_name),
        "deal_size": 90_000,
        "likelihood": None,
        "opportunity_created_at": None,
        "last_modified_at": None,
    }
    return columns | changes


def land(engine: Engine, tenant: int, mirror: MirrorTable, rows: list[dict[str, Any]], at: datetime = TEN) -> int:
    """Lay rows beside their table as a sync does; return how many moves between stages were recorded."""
    moved = 0
    with (
        brand_transaction(engine, tenant) as connection,
        staged(connection, mirror, tenant, lambda: [[mirror.pack(row) for row in rows]]) as staging,
    ):
        if mirror is OPPORTUNITIES_TABLE:
            moved = record_stage_changes(connection, mirror, tenant, at, utc_now())
        upsert(connection, mirror, tenant, utc_now(), staging=staging)
        if mirror is OPPORTUNITIES_TABLE:
            remember_stages(connection, tenant)
        derive_hot_list(connection, tenant, utc_now())
    return moved


def stages_land(engine: Engine, tenant: int, *stages: dict[str, Any]) -> None:
    land(engine, tenant, STAGES_TABLE, list(stages))


def deals_land(engine: Engine, tenant: int, *deals: dict[str, Any], hours: int = 0) -> int:
    return land(engine, tenant, OPPORTUNITIES_TABLE, list(deals), TEN + timedelta(hours=hours))


def rows(engine: Engine, tenant: int, model: type[Any]) -> list[Any]:
    table = table_of(model)
    with brand_transaction(engine, tenant, writes=False) as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key.columns)))


def test_a_deal_is_seen_entering_a_stage_and_moving_on(engine: Engine, tenant: int) -> None:
    stages_land(engine, tenant, stage("QR Sent", "1"), stage("FDD Sent", "2"))
    assert deals_land(engine, tenant, deal("7", "QR Sent"), deal("8", "")) == 2
    assert deals_land(engine, tenant, deal("7", "QR Sent", candidate="Pat"), deal("8", ""), hours=1) == 0
    assert deals_land(engine, tenant, deal("7", "FDD Sent", last_modified_at=TEN), deal("8", ""), hours=2) == 1
    moves = [
        (row.sequence, row.from_stage, row.to_stage, row.entered_at)
        for row in rows(engine, tenant, PipelineStageChange)
        if row.opportunity_id == "7"
    ]
    assert moves == [(1, None, "QR Sent", TEN), (2, "QR Sent", "FDD Sent", TEN)]


def test_deals_of_a_stage_that_is_renamed_have_not_moved(engine: Engine, tenant: int) -> None:
    stages_land(engine, tenant, stage("QR Sent", "1"), stage("FDD Sent", "2"))
    deals_land(engine, tenant, deal("7", "QR Sent"), deal("8", "FDD Sent"))
    stages_land(engine, tenant, stage("Qualification sent", "1"), stage("FDD Sent", "2"))
    assert deals_land(engine, tenant, deal("7", "Qualification sent"), deal("8", "FDD Sent"), hours=1) == 0
    assert deals_land(engine, tenant, deal("7", "FDD Sent"), deal("8", "Qualification sent"), hours=2) == 2


def test_two_stages_that_swap_their_names_move_nobody_else(engine: Engine, tenant: int) -> None:
    stages_land(engine, tenant, stage("A", "1"), stage("B", "2"))
    deals_land(engine, tenant, deal("7", "A"), deal("8", "B"))
    stages_land(engine, tenant, stage("B", "1"), stage("A", "2"))
    assert deals_land(engine, tenant, deal("7", "B"), deal("8", "A"), hours=1) == 0
    assert [row.stage_id for row in rows(engine, tenant, PipelineItem)] == ["1", "2"]


def test_a_deal_in_a_stage_that_is_not_listed_keeps_what_is_known_of_it(engine: Engine, tenant: int) -> None:
    stages_land(engine, tenant, stage("A", "1"), stage("B", "2"))
    deals_land(engine, tenant, deal("7", "A"))
    assert deals_land(engine, tenant, deal("7", "Not listed yet"), hours=1) == 0
    stages_land(engine, tenant, stage("Not listed yet", "1"), stage("B", "2"))
    assert deals_land(engine, tenant, deal("7", "Not listed yet", candidate="Pat"), hours=2) == 0


def test_a_move_to_a_stage_that_is_never_listed_is_seen_the_second_time(engine: Engine, tenant: int) -> None:
    stages_land(engine, tenant, stage("A", "1"), stage("B", "2"))
    deals_land(engine, tenant, deal("7", "A"), deal("8", "B"), deal("9", ""))
    hidden = [deal("7", "Hidden"), deal("8", "B"), deal("9", "Hidden")]
    assert deals_land(engine, tenant, *hidden, hours=1) == 1  # nobody can have renamed New Lead
    assert deals_land(engine, tenant, *hidden, hours=2) == 1
    assert deals_land(engine, tenant, *hidden, hours=3) == 0
    moves = [(row.opportunity_id, row.from_stage, row.to_stage) for row in rows(engine, tenant, PipelineStageChange)]
    assert ("7", "A", "Hidden") in moves
    assert ("9", "", "Hidden") in moves
    assert deals_land(engine, tenant, deal("7", "B"), *hidden[1:], hours=4) == 1


def test_such_a_move_is_seen_as_well_where_nothing_has_changed_since(engine: Engine, tenant: int) -> None:
    def come_as_they_were(hours: int) -> int:
        with brand_transaction(engine, tenant) as connection:
            return record_late_moves(connection, tenant, TEN + timedelta(hours=hours), utc_now())

    stages_land(engine, tenant, stage("A", "1"), stage("B", "2"))
    deals_land(engine, tenant, deal("7", "A"), deal("8", "B"), deal("9", ""))
    assert come_as_they_were(1) == 0
    deals_land(engine, tenant, deal("7", "Hidden"), deal("8", "B"), deal("9", ""), hours=2)
    assert [come_as_they_were(hours) for hours in (3, 4)] == [1, 0]
    last = [row for row in rows(engine, tenant, PipelineStageChange) if row.opportunity_id == "7"][-1]
    assert (last.from_stage, last.to_stage, last.observed_at) == ("A", "Hidden", TEN + timedelta(hours=3))


def test_renamed_stages_are_not_gone(engine: Engine, tenant: int) -> None:
    stages_land(engine, tenant, *(stage(f"Stage {number}", str(number)) for number in range(30)))
    renamed = [stage(f"{number}. stage", str(number)) for number in range(28)]
    with (
        brand_transaction(engine, tenant) as connection,
        staged(connection, STAGES_TABLE, tenant, lambda: [[STAGES_TABLE.pack(row) for row in renamed]]),
    ):
        assert count_missing(connection, STAGES_TABLE, tenant, None) == 30
        assert count_missing(connection, STAGES_TABLE, tenant, ~is_renamed_stage(STAGES_TABLE, tenant)) == 2


def test_a_hot_stage_stays_hot_whatever_it_is_renamed_to(engine: Engine, tenant: int) -> None:
    def hot() -> list[tuple[str, str]]:
        return [
            (row.opportunity_id, row.stage_name) for row in rows(engine, tenant, HotListItem) if row.removed_at is None
        ]

    stages_land(engine, tenant, stage("FA Sent", "1"), stage("FA Signed", "2"), stage("Lost", "3"))
    deals_land(engine, tenant, deal("7", "FA Sent"), deal("8", "FA Signed"), deal("9", "Lost"))
    assert hot() == [("7", "FA Sent"), ("8", "FA Signed")]
    stages_land(engine, tenant, stage("Agreement sent", "1"), stage("FA Signed", "2"), stage("Lost", "3"))
    assert hot() == [("7", "Agreement sent"), ("8", "FA Signed")]  # though the deals were not read yet
    deals_land(engine, tenant, deal("7", "Agreement sent"), deal("8", "FA Signed"), deal("9", "Lost"), hours=1)
    assert hot() == [("7", "Agreement sent"), ("8", "FA Signed")]
    stages_land(engine, tenant, stage("Sent", "1"), stage("FA Sent", "3"), stage("FA Signed", "2"))
    deals_land(engine, tenant, deal("7", "Sent"), deal("8", "FA Signed"), deal("9", "FA Sent"), hours=2)
    assert hot() == [("8", "FA Signed"), ("9", "FA Sent")]  # the name is another stage's by now
    assert len(rows(engine, tenant, PipelineStage)) == 5
