"""Envelopes: how an answer is wrapped, in both spellings the API knows."""

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Total(Enum):
    """How an answer writes `TotalRecord`."""

    NUMBER = "number"
    STRING = "string"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Style:
    """The spelling one call uses."""

    code_key: str
    underscore: bool
    total: Total

    def code(self, number: int) -> str:
        """`CT_200` or `CT200`."""
        return f"CT_{number}" if self.underscore else f"CT{number}"


MODERN: Final = Style("ResultCode", underscore=True, total=Total.NUMBER)
OLD: Final = Style("resultCode", underscore=False, total=Total.STRING)

# What "none" can look like: the value of `data`, and how the total of 0 is written beside it.
_NO_DATA: Final[dict[str, Any]] = {"absent": ..., "list": [], "null": None, "false": False, "text": ""}
NONE_VARIANTS: Final = ("ct515", *(f"{data}:{total.value}" for data in _NO_DATA for total in Total))


def dumps(value: object) -> bytes:
    """JSON as the API writes it: compact and all in ASCII."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def list_answer(style: Style, data: object, total: int | None) -> bytes:
    """Return a page of a list; a `total` of None leaves `TotalRecord` out."""
    envelope: dict[str, object] = {style.code_key: style.code(200), "Message": "Success"}
    if total is not None:
        envelope |= _total(style.total, total)
    return dumps(envelope | {"data": data})


def none_answer(style: Style, variant: str = "ct515") -> bytes:
    """Say that there are no records, in one of NONE_VARIANTS."""
    if variant == "ct515":
        return dumps({style.code_key: style.code(515), "Message": "No Record Found", "client_id": False})
    kind, _, total = variant.partition(":")
    envelope: dict[str, object] = {style.code_key: style.code(200), "Message": "Success"}
    envelope |= _total(Total(total), 0)
    data = _NO_DATA[kind]
    return dumps(envelope if data is ... else envelope | {"data": data})


def error_answer(style: Style, code: int, message: str) -> bytes:
    """Return a refusal in the body, as sent with HTTP 200."""
    return dumps({style.code_key: style.code(code), "Message": message})


def _total(kind: Total, count: int) -> dict[str, object]:
    if kind is Total.ABSENT:
        return {}
    return {"TotalRecord": count if kind is Total.NUMBER else str(count)}
