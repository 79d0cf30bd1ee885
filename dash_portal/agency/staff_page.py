"""/agency/users/staff: what someone of the agency's staff looks after, when they are invited and later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from dash_portal.accounts.agency_people import agency_role
from dash_portal.accounts.browser import current_actor
from dash_portal.accounts.errors import AccountError, NotFoundError
from dash_portal.accounts.forms import tell_at_field
from dash_portal.accounts.links import Link, invite_user
from dash_portal.accounts.staff import set_staff
from dash_portal.accounts.staff_terms import terms_of
from dash_portal.agency import frame
from dash_portal.agency.people_forms import StaffForm, StaffInviteForm
from dash_portal.brand_access import open_agency
from dash_portal.brand_time import moment_text
from database import AgencySession
from models import Role, Tenant, User, utc_now

blueprint = Blueprint("agency_staff", __name__, url_prefix="/agency/users")

_PERSON: Final = "/<int(max=2147483647):user_id>/staff"


@blueprint.get("/staff")
def new() -> ResponseReturnValue:
    """Show the form by which someone is invited."""
    with open_agency() as session:
        form = StaffInviteForm(formdata=None)
        form.offer(_brands(session))
    return _page(form)


@blueprint.post("/staff")
def invite() -> ResponseReturnValue:
    """Make a link by which someone of the staff joins; it is shown this once."""
    form, another = StaffInviteForm(), StaffInviteForm(formdata=None)
    with open_agency(writes=True) as session:
        for offering in (form, another):
            offering.offer(_brands(session))
        if not form.validate_on_submit():
            return _page(form), 400
        try:
            link = invite_user(
                session,
                actor=current_actor(),
                email=form.email.data,
                role=Role.AGENCY_STAFF,
                tenant_id=None,
                terms=form.terms,
                now=utc_now(),
            )
        except AccountError as wrong:
            session.rollback()
            return _page(form, problem=tell_at_field(form, wrong)), 400
        session.commit()
    return _page(another, link=link, who=form.email.data)


@blueprint.get(_PERSON)
def show(user_id: int) -> ResponseReturnValue:
    """Show what a person looks after, or offer to make them one of the staff."""
    with open_agency() as session:
        person = _person(session, user_id)
        form = StaffForm(formdata=None, **_filled_in(session, person))
        form.offer(_brands(session))
    return _page(form, person=person)


@blueprint.post(_PERSON)
def change(user_id: int) -> ResponseReturnValue:
    """Have a person look after other brands; from the next request on."""
    form = StaffForm()
    with open_agency(writes=True) as session:
        person = _person(session, user_id)
        form.offer(_brands(session))
        if not form.validate_on_submit():
            return _page(form, person=person), 400
        try:
            set_staff(session, actor=current_actor(), user_id=user_id, terms=form.terms, now=utc_now())
        except AccountError as wrong:
            session.rollback()
            return _page(form, person=person, problem=tell_at_field(form, wrong)), 400
        session.commit()
    return redirect(url_for("agency_people.show", done="staff"), code=303)


@dataclass(frozen=True, slots=True)
class _Person:
    """Whom the page is about."""

    user_id: int
    name: str
    email: str
    is_staff: bool


def _person(session: AgencySession, user_id: int) -> _Person:
    user = session.get(User, user_id)
    if user is None:
        raise NotFoundError("There is no such person.")
    return _Person(user_id, user.name, user.email, agency_role(user) is Role.AGENCY_STAFF)


def _filled_in(session: AgencySession, person: _Person) -> dict[str, object]:
    """Return the form's fields as they are today; for who is not of the staff yet, as they are for nobody."""
    if not person.is_staff:
        return {}
    terms = terms_of(session, session.get_one(User, person.user_id))
    return {
        "reach": "all" if terms.all_brands else "some",
        "brands": sorted(terms.brands),
        "raw_answers": terms.raw_answers,
    }


def _brands(session: AgencySession) -> list[tuple[int, str]]:
    named = session.exec(select(Tenant.id, Tenant.name).order_by(col(Tenant.name), col(Tenant.slug)))
    return [(tenant_id or 0, name) for tenant_id, name in named]


def _page(
    form: StaffForm,
    *,
    person: _Person | None = None,
    link: Link | None = None,
    who: str = "",
    problem: str | None = None,
) -> str:
    return frame.page(
        "staff.html",
        form=form,
        person=person,
        link=request.url_root.rstrip("/") + link.path if link else None,
        link_until=moment_text(link.expires_at, frame.viewers_zone()) if link else None,
        who=who,
        problem=problem,
    )
