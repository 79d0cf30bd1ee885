"""/agency/users: everyone who may sign in, of all brands and of the agency; and the links by which they join."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from dash_portal.accounts import links, people
from dash_portal.accounts.access_review import (
    ONLY_WORDS,
    Only,
    Sign,
    asked_only,
    review_file,
    review_line,
    signs_of,
)
from dash_portal.accounts.agency_people import agency_role, is_staff
from dash_portal.accounts.brands import find_brand_by_slug
from dash_portal.accounts.browser import current_actor
from dash_portal.accounts.errors import AccountError, NotFoundError
from dash_portal.accounts.forms import tell_at_field
from dash_portal.accounts.links import Link
from dash_portal.accounts.memberships import has_access
from dash_portal.accounts.staff_terms import invited_role
from dash_portal.agency import frame
from dash_portal.agency.list_search import holds, searched_words
from dash_portal.agency.paging import asked_page, shown_page
from dash_portal.agency.people_forms import OFFERED_ROLES, RoleForm, RoleInviteForm
from dash_portal.agency.words import ROLE_MEANING, ROLE_WORDS, staff_words
from dash_portal.brand_access import open_agency
from dash_portal.brand_time import ago_text, moment_text
from database import AgencySession
from models import Invite, Membership, Role, StaffBrand, Tenant, User, utc_now

blueprint = Blueprint("agency_people", __name__, url_prefix="/agency/users")

_DONE: Final = {
    "withdrawn": "The invitation is withdrawn: its link no longer works.",
    "deactivated": "They no longer have access; open tabs of theirs have ended.",
    "reactivated": "They can sign in again.",
    "two-step-off": "They sign in with their password alone until they set two-step sign-in up again.",
    "freed": "Their e-mail address is free: someone else can be invited with it.",
    "role": "They have this role now. They sign in anew with it.",
    "staff": "They look after what you chose, from their next click on.",
    "taken": "They may no longer see this brand; open tabs of theirs have ended.",
    "given-back": "They may see this brand again.",
}
_PERSON: Final = "/<int(max=2147483647):user_id>"


@blueprint.get("")
def show() -> ResponseReturnValue:
    """List everyone, and the open invitations."""
    return _page()


@blueprint.get("/file.csv")
def file() -> Response:
    """Send everyone, or those who are looked at, as a file: a line for each brand that somebody may see."""
    now, zone = utc_now(), frame.viewers_zone()
    with open_agency(writes=True) as session:
        everyone = _everyone(session)
        listed = everyone.found(searched_words(), asked_only())
        users = {user.id: user for user in session.exec(select(User).where(col(User.id).in_(listed)))}
        signs = signs_of(session, users.values())
        lines = [line for user_id in listed for line in _lines(users[user_id], signs[user_id], everyone)]
        return review_file(session, lines, actor=current_actor(), whose="agency", zone=zone, now=now)


@blueprint.post("/invite")
def invite() -> ResponseReturnValue:
    """Make a link by which someone joins; it is shown this once."""
    form = RoleInviteForm()
    if not form.validate_on_submit():
        return _page(form=form), 400
    return _make_link(
        lambda session: links.invite_user(
            session,
            actor=current_actor(),
            email=form.email.data,
            role=form.chosen_role,
            tenant_id=form.tenant_id(session),
            now=utc_now(),
        ),
        form=form,
    )


@blueprint.post(f"{_PERSON}/reset")
def reset(user_id: int) -> ResponseReturnValue:
    """Make a link by which this person sets a new password; it is shown this once."""
    return _make_link(
        lambda session: links.make_reset_link(session, actor=current_actor(), user_id=user_id, now=utc_now())
    )


@blueprint.post("/invites/<invite_id>/withdraw")
def withdraw(invite_id: str) -> ResponseReturnValue:
    """Void an open invitation."""
    return _do(
        "withdrawn",
        lambda session: links.withdraw_invite(session, actor=current_actor(), invite_id=invite_id, now=utc_now()),
    )


@blueprint.post(f"{_PERSON}/deactivate")
def deactivate(user_id: int) -> ResponseReturnValue:
    """Take this person's access away."""
    return _do(
        "deactivated",
        lambda session: people.deactivate_user(session, actor=current_actor(), user_id=user_id, now=utc_now()),
    )


@blueprint.post(f"{_PERSON}/reactivate")
def reactivate(user_id: int) -> ResponseReturnValue:
    """Give this person access again."""
    return _do("reactivated", lambda session: people.reactivate_user(session, actor=current_actor(), user_id=user_id))


@blueprint.post(f"{_PERSON}/free-address")
def free_address(user_id: int) -> ResponseReturnValue:
    """Let someone else have this person's e-mail address."""
    return _do("freed", lambda session: people.free_address(session, actor=current_actor(), user_id=user_id))


