"""/team: a brand's admin invites, lists and deactivates the viewers of the own brand, and nobody else."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from dash_portal.accounts import links, people
from dash_portal.accounts.access_review import (
    ONLY_WORDS,
    Only,
    Sign,
    asked_only,
    review_file,
    review_line,
    signs_at_brand,
)
from dash_portal.accounts.audit import Actor
from dash_portal.accounts.browser import current_actor
from dash_portal.accounts.errors import AccountError, NotAllowedError, NotFoundError
from dash_portal.accounts.forms import InviteForm, tell_at_field
from dash_portal.accounts.links import Link
from dash_portal.accounts.memberships import find_member
from dash_portal.accounts.rights_table import Capability
from dash_portal.agency.words import ROLE_WORDS
from dash_portal.brand_access import brand_where, pinned
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


@blueprint.get("/file.csv")
def file() -> Response:
    """Send the brand's people, or those who are looked at, as a file."""
    now, brand = utc_now(), brand_where(Capability.TEAM)
    with _own_brand(writes=True) as database:
        lines = [
            review_line(user, ROLE_WORDS[membership.role], brand.name, has_access=membership.active, sign=sign)
            for membership, user, sign in _members(database, asked_only())
        ]
        return review_file(database, lines, actor=_actor(database), whose=brand.slug, zone=brand.display_zone, now=now)


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
    g.opened_brand = brand_where(Capability.TEAM)
    return BrandSession(portal().engine, g.opened_brand.tenant_id, writes=writes)


def _actor(database: BrandSession) -> Actor:
    """Return who acts, as what they are at the brand of this page."""
    return current_actor(database.tenant_id)


def _members(database: BrandSession, only: Only | None) -> list[tuple[Membership, User, Sign]]:
    """Return the brand's people who are looked at, each with their membership and how they sign in."""
    in_order = (col(Membership.active).desc(), User.name, User.email)
    question = select(Membership, User).join(User, col(User.id) == Membership.user_id).order_by(*in_order)
    members = database.exec(question).all()
    signs = signs_at_brand(database, members, database.tenant_id)
    return [(*member, sign) for member, sign in zip(members, signs, strict=True) if sign.is_of(only)]


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
    return redirect(url_for("team.show", brand=pinned(brand_where(Capability.TEAM)), done=done), code=303)


def _refused(wrong: AccountError, form: InviteForm | None = None) -> ResponseReturnValue:
    if isinstance(wrong, NotFoundError | NotAllowedError):
        raise wrong
    return _page(problem=tell_at_field(form, wrong) if form else str(wrong), form=form), 400


def _page(*, link: Link | None = None, problem: str | None = None, form: InviteForm | None = None) -> str:
    with _own_brand(writes=False) as database:
        everyone, only = _members(database, None), asked_only()
        invites = links.open_invites(database, now=utc_now())
    return render_template(
        "team.html",
        brand=brand_where(Capability.TEAM),
        named_brand=pinned(brand_where(Capability.TEAM)),
        members=[row for row in everyone if row[2].is_of(only)],
        only=only,
        choices=[(words, of, sum(sign.is_of(of) for *_, sign in everyone)) for of, words in ONLY_WORDS.items()],
        invites=invites,
        viewer=Role.TENANT_VIEWER,
        link=request.url_root.rstrip("/") + link.path if link else None,
        link_until=link.expires_at if link else None,
        form=form or InviteForm(formdata=None),
        problem=problem,
        done=_DONE.get(request.args.get("done", "")),
    )
