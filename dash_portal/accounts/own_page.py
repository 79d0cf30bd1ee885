"""/account: one's own name, password, second step and open sessions."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dash_portal.accounts import people, two_step
from dash_portal.accounts.audit import AuditAction, record
from dash_portal.accounts.brands import time_zones
from dash_portal.accounts.browser import current_actor, signed_in
from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.passwords import SHORTEST, password_fits
from dash_portal.accounts.sessions import SignedIn, browser_name, end_session, living_sessions
from dash_portal.accounts.throttling import count_attempt, is_throttled
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
}


@blueprint.get("")
def show() -> ResponseReturnValue:
    """Show the account."""
    return _page()


@blueprint.post("/name")
def name() -> ResponseReturnValue:
    """Change the name that others see."""
    who = _who()
    return _do(
        "name",
        lambda database: people.rename_user(
            database, actor=current_actor(), user_id=who.user_id, name=request.form.get("name", "")
        ),
    )


@blueprint.post("/display")
def display() -> ResponseReturnValue:
    """Choose the time zone in which times are written."""
    return _do(
        "display",
        lambda database: people.choose_display_zone(
            database, actor=current_actor(), timezone=request.form.get("timezone", "").strip()
        ),
    )


@blueprint.post("/password")
def password() -> ResponseReturnValue:
    """Change the password; every other session ends."""
    who = _who()

    def change(database: PortalSession) -> None:
        _check_password(database, who)
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

    return _do("password", change)


@blueprint.post("/sessions/<session_id>/end")
def end_one(session_id: str) -> ResponseReturnValue:
    """End one of one's own sessions."""
    who = _who()

    def end(database: PortalSession) -> None:
        if end_session(database, session_id=session_id, user_id=who.user_id, now=utc_now()):
            record(database, AuditAction.SESSION_ENDED, current_actor())

    return _do("session", end)


@blueprint.post("/sessions/end")
def end_all() -> ResponseReturnValue:
    """Sign out everywhere else."""
    who = _who()
    return _do(
        "sessions",
        lambda database: people.sign_out_everywhere(
            database, actor=current_actor(), user_id=who.user_id, now=utc_now(), keep=who.session_id
        ),
    )


@blueprint.route("/two-step", methods=["GET", "POST"], endpoint="two_step")
def two_step_set_up() -> ResponseReturnValue:
    """Show the secret for the authenticator app, and take the first code."""
    wanted = local_path(request.values.get("next"))
    problem = None
    with PortalSession(portal().engine, writes=True) as database:
        user = database.get_one(User, _who().user_id)
        if two_step.has_two_step(user):
            return redirect(url_for("own.show"))
        secret = two_step.secret_in_waiting(user, cipher=portal().cipher)
        if secret is None:
            secret = two_step.begin_two_step(database, user, cipher=portal().cipher)
            database.commit()
        if request.method == "POST":
            try:
                codes = two_step.confirm_two_step(
                    database,
                    user,
                    code=request.form.get("code", "")[:16],
                    cipher=portal().cipher,
                    now=utc_now(),
                    actor=current_actor(),
                )
                database.commit()
                return render_template("recovery_codes.html", codes=codes, next=wanted)
            except two_step.WrongCodeError as wrong:
                database.rollback()
                problem = str(wrong)
        address = two_step.app_address(user, secret)
    picture = two_step.app_picture(address)
    page = render_template(
        "two_step.html", secret=secret, address=address, picture=picture, next=wanted, problem=problem
    )
    return page, 400 if problem else 200


@blueprint.post("/two-step/off")
def two_step_off() -> ResponseReturnValue:
    """Switch the second step off, for who knows the password."""
    who = _who()

    def switch_off(database: PortalSession) -> None:
        _check_password(database, who)
        two_step.switch_off_two_step(database, database.get_one(User, who.user_id), actor=current_actor())

    return _do("off", switch_off)


@blueprint.post("/two-step/codes")
def new_codes() -> ResponseReturnValue:
    """Make new recovery codes, for who knows the password."""
    who = _who()
    try:
        with PortalSession(portal().engine, writes=True) as database:
            _check_password(database, who)
            user = database.get_one(User, who.user_id)
            codes = two_step.renew_recovery_codes(database, user, actor=current_actor())
            database.commit()
    except AccountError as wrong:
        return _page(problem=str(wrong)), 400
    return render_template("recovery_codes.html", codes=codes, next="/account")


def _check_password(database: PortalSession, who: SignedIn) -> None:
    """Make sure that it is still the person who sits there. Guessing is counted as at sign-in."""
    address, now = current_actor().address, utc_now()
    if is_throttled(database, email=who.email, address=address, now=now):
        raise AccountError("There were too many attempts. Please wait a quarter of an hour and try again.")
    user = database.get_one(User, who.user_id)
    if not password_fits(user.password_hash, request.form.get("current", "")):
        count_attempt(database, email=who.email, address=address, now=now)
        database.commit()
        raise AccountError("Your current password is not right.")


def _do(done: str, change: object) -> ResponseReturnValue:
    """Carry a change out, commit it, and show the account with what came of it."""
    try:
        with PortalSession(portal().engine, writes=True) as database:
            change(database)  # type: ignore[operator]
            database.commit()
    except AccountError as wrong:
        return _page(problem=str(wrong)), 400
    return redirect(url_for("own.show", done=done), code=303)


def _page(*, problem: str | None = None) -> str:
    who = _who()
    with PortalSession(portal().engine) as database:
        user = database.get_one(User, who.user_id)
        sessions = living_sessions(database, user_id=who.user_id, now=utc_now())
    return render_template(
        "account.html",
        user=user,
        sessions=sessions,
        browser_name=browser_name,
        this_session=who.session_id,
        two_step=two_step.has_two_step(user),
        problem=problem,
        done=_DONE.get(request.args.get("done", "")),
        shortest=SHORTEST,
        zones=time_zones(),
    )


def _who() -> SignedIn:
    who = signed_in()
    assert who is not None  # noqa: S101 - the guard let nobody else through
    return who
