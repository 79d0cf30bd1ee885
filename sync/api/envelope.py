"""The envelope around every answer: result code, total and rows, in every spelling that is known.

What is not known is never taken for "none": an answer without rows counts as an empty list only where it says so.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from models import SyncErrorKind
from sync.failures import PullError

_CODE: Final = re.compile(r"\s*(?:CT)?[_ -]?(\d{3})\s*", re.IGNORECASE)
_ACCESS: Final = re.compile(r"token|unauthori|not authori|forbidden|credential|access denied", re.IGNORECASE)
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
OK: Final = 200
NO_RECORD: Final = 515
UNKNOWN_CALL: Final = 404
UNKNOWN_ERROR: Final = 500
_TOO_MANY: Final = 429
_TOTAL: Final = re.compile(r"\d{1,11}|\d{1,3}(?:,\d{3}){1,3}", re.ASCII)
# What an answer may say in one way only, and where it says it.
_DECISIVE: Final = frozenset({"resultcode", "totalrecord", "data"})
_NAMES_DATA: Final = re.compile(rb'"data"\s*:', re.IGNORECASE)
# The codes that the vendor names, and those of HTTP that a gateway writes into a body: each is a refusal.
_REFUSALS: Final = frozenset({400, 401, 403, UNKNOWN_CALL, _TOO_MANY, UNKNOWN_ERROR, 501, 512, 520, 525})
# Keys of envelopes that are not ClientTether's own.
_FOREIGN: Final = frozenset({"success", "status", "error", "errors"})
# What other APIs say of the page that follows, beside the list or within an object of such things.
_MORE: Final = frozenset(
    {
        *("hasmore", "more", "morerecords", "moreitems", "hasnext", "hasnextpage"),
        *("next", "nextpage", "nextcursor", "nexttoken", "nextpagetoken", "nextpageurl", "nextlink", "nextoffset"),
    }
)
_ABOUT_PAGES: Final = frozenset({"meta", "paging", "pagination", "pageinfo", "links", "info"})
_NO_MORE: Final = frozenset({"", "0", "false", "no", "n", "null", "none"})
_NOTHING: Final = (None, False, "")
# Beside an empty list: a database that could not be asked has none to tell of, whatever the result code says.
_FAILURE: Final = re.compile(
    r"(?<!\bno )(?<!\b0 )\b(?:errors?|fail(?:ed|ure)?|exception|denied|unavailable|timed? ?out|sqlstate)\b",
    re.IGNORECASE,
)
_OF_FAILURES: Final = frozenset({"error", "errors", "exception", "errormessage"})
# What PHP writes before or behind an answer where a server shows its notices.
_NOTICE: Final = r"""\s*+(?:<br\s*+/?>\s*+)?(?:<b>)?
    (?:PHP\ )?(?:Warning|Notice|Deprecated|Strict\ Standards)(?:</b>)?:\s
    .*?\bon\ line\ (?:<b>)?\d+(?:</b>)?(?:<br\s*+/?>)?"""
_NOTICES_BEFORE: Final = re.compile(f"(?:{_NOTICE})*\\s*+", re.DOTALL | re.VERBOSE)
# What stands between the first and the last is within one: tried each as its own, forty would take for ever.
_NOTICES_BEHIND: Final = re.compile(f"(?:{_NOTICE})?\\s*+", re.DOTALL | re.VERBOSE)
_PLAIN_JSON: Final = msgspec.json.Decoder()
# Not strict: people paste line ends and tabs into notes, and not every server escapes them.
_LENIENT_JSON: Final = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an answer says: its rows as sent, and how many there are over all pages (None where it doesn't tell).

    `confirmed`: a success code stands beside the rows. Without one, an answer is believed only if its rows are records.
    `says_more`: it says in so many words that others follow, be it by a flag or by where they are to be had.
    """

    rows: list[Any]
    total: int | None
    confirmed: bool = True
    says_more: bool = False


NOBODY: Final = Envelope([], 0)
"""What HTTP 204 says: there is nothing, and it is meant so."""


