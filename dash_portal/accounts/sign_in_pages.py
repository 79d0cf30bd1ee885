"""The doors: sign in, give the code, sign out, and what a one-time link opens. Plain pages, no script needed."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from dash_portal.accounts.audit import AuditAction, record
from dash_portal.accounts.browser import current_actor, let_in, let_out, signed_in, visitor
from dash_portal.accounts.company_requirement import joins_by_company
from dash_portal.accounts.company_sign_out import provider_of_session, sign_out_address
from dash_portal.accounts.errors import AccountError, LinkUnusableError
from dash_portal.accounts.first_run import FIRST_ADMIN, nobody_can_sign_in
from dash_portal.accounts.leaving import leave_for
from dash_portal.accounts.links import accept_invite, accept_invite_as, find_link, use_reset_link
from dash_portal.accounts.passwords import SHORTEST
from dash_portal.accounts.sessions import end_session
from dash_portal.accounts.sign_in import (
    Attempt,
    HalfWay,
    Outcome,
    check_code,
    check_password,
    enter,
    prove_account,
)
from dash_portal.co_branding.brand_face import brand_face, brand_of_target
from dash_portal.portal import portal
from dash_portal.security import local_path
from database import PortalSession
from models import Tenant, utc_now

_REFUSED = "This e-mail address and password don't fit together."
_CODE_REFUSED = "This code doesn't fit. Please wait for the next one, or use a recovery code."
THROTTLED = "There were too many attempts. Please wait a quarter of an hour and try again."
_HALF_WAY = "half_way"

blueprint = Blueprint("sign_in", __name__)


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Show the sign-in form, or try what was filled in."""
    wanted = local_path(request.values.get("next"))
    if request.method != "POST":  # HEAD too, which is asked for no token
        return redirect(wanted) if signed_in() else form(wanted)
    attempt = check_password(
        portal(),
        email=request.form.get("email", ""),
        password=request.form.get("password", ""),
        visitor=visitor(),
        now=utc_now(),
    )
    if attempt.outcome in {Outcome.SIGNED_IN, Outcome.CODE_NEEDED}:
        return go_on(attempt, wanted)
    throttled = attempt.outcome is Outcome.THROTTLED
    return form(wanted, problem=THROTTLED if throttled else _REFUSED), 429 if throttled else 401


@blueprint.route("/login/code", methods=["GET", "POST"])
def code() -> ResponseReturnValue:
    """Ask for the second step, or try it."""
    wanted = local_path(request.values.get("next"))
    half_way = _half_way()
    if half_way is None:
        return redirect(url_for("sign_in.login", next=_shown(wanted)))
    if request.method != "POST":
        return render_template("code.html", next=wanted)
    attempt = check_code(portal(), half_way, code=request.form.get("code", "")[:64], visitor=visitor(), now=utc_now())
    if attempt.outcome is Outcome.SIGNED_IN:
        return _come_in(attempt, wanted)
    if attempt.outcome is Outcome.REFUSED and attempt.half_way is None:
        session.clear()
        return redirect(url_for("sign_in.login", next=_shown(wanted)), code=303)
    throttled = attempt.outcome is Outcome.THROTTLED
    page = render_template("code.html", next=wanted, problem=THROTTLED if throttled else _CODE_REFUSED)
    return page, 429 if throttled else 401


@blueprint.route("/logout", methods=["GET", "POST"])
def logout() -> ResponseReturnValue:
    """Ask, or end this browser's session."""
    who = signed_in()
    if who is None:
        let_out()
        return redirect(url_for("sign_in.login"), code=303)
    if request.method != "POST":
        return render_template("sign_out.html")
    begun_at = provider_of_session(portal(), who.session_id)
    with PortalSession(portal().engine, writes=True) as database:
        end_session(database, session_id=who.session_id, user_id=who.user_id, now=utc_now())
        record(database, AuditAction.SIGNED_OUT, current_actor())
        database.commit()
    let_out()
    if begun_at is not None:
        address = sign_out_address(*begun_at, url_for("sign_in.login", _external=True))
        if address is not None:
            return leave_for(address, begun_at[0].shown_name)
    return redirect(url_for("sign_in.login"), code=303)


@blueprint.route("/join/<token>", methods=["GET", "POST"])
def join(token: str) -> ResponseReturnValue:
    """Let an invited person choose a name and a password."""
    return _open_link(token, _join, is_reset=False)


