"""One line of the log for each slow statement and each slow page: what it was, and how long it took. No values."""

from __future__ import annotations

import time
from typing import Any, Final

import structlog
from flask import has_request_context, request
from sqlalchemy import Engine, event

_LONGEST: Final = 400
_BEGAN: Final = "portal.began"
_log = structlog.get_logger("portal")


def tell_slow_statements(engine: Engine, seconds: float) -> None:
    """Have the log tell of each statement that takes longer, failed ones included; of its values it knows nothing."""

    @event.listens_for(engine, "before_cursor_execute")
    def _begin(connection: Any, *_what: Any) -> None:
        connection.info[_BEGAN] = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def _end(connection: Any, _cursor: Any, statement: str, *_what: Any) -> None:
        _tell(connection.info.get(_BEGAN), statement)

    @event.listens_for(engine, "handle_error")
    def _fail(context: Any) -> None:
        if context.connection is not None and context.statement is not None:
            _tell(context.connection.info.get(_BEGAN), context.statement)

    def _tell(began: float | None, statement: str) -> None:
        taken = 0.0 if began is None else time.perf_counter() - began
        if taken > seconds:
            path = request.path if has_request_context() else None
            words = " ".join(statement.split())[:_LONGEST]
            _log.warning("slow statement", statement=words, seconds=round(taken, 2), path=path)


def tell_slow_page(seconds: float, limit: float) -> None:
    """Write a line where the request that is being answered took longer than the limit."""
    if seconds > limit:
        _log.warning("slow page", path=request.path, method=request.method, seconds=round(seconds, 2))
