"""/account: one's own name, password, second step and open sessions."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dash_portal.accounts import people, two_step
from dash_portal.accounts.access import lock_person
from dash_portal.accounts.audit import AuditAction, record
from dash_portal.accounts.browser import current_actor, signed_in, visitor
from dash_portal.accounts.company_requirement import uses_password
from dash_portal.accounts.confirmation import confirm, is_fresh
from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.identities import identities_of
from dash_portal.accounts.joining import join_account
from dash_portal.accounts.passwords import SHORTEST
from dash_portal.accounts.sessions import SignedIn, browser_name, end_session, living_sessions
from dash_portal.accounts.sign_in import forgive_proven, prove_account
from dash_portal.accounts.zone_names import zone_choices
from dash_portal.portal import portal
from dash_portal.security import local_path
from database import PortalSession
from models import User, utc_now

blueprint = Blueprint("own", __name__, url_prefix="/account")

_DONE = {
    "name": "Your name is changed.",
    "display": "Times are written in the zone you chose.",
    "password": "Your password is changed, and every other session has ended.",
    "session": "That session has ended.",
    "sessions": "Every other session has ended.",
    "off": "Two-step sign-in is off.",
    "linked": "Your company's account is linked: you can sign in with it.",
    "unlinked": "That company account opens yours no more, and every other session has ended.",
    "joined": "Both accounts are one: from now on you sign in with this one's password.",
    "joined_by_company": "Both accounts are one, and your company's account opens it.",
}


@blueprint.get("")
def show() -> ResponseReturnValue:
    """Show the account."""
    return account_page()


@blueprint.post("/name")
def name() -> ResponseReturnValue:
    """Change the name that others see."""
    who = signed_in_person()
    return carry_out(
        "name",
        lambda database: people.rename_user(
            database, actor=current_actor(), user_id=who.user_id, name=request.form.get("name", "")
        ),
    )


@blueprint.post("/display")
def display() -> ResponseReturnValue:
    """Choose the time zone in which times are written."""
    return carry_out(
        "display",
        lambda database: people.choose_display_zone(
            database, actor=current_actor(), timezone=request.form.get("timezone", "").strip()
        ),
    )


@blueprint.post("/password")
def password() -> ResponseReturnValue:
    """Change the password; every other session ends."""
    who = signed_in_person()

    def change(database: PortalSession) -> None:
        if request.form.get("password") != request.form.get("again"):
            raise AccountError("The two new passwords are not the same.")
        people.change_own_password(
            database,
            actor=current_actor(),
            current=request.form.get("current", ""),
            new=request.form.get("password", ""),
            keep_session=who.session_id,
            now=utc_now(),
        )

    return carry_out("password", change, proven=True)


@blueprint.post("/sessions/<session_id>/end")
def end_one(session_id: str) -> ResponseReturnValue:
    """End one of one's own sessions."""
    who = signed_in_person()

    def end(database: PortalSession) -> None:
        if end_session(database, session_id=session_id, user_id=who.user_id, now=utc_now()):
            record(database, AuditAction.SESSION_ENDED, current_actor())

    return carry_out("session", end)


@blueprint.post("/sessions/end")
def end_all() -> ResponseReturnValue:
    """Sign out everywhere else."""
    who = signed_in_person()
    return carry_out(
        "sessions",
        lambda database: people.sign_out_everywhere(
            database, actor=current_actor(), user_id=who.user_id, now=utc_now(), keep=who.session_id
        ),
    )


@blueprint.route("/confirm", methods=["GET", "POST"], endpoint="confirm")
def confirm_page() -> ResponseReturnValue:
    """Ask for the current password, and for the code of who has a second step; then go on to where they were going."""
    who, wanted, problem = signed_in_person(), local_path(request.values.get("next")), None
    if request.method == "POST":
        try:
            _prove(who)
            return redirect(wanted, code=303)
        except AccountError as wrong:
            problem = str(wrong)
    return confirm_form(wanted, problem=problem), 400 if problem else 200


@blueprint.get("/two-step", endpoint="two_step")
def two_step_set_up() -> ResponseReturnValue:
    """Show a new secret for the authenticator app."""
    if not is_fresh(signed_in_person(), now=utc_now()):
        return _ask_to_confirm(request.full_path.rstrip("?"))
    with PortalSession(portal().engine, writes=True) as database:
        user = lock_person(database, signed_in_person().user_id)
        if two_step.has_two_step(user):
            return redirect(url_for("own.show"))
        secret = two_step.begin_two_step(database, user, cipher=portal().cipher)
        database.commit()
    return _set_up_page(user, secret)


@blueprint.post("/two-step", endpoint="two_step_first_code")
def two_step_first_code() -> ResponseReturnValue:
    """Take the first code of the app, and show the recovery codes."""
    who = signed_in_person()
    if not is_fresh(who, now=utc_now()):
        return _ask_to_confirm(url_for("own.two_step"))
    with PortalSession(portal().engine, writes=True) as database:
        user = lock_person(database, who.user_id)
        secret = two_step.secret_in_waiting(user, cipher=portal().cipher)
        if secret is None:
            return redirect(url_for("own.two_step"), code=303)
        try:
            codes = two_step.confirm_two_step(
                database,
                user,
                code=request.form.get("code", "")[:16],
                cipher=portal().cipher,
                now=utc_now(),
                actor=current_actor(),
                keep_session=who.session_id,
            )
        except two_step.WrongCodeError as wrong:
            database.rollback()
            return _set_up_page(user, secret, problem=str(wrong)), 400
        database.commit()
    return render_template("recovery_codes.html", codes=codes, next=local_path(request.form.get("next")))


