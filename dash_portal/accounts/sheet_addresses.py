"""Addresses by which a spreadsheet imports a table: it can send no header, so the address itself must open something.

A key in it would open everything that the key does, wherever the address is copied, kept or written down. So it holds
no key, but a signed word for one table with one set of filters, as CSV, and which key it was made with: it opens just
that, and ends with the key. No log of ours writes it down (`logs.scrub`); other people's may.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer

from dash_portal.portal import portal

PATH: Final = "/api/v1/sheet/"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What an address opens: a table with these parameters, for as long as the key of this id lives."""

    key_id: str
    table: str
    question: Mapping[str, Sequence[str]]


def sheet_address(sheet: Sheet) -> str:
    """Return the path that opens this."""
    word = _signer().dumps([sheet.key_id, sheet.table, {name: list(values) for name, values in sheet.question.items()}])
    return f"{PATH}{word}"


def sheet_of(path: str) -> Sheet | None:
    """Return what a path opens; None where it is none of ours, or was changed."""
    try:
        key_id, table, question = _signer().loads(path.removeprefix(PATH))
    except BadSignature:
        return None
    return Sheet(key_id, table, question)


def _signer() -> URLSafeSerializer:
    secret = portal().settings.portal_secret_key.get_secret_value()
    return URLSafeSerializer(secret, salt="sheet address", signer_kwargs={"digest_method": hashlib.sha256})
