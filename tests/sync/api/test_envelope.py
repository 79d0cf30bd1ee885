"""What a body says, and what it does not: rows, none, a refusal, or something that nobody understands."""

from __future__ import annotations

import codecs
import json
from typing import Any

import pytest

from emulator.foreign import FOREIGN_ANSWERS
from models import SyncErrorKind
from sync.api.envelope import Envelope, read_envelope
from sync.failures import PullError

K = SyncErrorKind
ROWS = [{"client_id": "1"}, {"client_id": "2"}]


def _says(answer: Any) -> Envelope | SyncErrorKind:
    try:
        return read_envelope(json.dumps(answer).encode())
    except PullError as failure:
        return failure.kind


@pytest.mark.parametrize(
    "answer",
    [
        {"ResultCode": "CT_515", "Message": "No Record Found", "client_id": False},
        {"resultCode": "CT515"},
        {"ResultCode": "CT_200", "Message": "Success", "data": []},
        {"ResultCode": "CT_200", "data": None, "TotalRecord": 0},
        {"resultCode": "CT200", "data": False},
        {"resultCode": 200, "data": ""},
        {"result_code": "200", "data": {}},
        {"ResultCode": "CT_200", "resultCode": 200, "data": []},
        {"ResultCode": "CT_200", "data": [], "error": None, "errors": []},
        {"ResultCode": "CT_200", "Message": "Success, no errors", "data": []},
        {"ResultCode": "CT_515", "Message": "No Record Found", "data": {"client_id": False}, "TotalRecord": 0},
    ],
    ids=str,
)
def test_none_is_none_where_it_is_said(answer: dict[str, Any]) -> None:
    none = _says(answer)
    assert isinstance(none, Envelope)
    assert none.rows == []


@pytest.mark.parametrize(
    "answer",
    [
        *FOREIGN_ANSWERS.values(),
        {"ResultCode": "OK", "data": []},
        {"ResultCode": "", "TotalRecord": 0, "data": None},
        {"ResultCode": "CT_200", "data": True},
        {"ResultCode": "CT_200", "data": "no records"},
        {"success": False, "data": {}},
        {"error": "unknown", "data": {"reason": "maintenance"}},
        {"ResultCode": "CT_200", "Message": "SQLSTATE[HY000] [2002] No route to host", "data": None},
        {"ResultCode": "CT_200", "Data": ROWS, "data": []},
        {"ResultCode": "CT_500", "resultCode": "CT_200", "data": []},
        {"ResultCode": "CT_200", "TotalRecord": 231, "total_record": 0, "data": []},
        {"ResultCode": "CT_515", "data": ROWS},
        {"ResultCode": "CT_515", "data": {"7": ROWS[0]}},
        "maintenance",
        17,
        True,
    ],
    ids=str,
)
def test_what_says_neither_rows_nor_none_is_not_understood(answer: Any) -> None:
    assert _says(answer) is K.NOT_UNDERSTOOD


@pytest.mark.parametrize(
    ("answer", "confirmed"),
    [
        ({"ResultCode": "CT_200", "data": ROWS}, True),
        ({"data": ROWS}, False),
        (ROWS, False),
        ({"ResultCode": "CT_299", "data": ROWS}, False),
        ({"success": True, "data": ROWS}, False),
        ({"data": {"7": ROWS[0], "9": ROWS[1]}}, False),
    ],
    ids=str,
)
def test_rows_are_rows_with_a_code_or_without(answer: Any, *, confirmed: bool) -> None:
    envelope = _says(answer)
    assert isinstance(envelope, Envelope)
    assert (envelope.rows, envelope.confirmed) == (ROWS, confirmed)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"ResultCode": "CT_400", "Message": "Bad Request", "data": ROWS}, K.REFUSED),
        ({"ResultCode": "CT_401", "Message": "x"}, K.TOKEN_REFUSED),
        ({"ResultCode": "CT_530", "Message": "Invalid Access Token"}, K.TOKEN_REFUSED),
        ({"ResultCode": "CT_403", "Message": "Invalid Web Key"}, K.KEY_REFUSED),
        ({"ResultCode": "CT_404"}, K.UNAVAILABLE),
        ({"ResultCode": "CT_429"}, K.RATE_LIMITED),
        ({"ResultCode": "CT_500", "Message": "token table is locked"}, K.SERVER_ERROR),
        ({"ResultCode": "CT_520", "data": []}, K.REFUSED),
    ],
    ids=str,
)
def test_a_refusal_is_one_whatever_else_the_answer_holds(answer: Any, kind: SyncErrorKind) -> None:
    assert _says(answer) is kind