def read_envelope(body: bytes, charset: str | None = None) -> Envelope:
    """Return what a body says, whatever its content type was; `charset` is what the answer's header declares.

    An empty list is one that is called so: CT515, or a success code beside an empty `data`. Raises PullError: NOT_JSON
    for a body that can't be read, NOT_UNDERSTOOD for one that says neither rows nor none in a known way, and the
    refusals of the API's own result codes.
    """
    answer = _parse(body, charset)
    if isinstance(answer, list):
        if answer:
            return Envelope(answer, None, confirmed=False)
        raise _not_understood("a bare empty list says nothing: it has no result code")
    if not isinstance(answer, dict):
        raise _not_understood("the answer is no object")
    fields = _fields(answer)
    written = fields.get("resultcode")
    code = _code(written)
    if code == NO_RECORD:
        return _none(fields)
    if code in _REFUSALS or (code not in {None, OK} and _is_about_access(fields.get("message"))):
        raise _refusal(int(code or 0), fields.get("message"))
    total = _total(fields.get("totalrecord"))
    if code == OK:
        if "data" not in fields:
            raise _not_understood("the answer has a success code, but no data", code)
        rows = _rows(fields["data"])
        if not rows:
            _raise_if_none_is_doubtful(fields, body)
        return Envelope(rows, total, says_more=_says_more(fields))
    rows = _rows(fields.get("data"))
    if rows and (isinstance(fields["data"], list) or not fields.keys() & _FOREIGN):
        return Envelope(rows, total, confirmed=False, says_more=_says_more(fields))
    raise _not_understood(_why_unconfirmed(written), code)


def _none(fields: Mapping[str, Any]) -> Envelope:
    """Return what "no record" says. A total beside it stands; records beside it are a contradiction."""
    data = fields.get("data")
    listed = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    if any(isinstance(row, dict) for row in listed):
        raise _not_understood("the answer says that there is no record, and holds some", NO_RECORD)
    return Envelope([], _total(fields.get("totalrecord")) or 0)


def _raise_if_none_is_doubtful(fields: Mapping[str, Any], body: bytes) -> None:
    """Raise PullError where an answer of success without rows also says something else."""
    if _says_failure(fields):
        raise _not_understood("the answer has a success code and no rows, and speaks of a failure", OK)
    if len(_NAMES_DATA.findall(body)) > 1:
        raise _not_understood("the answer names its data twice, and the last is nothing", OK)


def _says_failure(fields: Mapping[str, Any]) -> bool:
    message = fields.get("message")
    if isinstance(message, str) and _FAILURE.search(message) is not None:
        return True
    return any(fields[name] not in (*_NOTHING, 0, "0", [], {}) for name in fields.keys() & _OF_FAILURES)


def _why_unconfirmed(written: object) -> str:
    if written in _NOTHING:
        return "the answer has neither rows nor a result code"
    return "the answer has no rows, and a result code that is not known"


def result_code_of(body: bytes) -> int | None:
    """Return the result code that a refusing answer carries, if it carries one."""
    try:
        answer = _parse(body, None)
        return _code(_fields(answer).get("resultcode")) if isinstance(answer, dict) else None
    except PullError:
        return None


