"""Who gets through, under which host names and behind which proxies, with which limits and headers.

Deny is the default; the exceptions are one list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Request, Response, abort, current_app, redirect, request, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import CSRFProtect, generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted

from dash_portal.accounts.browser import signed_in
from dash_portal.accounts.key_holder import asks_with_key, brings_key
from dash_portal.accounts.rights_table import capability_of
from dash_portal.api import origins
from dash_portal.api.key_guard import require_key
from dash_portal.brand_access import NotSignedInError, authorised_brand, require
from dash_portal.portal import portal

OPEN_TO_EVERYONE: Final = frozenset(
    {
        "static",  # the look of the sign-in pages
        "_dash_assets.static",  # scripts and styles, no data
        "served_files.vendor",  # vendored scripts and styles, no data
        "sign_in.login",
        "sign_in.code",
        "sign_in.logout",
        "sign_in.join",
        "sign_in.join_with_account",
        "sign_in.reset",
        "company_sign_in.leave",  # to the company's provider, which asks who it is
        "company_sign_in.join",  # the same, with an invitation's link
        "company_sign_in.back",  # what it says is looked at before anyone is let in
        "liveness.healthz",
        "liveness.readyz",
        "monitoring.sync",  # ask for a token of their own
        "monitoring.metrics",
    }
)
"""Every endpoint that answers without a session. Whatever is not named here needs one, and a role (`rights_table`)."""

MOST_BODY_BYTES: Final = 1_000_000
MOST_CALLBACK_BYTES: Final = 256_000
MOST_PARAMETERS: Final = 100
LONGEST_PARAMETER: Final = 500

_NEVER_CHANGES: Final = ("static", "_dash_assets.static", "served_files.vendor", "served_files.plotly")
_PROBES: Final = frozenset({"liveness.healthz", "liveness.readyz", "monitoring.sync", "monitoring.metrics"})
_NO_HOST: Final = "portal.no_host"
_CALLBACK_PATH: Final = "/_dash-update-component"


def init_app(app: Flask) -> None:
    """Guard the application. Must come before Dash, so that its routes are never reached unguarded."""
    settings = portal_of(app).settings
    secure, proxies = settings.portal_secure_cookies, settings.portal_trusted_proxies
    app.config.update(
        SECRET_KEY=settings.portal_secret_key.get_secret_value(),
        SESSION_COOKIE_NAME="__Host-session" if secure else "session",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=MOST_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BODY_BYTES,
        MAX_FORM_PARTS=100,
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as the session it belongs to
    )
    app.session_interface = _Sessions()
    app.wsgi_app = _with_host(_measured(app.wsgi_app))  # type: ignore[method-assign,assignment]
    if proxies:  # outermost: the host that is looked at is the one that the proxy names
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    app.before_request(_require_own_host)
    app.before_request(_limit)
    origins.init_app(app)
    app.before_request(_guard)
    _TokenOfForms(app)
    app.after_request(_hand_out_csrf_token)
    app.after_request(_add_headers)


def portal_of(app: Flask) -> Any:
    """Return the application's resources while it is being built, outside of any request."""
    return app.extensions["portal"]


def csrf_cookie(*, secure: bool) -> str:
    """Return the name of the cookie from which Dash reads the token it sends with callbacks."""
    return "__Host-csrf" if secure else "_csrf_token"


def allow_inline_scripts(app: Flask, hashes: Sequence[str]) -> None:
    """Build the content security policy: scripts from here and the inline ones of these hashes, nothing else."""
    app.config["PORTAL_CSP"] = "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self'", *hashes)),
            "style-src 'self' 'unsafe-inline'",  # AG Grid and Plotly set styles on elements
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def open_bundles(app: Flask, addresses: Sequence[str]) -> None:
    """Let everyone have the files of these addresses and no other of their kind: the sign-in page fetches them ahead.

    They are the published bundles of Dash and hold no data. Everything else that Dash answers needs a session.
    """
    app.config["PORTAL_BUNDLES"] = frozenset(urlsplit(address).path for address in addresses)


def speaks_to_a_program() -> bool:
    """Tell whether a program asks (API, Dash, htmx), which wants JSON and a status, or a person, who wants a page."""
    return request.path.startswith(("/api/", "/_")) or request.path == "/api" or asked_by_htmx()


def asked_by_htmx() -> bool:
    """Tell whether an open page asks for a part of itself: then nobody leaves it, and no error takes its place."""
    return request.headers.get("HX-Request") == "true"


def local_path(target: str | None) -> str:
    """Return a path of this portal to go to: the target when it is one, else the start page.

    Anything that a browser could read as another host is refused, backslashes and control characters included.
    """
    if not target or not target.startswith("/") or target.startswith("//") or not target.isprintable():
        return "/"
    parts = urlsplit(target)
    if "\\" in target or parts.scheme or parts.netloc or target.startswith(("/login", "/logout", "/_", "/api")):
        return "/"
    return target[:2000]


