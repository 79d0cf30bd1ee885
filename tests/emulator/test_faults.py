import http.client
import json
import threading
import time
from collections import Counter
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from emulator import NONE_VARIANTS, VARIANTS, Emulator, Fault
from tests.emulator.conftest import NOW, TOKEN, Caller, plans

CALL = "read_client_list"


def page(caller: Caller, offset: int = 0, limit: int = 100) -> Any:
    return caller.get(CALL, limit=limit, offset=offset)


def ids(rows: list[Any]) -> list[str]:
    return [row["client_id"] for row in rows]


@pytest.mark.parametrize(
    ("fault", "variant", "status", "code"),
    [
        (Fault.HTTP_401, "", 401, "CT_401"),
        (Fault.HTTP_403, "", 403, "CT_403"),
        (Fault.TOKEN_REFUSED_IN_BODY, "", 200, "CT_401"),
        (Fault.TOKEN_REFUSED_IN_BODY, "400", 200, "CT_400"),
        (Fault.CT500, "", 200, "CT_500"),
        (Fault.UNKNOWN_CALL, "ct404", 200, "CT_404"),
        (Fault.UNKNOWN_CALL, "http", 404, "CT_404"),
    ],
)
def test_refusals(caller: Caller, fault: Fault, variant: str, status: int, code: str) -> None:
    emulator = caller.emulator
    emulator.set_fault(fault, variant=variant)
    answer = page(caller)
    assert (answer.status, answer.json["ResultCode"]) == (status, code)
    assert "data" not in answer.json
    assert emulator.requests[-1].fault == fault
    emulator.clear_faults()
    assert len(page(caller).rows) == 100


@pytest.mark.parametrize(
    ("fault", "variant", "status"),
    [
        (Fault.AUTH_HTML, "", 403),
        (Fault.HTML_INSTEAD_OF_JSON, "", 200),
        (Fault.UNKNOWN_CALL, "html", 404),
        *((Fault.HTTP_500, variant, int(variant)) for variant in VARIANTS[Fault.HTTP_500]),
    ],
)
def test_pages_where_json_belongs(emulator: Emulator, caller: Caller, fault: Fault, variant: str, status: int) -> None:
    emulator.set_fault(fault, variant=variant)
    answer = page(caller)
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert b"<html>" in answer.body


def test_too_many_requests(emulator: Emulator, caller: Caller) -> None:
    emulator.set_fault(Fault.HTTP_429, seconds=3, times=1)
    answer = page(caller)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
    emulator.set_fault(Fault.HTTP_429, variant="date", seconds=90, times=1)
    assert (parsedate_to_datetime(page(caller).headers["Retry-After"]) - NOW).total_seconds() == 90
    emulator.set_fault(Fault.HTTP_429, variant="none", times=1)
    assert "Retry-After" not in page(caller).headers


@pytest.mark.parametrize("variant", VARIANTS[Fault.HANG])
def test_a_hang_lasts_until_the_client_gives_up(emulator: Emulator, caller: Caller, variant: str) -> None:
    emulator.set_fault(Fault.HANG, variant=variant)
    with pytest.raises(TimeoutError):
        caller.get(CALL, timeout=0.2)


@pytest.mark.parametrize("end", ["close", "clear_faults"])
def test_a_hang_ends_with_the_emulator_and_with_the_fault(end: str) -> None:
    emulator = Emulator(plans(), access_token=TOKEN, now=NOW)
    emulator.start()
    emulator.set_fault(Fault.HANG)
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            Caller(emulator).get(CALL, timeout=30)
        ended.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not emulator.requests:
        threading.Event().wait(0.005)
    getattr(emulator, end)()
    assert ended.wait(60)
    waiting.join()
    if end != "close":
        emulator.close()


@pytest.mark.parametrize("variant", VARIANTS[Fault.DROPPED_CONNECTION])
def test_a_dropped_connection(emulator: Emulator, caller: Caller, variant: str) -> None:
    emulator.set_fault(Fault.DROPPED_CONNECTION, variant=variant, times=1)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        page(caller)
    assert len(page(caller).rows) == 100