@blueprint.post("/two-step/off")
def two_step_off() -> ResponseReturnValue:
    """Switch the second step off, for who has just proven themselves."""
    who = signed_in_person()

    def switch_off(database: PortalSession) -> None:
        user = lock_person(database, who.user_id)
        two_step.switch_off_two_step(database, user, actor=current_actor(), now=utc_now(), keep_session=who.session_id)

    return carry_out("off", switch_off, proven=True)


@blueprint.post("/two-step/codes")
def new_codes() -> ResponseReturnValue:
    """Make new recovery codes, for who has just proven themselves."""
    who = signed_in_person()
    if not _is_proof_given(who):
        return _ask_to_confirm(url_for("own.show"))
    try:
        _prove(who)
        with PortalSession(portal().engine, writes=True) as database:
            user = lock_person(database, who.user_id)
            codes = two_step.renew_recovery_codes(database, user, actor=current_actor())
            database.commit()
    except AccountError as wrong:
        return account_page(problem=str(wrong)), 400
    return render_template("recovery_codes.html", codes=codes, next="/account")


def confirm_form(wanted: str, *, problem: str | None = None) -> str:
    """Return the page that asks for the password once more, here or at the company's provider."""
    who = signed_in_person()
    with PortalSession(portal().engine) as database:
        user = database.get_one(User, who.user_id)
        linked = {identity.issuer for identity in identities_of(database, who.user_id)}
        by_password = uses_password(database, user)
    return render_template(
        "confirm.html",
        next=wanted,
        email=who.email,
        two_step=two_step.has_two_step(user),
        by_password=by_password,
        providers=[provider for provider in portal().settings.oidc_providers if provider.issuer in linked],
        problem=problem,
    )


@blueprint.post("/join")
def join() -> ResponseReturnValue:
    """Take in another account of the same address, with all of its brands, for who has just proven both."""
    who, now = signed_in_person(), utc_now()
    if not _is_proof_given(who):
        return _ask_to_confirm(url_for("own.show"))
    try:
        _prove(who)
        password, code = request.form.get("account_password", ""), request.form.get("account_code", "")[:64]
        proven = prove_account(
            portal(), email=who.email, password=password, code=code, visitor=visitor(), now=now, but=who.user_id
        )
        with PortalSession(portal().engine, writes=True) as database:
            join_account(database, actor=current_actor(), other=proven.user, keep_session=who.session_id, now=now)
            forgive_proven(database, proven, visitor=visitor(), now=now)
            database.commit()
    except AccountError as wrong:
        return account_page(problem=str(wrong)), 400
    return redirect(url_for("own.show", done="joined"), code=303)


def _is_proof_given(who: SignedIn) -> bool:
    """Tell whether the form brings a password to look at, or the last one was typed within the last five minutes."""
    return "current" in request.form or is_fresh(who, now=utc_now())


def _prove(who: SignedIn) -> None:
    """Look at the password, and code, that the form brings. Raises AccountError when they don't fit."""
    if "current" in request.form or not is_fresh(who, now=utc_now()):
        confirm(
            portal(),
            who,
            actor=current_actor(),
            password=request.form.get("current", ""),
            code=request.form.get("code", "")[:64],
            now=utc_now(),
        )


def _ask_to_confirm(wanted: str) -> ResponseReturnValue:
    return redirect(url_for("own.confirm", next=wanted), code=303)


def _set_up_page(user: User, secret: str, *, problem: str | None = None) -> str:
    address = two_step.app_address(user, secret)
    return render_template(
        "two_step.html",
        secret=secret,
        address=address,
        picture=two_step.app_picture(address),
        next=local_path(request.values.get("next")),
        problem=problem,
    )


def carry_out(done: str, change: Callable[[PortalSession], object], *, proven: bool = False) -> ResponseReturnValue:
    """Carry a change out, commit it, and show the account with what came of it.

    `proven`: only for who has typed the current password, and code, within the last five minutes.
    """
    who = signed_in_person()
    if proven and not _is_proof_given(who):
        return _ask_to_confirm(url_for("own.show"))
    try:
        if proven:
            _prove(who)
        with PortalSession(portal().engine, writes=True) as database:
            change(database)
            database.commit()
    except AccountError as wrong:
        return account_page(problem=str(wrong)), 400
    return redirect(url_for("own.show", done=done), code=303)


def account_page(*, problem: str | None = None) -> str:
    """Return one's own account."""
    who = signed_in_person()
    with PortalSession(portal().engine) as database:
        user = database.get_one(User, who.user_id)
        sessions = living_sessions(database, user_id=who.user_id, now=utc_now())
        identities = identities_of(database, who.user_id)
        by_password = uses_password(database, user)
    providers = portal().settings.oidc_providers
    linked = {identity.issuer for identity in identities}
    return render_template(
        "account.html",
        user=user,
        brands=[brand.name for brand in who.brands],
        is_agency=who.agency_role is not None,
        sessions=sessions,
        identities=identities,
        provider_names={provider.issuer: provider.shown_name for provider in providers},
        to_link=[provider for provider in providers if provider.issuer not in linked],
        by_password=by_password,
        browser_name=browser_name,
        this_session=who.session_id,
        two_step=two_step.has_two_step(user),
        ask_code=two_step.has_two_step(user) and not is_fresh(who, now=utc_now()),
        problem=problem,
        done=_DONE.get(request.args.get("done", "")),
        shortest=SHORTEST,
        zones=zone_choices(),
    )


def signed_in_person() -> SignedIn:
    """Return who is behind a request that the guard has let through."""
    who = signed_in()
    assert who is not None  # noqa: S101 - the guard let nobody else through
    return who
