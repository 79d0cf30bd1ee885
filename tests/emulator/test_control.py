import json

import pytest

from emulator import Emulator
from emulator.control import control
from emulator.exchange import Request
from tests.emulator.conftest import TOKEN, Caller


def test_faults_are_switched_from_another_process(caller: Caller) -> None:
    fault = {"fault": "http_500", "call": "read_user_list", "account": "First", "times": 5}
    assert caller.request("POST", "/_control/faults", body=fault).json == {"ok": True}
    assert caller.get("read_user_list").status == 500
    assert caller.get("read_lead_source_list").status == 200
    caller.request("DELETE", "/_control/faults")
    assert caller.get("read_user_list").status == 200


def test_the_data_moves_on_and_the_truth_is_told(emulator: Emulator, caller: Caller) -> None:
    before = caller.request("GET", "/_control/truth?account=First").json
    assert before == json.loads(json.dumps(emulator.account("CT_first").truth()))
    caller.request("POST", "/_control/advance", body={"account": "First", "steps": 2})
    assert caller.request("GET", "/_control/truth?account=First").json["steps"] == 2
    assert emulator.account("CT_second").steps == 0
    caller.request("POST", "/_control/advance")
    assert emulator.account("CT_second").steps == 1


def test_the_log_is_told_without_secrets(caller: Caller) -> None:
    caller.get("read_client_list", limit=10, offset=20)
    answer = caller.request("GET", "/_control/requests")
    assert [(seen["call"], seen["offset"], seen["account"]) for seen in answer.json] == [
        ("read_client_list", 20, "First")
    ]
    assert TOKEN.encode() not in answer.body
    caller.request("DELETE", "/_control/requests")
    assert caller.request("GET", "/_control/requests").json == []


def test_the_token_is_rotated(caller: Caller) -> None:
    caller.request("POST", "/_control/rotate-token", body={"token": "new"})
    assert caller.get("read_user_list").status == 401


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("faults", {"fault": "earthquake"}, 400),
        ("faults", {"fault": "http_500", "account": "Nobody"}, 400),
        ("faults", {"fault": "http_500", "where": "here"}, 400),
        ("faults", ["http_500"], 400),
        ("advance", {"account": "First", "steps": "many"}, 400),
        ("rotate-token", {}, 400),
        ("lights", {}, 404),
    ],
    ids=str,
)
def test_bad_switches_say_why(caller: Caller, path: str, body: object, status: int) -> None:
    answer = caller.request("POST", f"/_control/{path}", body=body)
    assert answer.status == status
    assert answer.json["error"]


def test_only_this_machine_may_turn_switches(emulator: Emulator) -> None:
    stranger = Request("GET", "/_control/requests", {}, b"", "10.1.2.3", 5000)
    assert control(emulator._state, stranger).status == 403