def test_truncated_bodies(emulator: Emulator, caller: Caller) -> None:
    emulator.set_fault(Fault.TRUNCATED_BODY, times=1)
    with pytest.raises(http.client.IncompleteRead):
        page(caller)
    emulator.set_fault(Fault.TRUNCATED_BODY, variant="json", times=1)
    answer = page(caller)
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    with pytest.raises(json.JSONDecodeError):
        _ = answer.json


def test_a_byte_order_mark(emulator: Emulator, caller: Caller) -> None:
    emulator.set_fault(Fault.BOM)
    answer = page(caller)
    assert answer.body.startswith(b"\xef\xbb\xbf")
    assert len(answer.rows) == 100


def test_a_short_page(emulator: Emulator, caller: Caller) -> None:
    emulator.set_fault(Fault.SHORT_PAGE, skip=1, times=1)
    assert len(page(caller).rows) == 100
    answer = page(caller, 100)
    assert (len(answer.rows), answer.json["TotalRecord"]) == (50, 288)


def test_a_repeated_page(emulator: Emulator, caller: Caller) -> None:
    emulator.set_fault(Fault.REPEATED_PAGE)
    assert page(caller, 100).rows == page(caller, 200).rows == page(caller).rows


def test_an_endless_list(emulator: Emulator, caller: Caller) -> None:
    emulator.set_fault(Fault.ENDLESS_LIST)
    pages = [page(caller, offset) for offset in range(0, 1000, 100)]
    assert all(len(answer.rows) == 100 and "TotalRecord" not in answer.json for answer in pages)
    assert len({client_id for answer in pages for client_id in ids(answer.rows)}) == 1000


def test_duplicate_rows_lose_nothing(emulator: Emulator, caller: Caller) -> None:
    emulator.set_fault(Fault.DUPLICATE_ROWS)
    pulled = Counter(ids(caller.pull(CALL)))
    assert max(pulled.values()) == 2
    assert pulled.keys() == set(ids(emulator.account("CT_first").contacts))


def test_shifted_rows(emulator: Emulator, caller: Caller) -> None:
    emulator.set_fault(Fault.SHIFTED_ROWS, times=1)
    first, second = page(caller), page(caller, 100)
    assert second.rows[0] == first.rows[-1]
    assert second.json["TotalRecord"] == first.json["TotalRecord"] + 1
    assert len(emulator.account("CT_first").contacts) == 289


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 1.0])
def test_unreadable_rows(emulator: Emulator, caller: Caller, share: float) -> None:
    emulator.set_fault(Fault.UNREADABLE_ROWS, share=share)
    rows = caller.pull(CALL)
    readable = [row for row in rows if isinstance(row, dict) and isinstance(row.get("client_id"), str)]
    assert len(rows) == 288
    assert len(rows) - len(readable) == int(288 * share)


def test_odd_fields_leave_the_id_alone(emulator: Emulator, caller: Caller) -> None:
    emulator.set_fault(Fault.ODD_FIELDS)
    rows, truth = page(caller).rows, emulator.account("CT_first").contacts[:100]
    assert ids(rows) == ids(truth)
    assert all(row["deal_size"] == "ninety" and isinstance(row["firstName"], list) for row in rows)
    assert [row["clients_sales_cycle"] for row in rows] == [row["clients_sales_cycle"] for row in truth]


@pytest.mark.parametrize("variant", NONE_VARIANTS)
def test_every_way_of_saying_none(emulator: Emulator, caller: Caller, variant: str) -> None:
    emulator.set_fault(Fault.EMPTIED_LIST, variant=variant)
    answer = page(caller)
    assert answer.status == 200
    assert not answer.json.get("data")
    assert answer.json.get("TotalRecord", 0) in (0, "0")


def test_the_ways_of_saying_none_differ(emulator: Emulator, caller: Caller) -> None:
    for variant in NONE_VARIANTS:
        emulator.set_fault(Fault.EMPTIED_LIST, variant=variant, times=1)
    bodies = {page(caller).body for _ in NONE_VARIANTS}
    assert len(bodies) == len(NONE_VARIANTS) == 16


def test_a_shrunk_list_is_consistent(emulator: Emulator, caller: Caller) -> None:
    emulator.set_fault(Fault.SHRUNK_LIST)
    assert len(caller.pull(CALL)) == page(caller).json["TotalRecord"] == 144


