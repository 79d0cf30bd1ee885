"""Dialects that no client was made for: each quirk can be felt, and none of them changes what is true."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import pytest

from emulator import DIALECTS, AccountPlan, Emulator, Quirk
from emulator.__main__ import _parser, _plans
from tests.emulator.conftest import NOW, TOKEN, Answer, Caller

KEY = "CT_first"
CALLS = ("read_client_list", "read_opportunity_list", "read_sales_cycle_list", "read_all_events")


@pytest.fixture
def own() -> Any:
    plan = AccountPlan(name="Own", web_key=KEY, seed=7, contacts=130)
    with Emulator([plan], access_token=TOKEN, now=NOW) as running:
        yield running


def everything(caller: Caller, own: Emulator) -> list[tuple[int, dict[str, str], bytes]]:
    """All that the account answers, calls for which nothing is known and a page behind the end included."""
    noted = next(client for client, notes in own.account(KEY).notes.items() if len(notes) > 2)
    calls: list[tuple[str, dict[str, Any]]] = [(call, {"limit": 100, "offset": 0}) for call in CALLS]
    calls += [("read_client_list", {"limit": 100, "offset": offset}) for offset in (1, 100, 900)]
    calls += [("read_client_list", {"per_page": 10, "from_row": 5}), (f"read_client_history_notes/{noted}", {})]
    answers = [caller.get(call, **parameters) for call, parameters in calls]
    return [(answer.status, answer.headers, answer.body) for answer in answers]


@pytest.mark.parametrize("quirk", list(Quirk))
def test_each_quirk_is_felt_and_leaves_the_truth_alone(own: Emulator, quirk: Quirk) -> None:
    caller = Caller(own)
    before, truth = everything(caller, own), json.dumps(own.account(KEY).truth())
    own.set_quirks(KEY, quirk)
    assert everything(caller, own) != before
    own.set_quirks(KEY)
    assert everything(caller, own) == before
    assert json.dumps(own.account(KEY).truth()) == truth


def rows(answer: Answer) -> list[Any]:
    charset = "latin-1" if "8859" in answer.headers["Content-Type"] else "utf-8-sig"
    text = answer.body.decode(charset)
    envelope = json.loads(text[text.index("{") :] if text.startswith("<br />") else text, strict=False)
    return envelope if isinstance(envelope, list) else envelope.get("data", envelope.get("result", []))


@pytest.mark.parametrize("dialect", sorted(DIALECTS.keys() - {"careless"}))
def test_a_dialect_loses_no_record(own: Emulator, dialect: str) -> None:
    caller = Caller(own)
    own.set_quirks(KEY, dialect)
    quirks = own.account(KEY).quirks
    length = 50 if Quirk.PAGE_CAP_50 in quirks else 100
    pages = range(0, 200, length)
    starts = [start // 100 for start in pages] if Quirk.OFFSET_IN_PAGES in quirks else list(pages)
    answers = [caller.get("read_client_list", limit=100, offset=start) for start in starts]
    read = [json.dumps(row) for answer in answers if answer.status == 200 for row in rows(answer)]
    assert len(set(read)) == len(own.account(KEY).contacts)


@pytest.mark.parametrize(
    ("quirk", "call", "piece"),
    [
        (Quirk.SNAKE_CASE, "read_client_list", b'"first_name":'),
        (Quirk.CAMEL_CASE, "read_sales_cycle_list", b'"salesCycleName":'),
        (Quirk.OWN_NAMES, "read_opportunity_list", b'"deal_no":'),
        (Quirk.NESTED_NAMES, "read_client_list", b'"name":{"first":'),
        (Quirk.TYPE_WORDS, "read_client_list", b'"contact_type":"Prospect"'),
        (Quirk.LIKELIHOOD_FRACTIONS, "read_sales_cycle_list", b'"likelihood_to_close":"0.95"'),
        (Quirk.ACTIVE_WORDS, "read_sales_cycle_list", b'"sales_cycle_active_status":"Yes"'),
        (Quirk.ZERO_DATES, "read_client_list", b'"created":"0000-00-00 00:00:00"'),
        (Quirk.ALL_DAY_EVENTS, "read_all_events", b'"all_day":"1"'),
        (Quirk.TOTAL_ZERO, "read_opportunity_list", b'"TotalRecord":"0"'),
        (Quirk.SUCCESS_ENVELOPE, "read_client_list", b'{"success":true,"result":['),
        (Quirk.STATUS_ENVELOPE, "read_client_list", b'{"status":"ok","response":{"rows":['),
        (Quirk.BARE_LISTS, "read_client_list", b'[{"client_id"'),
        (Quirk.BOM, "read_client_list", b"\xef\xbb\xbf{"),
    ],
)
def test_what_a_quirk_looks_like(own: Emulator, quirk: Quirk, call: str, piece: bytes) -> None:
    own.set_quirks(KEY, quirk)
    assert piece in Caller(own).get(call, limit=100).body


def test_values_are_written_otherwise_and_mean_the_same(own: Emulator) -> None:
    caller, plain = Caller(own), Caller(own).pull("read_client_list")
    own.set_quirks(KEY, Quirk.STAGE_IDS)
    ids = own.account(KEY).stage_ids()
    sent = {row["client_id"]: row["clients_sales_cycle"] for row in caller.pull("read_client_list")}
    for row in plain:
        place = (str(row["contact_type"]), row["clients_sales_cycle"].strip().casefold())
        assert sent[row["client_id"]] == (ids[place] if place[1] else "")
    own.set_quirks(KEY, Quirk.DECOMPOSED_LETTERS)
    names = [row["firstName"] for row in caller.pull("read_client_list")]
    assert [unicodedata.normalize("NFC", name) for name in names] == [row["firstName"] for row in plain]
    own.set_quirks(KEY, Quirk.LATIN_1)
    assert json.loads(caller.get("read_client_list", limit=100).body.decode("latin-1"))["data"] == plain[:100]


def test_occurrences_share_an_id_and_notes_may_have_none(own: Emulator) -> None:
    caller = Caller(own)
    own.set_quirks(KEY, Quirk.RECURRING_EVENTS, Quirk.NOTES_WITHOUT_IDS)
    events = caller.get("read_all_events", limit=100).rows
    assert len({event["event_id"] for event in events}) < len(events)
    assert len({(event["event_id"], event["start_date"]) for event in events}) == len(events)
    noted = next(client for client, notes in own.account(KEY).notes.items() if notes)
    assert not any("note_id" in note for note in caller.get(f"read_client_history_notes/{noted}").rows)


def test_none_may_have_no_content_and_a_403_may_ask_for_patience(own: Emulator) -> None:
    from emulator import Fault

    caller = Caller(own)
    own.set_quirks(KEY, Quirk.NO_CONTENT_FOR_NONE)
    answer = caller.get("read_client_list", limit=100, offset=900)
    assert (answer.status, answer.body) == (204, b"")
    own.set_fault(Fault.HTTP_403, variant="retry_after", seconds=3)
    assert caller.get("read_client_list").headers["Retry-After"] == "3"


def test_dialects_are_chosen_by_name(own: Emulator) -> None:
    caller = Caller(own)
    answer = caller.request("POST", "/_control/quirks", body={"account": "Own", "quirks": ["snake", "bom"]})
    assert answer.status == 200
    assert own.account(KEY).quirks == DIALECTS["snake"] | {Quirk.BOM}
    refused = caller.request("POST", "/_control/quirks", body={"account": "Own", "quirks": ["klingon"]})
    assert refused.status == 400
    assert re.search("klingon.*plain", refused.json["error"])
    (plan,) = _plans(_parser().parse_args(["--account", "A=CT_a", "--quirk", "camel"]))
    assert plan.quirks == DIALECTS["camel"]
