"""A provider of company accounts over real HTTP, that signs everyone in at once and can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pydantic import SecretStr

from settings import ProviderSettings

CLIENT_ID = "the-portal"
CLIENT_SECRET = "a-secret-that-the-provider-gave-out-6628"  # with signs that a form encodes: none may leak
PERSON = {"sub": "person-1", "email": "Pat@Acme.example", "email_verified": True, "name": "Pat Green"}


@lru_cache(maxsize=1)
def first_key() -> RSAKey:
    """The key that every provider begins with: making one takes longer than most tests."""
    return new_key("first")


@lru_cache(maxsize=1)
def stranger() -> RSAKey:
    """The key of somebody who would like to be believed."""
    return new_key("first")


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass
class OpenIdProvider:
    """What it says. `claims` are laid over a good token's (None takes one away); `discovery` over its description."""

    issuer: str
    person: dict[str, Any] = field(default_factory=lambda: dict(PERSON))
    claims: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    signature: str = "RS256"
    broken: dict[str, int] = field(default_factory=dict)  # status by path
    nonsense: bytes = b"<html>not here</html>"  # what broken paths answer
    holds: threading.Event | None = None  # answers wait for it
    held: str | None = None  # only those of this path
    trickles: str | None = None  # answers of this path come a sign at a time
    says_no: str | None = None
    key: RSAKey = field(default_factory=first_key)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def settings(self, **changes: Any) -> ProviderSettings:
        columns: dict[str, Any] = {
            "name": "acme",
            "issuer": self.issuer,
            "client_id": CLIENT_ID,
            "client_secret": SecretStr(CLIENT_SECRET),
            "label": "Acme",
        }
        return ProviderSettings(**(columns | changes))

    def rotate(self) -> None:
        """Sign with another key from now on; the old one is no longer published."""
        self.key = new_key(uuid4().hex)

    def description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/sign-out",
        } | self.discovery

    def authorize(self, wish: dict[str, str]) -> str:
        """Return where the browser is sent back to: with a code, or with a refusal."""
        if self.says_no:
            back = {"error": self.says_no, "state": wish["state"]}
        else:
            code = uuid4().hex
            self.codes[code] = wish
            back = {"code": code, "state": wish["state"]}
        return f"{wish['redirect_uri']}?{urlencode(back)}"

    def redeem(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Take a code once, from the client it was made for, with the verifier that its challenge was made of."""
        wish = self.codes.pop(form.get("code", ""), None)
        credentials = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if authorization != f"Basic {credentials}" and form.get("client_secret") != CLIENT_SECRET:
            return 401, {"error": "invalid_client"}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if wish is None or wish["code_challenge"] != challenge.decode().rstrip("="):
            return 400, {"error": "invalid_grant"}
        if wish["redirect_uri"] != form.get("redirect_uri") or wish["code_challenge_method"] != "S256":
            return 400, {"error": "invalid_grant"}
        access_token = uuid4().hex
        claims = self._claims(wish["nonce"])
        return 200, {"access_token": access_token, "token_type": "Bearer", "id_token": self._signed(claims)}

    def _claims(self, nonce: str) -> dict[str, Any]:
        now = int(time.time())
        good = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}
        return {name: value for name, value in (good | self.claims).items() if value is not None}

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.signature == "RS256":
            return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        if self.signature == "a key of someone else's":
            return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, stranger())
        if self.signature == "a key that nobody publishes":
            return jwt.encode({"alg": "RS256", "kid": "unheard-of"}, claims, stranger())
        if self.signature == "the key that it brings along":
            brought = {"alg": "RS256", "jwk": stranger().as_dict(private=False)}
            return jwt.encode(brought, claims, stranger())
        public = self.key.as_pem(private=False)
        secrets = {"none": b"", "the client's secret": CLIENT_SECRET.encode(), "the public key": public}
        head = {"alg": "none" if self.signature == "none" else "HS256", "kid": self.key.kid, "typ": "JWT"}
        signed = f"{_part(json.dumps(head).encode())}.{_part(json.dumps(claims).encode())}"
        mark = hmac.new(secrets[self.signature], signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{'' if self.signature == 'none' else _part(mark)}"


def _part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


class _Handler(BaseHTTPRequestHandler):
    provider: OpenIdProvider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        wish = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self._note(parts.path, wish)
        if parts.path in self.provider.broken:
            self._send(self.provider.broken[parts.path], self.provider.nonsense)
        elif parts.path == "/.well-known/openid-configuration":
            self._json(200, self.provider.description())
        elif parts.path == "/keys":
            self._json(200, dict(KeySet([self.provider.key]).as_dict(private=False)))
        elif parts.path == "/authorize":
            self._send(302, b"", Location=self.provider.authorize(wish))
        elif parts.path == "/sign-out":
            self._send(302, b"", Location=wish["post_logout_redirect_uri"])
        else:
            self._send(404, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._note(self.path, form)
        if self.path in self.provider.broken:
            self._send(self.provider.broken[self.path], self.provider.nonsense)
            return
        self._json(*self.provider.redeem(form, self.headers.get("Authorization", "")))

    def log_message(self, *_: Any) -> None:
        """Be quiet."""

    def _note(self, path: str, wish: dict[str, str]) -> None:
        self.provider.asked.append((path, wish))
        if self.provider.holds is not None and self.provider.held in {None, path}:
            self.provider.holds.wait(30)

    def _json(self, status: int, document: dict[str, Any]) -> None:
        self._send(status, json.dumps(document).encode(), **{"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": "text/html", "Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has given up
            self.end_headers()
            trickles = self.path.partition("?")[0] == self.provider.trickles
            for part in (body[at : at + 1] for at in range(len(body))) if trickles else (body,):
                self.wfile.write(part)
                time.sleep(0.02 * trickles)


@contextmanager
def running_provider() -> Iterator[OpenIdProvider]:
    """Serve a provider on a port of the system's choice."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.provider = OpenIdProvider(f"http://127.0.0.1:{server.server_address[1]}")  # type: ignore[attr-defined]
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    serving.start()
    yield handler.provider  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
