"""Which program this request comes from: the API key it brings, if any (`browser` tells of people).

Keys count below /api and nowhere else, and where one is brought nothing else counts: no cookie is read or set. The
address that a spreadsheet has (`sheet_addresses`) stands for its key, of which it names but the id.
"""

from __future__ import annotations

from datetime import datetime

from flask import Request, g, has_request_context, request

from dash_portal.accounts.api_keys import KeyHolder, find_key, find_key_by_id, note_use
from dash_portal.accounts.sheet_addresses import PATH, sheet_of
from dash_portal.portal import portal
from models import utc_now


def asks_with_key() -> bool:
    """Tell whether a program asks, with a key that may be good or not."""
    return has_request_context() and brings_key(request)


def key_holder() -> KeyHolder | None:
    """Return the program behind the request's key; None where it brings none, or one that opens nothing (any more)."""
    if not asks_with_key():
        return None
    if "key_holder" not in g:
        now = utc_now()
        g.key_holder = _found(now)
        if g.key_holder is not None:
            note_use(portal().engine, g.key_holder, now=now)
    holder: KeyHolder | None = g.key_holder
    return holder


def known_key_id() -> str | None:
    """Return the id of the request's key, for the log, as far as it was looked at already."""
    holder: KeyHolder | None = g.get("key_holder")
    return None if holder is None else holder.key_id


def is_key_still_good() -> bool:
    """Look anew whether the request's key lives: for an answer that takes longer than rights may outlive."""
    return _found(utc_now()) is not None


def brings_key(request: Request) -> bool:
    """Tell whether a request brings a key that counts, good or not."""
    return request.path.startswith(PATH) or _key_of(request) is not None


def _found(now: datetime) -> KeyHolder | None:
    if not request.path.startswith(PATH):
        return find_key(portal().engine, _key_of(request) or "", now=now)
    sheet = sheet_of(request.path)
    return None if sheet is None else find_key_by_id(portal().engine, sheet.key_id, now=now)


def _key_of(request: Request) -> str | None:
    given = request.authorization
    if given is None or given.type != "bearer" or not request.path.startswith("/api/"):
        return None
    return given.token or ""
