"""The way to a company's provider and back: to sign in, to join by an invitation, to link an account, to prove oneself.

Whoever is sent there by a form goes by a page of its own: what follows a form is bound by the policy of the page it
stood on, and where a provider sends people next is for nobody here to know.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from hmac import compare_digest
from typing import Final

import structlog
from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from dash_portal.accounts import own_page, sign_in_pages
from dash_portal.accounts.browser import current_actor, signed_in, visitor
from dash_portal.accounts.company_account import CompanyAccount, TokenRefusedError
from dash_portal.accounts.company_provider import CompanyProvider, Departure, ProviderAwayError, company_provider
from dash_portal.accounts.company_sign_in import (
    NotLetInError,
    OpensAnotherError,
    SeveralInvitationsError,
    confirm_with_company,
    forgive_arrival,
    join_account_of_company,
    may_come_back,
    record_refusal,
    sign_in_with_company,
)
from dash_portal.accounts.confirmation import is_fresh
from dash_portal.accounts.errors import AccountError, LinkUnusableError
from dash_portal.accounts.identities import link_identity, unlink_identity
from dash_portal.accounts.leaving import leave_for
from dash_portal.accounts.links import find_link
from dash_portal.accounts.sign_in import Outcome
from dash_portal.portal import portal
from dash_portal.security import local_path
from database import PortalSession
from models import Tenant, utc_now

BACK_WITHIN: Final = timedelta(minutes=10)

_AWAY: Final = "{name} can't be reached right now. Please try again soon, or sign in with your password."
_DOUBTED: Final = (
    "The answer of {name} could not be trusted, so nobody was signed in. Please try again; "
    "if it stays so, tell whoever runs the portal."
)
_NOTHING: Final = (
    "This {name} account opens nothing here. Ask the person who runs your team for an invitation, "
    "or sign in with your password and link it at your account."
)
_SEVERAL: Final = "Several brands have invited you. Please open the link of the invitation that you want to accept."
_OPENS_ANOTHER: Final = (
    "This {name} account opens an account of the portal already, and this invitation is not for that one. Sign in "
    "with another account, or ask for an invitation of the e-mail address that you sign in as."
)
_BEGAN_ELSEWHERE: Final = "That took too long, or began in another browser. Please try again."
_GAVE_UP: Final = "You were not signed in with {name}. Please try again, or sign in with your password."
_NOBODY: Final = "nobody was signed in by a company's provider"

_log = structlog.get_logger("portal.company_sign_in")
blueprint = Blueprint("company_sign_in", __name__)


class _Purpose(StrEnum):
    SIGN_IN = "sign_in"
    LINK = "link"
    JOIN = "join"
    CONFIRM = "confirm"


@dataclass(frozen=True)
class _Journey:
    """What this browser went to a provider for, kept in its signed cookie until it is back, once."""

    provider: str
    purpose: str
    wanted: str
    since: float
    invite_id: str | None
    state: str
    nonce: str
    verifier: str

    @property
    def departure(self) -> Departure:
        return Departure(self.state, self.nonce, self.verifier)


@blueprint.get("/login/with/<provider>")
def leave(provider: str) -> ResponseReturnValue:
    """Send the browser to the provider, to sign in."""
    wanted = local_path(request.args.get("next"))
    if signed_in():
        return redirect(wanted)
    return _leave(_provider(provider), _Purpose.SIGN_IN, wanted)


@blueprint.get("/join/<token>/with/<provider>")
def join(token: str, provider: str) -> ResponseReturnValue:
    """Send an invited person to the provider, to join without a password."""
    with PortalSession(portal().engine) as database:
        try:
            invite = find_link(database, token, is_reset=False, now=utc_now())
            brand = database.get(Tenant, invite.tenant_id) if invite.tenant_id is not None else None
        except LinkUnusableError as gone:
            return render_template("error.html", title="This link is no longer good", words=str(gone)), 410
    wanted = "/" if brand is None else f"/leads?brand={brand.slug}"
    return _leave(_provider(provider), _Purpose.SIGN_IN, wanted, invite_id=invite.id)


@blueprint.post("/account/company/<provider>/link")
def link(provider: str) -> ResponseReturnValue:
    """Send the signed-in person to the provider, to link their account there; for who has just proven themselves."""
    return _leave_proven(provider, _Purpose.LINK)


@blueprint.post("/account/company/<provider>/join")
def join_accounts(provider: str) -> ResponseReturnValue:
    """Send the signed-in person to the provider, to take in the account that they have here by it; proven likewise."""
    return _leave_proven(provider, _Purpose.JOIN)


@blueprint.post("/account/company/<provider>/confirm")
def confirm(provider: str) -> ResponseReturnValue:
    """Send the signed-in person to the provider, to type their password there."""
    wanted = local_path(request.form.get("next"))
    return _leave(_provider(provider), _Purpose.CONFIRM, wanted)


@blueprint.post("/account/company/<identity_id>/unlink")
def unlink(identity_id: str) -> ResponseReturnValue:
    """Let a company account open one's own no more; for who has just proven themselves."""
    who = own_page.signed_in_person()
    return own_page.carry_out(
        "unlinked",
        lambda database: unlink_identity(
            database,
            actor=current_actor(),
            identity_id=identity_id,
            keep_session=who.session_id,
            now=utc_now(),
        ),
        proven=True,
    )


