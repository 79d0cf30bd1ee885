"""The forms for a brand: what may be written into each field, said at the field. The web key is never sent back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, StringField, ValidationError

from dash_portal.accounts.brands import valid_brand_name, valid_colour, valid_web_key
from dash_portal.accounts.errors import AccountError, FieldError
from dash_portal.accounts.short_names import suggested_slug, valid_slug
from dash_portal.accounts.zone_names import valid_timezone


def _made_valid(valid: Callable[[str], str | None]) -> Callable[[FlaskForm, Field], None]:
    """Return a validator that keeps what the rule makes of a field, or says what is wrong with it."""

    def validate(_form: FlaskForm, field: Field) -> None:
        try:
            field.data = valid(field.data or "") or ""
        except FieldError as wrong:
            raise ValidationError(str(wrong)) from wrong

    return validate


class BrandForm(FlaskForm):  # type: ignore[misc]
    """How a brand is called, its time zone and its colour."""

    name = StringField("Name", [_made_valid(valid_brand_name)])
    slug = StringField("Short name", [_made_valid(valid_slug)])
    timezone = StringField("Time zone", [_made_valid(valid_timezone)])
    accent_colour = StringField("Accent colour", [_made_valid(valid_colour)])


class WebKeyForm(FlaskForm):  # type: ignore[misc]
    """The key of a brand's account."""

    web_key = PasswordField("Web key", [_made_valid(valid_web_key)])


def _suggest_where_blank(form: FlaskForm, field: Field) -> None:
    """Take the short name that the name suggests, should nobody have written one."""
    if not (field.data or "").strip():
        field.data = suggested_slug(form.name.data or "")


class NewBrandForm(BrandForm, WebKeyForm):
    """A brand with its web key. Its short name may be left out: whoever is quick sends the form before it came."""

    slug = StringField("Short name", [_suggest_where_blank, _made_valid(valid_slug)])


def tell_at_field(form: Any, wrong: AccountError) -> str | None:
    """Say at its field what the form's own rules can't know; return what belongs to none of its fields."""
    if isinstance(wrong, FieldError) and wrong.field in form:
        form[wrong.field].errors = [*form[wrong.field].errors, str(wrong)]
        return None
    return str(wrong)