def _require_own_host() -> None:
    """Answer only under the names of PORTAL_ALLOWED_HOSTS: links and redirects repeat the name that a request gives.

    Probes are let through, as hosts ask for them by number.
    """
    allowed = portal().settings.allowed_hosts
    is_foreign = allowed and request.endpoint not in _PROBES and not host_is_trusted(request.host.lower(), allowed)
    if is_foreign or _NO_HOST in request.environ:
        abort(400, "This address is not one of the portal's.")


def _with_host(application: WSGIApplication) -> WSGIApplication:
    """Take away a host that no name can be: Werkzeug fails at it before any error can be answered."""

    def check(environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = environment.get("HTTP_HOST", "")
        try:
            host.encode("idna").decode("idna")
        except UnicodeError:  # a part of it is empty, too long or no Punycode
            environment["HTTP_HOST"], environment[_NO_HOST] = "", True
        return application(environment, start_response)

    return check


def _measured(application: WSGIApplication) -> WSGIApplication:
    """Give a body that came without a length (chunked) one, by reading it, and not a byte more than is taken.

    Werkzeug would cut such a body off at the limit and go on with the half that it has.
    """

    def measure(environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environment.pop("HTTP_TRANSFER_ENCODING", None) is not None:
            body = environment["wsgi.input"].read(MOST_BODY_BYTES + 1)
            environment["wsgi.input"], environment["CONTENT_LENGTH"] = BytesIO(body), str(len(body))
        return application(environment, start_response)

    return measure


def _limit() -> None:
    """Refuse what is larger than anything the portal's own pages send."""
    most = MOST_CALLBACK_BYTES if request.path == _CALLBACK_PATH else MOST_BODY_BYTES
    if (request.content_length or 0) > most:
        abort(413)
    check_parameters(request.args.items(multi=True))
    if "\x00" in request.path:
        abort(404)
    if any("\x00" in name + value for name, value in request.form.items(multi=True)):
        abort(400, "This form holds signs that the portal can't keep.")


def check_parameters(parameters: Any) -> None:
    """Answer 400 to more, or longer, query parameters than any link of the portal has."""
    for count, (name, value) in enumerate(parameters, start=1):
        longest = 4 * LONGEST_PARAMETER if name == "next" else LONGEST_PARAMETER
        if count > MOST_PARAMETERS or len(name) > LONGEST_PARAMETER or len(value) > longest or "\x00" in name + value:
            abort(400, "This link has more, or longer, parameters than the portal understands.")


def _guard() -> Response | None:
    """Let nobody in without a living session, and nobody to a page or a brand that is not theirs."""
    if request.endpoint in OPEN_TO_EVERYONE or _is_bundle():
        return None
    if asks_with_key():
        require_key()
    elif signed_in() is None:
        return _ask_to_sign_in()
    elif request.endpoint is not None:
        require(capability_of(request.endpoint))
    for slug in request.args.getlist("brand"):
        authorised_brand(slug)
    return None


def _is_bundle() -> bool:
    plain = request.method in {"GET", "HEAD"} and not request.query_string
    return plain and request.path in current_app.config.get("PORTAL_BUNDLES", ())


def _ask_to_sign_in() -> Response:
    if speaks_to_a_program():
        raise NotSignedInError
    wanted = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else "/"
    return redirect(url_for("sign_in.login", next=None if wanted == "/" else wanted))  # type: ignore[return-value]


def _hand_out_csrf_token(response: Response) -> Response:
    """Dash reads the token from a cookie and sends it back as a header, which no other site can do."""
    if response.mimetype == "text/html" and response.status_code == 200 and signed_in() is not None:
        secure = portal().settings.portal_secure_cookies
        response.set_cookie(csrf_cookie(secure=secure), generate_csrf(), secure=secure, samesite="Lax", path="/")
    return response


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = current_app.config["PORTAL_CSP"]
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    if portal().settings.portal_secure_cookies:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if not _may_be_kept(response):
        headers["Cache-Control"] = "no-store"
    return response


class _TokenOfForms(CSRFProtect):  # type: ignore[misc]
    """Asks browsers for their token. A program sends its key by its own will, which no other site can have it do."""

    def protect(self, **how: Any) -> None:
        """Refuse what another site may have had the browser send."""
        if not asks_with_key():
            super().protect(**how)


class _Sessions(SecureCookieSessionInterface):
    """Leaves files alone: they differ from nobody to anybody, so signing in must not make a browser load them anew.

    Of a program that brings a key no cookie is read, and it is given none.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie, unless a key counts instead."""
        return self.session_class() if brings_key(request) else super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie, and that the answer varies with it, unless the answer is a file."""
        if not _may_be_kept(response) and not asks_with_key():
            super().save_session(app, session, response)


def _may_be_kept(response: Response) -> bool:
    """Tell whether the answer is the same for everyone: files, never data."""
    if request.path.startswith("/_dash-component-suites/"):
        return response.status_code in {200, 304}
    return request.endpoint in _NEVER_CHANGES and response.status_code in {200, 206, 304}