@blueprint.post(f"{_PERSON}/two-step-off")
def two_step_off(user_id: int) -> ResponseReturnValue:
    """Ask this person, who has lost phone and recovery codes, for no code any more."""
    return _do(
        "two-step-off",
        lambda session: people.let_in_without_code(session, actor=current_actor(), user_id=user_id, now=utc_now()),
    )


@blueprint.post(f"{_PERSON}/role")
def role(user_id: int) -> ResponseReturnValue:
    """Give this person a role at a brand, which may be a further one, or at the agency."""
    form = RoleForm()
    if not form.validate_on_submit():
        return _page(problem=" ".join(form.role.errors)), 400
    return _do(
        "role",
        lambda session: people.change_role(
            session,
            actor=current_actor(),
            user_id=user_id,
            role=form.chosen_role,
            tenant_id=form.tenant_id(session),
            now=utc_now(),
        ),
    )


@blueprint.post(f"{_PERSON}/brands/<slug>/take")
def take(user_id: int, slug: str) -> ResponseReturnValue:
    """Take this person's access to one brand away."""
    return _do(
        "taken",
        lambda session: people.take_brand(
            session,
            actor=current_actor(),
            user_id=user_id,
            tenant_id=find_brand_by_slug(session, slug).id or 0,
            now=utc_now(),
        ),
    )


@blueprint.post(f"{_PERSON}/brands/<slug>/give-back")
def give_back(user_id: int, slug: str) -> ResponseReturnValue:
    """Give this person access to one brand again."""
    return _do(
        "given-back",
        lambda session: people.give_brand_back(
            session, actor=current_actor(), user_id=user_id, tenant_id=find_brand_by_slug(session, slug).id or 0
        ),
    )


def _make_link(make: Callable[[AgencySession], Link], *, form: RoleInviteForm | None = None) -> ResponseReturnValue:
    with open_agency(writes=True) as session:
        try:
            link = make(session)
        except NotFoundError:
            raise
        except AccountError as wrong:
            session.rollback()
            return _page(problem=tell_at_field(form, wrong) if form else str(wrong), form=form), 400
        session.commit()
    return _page(link=link, who=form.email.data if form else "")


def _do(done: str, change: Callable[[AgencySession], object]) -> ResponseReturnValue:
    with open_agency(writes=True) as session:
        try:
            change(session)
        except NotFoundError:
            raise
        except AccountError as wrong:
            session.rollback()
            return _page(problem=str(wrong)), 400
        session.commit()
    return redirect(url_for("agency_people.show", done=done), code=303)


_PEOPLE: Final = select_columns(
    col(User.id),
    col(User.name),
    col(User.email),
    col(User.role),
    is_staff().label("is_staff"),
    col(User.sees_all_brands),
    col(User.reads_raw_answers),
    col(User.last_sign_in_at),
    col(User.totp_confirmed_at),
    has_access().label("has_access"),
).order_by(has_access().desc(), col(User.name), col(User.email))

_MEMBERSHIPS: Final = (
    select_columns(
        col(Membership.user_id), col(Tenant.slug), col(Tenant.name), col(Membership.role), col(Membership.active)
    )
    .join(Tenant, col(Tenant.id) == col(Membership.tenant_id))
    .order_by(col(Tenant.name))
)


_STAFF_BRANDS: Final = (
    select_columns(col(StaffBrand.user_id), col(Tenant.slug), col(Tenant.name))
    .join(Tenant, col(Tenant.id) == col(StaffBrand.tenant_id))
    .join(User, col(User.id) == col(StaffBrand.user_id))
    .where(is_staff())
    .order_by(col(Tenant.name))
)


@dataclass(frozen=True, slots=True)
class _AtBrand:
    """What a person may do at one brand, as the page says it."""

    slug: str
    name: str
    role: Role
    active: bool


def _at_brands(session: AgencySession) -> dict[int, list[_AtBrand]]:
    """Return by person what they may do at which brand, by its name."""
    at_brands: dict[int, list[_AtBrand]] = {}
    for user_id, slug, name, role, active in session.execute(_MEMBERSHIPS):
        at_brands.setdefault(user_id, []).append(_AtBrand(slug, name, role, active))
    for user_id, slug, name in session.execute(_STAFF_BRANDS):
        at_brands.setdefault(user_id, []).append(_AtBrand(slug, name, Role.AGENCY_STAFF, active=True))
    return at_brands


@dataclass(frozen=True, slots=True)
class _Everyone:
    """All people in the order of the page, and what each may do at which brand."""

    people: Sequence[Any]
    at_brands: dict[int, list[_AtBrand]]

    def found(self, words: str, only: Only | None) -> list[int]:
        """Return the ids of those who hold the words and are looked at."""
        return [
            person.id
            for person in self.people
            if Sign(person.last_sign_in_at, person.totp_confirmed_at is not None).is_of(only)
            and _holds(words, person, self.at_brands.get(person.id, []))
        ]

    def counts(self) -> dict[Only | None, int]:
        """Return how many are looked at by each choice."""
        return {only: len(self.found("", only)) for only in ONLY_WORDS}

    def with_access(self) -> set[int]:
        """Return the ids of those from whom not all access was taken."""
        return {person.id for person in self.people if person.has_access}


