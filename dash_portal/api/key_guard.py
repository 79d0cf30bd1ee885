"""Whether a program with a key may ask for this (`accounts/rights_table.py`), and how often.

How often is counted in each web process for itself: in the database every reading would be a writing, which on SQLite
waits while a sync lands. So of all processes together a key gets at most `PER_MINUTE` times `WEB_CONCURRENCY` answers
a minute.
"""

from __future__ import annotations

from typing import Final

from flask import request

from dash_portal.accounts.key_holder import key_holder
from dash_portal.accounts.rights_table import OF_SCOPE, capability_of, scope_of
from dash_portal.api.allowance import Allowances
from dash_portal.brand_access import NotSignedInError
from models import ApiScope

PER_MINUTE: Final = 120
"""How many requests of one key a process answers in a minute; as many may come at once after a minute of none."""

ALLOWANCES: Final = Allowances(PER_MINUTE, seconds=60)


class ScopeMissingError(Exception):
    """The key is good, and not for this."""

    def __init__(self, scope: ApiScope | None) -> None:
        """Take the scope that would be needed; None where no key opens what was asked for."""
        super().__init__(scope)
        self.scope = scope


class TooManyRequestsError(Exception):
    """The key has asked too often; `seconds` says after how many it may again."""

    def __init__(self, seconds: int) -> None:
        """Take how long to wait."""
        super().__init__(seconds)
        self.seconds = seconds


def require_key() -> None:
    """Let the program through whose request this is.

    Raises NotSignedInError for a key that opens nothing, ScopeMissingError, or TooManyRequestsError.
    """
    holder = key_holder()
    if holder is None:
        raise NotSignedInError
    wait = ALLOWANCES.take(holder.key_id)
    if wait:
        raise TooManyRequestsError(wait)
    capability = capability_of(request.endpoint or "api.unknown")
    if not any(capability in OF_SCOPE[scope] for scope in holder.scopes):
        raise ScopeMissingError(scope_of(capability))