@blueprint.post("/join/<token>/account")
def join_with_account(token: str) -> ResponseReturnValue:
    """Let an invited person in with an account of theirs, which has the invited brand too from now on."""
    now, here = utc_now(), visitor()
    try:
        with PortalSession(portal().engine) as database:
            email = find_link(database, token, is_reset=False, now=now).email
        password, code = request.form.get("account_password", ""), request.form.get("account_code", "")[:64]
        proven = prove_account(portal(), email=email, password=password, code=code, visitor=here, now=now)
        with PortalSession(portal().engine, writes=True) as database:
            slug = accept_invite_as(database, token, user=proven.user, address=here.address, now=now)
            database.commit()
    except LinkUnusableError as gone:
        return _gone(gone)
    except AccountError as wrong:
        return _link_page(token, is_reset=False, problem=str(wrong))
    attempt = enter(portal(), proven, visitor=here, now=now)
    if attempt.outcome is Outcome.SIGNED_IN:
        return _come_in(attempt, f"/leads?brand={slug}")
    return redirect(url_for("sign_in.login"), code=303)


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> ResponseReturnValue:
    """Let a person choose a new password."""
    return _open_link(token, _reset, is_reset=True)


def _open_link(token: str, use: Callable[[PortalSession, str], None], *, is_reset: bool) -> ResponseReturnValue:
    if request.method != "POST":
        return _link_page(token, is_reset=is_reset)
    try:
        with PortalSession(portal().engine, writes=True) as database:
            email = find_link(database, token, is_reset=is_reset, now=utc_now()).email
            _require_same_twice()
            use(database, token)
            database.commit()
    except LinkUnusableError as gone:
        return _gone(gone)
    except AccountError as wrong:
        return _link_page(token, is_reset=is_reset, problem=str(wrong))
    return _leave_link(email, is_reset=is_reset)


def _link_page(token: str, *, is_reset: bool, problem: str | None = None) -> ResponseReturnValue:
    """Show what a link opens, the same for everybody of whatever address."""
    try:
        with PortalSession(portal().engine) as database:
            invite = find_link(database, token, is_reset=is_reset, now=utc_now())
            brand = database.get(Tenant, invite.tenant_id) if invite.tenant_id is not None else None
            by_company = not is_reset and joins_by_company(database, invite.tenant_id)
    except LinkUnusableError as gone:
        return _gone(gone)
    page = render_template(
        "reset.html" if is_reset else "join.html",
        token=token,
        problem=problem,
        name=request.form.get("name", ""),
        email=invite.email,
        brand=brand.name if brand else None,
        shortest=SHORTEST,
        by_company=by_company,
        face=brand_face(portal().engine, brand.slug) if brand else None,
        providers=() if is_reset else portal().settings.oidc_providers,
    )
    return page, 400 if problem else 200


def _gone(gone: LinkUnusableError) -> ResponseReturnValue:
    return render_template("error.html", title="This link is no longer good", words=str(gone)), 410


def _leave_link(email: str, *, is_reset: bool) -> ResponseReturnValue:
    """Let in whoever has just joined, as if they had typed what they chose: limits, rights and second step hold.

    Who has set a new password signs in with it, and with their second step where they have one.
    """
    if not is_reset:
        password = request.form.get("password", "")
        attempt = check_password(portal(), email=email, password=password, visitor=visitor(), now=utc_now())
        if attempt.outcome is Outcome.SIGNED_IN:
            return _come_in(attempt, "/")
    let_out()
    return redirect(url_for("sign_in.login", done="password"), code=303)


def _join(database: PortalSession, token: str) -> None:
    accept_invite(
        database,
        token,
        name=request.form.get("name", ""),
        password=request.form.get("password", ""),
        address=visitor().address,
        now=utc_now(),
    )


def _reset(database: PortalSession, token: str) -> None:
    password = request.form.get("password", "")
    use_reset_link(database, token, password=password, address=visitor().address, now=utc_now())


def _require_same_twice() -> None:
    if request.form.get("password") != request.form.get("again"):
        raise AccountError("The two passwords are not the same.")


def go_on(attempt: Attempt, wanted: str) -> ResponseReturnValue:
    """Let in who is signed in; ask who is half-way for the code."""
    if attempt.half_way is not None:
        session.clear()
        session[_HALF_WAY] = vars(attempt.half_way)
        return redirect(url_for("sign_in.code", next=_shown(wanted)), code=303)
    return _come_in(attempt, wanted)


def _come_in(attempt: Attempt, wanted: str) -> ResponseReturnValue:
    assert attempt.token is not None  # noqa: S101 - whoever is signed in has one
    let_in(attempt.token)
    if attempt.ask_for_two_step:
        return redirect(url_for("own.two_step", next=_shown(wanted)), code=303)
    return redirect(wanted, code=303)


def form(wanted: str, *, problem: str | None = None) -> str:
    """Return the page with all ways to sign in."""
    return render_template(
        "login.html",
        next=wanted,
        email=request.form.get("email", "")[:254],
        problem=problem,
        done=request.args.get("done") == "password",
        face=brand_face(portal().engine, request.values.get("brand", "")[:63] or brand_of_target(wanted)),
        providers=portal().settings.oidc_providers,
        first_admin=FIRST_ADMIN if nobody_can_sign_in(portal().engine) else None,
    )


def _half_way() -> HalfWay | None:
    kept = session.get(_HALF_WAY)
    return HalfWay(**kept) if kept else None


def _shown(wanted: str) -> str | None:
    return None if wanted == "/" else wanted