@pytest.mark.parametrize(
    ("encoding", "charset", "before"),
    [
        ("utf-8", None, b""),
        ("utf-8", None, codecs.BOM_UTF8),
        ("utf-8", "iso-8859-1", b""),
        ("cp1252", None, b""),
        ("cp1252", "utf-8", b""),
        ("iso-8859-2", "iso-8859-2", b""),
        ("cp1252", "no-such-charset", b""),
        ("utf-16-le", None, codecs.BOM_UTF16_LE),
        ("utf-16-be", None, codecs.BOM_UTF16_BE),
        ("utf-16-le", None, b""),
        ("utf-16-le", "utf-16", b""),
    ],
)
def test_letters_are_what_they_are_in_every_encoding(encoding: str, charset: str | None, before: bytes) -> None:
    row = {"client_id": "1", "lastName": "Müller, Düsseldorf"}
    text = json.dumps({"ResultCode": "CT_200", "data": [row]}, ensure_ascii=False)
    assert read_envelope(before + text.encode(encoding), charset).rows == [row]


NOTICE = "<br />\n<b>Warning</b>:  Undefined array key {3} in <b>/var/www/api.php</b> on line <b>12</b><br />\n"
BARE_NOTICE = "PHP Deprecated: strlen(): Passing null in /srv/api.php on line 7\n"


@pytest.mark.parametrize(
    ("before", "behind"),
    [(NOTICE, ""), ("", NOTICE), (NOTICE * 2 + BARE_NOTICE, "\n"), (BARE_NOTICE, BARE_NOTICE), ("\ufeff" + NOTICE, "")],
)
def test_notices_of_a_server_around_an_answer_are_no_part_of_it(before: str, behind: str) -> None:
    written = before + json.dumps({"ResultCode": "CT_200", "data": ROWS}) + behind
    assert read_envelope(written.encode()).rows == ROWS


@pytest.mark.parametrize(
    "body",
    [
        NOTICE,
        '{"ResultCode": "CT_200", "data": []}' + BARE_NOTICE * 40 + "and more",
        NOTICE + '{"ResultCode": "CT_200", "data": [{"client_id"',
        '{"ResultCode": "CT_200", "data": []}{"ResultCode": "CT_200", "data": []}',
        '<html>{"ResultCode": "CT_200", "data": []}</html>',
        'callback({"ResultCode": "CT_200", "data": []});',
        '{"ResultCode": "CT_200", "data": [{"client_id": "1"},]}',
        json.dumps(json.dumps({"ResultCode": "CT_200", "data": []})) + "x",
        "",
    ],
)
def test_what_is_not_json_alone_is_none(body: str) -> None:
    with pytest.raises(PullError) as raised:
        read_envelope(body.encode())
    assert raised.value.kind is K.NOT_JSON


def test_a_key_that_stands_twice_is_no_empty_list() -> None:
    with pytest.raises(PullError) as raised:
        read_envelope(b'{"ResultCode": "CT_200", "data": [{"client_id": "1"}], "data": []}')
    assert raised.value.kind is K.NOT_UNDERSTOOD


def test_a_total_beside_no_record_stands() -> None:
    assert read_envelope(b'{"ResultCode": "CT_515", "TotalRecord": "120"}').total == 120
    assert read_envelope(b'{"ResultCode": "CT_515"}').total == 0


def test_a_letter_cut_in_two_spoils_no_other() -> None:
    body = '{"ResultCode": "CT_200", "data": [{"client_id": "1", "city": "Köln, Düren, Jülich?"}]}'.encode()
    (row,) = read_envelope(body.replace(b"?", "ä".encode()[:1])).rows
    assert row["city"] == "Köln, Düren, Jülich\N{REPLACEMENT CHARACTER}"


def test_raw_line_ends_and_tabs_in_a_text_are_part_of_it() -> None:
    body = b'{"ResultCode": "CT_200", "data": [{"client_id": "1", "whiteboard": "two\nlines,\ta tab"}]}'
    assert read_envelope(body).rows[0]["whiteboard"] == "two\nlines,\ta tab"


def test_a_total_is_read_in_every_spelling_and_never_made_up() -> None:
    for written, total in (
        (231, 231),
        ("231", 231),
        (" 7 ", 7),
        (231.0, 231),
        ("1,231", 1231),
        ("12,31", None),
        (7.5, None),
        (None, None),
        ("many", None),
        (True, None),
        (-1, None),
    ):
        envelope = _says({"ResultCode": "CT_200", "TotalRecord": written, "data": ROWS})
        assert isinstance(envelope, Envelope)
        assert envelope.total == total
