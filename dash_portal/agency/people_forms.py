"""The forms for people of any brand: which role they have, and where."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import Field, SelectField, ValidationError

from dash_portal.accounts.brands import find_brand_by_slug
from dash_portal.accounts.errors import FieldError, NotFoundError
from dash_portal.accounts.forms import InviteForm
from dash_portal.request_words import member
from database import AgencySession
from models import Role


def _known_role(_form: FlaskForm, field: Field) -> None:
    if member(Role, field.data or "") is None:
        raise ValidationError("Please choose a role.")


class RoleForm(FlaskForm):  # type: ignore[misc]
    """A person's role, and the brand they belong to."""

    role = SelectField("Role", [_known_role], default=Role.TENANT_VIEWER.value, validate_choice=False)
    brand = SelectField("Brand", validate_choice=False)

    @property
    def chosen_role(self) -> Role:
        """The role of a form that is valid."""
        return Role(self.role.data)

    def tenant_id(self, session: AgencySession) -> int | None:
        """Return the brand that was chosen; agency staff belong to none, whatever the form says. Raises FieldError."""
        if self.chosen_role is Role.AGENCY_ADMIN:
            return None
        try:
            return find_brand_by_slug(session, self.brand.data or "").id
        except NotFoundError as missing:
            raise FieldError("brand", "Please choose the brand that this person belongs to.") from missing


class RoleInviteForm(InviteForm, RoleForm):
    """Who is to be invited, as what, and where."""
