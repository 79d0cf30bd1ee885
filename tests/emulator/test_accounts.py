import re
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from emulator import Account, AccountPlan, CustomFields, Dialect, StageSet, plan_in_turn
from emulator.stages import share_out
from tests.emulator.conftest import NOW, plans

FIRST, SECOND = plans()
LISTS = ("contacts", "opportunities", "stages", "users", "lead_sources", "action_plans", "notes", "events")


def account(plan: AccountPlan) -> Account:
    return Account(plan, lambda: NOW)


def stage_key(name: str) -> str:
    return name.strip().casefold()


def likelihoods(truth: Account) -> dict[str, int]:
    rows = [row for row in truth.stages if row["contact_type"] == "1" and row["sales_cycle_active_status"] == "1"]
    return {stage_key(row["sales_cycle_name"]): int(row["likelihood_to_close"].strip("%")) for row in rows}


def money(value: Any) -> Decimal:
    return Decimal(re.sub(r"[$,]", "", value or "") or 0)


def prospects(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if str(row["contact_type"]) == "1"]


@pytest.mark.parametrize("plan", [FIRST, SECOND], ids=lambda plan: plan.name)
def test_the_same_plan_makes_the_same_data(plan: AccountPlan) -> None:
    first, other = account(plan), account(plan)
    for _ in range(3):
        assert first.truth() == other.truth()
        from emulator.advancing import advance

        advance(first)
        advance(other)


def test_another_seed_makes_other_data() -> None:
    first, other = account(FIRST), account(replace(FIRST, seed=8))
    assert [row["firstName"] for row in first.contacts] != [row["firstName"] for row in other.contacts]


def test_the_board_is_that_of_a_real_account() -> None:
    truth = account(FIRST)
    board = Counter(stage_key(row["clients_sales_cycle"]) for row in prospects(truth.contacts))
    active = {"", *likelihoods(truth)}
    assert len(truth.contacts) == 288
    assert board["outbound call"] == 113
    assert sum(count for stage, count in board.items() if stage in active) == 200
    assert board[""] > 0, "somebody is in the virtual New Lead"
    assert len({str(row["contact_type"]) for row in truth.contacts}) == 5
    sizes = [money(row["deal_size"]) for row in truth.opportunities]
    assert sum(size == 0 for size in sizes) > len(sizes) * 0.8


@pytest.mark.parametrize("plan", [FIRST, SECOND], ids=lambda plan: plan.name)
def test_the_hot_list_is_filled(plan: AccountPlan) -> None:
    truth = account(plan)
    hot = {stage for stage, likelihood in likelihoods(truth).items() if likelihood >= 40}
    deals = [row for row in prospects(truth.opportunities) if stage_key(row["contact_sales_cycle"]) in hot]
    assert 8 <= sum(money(row["deal_size"]) > 0 for row in deals) <= 15
    assert any(money(row["deal_size"]) == 0 for row in deals), "some that are far along have no fee yet"


def test_brands_differ_in_stage_names() -> None:
    names = [{row["sales_cycle_name"] for row in account(plan).stages} for plan in (FIRST, SECOND)]
    assert "FA Signed" in names[0]
    assert not {"FA Signed", "Deal Structure", "QR Sent"} & names[1]
    assert 100 in likelihoods(account(SECOND)).values()


def test_new_lead_is_never_listed_and_a_name_can_belong_to_two_types() -> None:
    for plan in (FIRST, SECOND):
        rows = account(plan).stages
        assert not any(stage_key(row["sales_cycle_name"]) in ("", "new lead") for row in rows)
        types = Counter(row["sales_cycle_name"] for row in rows)
        assert max(types.values()) > 1
        assert len({row["sales_cycle_id"] for row in rows}) == len(rows)


def test_ids_are_unique_and_records_point_at_contacts() -> None:
    for plan in (FIRST, SECOND):
        truth = account(plan)
        clients = {row["client_id"] for row in truth.contacts}
        assert len(clients) == len(truth.contacts)
        assert len({row["opportunity_id"] for row in truth.opportunities}) == len(truth.opportunities)
        assert {str(row.get("client_id", row.get("contact_id"))) for row in truth.opportunities} <= clients
        assert truth.notes.keys() <= clients
        assert len({row["event_id"] for row in truth.events}) == len(truth.events)


def test_some_contacts_have_several_deals_and_some_none() -> None:
    truth = account(FIRST)
    deals = Counter(row["client_id"] for row in truth.opportunities)
    assert max(deals.values()) > 1
    assert len(deals) < len(truth.contacts)


