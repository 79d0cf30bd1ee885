"""Who this request comes from: the browser's cookie, its living session, and the actor behind it (Flask-Login)."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user
from werkzeug.exceptions import HTTPException

from dash_portal.accounts.addresses import parsed_address
from dash_portal.accounts.audit import Actor
from dash_portal.accounts.key_holder import asks_with_key
from dash_portal.accounts.sessions import LONGEST, SignedIn, find_session, note_activity
from dash_portal.accounts.sign_in import Visitor
from dash_portal.portal import portal
from models import utc_now

_ASKED_BY_THE_PAGE_ITSELF: Final = frozenset(
    {"api.sync_status", "agency_sync.live", "agency_sync.brand_live", "agency_brands.test_result"}
)


class BrowserUser(UserMixin):  # type: ignore[misc]
    """What Flask-Login keeps for a request: the session's token, and who is behind it."""

    def __init__(self, token: str, signed_in: SignedIn | None) -> None:
        """Take the token of the cookie, and the living session it stands for (None right after signing in)."""
        self.token = token
        self.signed_in = signed_in

    def get_id(self) -> str:
        """Return what the signed cookie keeps: never a user's id, so that a copied cookie ends with its session."""
        return self.token


def init_app(app: Flask) -> None:
    """Recognise browsers by their sessions."""
    app.permanent_session_lifetime = LONGEST
    manager = LoginManager(app)
    manager.session_protection = None  # sessions live in the database; phones change their address all day
    manager.user_loader(_load)


def let_in(token: str) -> None:
    """Give this browser the session; whatever its cookie held before is forgotten."""
    session.clear()
    session.permanent = True
    login_user(BrowserUser(token, None))


def let_out() -> None:
    """Empty this browser's cookie."""
    session.clear()


def signed_in() -> SignedIn | None:
    """Return who is signed in, or None: of a program with a key nobody is, whatever cookie it brings."""
    if asks_with_key():
        return None
    who: Any = getattr(current_user, "signed_in", None)
    return who if isinstance(who, SignedIn) else None


def still_sees(tenant_id: int) -> bool:
    """Look anew whether this request's session lives and opens the brand: for an answer that rights may not outlive."""
    token = getattr(current_user, "token", None)
    who = find_session(portal().engine, token, now=utc_now()) if isinstance(token, str) else None
    return who is not None and (who.sees_all_brands or tenant_id in {brand.tenant_id for brand in who.brands})


def look_no_more() -> None:
    """Take whoever asks for nobody during the rest of this request, as the database can't tell who it is."""
    g.looks_no_more = True


def visitor() -> Visitor:
    """Return where this request comes from."""
    return Visitor(address=parsed_address(request.remote_addr), browser=request.headers.get("User-Agent", ""))


def current_actor(tenant_id: int | None = None) -> Actor:
    """Return who acts, for the audit log: at this brand, where one is named, else at the only one that is theirs.

    Call it only where somebody is signed in.
    """
    who = signed_in()
    assert who is not None  # noqa: S101 - the guard let nobody else through
    if who.agency_role is not None:
        return Actor(who.user_id, who.email, who.agency_role, None, visitor().address, who.access_epoch, who.allowed)
    at = [brand for brand in who.brands if tenant_id is None or brand.tenant_id == tenant_id]
    brand = at[0] if len(at) == 1 else None
    role, where = (brand.role, brand.tenant_id) if brand is not None else (None, None)
    return Actor(who.user_id, who.email, role, where, visitor().address, who.access_epoch)


def _load(token: str) -> BrowserUser | None:
    now = utc_now()
    who = None if g.get("looks_no_more") else find_session(portal().engine, token, now=now)
    if who is None:
        return None
    if not _is_automatic():
        note_activity(portal().engine, who, now=now)
    return BrowserUser(token, who)


def _is_automatic() -> bool:
    """Tell whether an open page asks by itself, which is no sign that anyone is there."""
    if request.endpoint in _ASKED_BY_THE_PAGE_ITSELF:
        return True
    if request.path != "/_dash-update-component":
        return False
    try:
        body = request.get_json(silent=True)
    except (RecursionError, HTTPException):  # too deep or too large: refused by whoever reads it next
        return False
    changed = body.get("changedPropIds") if isinstance(body, dict) else None
    return bool(changed) and isinstance(changed, list) and all(str(name).endswith(".n_intervals") for name in changed)
