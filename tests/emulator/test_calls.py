import http.client
from typing import Any

import pytest

from emulator import AccountPlan, Emulator
from tests.emulator.conftest import NOW, TOKEN, Caller, plans

ALL_CALLS = (
    "read_client_list",
    "read_opportunity_list",
    "read_sales_cycle_list",
    "read_lead_source_list",
    "read_user_list",
    "read_action_plan_list",
    "read_all_events",
)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"X-Access-Token": TOKEN}, 403),
        ({"X-Web-Key": "CT_first"}, 403),
        ({"X-Access-Token": "old", "X-Web-Key": "CT_first"}, 401),
        ({"X-Access-Token": TOKEN, "X-Web-Key": "CT_nobody"}, 403),
    ],
    ids=str,
)
@pytest.mark.parametrize("call", ALL_CALLS)
def test_both_headers_are_checked_on_every_call(
    caller: Caller, call: str, headers: dict[str, str], status: int
) -> None:
    answer = caller.get(call, headers=headers)
    assert answer.status == status
    assert b'"data"' not in answer.body


def test_a_rotated_token_shuts_out_the_old_one(emulator: Emulator, caller: Caller) -> None:
    assert caller.get("read_user_list").status == 200
    emulator.rotate_token("new")
    assert caller.get("read_user_list").status == 401
    assert Caller(emulator, token="new").get("read_user_list").status == 200


@pytest.mark.parametrize("web_key", ["CT_first", "CT_second"])
def test_every_list_is_served_whole_and_each_account_gets_its_own(emulator: Emulator, web_key: str) -> None:
    caller, truth = Caller(emulator, web_key), emulator.account(web_key)
    assert caller.pull("read_client_list") == truth.contacts
    assert caller.pull("read_opportunity_list") == truth.opportunities
    assert caller.pull("read_all_events") == truth.events
    assert caller.get("read_sales_cycle_list").rows == truth.stages
    assert caller.get("read_lead_source_list").rows == truth.lead_sources
    assert caller.get("read_user_list").rows == truth.users
    for client_id, notes in list(truth.notes.items())[:5]:
        assert caller.get(f"read_client_history_notes/{client_id}").rows == notes


def test_offset_is_a_row_number_and_a_page_has_at_most_100(emulator: Emulator, caller: Caller) -> None:
    contacts = emulator.account("CT_first").contacts
    assert caller.get("read_client_list", limit=1000, offset=0).rows == contacts[:100]
    assert caller.get("read_client_list").rows == contacts[:100]
    assert caller.get("read_client_list", limit=7, offset=3).rows == contacts[3:10]
    assert caller.get("read_client_list", limit=100, offset=250).rows == contacts[250:]
    beyond = caller.get("read_client_list", limit=100, offset=288)
    assert (beyond.status, beyond.json["ResultCode"]) == (200, "CT_515")
    assert "data" not in beyond.json


def test_both_spellings_and_all_ways_of_telling_the_total_occur(caller: Caller) -> None:
    clients, deals = caller.get("read_client_list").json, caller.get("read_opportunity_list").json
    assert (clients["ResultCode"], clients["TotalRecord"]) == ("CT_200", 288)
    assert (deals["resultCode"], deals["TotalRecord"]) == ("CT200", "216")
    assert "TotalRecord" not in caller.get("read_user_list").json


def test_wire_formats(emulator: Emulator) -> None:
    for web_key in ("CT_first", "CT_second"):
        rows = Caller(emulator, web_key).pull("read_client_list")
        assert all(isinstance(row["client_id"], str) and row["client_id"].isdecimal() for row in rows)
        assert {type(row["deal_size"]) for row in rows} == {str, type(None)}
        assert any(row["assigned_user"] and row["assigned_user"].startswith("{") for row in rows)
        assert any(row["assigned_user"] and not row["assigned_user"].startswith("{") for row in rows)


def test_action_plans_are_nested_two_levels(emulator: Emulator) -> None:
    first = Caller(emulator).get("read_action_plan_list").json["data"]
    second = Caller(emulator, "CT_second").get("read_action_plan_list").json["data"]
    assert isinstance(first, list)
    assert isinstance(second, dict)
    for lists in (first, list(second.values())):
        assert all(row["action_plan_name"] for rows in lists for row in rows)


