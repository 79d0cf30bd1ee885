"""Structured logs: key=value on a terminal, one JSON object a line otherwise, never a secret."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from io import TextIOWrapper
from typing import Any, Final

import structlog

_REDACTED: Final = "[redacted]"
_SECRET_NAME = re.compile(r"(password|secret|token|web_?key|api_?key|authorization|cookie|encryption)", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"\b(?:CT|mpk)_[A-Za-z0-9_-]{4,}|\bgAAAA[A-Za-z0-9_=-]{20,}")
_ONE_TIME_LINK = re.compile(r"(/(?:join|reset|sheet)/)[^/\s?#\"']+", re.IGNORECASE)
_TOKEN_SHAPED = re.compile(r"[A-Za-z0-9_-]{40,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_known_secrets: set[str] = set()


def forget_in_logs(secret: str) -> None:
    """Never write this exact value to a log from now on, wherever it may turn up."""
    if len(secret) >= 4:
        _known_secrets.add(secret)


def scrub(value: object) -> object:
    """Return the value as it may stand in a log: secrets redacted, control characters folded to a space."""
    if isinstance(value, dict):
        return {key: _REDACTED if _SECRET_NAME.search(str(key)) else scrub(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [scrub(inner) for inner in value]
    if not isinstance(value, str):
        return value
    for secret in _known_secrets:
        value = value.replace(secret, _REDACTED)
    value = _ONE_TIME_LINK.sub(rf"\1{_REDACTED}", _SECRET_VALUE.sub(_REDACTED, value))
    return _CONTROL.sub(" ", _TOKEN_SHAPED.sub(_without_token, value))


def _without_token(shaped: re.Match[str]) -> str:
    """Return what may be written of a long run of the signs that tokens are made of.

    256 random bits in base 64 hold capitals, small letters and digits; a hash, a slug or a file's name does not.
    """
    text = shaped[0]
    is_mixed = any(sign.isupper() for sign in text) and any(sign.islower() for sign in text)
    return _REDACTED if is_mixed and any(sign.isdigit() for sign in text) else text


def _scrub_line(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    cleaned = scrub(dict(line))
    assert isinstance(cleaned, dict)  # noqa: S101 - a mapping is scrubbed into a mapping
    return cleaned


def print_any_letter() -> None:
    """Have standard output escape what a terminal's encoding has no letter for, as standard error does already.

    A name is no reason for a command to end half-way.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def configure_logs(*, level: int = logging.INFO) -> None:
    """Send structlog and standard logging to standard error in the house's form."""
    terminal = sys.stderr.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _scrub_line,
    ]
    renderer: Any = (
        structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"], repr_native_str=False)
        if terminal
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for chatty in ("alembic", "httpx", "httpcore", "stamina", "werkzeug"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
