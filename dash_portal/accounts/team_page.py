"""/team: a brand's admin invites, lists and deactivates the viewers of the own brand, and nobody else."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from dash_portal.accounts import links, people
from dash_portal.accounts.browser import current_actor
from dash_portal.accounts.errors import AccountError, NotAllowedError, NotFoundError
from dash_portal.accounts.forms import InviteForm, tell_at_field
from dash_portal.accounts.links import Link
from dash_portal.brand_access import authorised_brand, require_role
from dash_portal.portal import portal
from database import BrandSession
from models import Role, User, utc_now

blueprint = Blueprint("team", __name__, url_prefix="/team")

_DONE = {
    "withdrawn": "The invitation is withdrawn.",
    "deactivated": "They no longer have access.",
    "reactivated": "They can sign in again.",
}


@blueprint.get("")
def show() -> ResponseReturnValue:
    """Show the brand's people and its open invitations."""
    return _page()


@blueprint.post("/invite")
def invite() -> ResponseReturnValue:
    """Make a link by which a viewer joins; it is shown this once."""
    form = InviteForm()
    if not form.validate_on_submit():
        return _page(form=form), 400
    return _make_link(
        lambda database: links.invite_user(
            database,
            actor=current_actor(),
            email=form.email.data,
            role=Role.TENANT_VIEWER,
            tenant_id=database.tenant_id,
            now=utc_now(),
        ),
        form=form,
    )


@blueprint.post("/<int(max=2147483647):user_id>/reset")
def reset(user_id: int) -> ResponseReturnValue:
    """Make a link by which a viewer sets a new password; it is shown this once."""
    return _make_link(
        lambda database: links.make_reset_link(database, actor=current_actor(), user_id=user_id, now=utc_now())
    )


@blueprint.post("/invites/<invite_id>/withdraw")
def withdraw(invite_id: str) -> ResponseReturnValue:
    """Void an open invitation."""
    return _do(
        "withdrawn",
        lambda database: links.withdraw_invite(database, actor=current_actor(), invite_id=invite_id, now=utc_now()),
    )


@blueprint.post("/<int(max=2147483647):user_id>/deactivate")
def deactivate(user_id: int) -> ResponseReturnValue:
    """Take a viewer's access away."""
    return _do(
        "deactivated",
        lambda database: people.deactivate_user(database, actor=current_actor(), user_id=user_id, now=utc_now()),
    )


@blueprint.post("/<int(max=2147483647):user_id>/reactivate")
def reactivate(user_id: int) -> ResponseReturnValue:
    """Give a viewer access again."""
    return _do(
        "reactivated",
        lambda database: people.reactivate_user(database, actor=current_actor(), user_id=user_id),
    )


def _own_brand(*, writes: bool) -> BrandSession:
    """Return a session bound to the admin's own brand. Raises RoleForbiddenError for anyone but a brand's admin."""
    require_role(Role.TENANT_ADMIN)
    return BrandSession(portal().engine, authorised_brand().tenant_id, writes=writes)


def _make_link(make: Callable[[BrandSession], Link], *, form: InviteForm | None = None) -> ResponseReturnValue:
    try:
        with _own_brand(writes=True) as database:
            link = make(database)
            database.commit()
    except AccountError as wrong:
        return _refused(wrong, form)
    return _page(link=link)


def _do(done: str, change: Callable[[BrandSession], object]) -> ResponseReturnValue:
    try:
        with _own_brand(writes=True) as database:
            change(database)
            database.commit()
    except AccountError as wrong:
        return _refused(wrong)
    return redirect(url_for("team.show", done=done), code=303)


def _refused(wrong: AccountError, form: InviteForm | None = None) -> ResponseReturnValue:
    if isinstance(wrong, NotFoundError | NotAllowedError):
        raise wrong
    return _page(problem=tell_at_field(form, wrong) if form else str(wrong), form=form), 400


def _page(*, link: Link | None = None, problem: str | None = None, form: InviteForm | None = None) -> str:
    with _own_brand(writes=False) as database:
        everyone = list(database.exec(select(User).order_by(col(User.active).desc(), User.name, User.email)))
        invites = links.open_invites(database, now=utc_now())
    return render_template(
        "team.html",
        brand=authorised_brand(),
        people=everyone,
        invites=invites,
        viewer=Role.TENANT_VIEWER,
        link=request.url_root.rstrip("/") + link.path if link else None,
        link_until=link.expires_at if link else None,
        form=form or InviteForm(formdata=None),
        problem=problem,
        done=_DONE.get(request.args.get("done", "")),
    )
