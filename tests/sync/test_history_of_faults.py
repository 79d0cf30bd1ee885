"""The end state depends on the last whole pull alone, whatever went wrong before it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from emulator import AccountPlan, Fault
from models import NoteReading, RunStatus
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import DATA, SyncWorld

KEY, CONTROL = "CT_tried_key", "CT_control_key"
TROUBLES = st.sampled_from(
    [
        None,
        Fault.HTTP_500,
        Fault.SHORT_PAGE,
        Fault.TRUNCATED_BODY,
        Fault.HTML_INSTEAD_OF_JSON,
        Fault.UNREADABLE_ROWS,
        Fault.DUPLICATE_ROWS,
        Fault.HTTP_401,
        Fault.UNKNOWN_CALL,
    ]
)
STEPS = st.lists(st.tuples(st.integers(0, 1), TROUBLES), min_size=1, max_size=3)


def test_the_end_state_is_that_of_a_brand_that_saw_no_fault(make_world: MakeWorld) -> None:
    plans = [AccountPlan(name=key, web_key=key, seed=9, contacts=16) for key in (KEY, CONTROL)]
    world = make_world(*plans, sync_notes_budget=100, sync_retry_attempts=1)
    numbers = iter(range(10_000))

    @settings(max_examples=3, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def check(steps: list[tuple[int, Fault | None]]) -> None:
        number = next(numbers)
        tried = world.add_brand(KEY, f"tried-{number}")
        for moves, trouble in steps:
            world.clock.now += timedelta(minutes=1)  # what is changed upstream bears another time than before
            for key in (KEY, CONTROL):
                world.emulator.advance(key, steps=moves)
            if trouble is not None:
                for call in ("read_client_list", "read_opportunity_list", "read_sales_cycle_list"):
                    world.emulator.set_fault(trouble, call, KEY)
            world.sync(f"tried-{number}")
            world.emulator.clear_faults()
        assert world.sync(f"tried-{number}") is RunStatus.SUCCESS
        untroubled = world.add_brand(CONTROL, f"untroubled-{number}")
        assert world.sync(f"untroubled-{number}") is RunStatus.SUCCESS
        now, right = world.tables(tried, removed=False), world.tables(untroubled, removed=False)
        for name in ("pipeline_stages", "leads", "pipeline_items", "hot_list_items", "notes", "scheduled_activities"):
            assert now[name] == right[name], name

        rows = _all_rows(world, tried)
        assert world.sync(f"tried-{number}") is RunStatus.SUCCESS
        assert _all_rows(world, tried) == rows

    check()


def _all_rows(world: SyncWorld, tenant: int) -> list[object]:
    return [world.rows(model, tenant) for model in DATA]


@pytest.mark.parametrize("change", ["rules", "timezone"])
def test_the_same_answers_are_read_anew_by_other_rules(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    world = make_world(AccountPlan(name="A", web_key=KEY, seed=9, contacts=24), sync_notes_budget=100)
    tenant = world.add_brand(KEY, "brand")
    world.sync("brand")
    first = {row["client_id"]: row["run_id"] for row in world.rows(NoteReading, tenant)}
    if change == "rules":
        monkeypatch.setattr("sync.mapping.rules._RULES", b"other rules")
    else:
        world.change_brand("brand", timezone="Asia/Tokyo")
    world.sync("brand")
    again = {row["client_id"]: row["run_id"] for row in world.rows(NoteReading, tenant)}
    latest = world.runs(tenant)[-1]["run_id"]
    assert latest in again.values()
    assert {client for client, run in again.items() if run != first[client]} == {
        client for client, run in again.items() if run == latest
    }
