"""The forms for people of any brand and of the agency: which role they have, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, RadioField, SelectField, SelectMultipleField, StringField, ValidationError

from dash_portal.accounts.brands import find_brand_by_words
from dash_portal.accounts.errors import FieldError
from dash_portal.accounts.forms import InviteForm
from dash_portal.accounts.staff_terms import StaffTerms
from dash_portal.request_words import member
from database import AgencySession
from models import Role

OFFERED_ROLES: Final = tuple(role for role in Role if role is not Role.AGENCY_STAFF)
"""Which roles are given with a brand, or none; what the agency's staff looks after has a page of its own."""


def _known_role(_form: FlaskForm, field: Field) -> None:
    if member(Role, field.data or "") not in OFFERED_ROLES:
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
        """Return the brand that was named; agency admins belong to none, whatever the form says. Raises FieldError."""
        if self.chosen_role is Role.AGENCY_ADMIN:
            return None
        brand = find_brand_by_words(session, self.about.data or "")
        if brand is None:
            raise FieldError("about", "Please choose the brand that this person belongs to.")
        return brand.id


class RoleInviteForm(InviteForm, RoleForm):
    """Who is to be invited, as what, and where."""


class StaffForm(FlaskForm):  # type: ignore[misc]
    """What someone of the agency's staff looks after, and whether they may read raw answers."""

    reach = RadioField("What do they look after?", choices=["all", "some"], default="some")
    brands = SelectMultipleField("Brands", coerce=int, choices=())
    raw_answers = BooleanField("They may read raw answers")

    def offer(self, brands: Sequence[tuple[int, str]]) -> None:
        """Let these brands (`tenants.id`, name) be chosen."""
        self.brands.choices = brands

    @property
    def terms(self) -> StaffTerms:
        """What a form that is valid says."""
        if self.reach.data == "all":
            return StaffTerms(all_brands=True, raw_answers=self.raw_answers.data)
        return StaffTerms(frozenset(self.brands.data), raw_answers=self.raw_answers.data)


class StaffInviteForm(InviteForm, StaffForm):
    """Who is to be invited to the agency's staff, and what they are to look after."""
