"""/agency/users/sign-in: the providers of company accounts, and of whom the agency or a brand requires one."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlmodel import col, select
from wtforms import SelectField
from wtforms.validators import InputRequired

from dash_portal.accounts import company_requirement as requirement
from dash_portal.accounts.brands import find_brand_by_slug
from dash_portal.accounts.browser import current_actor, signed_in
from dash_portal.accounts.errors import AccountError, NotAllowedError
from dash_portal.accounts.forms import tell_at_field
from dash_portal.agency import frame
from dash_portal.brand_access import open_agency
from dash_portal.portal import portal
from database import AgencySession
from models import Role, Tenant, User, utc_now

blueprint = Blueprint("agency_sign_in", __name__, url_prefix="/agency")

_DONE: Final = {
    "required": "It is required: passwords open nothing any more, and sessions have ended.",
    "lifted": "It is no longer required: passwords open what they did before.",
}
_NO_PROVIDER: Final = "Nobody could sign in: no provider is switched on."


class EmergencyForm(FlaskForm):  # type: ignore[misc]
    """Who of the agency keeps the password."""

    emergency = SelectField("Emergency admin", [InputRequired("Please choose someone.")], coerce=int, choices=())


@blueprint.get("/users/sign-in")
def show() -> ResponseReturnValue:
    """Show the providers, and what is required of the agency's people."""
    return _page()


@blueprint.post("/users/sign-in/require")
def require() -> ResponseReturnValue:
    """Require company accounts of the agency's people, but of the one who is chosen."""
    form, who = EmergencyForm(), signed_in()
    with open_agency() as session:
        form.emergency.choices = _choices(session)
    if not form.validate_on_submit():
        return _page(form=form), 400
    try:
        _require_provider()
        with open_agency(writes=True) as session:
            requirement.require_of_agency(
                session,
                actor=current_actor(),
                emergency_id=form.emergency.data,
                keep_session=who.session_id if who else None,
                now=utc_now(),
            )
            session.commit()
    except NotAllowedError:
        raise
    except AccountError as wrong:
        return _page(form=form, problem=tell_at_field(form, wrong)), 400
    return frame.go_to(url_for("agency_sign_in.show", done="required"))


@blueprint.post("/users/sign-in/lift")
def lift() -> ResponseReturnValue:
    """Let the agency's people use their passwords again."""
    with open_agency(writes=True) as session:
        requirement.lift_of_agency(session, actor=current_actor())
        session.commit()
    return frame.go_to(url_for("agency_sign_in.show", done="lifted"))


@blueprint.get("/brands/<slug>/sign-in")
def brand(slug: str) -> ResponseReturnValue:
    """Show how the people of a brand sign in."""
    return _brand_page(slug)


@blueprint.post("/brands/<slug>/sign-in/require")
def require_of_brand(slug: str) -> ResponseReturnValue:
    """Require company accounts of the people of a brand."""
    try:
        _require_provider()
    except AccountError as wrong:
        return _brand_page(slug, problem=str(wrong)), 400
    return _set_for_brand(slug, required=True)


@blueprint.post("/brands/<slug>/sign-in/lift")
def lift_of_brand(slug: str) -> ResponseReturnValue:
    """Let the people of a brand use their passwords again."""
    return _set_for_brand(slug, required=False)


def _set_for_brand(slug: str, *, required: bool) -> ResponseReturnValue:
    with open_agency(writes=True) as session:
        tenant_id = find_brand_by_slug(session, slug).id or 0
        requirement.require_of_brand(
            session, actor=current_actor(), tenant_id=tenant_id, required=required, now=utc_now()
        )
        session.commit()
    return frame.go_to(url_for("agency_sign_in.brand", slug=slug, done="required" if required else "lifted"))


def _require_provider() -> None:
    if not portal().settings.oidc_providers:
        raise AccountError(_NO_PROVIDER)


def _choices(session: AgencySession) -> list[tuple[int, str]]:
    """Return the active agency admins who have a password."""
    admins = select(User).where(User.role == Role.AGENCY_ADMIN, col(User.active)).order_by(col(User.email))
    return [(user.id or 0, user.name or user.email) for user in session.exec(admins) if requirement.has_password(user)]


def _page(*, form: EmergencyForm | None = None, problem: str | None = None) -> str:
    with open_agency() as session:
        named = requirement.emergency_admin(session)
        if form is None:
            form = EmergencyForm(formdata=None, emergency=named.id if named else current_actor().user_id)
            form.emergency.choices = _choices(session)
        linked, everyone = requirement.linked_counts(session, None)
        requiring = select(Tenant).where(col(Tenant.company_sign_in_only)).order_by(col(Tenant.name))
        brands = list(session.exec(requiring))
    return frame.page(
        "sign_in.html",
        providers=portal().settings.oidc_providers,
        named=named,
        form=form,
        linked=linked,
        everyone=everyone,
        requiring=brands,
        problem=problem,
        done=_DONE.get(request.args.get("done", "")),
    )


def _brand_page(slug: str, *, problem: str | None = None) -> str:
    with open_agency() as session:
        tenant = find_brand_by_slug(session, slug)
        linked, everyone = requirement.linked_counts(session, tenant.id)
    return frame.page(
        "brand_sign_in.html",
        tenant=tenant,
        linked=linked,
        everyone=everyone,
        problem=problem,
        done=_DONE.get(request.args.get("done", "")),
    )
