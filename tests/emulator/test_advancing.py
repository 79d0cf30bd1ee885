from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from emulator import Account, AccountPlan, Emulator
from emulator.advancing import advance
from tests.emulator.conftest import NOW, TOKEN, Caller, plans


def ids(rows: list[dict[str, Any]], key: str) -> set[str]:
    return {row[key] for row in rows}


def test_a_step_brings_takes_and_moves() -> None:
    for plan in plans():
        truth = Account(plan, lambda: NOW)
        clients = ids(truth.contacts, "client_id")
        stages = {row["opportunity_id"]: row["contact_sales_cycle"] for row in truth.opportunities}
        notes = sum(map(len, truth.notes.values()))
        events = ids(truth.events, "event_id")
        for _ in range(5):
            advance(truth)
        after = ids(truth.contacts, "client_id")
        assert 5 <= len(after - clients) <= 15
        assert 1 <= len(clients - after) <= 5
        moved = [row for row in truth.opportunities if row["contact_sales_cycle"] != stages.get(row["opportunity_id"])]
        assert len([row for row in moved if row["opportunity_id"] in stages]) >= 5
        in_stage = Counter(row["clients_sales_cycle"].strip().casefold() for row in truth.contacts)
        assert max(in_stage.values()) == in_stage[truth.scene().pipeline.active[1].name.casefold()]
        assert sum(map(len, truth.notes.values())) != notes
        assert ids(truth.events, "event_id") - events
        owners = {str(row.get("client_id", row.get("contact_id"))) for row in truth.opportunities}
        assert owners <= after, "a contact that is gone takes its deals along"
        assert truth.notes.keys() <= after
        assert len(after) == len(truth.contacts), "ids stay unique"


def test_days_of_steps_keep_the_board_its_shape_and_the_calendar_filled() -> None:
    for plan in plans():
        clock = iter(NOW + timedelta(minutes=20 * step) for step in range(2_000))
        truth = Account(plan, lambda: NOW)
        for _ in range(1_500):
            last = next(clock)
            advance(truth, last)
        assert plan.contacts <= len(truth.contacts) <= plan.contacts * 1.3
        board = Counter(row["clients_sales_cycle"].strip().casefold() for row in truth.contacts)
        columns = [stage.name.casefold() for stage in truth.scene().pipeline.active]
        assert board[columns[0]] < 0.2 * len(truth.contacts)
        assert sum(board[column] for column in columns) > 0.4 * len(truth.contacts)
        hot = [stage.name.casefold() for stage in truth.scene().pipeline.prospects if stage.likelihood >= 40]
        prospects = [row for row in truth.opportunities if str(row["contact_type"]) == "1"]
        assert 3 <= sum(row["contact_sales_cycle"].strip().casefold() in hot for row in prospects) <= 60
        now = last.astimezone(ZoneInfo(plan.timezone)).replace(tzinfo=None).isoformat(" ")
        key = "start_date" if "start_date" in truth.events[0] else "scheduled_at"
        assert sum(row[key] > now for row in truth.events) >= 14


def test_a_restart_goes_on_from_where_the_data_was(tmp_path: Path) -> None:
    memory = tmp_path / "new folder" / "steps"
    clock = iter(NOW + timedelta(minutes=step) for step in range(1_000))

    def begun() -> Emulator:
        return Emulator(plans(), access_token=TOKEN, now=lambda: next(clock), memory=memory)

    with begun() as emulator:
        emulator.advance("CT_first", steps=4)
        before = [account.truth() for account in emulator.accounts]
    with memory.open("a") as file:
        file.write("cut sho")
    with begun() as emulator:
        assert [account.truth() for account in emulator.accounts] == before
        emulator.advance("CT_first")
        after = emulator.account("CT_first").truth()
    assert after != before[0]
    assert "CT_first" not in memory.read_text()


@pytest.mark.parametrize("day", range(7))
def test_the_calendar_fills_on_any_day_of_the_week(day: int) -> None:
    plan = AccountPlan(name="Week", web_key="CT_week", contacts=20, events=200)
    truth = Account(plan, lambda: NOW + timedelta(days=day))
    starts = [datetime.fromisoformat(row["start_date"]) for row in truth.events]
    assert len(starts) == 200
    assert sum(start.weekday() > 4 for start in starts) <= 4, "but for today and tomorrow, only working days"


def test_many_steps_wear_nothing_out() -> None:
    truth = Account(AccountPlan(name="Tiny", web_key="CT_tiny", contacts=3), lambda: NOW)
    for _ in range(300):
        advance(truth)
    assert truth.contacts
    assert len(ids(truth.contacts, "client_id")) == len(truth.contacts)
    assert len(ids(truth.events, "event_id")) == len(truth.events)


def test_what_advances_is_served_at_once_even_when_pages_are_kept() -> None:
    with Emulator(plans(), access_token=TOKEN, now=NOW, keep_pages=True) as emulator:
        caller = Caller(emulator)
        before = caller.pull("read_client_list")
        assert before == emulator.account("CT_first").contacts
        emulator.advance("CT_first", steps=2)
        after = caller.pull("read_client_list")
        assert after == emulator.account("CT_first").contacts
        assert after != before
        with emulator.account("CT_first").changing():
            emulator.account("CT_first").contacts[0]["firstName"] = "Changed"
        assert caller.pull("read_client_list")[0]["firstName"] == "Changed"