@blueprint.get("/login/with/<provider>/back")
def back(provider: str) -> ResponseReturnValue:
    """Take in who comes back from the provider, for what they went there."""
    company, journey = _provider(provider), _end_journey()
    if journey is None or not _is_its_end(journey, provider):
        return _refuse(company, journey, _BEGAN_ELSEWHERE, "it did not begin in this browser, or too long ago", 400)
    counted = may_come_back(portal(), visitor=visitor(), now=utc_now())
    if counted is None:
        return _answer(company, journey, sign_in_pages.THROTTLED, 429)
    if "code" not in request.args:
        return _refuse(company, journey, _GAVE_UP, f"the provider said {request.args.get('error', '')[:60]!r}", 400)
    try:
        _require_own_answer(company)
        account = company.arrival(request.args["code"], journey.departure, _back(company), now=utc_now())
    except ProviderAwayError as away:
        return _refuse(company, journey, _AWAY, str(away), 503)
    except TokenRefusedError as doubted:
        return _refuse(company, journey, _DOUBTED, str(doubted), 401)
    forgive_arrival(portal(), counted)
    if journey.purpose == _Purpose.LINK:
        return _link(account)
    if journey.purpose == _Purpose.JOIN:
        return _join_accounts(account)
    if journey.purpose == _Purpose.CONFIRM:
        return _confirm(journey, account)
    return _sign_in(company, journey, account)


def _sign_in(company: CompanyProvider, journey: _Journey, account: CompanyAccount) -> ResponseReturnValue:
    try:
        attempt = sign_in_with_company(
            portal(), account, company.settings, invite_id=journey.invite_id, visitor=visitor(), now=utc_now()
        )
    except SeveralInvitationsError:
        return _refuse(company, journey, _SEVERAL, "several brands have invited its address", 401)
    except OpensAnotherError:
        return _refuse(company, journey, _OPENS_ANOTHER, "it opens someone whom the invitation is not for", 401)
    except NotLetInError as refused:
        return _refuse(company, journey, _NOTHING, str(refused), 401)
    if attempt.outcome in {Outcome.SIGNED_IN, Outcome.CODE_NEEDED}:
        return sign_in_pages.go_on(attempt, journey.wanted)
    if attempt.outcome is Outcome.THROTTLED:
        return _answer(company, journey, sign_in_pages.THROTTLED, 429)
    _log.warning(_NOBODY, provider=company.settings.name, cause="whom it opens has no access")
    return _answer(company, journey, _NOTHING, 401)


def _link(account: CompanyAccount) -> ResponseReturnValue:
    if signed_in() is None or not is_fresh(own_page.signed_in_person(), now=utc_now()):
        return redirect(url_for("own.confirm", next=url_for("own.show")))
    return own_page.carry_out(
        "linked",
        lambda database: link_identity(
            database,
            actor=current_actor(),
            issuer=account.issuer,
            subject=account.subject,
            email=account.email or "",
        ),
    )


