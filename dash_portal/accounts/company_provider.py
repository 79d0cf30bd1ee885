"""The provider of a company's accounts, asked over HTTP: where one signs in, its keys, what a code stands for.

What it says of itself is kept for an hour, and for a few seconds also that it was away, so that a provider that hangs
does not hold every thread.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import httpx
from authlib.common.security import generate_token
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from dash_portal.accounts.company_account import (
    CompanyAccount,
    TokenRefusedError,
    UnknownKeyError,
    read_company_account,
)
from settings import ProviderSettings

_PATIENCE: Final = httpx.Timeout(5.0, connect=3.0)
_WHOLE_ANSWER_SECONDS: Final = 10.0
_KEPT_SECONDS: Final = 3600.0
_AWAY_SECONDS: Final = 5.0
_MOST_BYTES: Final = 1_000_000
_SCOPE: Final = "openid email profile"


class ProviderAwayError(Exception):
    """The provider can't be asked, or answers what no provider does; the message says which, for the operator."""


@dataclass(frozen=True)
class Endpoints:
    """What of a provider's discovery document is used. `names_itself`: it says who it is when people come back.

    `tells_sign_in_time`: it can say when somebody typed their password (`auth_time`).
    """

    authorization: str
    token: str
    keys: str
    end_session: str | None
    takes_secret_in_header: bool
    names_itself: bool
    tells_sign_in_time: bool


@dataclass(frozen=True)
class Departure:
    """Someone who is on the way to the provider: what must be the same when they come back. Kept in their cookie."""

    state: str
    nonce: str
    verifier: str


class CompanyProvider:
    """One provider, as the settings name it."""

    def __init__(self, settings: ProviderSettings) -> None:
        """Ask nothing yet."""
        self.settings = settings
        self._http = httpx.Client(
            verify=_trust(),
            timeout=_PATIENCE,
            follow_redirects=False,
            headers={"Accept": "application/json"},
            event_hooks={"response": [_bound]},
        )
        self._endpoints: tuple[float, Endpoints] | None = None
        self._keys: tuple[float, Mapping[str, Any]] | None = None
        self._away: tuple[float, str] | None = None

    def endpoints(self) -> Endpoints:
        """Return where the provider wants to be asked. Raises ProviderAwayError."""
        now = time.monotonic()
        if self._endpoints is not None and now - self._endpoints[0] < _KEPT_SECONDS:
            return self._endpoints[1]
        if self._away is not None and now - self._away[0] < _AWAY_SECONDS:
            raise ProviderAwayError(self._away[1])
        try:
            endpoints = read_discovery(self._json(discovery_address(self.settings.issuer)), self.settings.issuer)
        except ProviderAwayError as away:
            self._away = (time.monotonic(), str(away))
            raise
        self._endpoints = (now, endpoints)
        return endpoints

    def departure(self, back: str, *, prove_anew: bool = False) -> tuple[str, Departure]:
        """Return the address at which to sign in, and what to keep until the person is back at the address `back`.

        `prove_anew`: the provider is to ask for the password, even of who is signed in there. Raises ProviderAwayError.
        """
        leaving = Departure(generate_token(43), generate_token(43), generate_token(64))
        client = OAuth2Client(
            None, self.settings.client_id, scope=_SCOPE, redirect_uri=back, code_challenge_method="S256"
        )
        endpoints = self.endpoints()
        address, _ = client.create_authorization_url(
            endpoints.authorization,
            state=leaving.state,
            code_verifier=leaving.verifier,
            nonce=leaving.nonce,
            **(_asking_anew(endpoints) if prove_anew else {}),
        )
        return address, leaving

    def arrival(self, code: str, leaving: Departure, back: str, *, now: datetime) -> CompanyAccount:
        """Return who has come back with this code. Raises ProviderAwayError or TokenRefusedError."""
        id_token = self._redeem(code, leaving, back)
        try:
            return self._read(id_token, self._known_keys(), leaving, now)
        except UnknownKeyError:
            return self._read(id_token, self._known_keys(anew=True), leaving, now)

    def end_session_address(self, id_token: str | None, back: str) -> str | None:
        """Return where to sign out of the provider too, or None where it offers that nowhere, or is away."""
        try:
            address = self.endpoints().end_session
        except ProviderAwayError:
            return None
        hint = {"id_token_hint": id_token} if id_token else {}
        query = urlencode({"client_id": self.settings.client_id, "post_logout_redirect_uri": back} | hint)
        return f"{address}{'&' if '?' in address else '?'}{query}" if address else None

    def _read(self, id_token: str, keys: Mapping[str, Any], leaving: Departure, now: datetime) -> CompanyAccount:
        return read_company_account(id_token, keys, self.settings, nonce=leaving.nonce, now=now)

    def _redeem(self, code: str, leaving: Departure, back: str) -> str:
        """Return the identity token that a code stands for. A code that was used, or is nobody's, is refused."""
        client_id, secret = self.settings.client_id, self.settings.client_secret.get_secret_value()
        endpoints = self.endpoints()
        in_header = endpoints.takes_secret_in_header
        client = OAuth2Client(self._http, client_id, redirect_uri=back)
        try:
            answer = client.fetch_token(
                endpoints.token,
                grant_type="authorization_code",
                code=code,
                code_verifier=leaving.verifier,
                auth=httpx.BasicAuth(quote(client_id, safe=""), quote(secret, safe="")) if in_header else httpx.Auth(),
                **({} if in_header else {"client_id": client_id, "client_secret": secret}),
            )
        except OAuth2Error as refused:
            raise TokenRefusedError(f"the code was refused ({str(refused.error)[:60]})") from refused
        except (httpx.HTTPError, ValueError) as away:
            raise ProviderAwayError(f"its token endpoint can't be used ({type(away).__name__})") from away
        id_token = answer.get("id_token")
        if not isinstance(id_token, str):
            raise TokenRefusedError("there is no identity token")
        return id_token

    def _known_keys(self, *, anew: bool = False) -> Mapping[str, Any]:
        now = time.monotonic()
        if self._keys is None or anew or now - self._keys[0] > _KEPT_SECONDS:
            self._keys = (now, self._json(self.endpoints().keys))
        return self._keys[1]

    def _json(self, address: str) -> Mapping[str, Any]:
        try:
            with self._http.stream("GET", address) as answer:
                answer.raise_for_status()
                body = b"".join(_at_most(answer))
                document = httpx.Response(answer.status_code, content=body).json()
        except (httpx.HTTPError, ValueError) as away:
            raise ProviderAwayError(f"{urlsplit(address).path} can't be read ({type(away).__name__})") from away
        if not isinstance(document, dict):
            raise ProviderAwayError(f"{urlsplit(address).path} is no JSON object")
        return document