@pytest.mark.parametrize("variant", VARIANTS[Fault.SLOW])
def test_slow_answers_are_right_in_the_end(emulator: Emulator, caller: Caller, variant: str) -> None:
    emulator.set_fault(Fault.SLOW, variant=variant, seconds=0.2)
    started = time.monotonic()
    assert page(caller).rows == emulator.account("CT_first").contacts[:100]
    assert time.monotonic() - started >= 0.2


def test_a_redirect_leads_to_another_host_that_tells_what_it_was_shown(emulator: Emulator, caller: Caller) -> None:
    emulator.set_fault(Fault.REDIRECT)
    answer = page(caller)
    assert answer.status == 302
    location = answer.headers["Location"]
    assert location.startswith("http://localhost:")
    path = "/" + location.split("/", 3)[3]
    caller.request("GET", path, headers={})
    assert not emulator.requests[-1].carried_secrets
    caller.request("GET", path)
    assert emulator.requests[-1].carried_secrets


@pytest.mark.parametrize("variant", VARIANTS[Fault.HUGE_BODY])
def test_a_huge_body(emulator: Emulator, caller: Caller, variant: str) -> None:
    emulator.set_fault(Fault.HUGE_BODY, variant=variant, megabytes=2)
    answer = page(caller)
    assert len(answer.body) >= 2_000_000
    assert answer.json["ResultCode"] == "CT_200"


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_is_felt_and_ends(emulator: Emulator, caller: Caller, fault: Fault) -> None:
    def felt(offset: int, patience: float = 60) -> object:
        try:
            answer = caller.get(CALL, limit=100, offset=offset, timeout=patience)
        except (OSError, http.client.HTTPException) as failure:
            return type(failure)
        return answer.status, answer.headers.get("Content-Encoding"), answer.body

    well = felt(100)
    emulator.set_fault(fault, times=1, megabytes=1, seconds=60)
    assert felt(100, patience=0.3 if fault in {Fault.HANG, Fault.SLOW} else 60) != well
    if fault is not Fault.SHIFTED_ROWS:
        assert felt(100) == well


def test_faults_strike_only_where_they_are_set(emulator: Emulator, caller: Caller) -> None:
    emulator.set_fault(Fault.HTTP_500, call=CALL, web_key="CT_second")
    other = Caller(emulator, "CT_second")
    assert page(caller).status == 200
    assert page(other).status == 500
    assert other.get("read_user_list").status == 200


def test_faults_can_strike_one_record(emulator: Emulator, caller: Caller) -> None:
    struck, another = list(emulator.account("CT_first").notes)[:2]
    emulator.set_fault(Fault.HTTP_500, call="read_client_history_notes", record_id=struck)
    assert caller.get(f"read_client_history_notes/{struck}").status == 500
    assert caller.get(f"read_client_history_notes/{another}").status == 200


def test_skip_times_and_every(emulator: Emulator, caller: Caller) -> None:
    emulator.set_fault(Fault.HTTP_500, skip=2, times=2)
    assert [page(caller).status for _ in range(6)] == [200, 200, 500, 500, 200, 200]
    emulator.clear_faults()
    emulator.set_fault(Fault.HTTP_500, every=3)
    assert [page(caller).status for _ in range(6)] == [500, 200, 200, 500, 200, 200]


@pytest.mark.parametrize("wrong", [{"variant": "sideways"}, {"share": 1.5}, {"seconds": -1.0}, {"every": 0}], ids=str)
def test_impossible_faults_are_refused(emulator: Emulator, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"variant|share"):
        emulator.set_fault(Fault.UNREADABLE_ROWS, **wrong)


def test_clients_that_hang_up_leave_no_trace_on_the_terminal(
    emulator: Emulator, caller: Caller, capfd: pytest.CaptureFixture[str]
) -> None:
    emulator.set_fault(Fault.DROPPED_CONNECTION, times=2)
    emulator.set_fault(Fault.HUGE_BODY, megabytes=50, times=1)
    for _ in range(2):
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            page(caller)
    connection = http.client.HTTPConnection(emulator.url.split("/")[2], timeout=60)
    connection.request("GET", f"/v2/api/{CALL}", headers=caller.headers)
    connection.getresponse().read(1000)
    connection.close()
    assert page(caller).status == 200
    emulator.close()
    assert capfd.readouterr() == ("", "")