def _join_accounts(account: CompanyAccount) -> ResponseReturnValue:
    who = signed_in()
    if who is None or not is_fresh(who, now=utc_now()):
        return redirect(url_for("own.confirm", next=url_for("own.show")))
    try:
        join_account_of_company(portal(), who, account, actor=current_actor(), now=utc_now())
    except AccountError as refused:
        return own_page.account_page(problem=str(refused)), 400
    return redirect(url_for("own.show", done="joined_by_company"))


def _confirm(journey: _Journey, account: CompanyAccount) -> ResponseReturnValue:
    if signed_in() is None:
        return redirect(url_for("sign_in.login", next=journey.wanted))
    try:
        confirm_with_company(portal(), own_page.signed_in_person(), account, actor=current_actor(), now=utc_now())
    except AccountError as refused:
        return own_page.confirm_form(journey.wanted, problem=str(refused)), 400
    return redirect(journey.wanted)


def _leave_proven(provider: str, purpose: _Purpose) -> ResponseReturnValue:
    if not is_fresh(own_page.signed_in_person(), now=utc_now()):
        return redirect(url_for("own.confirm", next=url_for("own.show")), code=303)
    return _leave(_provider(provider), purpose, url_for("own.show"))


def _leave(
    company: CompanyProvider, purpose: _Purpose, wanted: str, *, invite_id: str | None = None
) -> ResponseReturnValue:
    """Send the browser away, and keep what it must bring back."""
    try:
        address, leaving = company.departure(_back(company), prove_anew=purpose is _Purpose.CONFIRM)
    except ProviderAwayError as away:
        _log.warning("a company's provider is away", provider=company.settings.name, cause=str(away))
        journey = _Journey(company.settings.name, purpose, wanted, 0, invite_id, "", "", "")
        return _answer(company, journey, _AWAY, 503)
    now = utc_now().timestamp()
    session[_KEPT] = asdict(_Journey(company.settings.name, purpose, wanted, now, invite_id, **asdict(leaving)))
    if request.method == "POST":
        return leave_for(address, company.settings.shown_name)
    return redirect(address)


_KEPT: Final = "company_sign_in"


def _end_journey() -> _Journey | None:
    kept = session.pop(_KEPT, None)
    return _Journey(**kept) if kept else None


def _is_its_end(journey: _Journey, provider: str) -> bool:
    is_in_time = 0 <= utc_now().timestamp() - journey.since <= BACK_WITHIN.total_seconds()
    state = request.args.get("state", "")
    return is_in_time and journey.provider == provider and compare_digest(journey.state.encode(), state.encode())


def _require_own_answer(company: CompanyProvider) -> None:
    """Raise TokenRefusedError when another provider answers than the one that was asked (RFC 9207)."""
    issuer = request.args.get("iss")
    if issuer is None and not company.endpoints().names_itself:
        return
    if issuer != company.settings.issuer:
        raise TokenRefusedError("another provider answers than the one that was asked")


def _refuse(
    company: CompanyProvider, journey: _Journey | None, words: str, cause: str, status: int
) -> ResponseReturnValue:
    """Say in plain words that it did not work, and the operator why."""
    _log.warning(_NOBODY, provider=company.settings.name, cause=cause)
    record_refusal(portal(), cause, company.settings, visitor=visitor())
    return _answer(company, journey, words, status)


def _answer(company: CompanyProvider, journey: _Journey | None, words: str, status: int) -> ResponseReturnValue:
    """Show the page that one set out from, with these words."""
    problem = words.format(name=company.settings.shown_name)
    if journey is not None and journey.purpose != _Purpose.SIGN_IN and signed_in() is not None:
        return own_page.account_page(problem=problem), status
    is_own = journey is not None and journey.invite_id is None  # an invitation's brand is nobody's yet
    wanted = journey.wanted if journey is not None and is_own else "/"
    return sign_in_pages.form(wanted, problem=problem), status


def _provider(name: str) -> CompanyProvider:
    settings = next((known for known in portal().settings.oidc_providers if known.name == name), None)
    if settings is None:
        abort(404)
    return company_provider(settings)


def _back(company: CompanyProvider) -> str:
    """Return where the provider sends people back to, under the host that they asked for."""
    return url_for("company_sign_in.back", provider=company.settings.name, _external=True)
