"""What quirks make of a list's pages, of its total, and of the bytes it is sent in."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any, Final

from emulator.exchange import JSON, Reply
from emulator.foreign import encoded_otherwise
from emulator.quirks import Quirk

CAPPED_PAGE: Final = 50
CAPPED_TOTAL: Final = 100
CURSOR_PAGE: Final = 17
# What a request calls the row it starts at and how many it wants, where the account has its own words for them.
OWN_PARAMETERS: Final = {"from_row": "offset", "per_page": "limit"}
_NOTICE: Final = (
    b"<br />\n<b>Deprecated</b>:  strlen(): Passing null to parameter #1 is deprecated in "
    b"<b>/var/www/api/list.php</b> on line <b>118</b><br />\n"
)
_turns: Final = count()


def known_parameters(quirks: frozenset[Quirk], parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters under the names that the known API has; where it has others, those say nothing."""
    if Quirk.OWN_PARAMETERS not in quirks:
        return dict(parameters)
    return {OWN_PARAMETERS.get(name, f"unknown-{name}"): value for name, value in parameters.items()}


def quirky_window(quirks: frozenset[Quirk], offset: int, limit: int | None) -> tuple[int, int | None]:
    """Return at which row a page starts and how many rows it has, from what was asked for."""
    if Quirk.IGNORES_PAGING in quirks:
        return 0, None
    if Quirk.CURSOR_PAGES in quirks and limit is not None:
        return 0, CURSOR_PAGE  # what follows is asked for by a mark that the answer gives
    if Quirk.PAGE_CAP_50 in quirks:  # a contact's notes as well, of which nobody has asked for so many
        limit = CAPPED_PAGE if limit is None else min(limit, CAPPED_PAGE)
    if Quirk.OFFSET_IN_PAGES in quirks:
        offset *= limit or 0
    return offset, limit


def quirky_total(quirks: frozenset[Quirk], total: int | None, on_page: int) -> int | None:
    """Return the total that is told beside a page of `on_page` rows, from the true one."""
    if total is None:
        return None
    for quirk, tell in _TOTALS.items():
        if quirk in quirks:
            return tell(total, on_page)
    return total


_TOTALS: Final[dict[Quirk, Callable[[int, int], int | None]]] = {
    Quirk.CURSOR_PAGES: lambda _total, _on_page: None,
    Quirk.TOTAL_OF_PAGE: lambda _total, on_page: on_page,
    Quirk.TOTAL_ZERO: lambda _total, _on_page: 0,
    Quirk.TOTAL_CAPPED: lambda total, _on_page: min(total, CAPPED_TOTAL),
    Quirk.TOTAL_BELOW: lambda total, _on_page: max(0, total - 3),
    Quirk.TOTAL_ABOVE: lambda total, _on_page: total + 5,
    Quirk.TOTAL_MOVING: lambda total, _on_page: total + next(_turns) % 7,
}


def quirky_envelope(quirks: frozenset[Quirk], rows: Any, total: int | None) -> bytes | None:
    """Return an answer in an envelope that is none of the known API's; None where the known one is used."""
    if Quirk.SUCCESS_ENVELOPE in quirks:
        return _json({"success": True, "result": rows})
    if Quirk.STATUS_ENVELOPE in quirks:
        return _json({"status": "ok", "response": {"rows": rows, "count": total}})
    return _json(rows) if Quirk.BARE_LISTS in quirks else None


def quirky_reply(quirks: frozenset[Quirk], reply: Reply, *, is_none: bool) -> Reply:
    """Return a well-meant reply as it is written; `is_none` says that it holds no record."""
    if is_none and Quirk.NO_CONTENT_FOR_NONE in quirks:
        return Reply(204, b"")
    for quirk, write in _WRITTEN.items():
        if quirk in quirks and reply.content_type == JSON:
            reply = write(reply)
    return reply


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def _encoded(variant: str) -> Callable[[Reply], Reply]:
    def write(reply: Reply) -> Reply:
        body, content_type = encoded_otherwise(reply.body, variant)
        return replace(reply, body=body, content_type=content_type)

    return write


def _with_cursor(reply: Reply) -> Reply:
    """Say beside a full page where the next one is to be had."""
    envelope = json.loads(reply.body)
    if isinstance(envelope, dict) and len(envelope.get("data") or ()) == CURSOR_PAGE:
        return replace(reply, body=_json(envelope | {"has_more": True, "next_cursor": "cGFnZT0y"}))
    return reply


_WRITTEN: Final[Mapping[Quirk, Callable[[Reply], Reply]]] = {
    Quirk.UNDECLARED_LATIN_1: _encoded("latin_1"),
    Quirk.LATIN_1: _encoded("latin_1_declared"),
    Quirk.CONTROL_CHARACTERS: _encoded("raw_control"),
    Quirk.CURSOR_PAGES: _with_cursor,
    Quirk.BOM: lambda reply: replace(reply, body=b"\xef\xbb\xbf" + reply.body),
    Quirk.NOTICES: lambda reply: replace(reply, body=_NOTICE + reply.body),
}
