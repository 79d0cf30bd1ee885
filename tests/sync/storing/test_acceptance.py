"""What someone accepts while a sync is under way: it is not overwritten by what the sync knew when it began."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from call_habits import CallHabits
from database import brand_transaction
from models import CallHabit, FieldState, Resource, ResourceField
from sync.mapping.records import KINDS
from sync.reading.habits import remembered_habits
from sync.storing.fields import record_fields, report_fields
from sync.tables import table_of

LEADS = Resource.LEADS
FIELDS, HABITS = table_of(ResourceField), table_of(CallHabit)
FILLED = {"firstName": "Pat", "lastName": "Fox", "contact_type": "1", "clients_sales_cycle": "QR Sent"}


def land(engine: Engine, tenant: int, row: dict[str, Any], *, meanwhile: FieldState | None = None) -> FieldState:
    """Judge 20 rows and write down how their fields stand; `meanwhile` is what someone makes of `created`."""
    reading = KINDS[LEADS].reading()
    KINDS[LEADS].read_rows([(str(number), row) for number in range(20)], reading)
    with brand_transaction(engine, tenant) as connection:
        reports = report_fields(connection, tenant, LEADS, reading)
    with brand_transaction(engine, tenant) as connection:
        if meanwhile is not None:
            connection.execute(update(FIELDS).where(FIELDS.c.field == "created").values(state=meanwhile))
        record_fields(connection, tenant, LEADS, reports)
        return FieldState(connection.execute(select(FIELDS.c.state).where(FIELDS.c.field == "created")).scalar_one())


def test_a_field_accepted_while_its_resource_lands_stays_accepted(engine: Engine, tenant: int) -> None:
    assert land(engine, tenant, FILLED) is FieldState.EMPTY
    assert land(engine, tenant, FILLED, meanwhile=FieldState.ACCEPTED) is FieldState.ACCEPTED
    assert land(engine, tenant, FILLED) is FieldState.ACCEPTED
    dated = FILLED | {"created": "2026-03-01 10:00:00"}
    assert land(engine, tenant, dated, meanwhile=FieldState.ACCEPTED) is FieldState.FILLED


def test_a_total_accepted_while_its_list_is_read_stays_accepted(engine: Engine, tenant: int) -> None:
    lease: Any = SimpleNamespace(tenant_id=tenant, hold=lambda _connection: None)
    with brand_transaction(engine, tenant) as connection:
        connection.execute(insert(HABITS).values(tenant_id=tenant, call="list", surplus=7, surplus_runs=3))
    memory = remembered_habits(engine, lease, "list")
    with brand_transaction(engine, tenant) as connection:
        connection.execute(update(HABITS).values(accepted_surplus=7))
    memory.keep(memory.known.with_surplus(7))
    kept = remembered_habits(engine, lease, "list").known
    assert (kept.accepted_surplus, kept.surplus_runs) == (7, 4)
    remembered_habits(engine, lease, "list").keep(replace(kept, accepted_surplus=9))
    assert remembered_habits(engine, lease, "list").known == replace(kept, accepted_surplus=9)


@pytest.mark.parametrize(
    ("habits", "words"),
    [
        (CallHabits(), "pages of up to 0 records; no total to go by yet"),
        (CallHabits(page_length=50, totals_right_runs=4), "pages of up to 50 records; its total counts the list"),
        (CallHabits(ignores_paging=True, page_length=230, totals_wrong_runs=1), "is not believed"),
        (
            CallHabits(page_length=100, surplus=1200, surplus_runs=2),
            "its total is 1,200 above what arrives, for 2 runs",
        ),
        (CallHabits(totals_right_runs=1, accepted_surplus=7), "counts the list (a difference of 7 is accepted)"),
    ],
)
def test_what_a_call_has_taught_reads_as_a_line(habits: CallHabits, words: str) -> None:
    assert words in habits.in_words