def test_events_are_chosen_by_date_and_kind(emulator: Emulator, caller: Caller) -> None:
    events = emulator.account("CT_first").events

    def expected(first: str, last: str) -> list[dict[str, Any]]:
        return [row for row in events if first <= row["start_date"] <= last and row["event_category"] == "appt"]

    window: dict[str, Any] = {
        "from_date": "2026-06-18 00:00:00",
        "end_date": "2026-06-25 23:59:59",
        "event_type": "appt",
    }
    sent = caller.get("read_all_events", **window).rows
    assert sent == expected(window["from_date"], window["end_date"])
    assert 0 < len(sent) < len(events)
    assert caller.get("read_all_events", **window, limit=3, offset=2).rows == sent[2:5]
    by_day = caller.get("read_all_events", from_date="2026-06-18", end_date="2026-06-25", event_type="appt").rows
    assert by_day == sent
    assert {row["event_category"] for row in caller.pull("read_all_events")} == {"appt", "task"}


def test_one_contact_by_id(emulator: Emulator, caller: Caller) -> None:
    contact = emulator.account("CT_first").contacts[4]
    assert caller.get(f"read_client_by_id/{contact['client_id']}").rows == [contact]
    assert caller.get("read_client_by_id/1").json["resultCode"] == "CT515"


def test_a_contact_without_notes_has_none(emulator: Emulator) -> None:
    for web_key in ("CT_first", "CT_second"):
        truth = emulator.account(web_key)
        without = next(row["client_id"] for row in truth.contacts if row["client_id"] not in truth.notes)
        answer = Caller(emulator, web_key).get(f"read_client_history_notes/{without}").json
        assert not answer.get("data")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("read_client_history_notes", "CT_501"),
        ("read_client_list?limit=many", "CT_400"),
        ("read_client_list?offset=-1", "CT_400"),
        ("read_all_events?from_date=yesterday", "CT400"),
        ("read_everything", "CT_404"),
    ],
)
def test_bad_questions_are_answered_in_the_body(caller: Caller, path: str, code: str) -> None:
    answer = caller.get(path)
    body = answer.json
    assert answer.status == 200
    assert body.get("ResultCode", body.get("resultCode")) == code


def test_an_account_may_not_offer_events() -> None:
    plan = AccountPlan(name="Plain", web_key="CT_plain", contacts=5, offers_events=False)
    with Emulator([plan], access_token=TOKEN, now=NOW) as emulator:
        assert Caller(emulator, "CT_plain").get("read_all_events").json["ResultCode"] == "CT_404"


def test_nothing_is_ever_written(emulator: Emulator, caller: Caller) -> None:
    assert caller.request("POST", "/v2/api/create_client", body={"firstName": "X"}).status == 405
    assert [seen.method for seen in emulator.requests] == ["POST"]


def test_connections_are_kept_alive(emulator: Emulator) -> None:
    caller = Caller(emulator)
    connection = http.client.HTTPConnection(emulator.url.split("/")[2], timeout=60)
    connection.request("GET", "/v2/api/read_user_list", headers=caller.headers)
    connection.getresponse().read()
    first = connection.sock
    for _ in range(3):
        connection.request("GET", "/v2/api/read_sales_cycle_list", headers=caller.headers)
        assert connection.getresponse().read()
    assert connection.sock is first, "the server did not hang up in between"
    connection.close()


def test_requests_are_noted_without_secrets(emulator: Emulator, caller: Caller) -> None:
    caller.get("read_client_list", limit=50, offset=100)
    (seen,) = emulator.requests
    assert (seen.call, seen.offset, seen.limit, seen.account, seen.status) == (
        "read_client_list",
        100,
        50,
        "First",
        200,
    )
    assert (seen.at, seen.in_flight, seen.carried_secrets) == (NOW, 1, True)
    assert TOKEN not in repr(seen)
    assert "CT_first" not in repr(seen)
    emulator.clear_requests()
    assert emulator.requests == []


def test_accounts_must_differ() -> None:
    twice = [plans()[0], plans()[0]]
    with pytest.raises(ValueError, match="of its own"):
        Emulator(twice, access_token=TOKEN)


def test_one_that_was_never_started_can_be_closed() -> None:
    emulator = Emulator(plans(), access_token=TOKEN)
    emulator.close()
    emulator.close()
