from typing import Any

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
        assert sum(map(len, truth.notes.values())) != notes
        assert ids(truth.events, "event_id") - events
        owners = {str(row.get("client_id", row.get("contact_id"))) for row in truth.opportunities}
        assert owners <= after, "a contact that is gone takes its deals along"
        assert truth.notes.keys() <= after
        assert len(after) == len(truth.contacts), "ids stay unique"


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