def _fields(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer's parts by plain names. Raises PullError where two spellings of a name contradict each other."""
    fields: dict[str, Any] = {}
    for key, value in answer.items():
        name = str(key).lower().replace("_", "")
        if name in fields and name in _DECISIVE and not _means_the_same(name, fields[name], value):
            raise _not_understood(f"the answer says two things of its {name}")
        fields[name] = value
    return fields


def _means_the_same(name: str, value: Any, other: Any) -> bool:
    return bool(value == other) or (name == "resultcode" and _code(value) == _code(other))


def _parse(body: bytes, charset: str | None) -> Any:
    try:
        return _PLAIN_JSON.decode(body)  # nearly every answer, in half the time
    except (ValueError, RecursionError):
        pass  # no plain JSON in UTF-8: read once more, and more leniently
    try:
        return _without_notices(_text(body, charset))
    except (ValueError, RecursionError) as unreadable:
        raise PullError(SyncErrorKind.NOT_JSON, "the answer is not JSON, or only a part of it") from unreadable


def _without_notices(text: str) -> Any:
    """Return the JSON of a text that holds nothing else but a server's notices. Raises ValueError."""
    begins = _NOTICES_BEFORE.match(text)
    answer, end = _LENIENT_JSON.raw_decode(text, begins.end() if begins else 0)
    if _NOTICES_BEHIND.fullmatch(text, end) is None:
        raise ValueError("something else follows")
    return answer


def _text(body: bytes, charset: str | None) -> str:
    """Decode a body: by its mark, as UTF-8 if it is UTF-8, else as declared, else as Western European text.

    UTF-8 goes before what is declared: text in another encoding is hardly ever valid UTF-8 by chance, while servers
    that declare Latin-1 and send UTF-8 are common.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    if 0 in body[:4]:  # no JSON begins with a zero byte but one of UTF-16 or UTF-32
        return body.decode(json.detect_encoding(body), "replace")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return _text_of_no_utf8(body, charset)


def _text_of_no_utf8(body: bytes, charset: str | None) -> str:
    """Decode a body that is not all UTF-8: perhaps it nearly is, with a letter that was cut in two."""
    nearly = body.decode("utf-8", "replace")
    broken = nearly.count("\N{REPLACEMENT CHARACTER}")
    if sum(not character.isascii() for character in nearly) > 2 * broken:
        return nearly
    for encoding in (charset, "cp1252"):
        try:
            if encoding is not None and encoding.lower() not in {"utf-8", "utf8"}:
                return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("latin-1")


def _code(value: Any) -> int | None:
    written = _CODE.fullmatch(str(value))
    return int(written[1]) if written else None


def _total(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return int(text.replace(",", "")) if _TOTAL.fullmatch(text) else None


def _rows(data: Any) -> list[Any]:
    """Return the rows; PHP writes a list as an object now and then, and a single record stands alone."""
    if isinstance(data, list):
        return data
    if isinstance(data, dict):
        values = list(data.values())
        return values if values and all(isinstance(value, dict | list) for value in values) else [data] if data else []
    if data is None or data is False or (isinstance(data, str) and not data.strip()):
        return []
    raise _not_understood("the answer's data is no list")


def _says_more(fields: Mapping[str, Any]) -> bool:
    """Tell whether an answer says that others follow it."""
    marks = [fields[name] for name in fields.keys() & _MORE]
    for name in fields.keys() & _ABOUT_PAGES:
        if isinstance(fields[name], dict):
            within = _fields(fields[name])
            marks += [within[key] for key in within.keys() & _MORE]
    return any(str(value or "").strip().lower() not in _NO_MORE for value in marks)


def _not_understood(reason: str, code: int | None = None) -> PullError:
    return PullError(SyncErrorKind.NOT_UNDERSTOOD, reason, result_code=code)


def _is_about_access(message: Any) -> bool:
    return isinstance(message, str) and ("web key" in message.lower() or _ACCESS.search(message) is not None)


def _refusal(code: int, message: Any) -> PullError:
    if isinstance(message, str) and "web key" in message.lower():
        kind, reason = SyncErrorKind.KEY_REFUSED, "web key refused: is it this brand's?"
    elif code in {401, 403} or (code != UNKNOWN_ERROR and _is_about_access(message)):
        kind, reason = SyncErrorKind.TOKEN_REFUSED, "access token refused: was it rotated?"
    elif code == UNKNOWN_CALL:
        kind, reason = SyncErrorKind.UNAVAILABLE, "the account does not offer this call"
    elif code == UNKNOWN_ERROR:
        kind, reason = SyncErrorKind.SERVER_ERROR, "ClientTether reports an unknown error"
    elif code == _TOO_MANY:
        kind, reason = SyncErrorKind.RATE_LIMITED, "ClientTether asks for fewer requests"
    else:
        kind, reason = SyncErrorKind.REFUSED, "ClientTether refuses the call"
    failure = PullError(kind, reason, result_code=code)
    failure.names_token = kind is SyncErrorKind.TOKEN_REFUSED and "token" in str(message).lower()
    return failure
