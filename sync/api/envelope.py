"""The envelope around every answer: result code, total and rows, in every spelling that is known."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from models import SyncErrorKind
from sync.failures import PullError

_BOM: Final = b"\xef\xbb\xbf"
_CODE: Final = re.compile(r"\s*(?:CT)?[_ -]?(\d{3})\s*", re.IGNORECASE)
_ACCESS: Final = re.compile(r"token|unauthori|not authori|forbidden|credential|access denied", re.IGNORECASE)
OK: Final = 200
NO_RECORD: Final = 515
UNKNOWN_CALL: Final = 404
UNKNOWN_ERROR: Final = 500


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an answer says: its rows as sent, and how many there are over all pages (None where it doesn't tell)."""

    rows: list[Any]
    total: int | None


def read_envelope(body: bytes) -> Envelope:
    """Return what a body says, whatever its content type was.

    Every variant of "none" is an empty list. Raises PullError: NOT_JSON for a body that can't be read, and the
    refusals of the API's own result codes.
    """
    answer = _parse(body)
    if isinstance(answer, list):
        return Envelope(answer, None)
    if not isinstance(answer, dict):
        raise PullError(SyncErrorKind.NOT_JSON, "the answer is no object")
    fields = {str(key).lower(): value for key, value in answer.items()}
    code = _code(fields.get("resultcode"))
    if code == NO_RECORD:
        return Envelope([], 0)
    if code not in {None, OK}:
        raise _refusal(int(code or 0), fields.get("message"))
    if code is None and "data" not in fields:
        raise PullError(SyncErrorKind.NOT_JSON, "the answer has neither a result code nor data")
    return Envelope(_rows(fields.get("data")), _total(fields.get("totalrecord")))


def result_code_of(body: bytes) -> int | None:
    """Return the result code that a refusing answer carries, if it carries one."""
    try:
        answer = _parse(body)
    except PullError:
        return None
    if not isinstance(answer, dict):
        return None
    return _code({str(key).lower(): value for key, value in answer.items()}.get("resultcode"))


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body.removeprefix(_BOM).decode("utf-8", "replace"))
    except (ValueError, RecursionError) as unreadable:
        raise PullError(SyncErrorKind.NOT_JSON, "the answer is not JSON, or only a part of it") from unreadable


def _code(value: Any) -> int | None:
    written = _CODE.fullmatch(str(value))
    return int(written[1]) if written else None


def _total(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def _rows(data: Any) -> list[Any]:
    """Return the rows; PHP writes a list as an object now and then, and a single record stands alone."""
    if isinstance(data, list):
        return data
    if isinstance(data, dict):
        values = list(data.values())
        return values if values and all(isinstance(value, dict | list) for value in values) else [data] if data else []
    if data is None or data is False or (isinstance(data, str) and not data.strip()):
        return []
    raise PullError(SyncErrorKind.NOT_JSON, "the answer's data is no list")


def _refusal(code: int, message: Any) -> PullError:
    if isinstance(message, str) and "web key" in message.lower():
        kind, reason = SyncErrorKind.KEY_REFUSED, "web key refused: is it this brand's?"
    elif code in {401, 403} or (code != UNKNOWN_ERROR and isinstance(message, str) and _ACCESS.search(message)):
        kind, reason = SyncErrorKind.TOKEN_REFUSED, "access token refused: was it rotated?"
    elif code == UNKNOWN_CALL:
        kind, reason = SyncErrorKind.UNAVAILABLE, "the account does not offer this call"
    elif code == UNKNOWN_ERROR:
        kind, reason = SyncErrorKind.SERVER_ERROR, "ClientTether reports an unknown error"
    elif code == 429:
        kind, reason = SyncErrorKind.RATE_LIMITED, "ClientTether asks for fewer requests"
    else:
        kind, reason = SyncErrorKind.REFUSED, "ClientTether refuses the call"
    return PullError(kind, reason, result_code=code)