def _bound(answer: httpx.Response) -> None:
    """Give up an answer that trickles, or has no end: httpx bounds each wait for a part, and not how many there are."""
    assert isinstance(answer.stream, httpx.SyncByteStream)  # noqa: S101 - what a Client that waits has
    answer.stream = _BoundedStream(answer.stream, time.monotonic() + _WHOLE_ANSWER_SECONDS)


class _BoundedStream(httpx.SyncByteStream):
    def __init__(self, parts: httpx.SyncByteStream, until: float) -> None:
        self._parts, self._until = parts, until

    def __iter__(self) -> Iterator[bytes]:
        length = 0
        for part in self._parts:
            length += len(part)
            if length > _MOST_BYTES or time.monotonic() > self._until:
                raise httpx.ReadTimeout("the answer trickles, or has no end")
            yield part

    def close(self) -> None:
        self._parts.close()


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Return whose certificates are believed: read once, as that takes longer than asking a provider."""
    return httpx.create_ssl_context()


@lru_cache(maxsize=32)
def company_provider(settings: ProviderSettings) -> CompanyProvider:
    """Return the provider of these settings, the same one for the life of the process."""
    return CompanyProvider(settings)


def provider_trouble(settings: ProviderSettings) -> str | None:
    """Ask the provider to describe itself, and return what keeps people from signing in with it, if anything does."""
    try:
        company_provider(settings).endpoints()
    except ProviderAwayError as away:
        return f"{discovery_address(settings.issuer)} was asked, and {away}"
    return None


def discovery_address(issuer: str) -> str:
    """Return where a provider describes itself (OpenID Connect Discovery 1.0, section 4)."""
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


def read_discovery(document: Mapping[str, Any], issuer: str) -> Endpoints:
    """Return what of a discovery document is used. Raises ProviderAwayError unless it is this issuer's, and whole."""
    if document.get("issuer") != issuer:
        raise ProviderAwayError(f"its discovery document names another issuer: {str(document.get('issuer'))[:200]!r}")
    ways = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    end_session = document.get("end_session_endpoint")
    return Endpoints(
        authorization=_endpoint(document, "authorization_endpoint", issuer),
        token=_endpoint(document, "token_endpoint", issuer),
        keys=_endpoint(document, "jwks_uri", issuer),
        end_session=_endpoint(document, "end_session_endpoint", issuer) if end_session else None,
        takes_secret_in_header="client_secret_basic" in ways,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        tells_sign_in_time="auth_time" in (document.get("claims_supported") or ()),
    )


def _asking_anew(endpoints: Endpoints) -> dict[str, str]:
    """Return how to have the password asked for: Entra knows `prompt` alone, and Google knows neither."""
    return {"max_age": "0"} | ({"prompt": "login"} if endpoints.tells_sign_in_time else {})


def _endpoint(document: Mapping[str, Any], name: str, issuer: str) -> str:
    address = document.get(name)
    parts = urlsplit(address) if isinstance(address, str) else None
    if parts is None or not parts.hostname or parts.scheme not in {"https", urlsplit(issuer).scheme}:
        raise ProviderAwayError(f"its discovery document names no {name}, or one that is not https")
    return str(address)


def _at_most(answer: httpx.Response) -> list[bytes]:
    """Return the parts of a body. Raises ValueError where it is longer than any provider's."""
    parts, length = [], 0
    for part in answer.iter_bytes():
        length += len(part)
        if length > _MOST_BYTES:
            raise ValueError
        parts.append(part)
    return parts
