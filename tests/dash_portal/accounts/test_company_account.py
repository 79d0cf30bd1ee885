"""What is believed of an identity token that its provider has signed, to the second; and of how a provider tells of itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from pydantic import SecretStr

from dash_portal.accounts.company_account import CompanyAccount, TokenRefusedError, read_company_account
from dash_portal.accounts.company_provider import ProviderAwayError, read_discovery
from settings import ProviderSettings
from tests.dash_portal.accounts.openid_provider import first_key

ISSUER = "https://login.acme.example"
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LEEWAY = 60


def at(seconds: int) -> int:
    """Return the moment so many seconds from now, as tokens say it."""
    return int((NOW + timedelta(seconds=seconds)).timestamp())


def read(claims: dict[str, Any], **settings: Any) -> CompanyAccount:
    """Return what is read from a good token with these claims laid over; None takes one away."""
    provider = ProviderSettings(
        name="acme", issuer=ISSUER, client_id="portal", client_secret=SecretStr("a secret"), **settings
    )
    good = {"iss": ISSUER, "aud": "portal", "sub": "person-1", "nonce": "n", "iat": at(0), "exp": at(300)}
    good |= {"email": "pat@acme.example", "email_verified": True}
    said = {name: value for name, value in (good | claims).items() if value is not None}
    token = jwt.encode({"alg": "RS256", "kid": first_key().kid}, said, first_key())
    keys = dict(KeySet([first_key()]).as_dict(private=False))
    return read_company_account(token, keys, provider, nonce="n", now=NOW)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": at(-LEEWAY + 1), "iat": at(-600)},
        {"iat": at(LEEWAY)},
        {"nbf": at(LEEWAY)},
        {"aud": ["portal"]},
        {"aud": ["portal", "another-portal"], "azp": "portal"},
        {"azp": "portal"},
    ],
)
def test_clocks_may_differ_by_a_minute_and_audiences_be_several(claims: dict[str, Any]) -> None:
    assert read(claims).subject == "person-1"


@pytest.mark.parametrize(
    ("claims", "cause"),
    [
        ({"exp": at(-LEEWAY - 1), "iat": at(-600)}, "exp"),
        ({"iat": at(LEEWAY + 1)}, "iat"),
        ({"nbf": at(LEEWAY + 1)}, "nbf"),
        ({"aud": ["another-portal"], "azp": "portal"}, "aud"),
        ({"aud": ["portal", "another-portal"]}, "azp"),
        ({"aud": ["portal", "another-portal"], "azp": "another-portal"}, "azp"),
        ({"iss": f"{ISSUER}/"}, "iss"),
        ({"nonce": "N"}, "nonce"),
        ({"nonce": ["n"]}, "nonce"),
        ({"sub": ""}, "subject"),
    ],
)
def test_what_goes_beyond_that_is_refused(claims: dict[str, Any], cause: str) -> None:
    with pytest.raises(TokenRefusedError, match=cause):
        read(claims)


@pytest.mark.parametrize(
    ("verified", "settings", "believed"),
    [
        (True, {}, True),
        ("true", {}, True),
        (1, {}, False),
        (False, {}, False),
        (None, {}, False),
        (None, {"verified_addresses": True}, True),
        (False, {"verified_addresses": True}, False),
        (None, {"verified_addresses": True, "domains": "other.example"}, False),
    ],
)
def test_an_address_is_known_to_be_theirs_where_the_provider_or_for_it_the_operator_says_so(
    verified: object, settings: dict[str, Any], believed: bool
) -> None:
    """Entra does not say it: only then counts what the operator says, and never against the provider's own word."""
    account = read({"email_verified": verified}, **settings)
    assert account.email == ("pat@acme.example" if believed else None)


DESCRIPTION = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
    "end_session_endpoint": f"{ISSUER}/sign-out",
}


@pytest.mark.parametrize("name", list(DESCRIPTION))
def test_a_provider_of_https_sends_nobody_and_no_secret_over_plain_http(name: str) -> None:
    assert read_discovery(DESCRIPTION, ISSUER).token == f"{ISSUER}/token"
    with pytest.raises(ProviderAwayError):
        read_discovery(DESCRIPTION | {name: DESCRIPTION[name].replace("https:", "http:")}, ISSUER)


@pytest.mark.parametrize(
    ("asked", "described"),
    [
        ("https://login.microsoftonline.com/common/v2.0", "https://login.microsoftonline.com/{tenantid}/v2.0"),
        ("https://accounts.google.com/", "https://accounts.google.com"),
        ("https://sso.example/realms/a", "https://sso.example/realms/b"),
    ],
)
def test_a_provider_that_calls_itself_otherwise_than_the_settings_is_not_asked(asked: str, described: str) -> None:
    with pytest.raises(ProviderAwayError, match="names another issuer"):
        read_discovery(DESCRIPTION | {"issuer": described}, asked)
