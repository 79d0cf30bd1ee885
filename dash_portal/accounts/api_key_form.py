"""The form by which people make an API key: what may be written into each field, said at the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask_wtf import FlaskForm
from sqlmodel import Session
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice

from dash_portal.accounts.api_keys import NewKey, make_key, valid_key_name
from dash_portal.accounts.audit import Actor
from dash_portal.accounts.forms import made_valid
from models import ApiScope, utc_now

SCOPE_WORDS: Final[Mapping[ApiScope, str]] = {
    ApiScope.CHARTS: "Charts: the numbers that the dashboards draw",
    ApiScope.ROWS: "Rows: the tables behind them, with names, addresses and notes",
    ApiScope.STATUS: "Status: how fresh the data is",
}
"""What each scope lets a program read."""

_SCOPES: Final = [SelectChoice(scope.value, words) for scope, words in SCOPE_WORDS.items()]
_ENDS: Final = [
    SelectChoice("30", "in 30 days"),
    SelectChoice("90", "in 90 days"),
    SelectChoice("365", "in a year"),
    SelectChoice("", "never by itself"),
]


class ApiKeyForm(FlaskForm):  # type: ignore[misc]
    """What the key is for, what it may read, and when it ends."""

    name = StringField("What is it for?", [made_valid(valid_key_name)])
    scopes = SelectMultipleField("What may it read?", choices=_SCOPES)
    days = SelectField("It ends", choices=_ENDS, default="365")

    def make(self, session: Session, *, actor: Actor, tenant_id: int) -> NewKey:
        """Make the key that is asked for. Raises AccountError, as `make_key` does."""
        scopes = [ApiScope(word) for word in self.scopes.data or ()]
        days = int(self.days.data) if self.days.data else None
        name, now = self.name.data, utc_now()
        return make_key(session, actor=actor, tenant_id=tenant_id, name=name, scopes=scopes, days=days, now=now)
