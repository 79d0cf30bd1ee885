"""The forms for people of any brand: which role they have, and where."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField, ValidationError

from dash_portal.accounts.brands import find_brand_by_words
from dash_portal.accounts.errors import FieldError
from dash_portal.accounts.forms import InviteForm
from dash_portal.request_words import member
from database import AgencySession
from models import Role


def _known_role(_form: FlaskForm, field: Field) -> None:
    if member(Role, field.data or "") is None:
        raise ValidationError("Please choose a role.")


class RoleForm(FlaskForm):  # type: ignore[misc]
    """A person's role, and which brand it is about. `brand` in an address is the brand that is looked at."""

    role = SelectField("Role", [_known_role], default=Role.TENANT_VIEWER.value, validate_choice=False)
    about = StringField("Brand")

    @property
    def chosen_role(self) -> Role:
        """The role of a form that is valid."""
        return Role(self.role.data)

    def tenant_id(self, session: AgencySession) -> int | None:
        """Return the brand that was named; agency staff belong to none, whatever the form says. Raises FieldError."""
        if self.chosen_role is Role.AGENCY_ADMIN:
            return None
        brand = find_brand_by_words(session, self.about.data or "")
        if brand is None:
            raise FieldError("about", "Please choose the brand that this person belongs to.")
        return brand.id


class RoleInviteForm(InviteForm, RoleForm):
    """Who is to be invited, as what, and where."""
