"""The forms for a brand: what may be written into each field, said at the field. The web key is never sent back."""

from __future__ import annotations

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import Field, PasswordField, StringField

from dash_portal.accounts.brands import valid_brand_name, valid_colour, valid_web_key
from dash_portal.accounts.forms import made_valid
from dash_portal.accounts.short_names import suggested_slug, valid_slug
from dash_portal.accounts.zone_names import valid_timezone


class BrandForm(FlaskForm):  # type: ignore[misc]
    """How a brand is called, its time zone and its colour."""

    name = StringField("Name", [made_valid(valid_brand_name)])
    slug = StringField("Short name", [made_valid(valid_slug)])
    timezone = StringField("Time zone", [made_valid(valid_timezone)])
    accent_colour = StringField("Accent colour", [made_valid(valid_colour)])


class WebKeyForm(FlaskForm):  # type: ignore[misc]
    """The key of a brand's account."""

    web_key = PasswordField("Web key", [made_valid(valid_web_key)])


def _suggest_where_blank(form: FlaskForm, field: Field) -> None:
    """Take the short name that the name suggests, should nobody have written one."""
    if not (field.data or "").strip():
        field.data = suggested_slug(form.name.data or "")


class NewBrandForm(BrandForm, WebKeyForm):
    """A brand with its web key. Its short name may be left out: whoever is quick sends the form before it came."""

    slug = StringField("Short name", [_suggest_where_blank, made_valid(valid_slug)])


class LogoForm(FlaskForm):  # type: ignore[misc]
    """The file of a logo."""

    logo = FileField("Logo file", [FileRequired("Please choose a file.")])
