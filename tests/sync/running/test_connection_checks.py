"""What "Test connection" says: whether the key opens an account, whose it is, and what of it is not understood."""

from __future__ import annotations

from typing import Any

import pytest

from database import AgencySession
from emulator import AccountPlan, Fault
from models import CheckOutcome, ConnectionCheck
from sync.mapping.field_file import NO_FIELD_FILE
from sync.running.connection_checks import answer_check, waiting_checks
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import SyncWorld

KEY = "CT_checked_key"


@pytest.fixture
def world(make_world: MakeWorld) -> SyncWorld:
    return make_world(AccountPlan(name="A", web_key=KEY, seed=5, contacts=30, events=0))


def check(world: SyncWorld, web_key: str = KEY) -> dict[str, Any]:
    """Ask for a test as the agency does, have it answered, and return the answer."""
    with AgencySession(world.engine) as session:
        session.add(ConnectionCheck(web_key_encrypted=world.cipher.encrypt(web_key)))
        session.commit()
    (check_id,) = waiting_checks(world.engine)
    answer_check(world.engine, world.settings, NO_FIELD_FILE, check_id)
    return next(row for row in world.rows(ConnectionCheck) if row["id"] == check_id)


def test_a_documented_account_works_and_is_understood(world: SyncWorld) -> None:
    answer = check(world)
    assert (answer["outcome"], answer["contacts"], answer["web_key_encrypted"]) == (CheckOutcome.WORKS, 30, "")
    assert answer["message"].startswith("The connection works: 30 contacts, in the account of ")
    assert answer["message"].endswith("Every field that the dashboards count on is understood.")


def test_what_is_not_understood_is_said_in_short(world: SyncWorld) -> None:
    account = world.emulator.account(KEY)
    for contact in account.contacts:
        contact["origin"] = contact.pop("clients_lead_source")
    for deal in account.opportunities:
        deal["deal_no"] = deal.pop("opportunity_id")
    world.emulator.set_fault(Fault.HTTP_500, "read_all_events")
    message = check(world)["message"]
    assert "leads: lead source" in message
    assert "pipeline items: id" in message
    assert "scheduled activities did not answer" in message
    assert KEY not in message


def test_a_refused_key_is_refused(world: SyncWorld) -> None:
    assert check(world, "CT_no_such_key")["outcome"] == CheckOutcome.REFUSED
