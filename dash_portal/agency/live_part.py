"""The part of a page that keeps itself up to date: it asks for itself anew, and gets nothing where nothing is new.

What is shown is known by its mark, which stands in the address that the part asks. htmx exchanges only what differs,
so that focus, opened details and the place on the page stay.
"""

from __future__ import annotations

import hashlib
from typing import Final

from flask import request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

_PART: Final = Markup(
    '<div id="live" class="live" hx-get="{address}" hx-trigger="every {seconds}s" hx-swap="outerMorph" hx-sync="drop">'
    "{content}</div>"
)


def live_part(content: str, seconds: int, endpoint: str, **address: object) -> Markup:
    """Return the part with what it shows now; it asks the endpoint every so many seconds."""
    asks = url_for(endpoint, **address, seen=_mark(content))  # type: ignore[arg-type]
    return _PART.format(address=asks, seconds=seconds, content=Markup(content))  # noqa: S704 - a template's own answer


def live_answer(content: str, seconds: int, endpoint: str, **address: object) -> ResponseReturnValue:
    """Answer the part anew, or nothing to a page that shows it just so already."""
    if request.args.get("seen") == _mark(content):
        return "", 204
    return live_part(content, seconds, endpoint, **address)


def _mark(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:16]
