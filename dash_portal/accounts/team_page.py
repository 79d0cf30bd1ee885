"""/team: a brand's admin invites, lists and deactivates the viewers of the own brand, and nobody else."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from dash_portal.accounts import links, people
from dash_portal.accounts.audit import Actor
from dash_portal.accounts.browser import current_actor
from dash_portal.accounts.errors import AccountError, NotAllowedError, NotFoundError
from dash_portal.accounts.forms import InviteForm, tell_at_field
from dash_portal.accounts.links import Link
from dash_portal.accounts.memberships import find_member
from dash_portal.brand_access import administered_brand, pinned
from dash_portal.portal import portal
from database import BrandSession
from models import Membership, Role, User, utc_now

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
            actor=_actor(database),
            email=form.email.data,
            role=Role.TENANT_VIEWER,
            tenant_id=database.tenant_id,
            now=utc_now(),
        ),
        form=form,
    )


@blueprint.post("/<membership_id>/reset")
def reset(membership_id: str) -> ResponseReturnValue:
    """Make a link by which a viewer sets a new password; it is shown this once."""
    return _make_link(
        lambda database: links.make_reset_link(
            database, actor=_actor(database), user_id=find_member(database, membership_id), now=utc_now()
        )
    )


@blueprint.post("/invites/<invite_id>/withdraw")
def withdraw(invite_id: str) -> ResponseReturnValue:
    """Void an open invitation."""
    return _do(
        "withdrawn",
        lambda database: links.withdraw_invite(database, actor=_actor(database), invite_id=invite_id, now=utc_now()),
    )


@blueprint.post("/<membership_id>/deactivate")
def deactivate(membership_id: str) -> ResponseReturnValue:
    """Take a viewer's access away."""
    return _do(
        "deactivated",
        lambda database: people.deactivate_user(
            database, actor=_actor(database), user_id=find_member(database, membership_id), now=utc_now()
        ),
    )


@blueprint.post("/<membership_id>/reactivate")
def reactivate(membership_id: str) -> ResponseReturnValue:
    """Give a viewer access again."""
    return _do(
        "reactivated",
        lambda database: people.reactivate_user(
            database, actor=_actor(database), user_id=find_member(database, membership_id)
        ),
    )


def _own_brand(*, writes: bool) -> BrandSession:
    """Return a session bound to the brand of this page. Raises RoleForbiddenError for anyone but its admin."""
    g.opened_brand = administered_brand()
    return BrandSession(portal().engine, g.opened_brand.tenant_id, writes=writes)


def _actor(database: BrandSession) -> Actor:
    """Return who acts, as what they are at the brand of this page."""
    return current_actor(database.tenant_id)


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
    return redirect(url_for("team.show", brand=pinned(administered_brand()), done=done), code=303)


def _refused(wrong: AccountError, form: InviteForm | None = None) -> ResponseReturnValue:
    if isinstance(wrong, NotFoundError | NotAllowedError):
        raise wrong
    return _page(problem=tell_at_field(form, wrong) if form else str(wrong), form=form), 400


def _page(*, link: Link | None = None, problem: str | None = None, form: InviteForm | None = None) -> str:
    with _own_brand(writes=False) as database:
        in_order = (col(Membership.active).desc(), User.name, User.email)
        question = select(Membership, User).join(User, col(User.id) == Membership.user_id).order_by(*in_order)
        members = database.exec(question).all()
        invites = links.open_invites(database, now=utc_now())
    return render_template(
        "team.html",
        brand=administered_brand(),
        named_brand=pinned(administered_brand()),
        members=members,
        invites=invites,
        viewer=Role.TENANT_VIEWER,
        link=request.url_root.rstrip("/") + link.path if link else None,
        link_until=link.expires_at if link else None,
        form=form or InviteForm(formdata=None),
        problem=problem,
        done=_DONE.get(request.args.get("done", "")),
    )