def _everyone(session: AgencySession) -> _Everyone:
    return _Everyone(session.execute(_PEOPLE).all(), _at_brands(session))


def _lines(user: User, sign: Sign, everyone: _Everyone) -> Iterator[Sequence[Any]]:
    """Yield the lines of a file about a person: one for each brand, and one for who has none."""
    at_brands, of_agency = everyone.at_brands.get(user.id or 0, []), agency_role(user)
    has_access = user.id in everyone.with_access()
    for at in at_brands:
        role = ROLE_WORDS[at.role] if of_agency is None else _agency_words(user, of_agency)[0]
        yield review_line(user, role, at.name, has_access=at.active and has_access, sign=sign)
    if not at_brands:
        role, brand = ("none", "none") if of_agency is None else _agency_words(user, of_agency)
        yield review_line(user, role, brand, has_access=has_access, sign=sign)


def _agency_words(user: User, role: Role) -> tuple[str, str]:
    """Return what someone is at the agency, and where, if no brands of theirs say so."""
    if role is Role.AGENCY_ADMIN:
        return ROLE_WORDS[role], "agency"
    return staff_words(reads_raw_answers=user.reads_raw_answers), "all brands" if user.sees_all_brands else "none"


def _holds(words: str, person: Any, at_brands: Sequence[_AtBrand]) -> bool:
    shown = [word for at in at_brands for word in (at.name, ROLE_WORDS[at.role])]
    if person.role is Role.AGENCY_ADMIN:
        shown += ["agency", ROLE_WORDS[person.role]]
    elif person.is_staff:
        shown += [staff_words(reads_raw_answers=person.reads_raw_answers)]
        shown += ["all brands" if person.sees_all_brands else ""]
    return holds(words, person.name, person.email, *shown)


def _invited_words(invite: Invite, brand_names: Mapping[int | None, str]) -> tuple[str, str]:
    """Return as what, and where, somebody is invited."""
    role = invited_role(invite)
    if role is not Role.AGENCY_STAFF:
        return ROLE_WORDS[role], brand_names.get(invite.tenant_id, "agency")
    names = sorted(brand_names[tenant_id] for tenant_id in invite.staff_brands or () if tenant_id in brand_names)
    where = "all brands" if invite.sees_all_brands else ", ".join(names) or "none"
    return staff_words(reads_raw_answers=invite.reads_raw_answers), where


def _page(
    *, link: Link | None = None, who: str = "", problem: str | None = None, form: RoleInviteForm | None = None
) -> str:
    now, words, only = utc_now(), searched_words(), asked_only()
    with open_agency() as session:
        brand_names = dict(session.exec(select(Tenant.id, Tenant.name)).all())
        everyone = _everyone(session)
        listed = everyone.found(words, only)
        page = shown_page(len(listed), asked_page())
        shown = page.of(listed)
        by_id = {user.id: user for user in session.exec(select(User).where(col(User.id).in_(shown)))}
        signs = signs_of(session, by_id.values())
        invites = links.open_invites(session, now=now)
        inviters = session.exec(select(User).where(col(User.id).in_({invite.created_by for invite in invites}))).all()
    return frame.page(
        "people.html",
        people=[by_id[user_id] for user_id in shown],
        at_brands={user_id: everyone.at_brands.get(user_id, []) for user_id in shown},
        of_agency={
            user_id: None if role is None else _agency_words(user, role)
            for user_id, user in by_id.items()
            for role in (agency_role(user),)
        },
        may_sign_in=everyone.with_access(),
        signs=signs,
        only=only,
        choices=[(ONLY_WORDS[choice], choice, number) for choice, number in everyone.counts().items()],
        page=page,
        words=words,
        invites=invites,
        inviters={user.id: user.name or user.email for user in inviters},
        invited={invite.id: _invited_words(invite, brand_names) for invite in invites},
        staff=Role.AGENCY_STAFF,
        roles=OFFERED_ROLES,
        role_words=ROLE_WORDS,
        role_meaning=ROLE_MEANING,
        link=request.url_root.rstrip("/") + link.path if link else None,
        link_until=moment_text(link.expires_at, frame.viewers_zone()) if link else None,
        who=who,
        until=lambda moment: moment_text(moment, frame.viewers_zone()),
        ago=lambda moment: ago_text(moment, now),
        form=form or RoleInviteForm(formdata=None, about=request.args.get("brand", "")),
        problem=problem,
        done=_DONE.get(request.args.get("done", "")),
    )
