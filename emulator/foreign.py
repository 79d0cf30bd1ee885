"""Answers that are none of the API's own: what a proxy, a sign-in or another version might send instead."""

import codecs
import json
from typing import Any, Final

# By name: each has no rows, and none of them says that there are none.
FOREIGN_ANSWERS: Final[dict[str, Any]] = {
    "success_flag": {"success": True, "data": []},
    "status": {"status": "ok", "data": []},
    "error": {"error": {"code": "quota", "message": "Try again later"}},
    "error_record": {"status": "error", "data": {"message": "Something went wrong"}},
    "no_code": {"data": []},
    "unknown_code": {"ResultCode": "CT_299", "Message": "Success", "data": []},
    "no_list": {"ResultCode": "CT_200", "Message": "Success"},
    "total_without_list": {"ResultCode": "CT_200", "Message": "Success", "TotalRecord": 0},
    "number": {"ResultCode": "CT_200", "Message": "Success", "data": 0.5},
    "failure": {"ResultCode": "CT_200", "Message": "Database connection failed", "data": []},
    "error_beside_success": {"ResultCode": "CT_200", "Message": "Success", "error": {"code": 500}, "data": []},
    "bare_list": [],
    "null": None,
    "empty_object": {},
}


def foreign_answer(name: str) -> bytes:
    """Return one of FOREIGN_ANSWERS as it goes over the wire."""
    return json.dumps(FOREIGN_ANSWERS[name]).encode()


def without_code(body: bytes) -> bytes:
    """Return an answer that has rows without its result code and message; "none" can't be said without one."""
    answer = json.loads(body)
    if not answer.get("data"):
        return body
    return json.dumps({key: value for key, value in answer.items() if key.lower() in {"data", "totalrecord"}}).encode()


def encoded_otherwise(body: bytes, variant: str) -> tuple[bytes, str]:
    """Return an answer in another encoding, and the content type that goes with it."""
    text = json.dumps(json.loads(body), ensure_ascii=False)
    match variant:
        case "latin_1_declared":
            return text.encode("latin-1", "replace"), "application/json; charset=ISO-8859-1"
        case "latin_1":
            return text.encode("cp1252", "replace"), "application/json"
        case "utf_8_declared_latin_1":
            return text.encode(), "application/json; charset=ISO-8859-1"
        case "utf_16":
            return codecs.BOM_UTF16_LE + text.encode("utf-16-le"), "application/json"
        case _:  # raw line ends and tabs inside strings
            return text.replace("\\n", "\n").replace("\\t", "\t").encode(), "application/json"
