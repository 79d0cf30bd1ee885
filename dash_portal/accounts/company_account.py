"""What an identity token says, believed only as far as it can be checked: signature, claims, address (OpenID Connect).

Pure but for the clock that is handed in: the provider is asked in `company_provider`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.people import valid_email, valid_person_name
from settings import ProviderSettings

ALGORITHMS: Final = (
    *(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)),
    *("EdDSA", "Ed25519"),
)
"""Only signatures that the provider alone can make. HS256 is made with what the portal knows too, `none` by anyone."""

_LEEWAY_SECONDS: Final = 60
_MULTI_FACTOR: Final = "mfa"  # RFC 8176


class TokenRefusedError(Exception):
    """The provider's answer is not believed; the message says why, for the operator, and holds nothing of it."""


class UnknownKeyError(TokenRefusedError):
    """The token may be signed with a key that came into use after the provider's keys were read."""


@dataclass(frozen=True)
class CompanyAccount:
    """Who, by the provider's word, has signed in there.

    `email` is None unless the provider says that it has seen the address to be theirs, and is believed about its
    domain. `proven_at`: when they last typed their password there, where it tells. `id_token` is what said all this.
    """

    issuer: str
    subject: str
    email: str | None
    name: str
    proven_at: datetime | None
    has_second_step: bool
    id_token: str


def read_company_account(
    id_token: str, keys: Mapping[str, Any], provider: ProviderSettings, *, nonce: str, now: datetime
) -> CompanyAccount:
    """Return who an identity token is about. Raises TokenRefusedError, or UnknownKeyError where newer keys may help."""
    claims = _checked_claims(id_token, keys, provider, nonce=nonce, now=now)
    subject = claims["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255 or not subject.isprintable():
        raise TokenRefusedError("the subject is no text of at most 255 signs")
    methods = claims.get("amr") or ()
    return CompanyAccount(
        issuer=provider.issuer,
        subject=subject,
        email=_verified_email(claims, provider),
        name=_name(claims),
        proven_at=_moment(claims.get("auth_time")),
        has_second_step=provider.second_step or _MULTI_FACTOR in methods,
        id_token=id_token,
    )


def _checked_claims(
    id_token: str, keys: Mapping[str, Any], provider: ProviderSettings, *, nonce: str, now: datetime
) -> dict[str, Any]:
    try:
        key_set = KeySet.import_key_set(keys)  # type: ignore[arg-type]  # what is no key set is refused there
    except (JoseError, KeyError, TypeError, ValueError) as unreadable:
        raise TokenRefusedError("the provider's keys can't be read") from unreadable
    try:
        token = jwt.decode(id_token, key_set, algorithms=list(ALGORITHMS))
    except (JoseError, KeyError, TypeError, ValueError) as unfit:
        raise UnknownKeyError(f"the signature does not hold ({type(unfit).__name__})") from unfit
    must = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
    }
    claims = CodeIDToken(token.claims, token.header, must, {"nonce": nonce, "client_id": provider.client_id})
    try:
        claims.validate(now=int(now.timestamp()), leeway=_LEEWAY_SECONDS)
    except (JoseError, KeyError, TypeError, ValueError) as wrong:
        claim = getattr(wrong, "claim", None)
        raise TokenRefusedError(f"its {claim or 'claims'} can't be accepted ({type(wrong).__name__})") from wrong
    return dict(claims)


def _verified_email(claims: Mapping[str, Any], provider: ProviderSettings) -> str | None:
    """Return the address where it is known to be theirs. Beyond ASCII, those of two people could fall together."""
    email, verified = claims.get("email"), claims.get("email_verified", provider.verified_addresses)
    is_verified = verified is True or verified == "true"
    if not is_verified or not isinstance(email, str) or not email.isascii() or len(email) > 254:
        return None
    try:
        email = valid_email(email)
    except AccountError:
        return None
    return email if provider.speaks_for(domain_of(email)) else None


def domain_of(email: str) -> str:
    """Return what stands behind the address's @."""
    return email.rpartition("@")[2]


def _name(claims: Mapping[str, Any]) -> str:
    try:
        return valid_person_name(str(claims.get("name") or ""))
    except AccountError:
        return ""


def _moment(seconds: object) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