def test_dates_reach_back_eighteen_months_and_never_ahead() -> None:
    truth = account(FIRST)
    now = NOW.astimezone(ZoneInfo(FIRST.timezone)).replace(tzinfo=None)
    wire = re.compile(r"(?!0000)\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
    created = [datetime.fromisoformat(row["created"]) for row in truth.contacts if wire.fullmatch(row["created"])]
    assert len(created) > 250
    assert len(created) < len(truth.contacts), "some rows write their date in another form"
    assert max(created) <= now
    assert 400 < (now - min(created)).days <= 549
    assert 8 < sum(now - moment < timedelta(days=7) for moment in created) < 60
    for row in truth.contacts:
        assert datetime.fromisoformat(row["last_modified_date"]) <= now


def test_events_fill_the_coming_three_weeks_from_today_on() -> None:
    for plan in (FIRST, SECOND):
        truth = account(plan)
        now = NOW.astimezone(ZoneInfo(plan.timezone)).replace(tzinfo=None)
        key = "start_date" if plan.dialect is Dialect.FIRST else "scheduled_at"
        starts = [datetime.fromisoformat(row[key]) for row in truth.events]
        coming = [start for start in starts if start > now]
        assert len(coming) >= 30
        assert {now.date(), now.date() + timedelta(days=1)} <= {start.date() for start in coming}
        assert max(coming) < now + timedelta(days=22)


def test_hostile_and_odd_values_are_there() -> None:
    for plan in (FIRST, SECOND):
        truth = account(plan)
        values = repr([truth.contacts, truth.notes])
        for piece in (
            "<script>",
            "onerror=",
            "No Name",
            "<ul>",
            '{"first_name"',
            "=Equal Partners LLC",
            "deal_size': None",
        ):
            assert piece in values
        sources = {row["clients_lead_source"] for row in truth.contacts}
        listed = {row["lead_source_name"] for row in truth.lead_sources}
        assert sources - listed, "hands write sources in other ways than the list"
        assert {name.strip().casefold() for name in sources if name.strip()} <= {name.casefold() for name in listed}


def test_accounts_differ_in_field_names_and_custom_fields() -> None:
    first, second = account(FIRST), account(SECOND)
    notes = [next(iter(truth.notes.values()))[0].keys() for truth in (first, second)]
    assert {"note_id", "note", "user_name", "created", "type"} <= notes[0]
    assert {"history_id", "content", "created_by", "date_added", "note_type"} <= notes[1]
    assert {"market", "units"} <= first.opportunities[0].keys()
    assert {"territory", "units"} <= second.opportunities[0].keys()
    assert any(row["odds"] for row in second.opportunities)
    assert not any("odds" in row for row in first.opportunities)


@pytest.mark.parametrize("contacts", [0, 1, 2, 17, 100])
@pytest.mark.parametrize("custom_fields", list(CustomFields))
@pytest.mark.parametrize("stage_set", list(StageSet))
def test_small_accounts_are_whole_too(contacts: int, custom_fields: CustomFields, stage_set: StageSet) -> None:
    plan = AccountPlan(
        name="Small", web_key="CT_small", contacts=contacts, custom_fields=custom_fields, stage_set=stage_set
    )
    truth = account(plan)
    assert len(truth.contacts) == contacts
    assert len(truth.events) > 0


def test_volumes_are_exact() -> None:
    plan = AccountPlan(
        name="Big",
        web_key="CT_big",
        contacts=3_000,
        opportunities=4_000,
        notes=2_000,
        noted_contacts=300,
        events=700,
    )
    truth = account(plan)
    assert (len(truth.contacts), len(truth.opportunities), len(truth.events)) == (3_000, 4_000, 700)
    assert len(truth.notes) == 300
    assert sum(map(len, truth.notes.values())) == 2_000
    now = NOW.astimezone(ZoneInfo(plan.timezone)).replace(tzinfo=None)
    assert all(now < datetime.fromisoformat(row["start_date"]) for row in truth.events)


@pytest.mark.parametrize(
    "wrong",
    [{"timezone": "Mars/Olympus"}, {"contacts": -1}, {"name": ""}, {"contacts": 0, "notes": 5}],
    ids=str,
)
def test_impossible_plans_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="account"):
        AccountPlan(**({"name": "A", "web_key": "CT_a"} | wrong))


@pytest.mark.parametrize(("weights", "count"), [((1, 1, 1), 10), ((113, 1), 7), ((5,), 3), ((2, 3), 0)])
def test_shares_add_up(weights: tuple[int, ...], count: int) -> None:
    assert sum(share_out(weights, count)) == count


def test_neighbours_in_turn_differ() -> None:
    first, second = plan_in_turn(0, name="A", web_key="a"), plan_in_turn(1, name="B", web_key="b")
    assert (first.stage_set, first.dialect, first.timezone) != (second.stage_set, second.dialect, second.timezone)
