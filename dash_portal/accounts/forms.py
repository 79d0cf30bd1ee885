"""Forms about people, and how every form says at a field what the rules of accounts have against it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import EmailField, Field, ValidationError

from dash_portal.accounts.errors import AccountError, FieldError
from dash_portal.accounts.people import valid_email


def made_valid(valid: Callable[[str], str | None]) -> Callable[[FlaskForm, Field], None]:
    """Return a validator that keeps what the rule makes of a field, or says what is wrong with it."""

    def validate(_form: FlaskForm, field: Field) -> None:
        try:
            field.data = valid(field.data or "") or ""
        except FieldError as wrong:
            raise ValidationError(str(wrong)) from wrong

    return validate


def tell_at_field(form: Any, wrong: AccountError) -> str | None:
    """Say at its field what the form's own rules can't know; return what belongs to none of its fields."""
    if isinstance(wrong, FieldError) and wrong.field in form:
        form[wrong.field].errors = [*form[wrong.field].errors, str(wrong)]
        return None
    return str(wrong)


class InviteForm(FlaskForm):  # type: ignore[misc]
    """Who is to be invited."""

    email = EmailField("E-mail", [made_valid(valid_email)])
