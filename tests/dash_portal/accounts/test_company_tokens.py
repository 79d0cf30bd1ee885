"""Whatever a provider answers that is not just right is refused: in plain words, with the cause for the operator."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from dash_portal.accounts import company_provider, throttling
from dash_portal.portal import open_portal
from database import AgencySession
from logs import scrub
from models import SignInFailure, utc_now
from tests.conftest import new_database
from tests.dash_portal.accounts.company_world import (
    LEAVE,
    address_back,
    go_and_come_back,
    invite,
    is_signed_in,
    switch_on,
)
from tests.dash_portal.accounts.openid_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    PERSON,
    OpenIdProvider,
    running_provider,
)
from tests.dash_portal.portal_world import PortalWorld, close_world, make_shared_world

DOUBTED = "could not be trusted"
NOTHING = "opens nothing here"
AWAY = "can&#39;t be reached right now"


@pytest.fixture(scope="module")
def shut_out(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, encryption_key: str
) -> Iterator[PortalWorld]:
    """A world that nobody of these tests ever gets into: that is what they show, so they share it."""
    with new_database("sqlite", request, tmp_path_factory.mktemp("shut-out")) as url:
        world = make_shared_world(url, encryption_key)
        invite(world, "pat@acme.example")
        yield world
        assert world.audit("signed_in") == world.audit("identity_linked") == []
        close_world(world)


@pytest.fixture(scope="module")
def served() -> Iterator[OpenIdProvider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(served: OpenIdProvider, shut_out: PortalWorld) -> OpenIdProvider:
    """The provider as it is when all is well, and known to the portal."""
    fresh = OpenIdProvider(served.issuer, key=served.key)
    vars(served).update(vars(fresh))
    switch_on(shut_out, served.settings())
    return served


def nobody_gets_in(world: PortalWorld, words: str, cause: str, status: int = 401) -> None:
    """Go to the provider and back: refused in these words, and the cause stands in log and audit log only."""
    client = world.visitor(REMOTE_ADDR=f"192.0.2.{next(_addresses)}")
    before = len(world.audit("sign_in_failed"))
    with capture_logs() as lines:
        answer = go_and_come_back(client)
    assert answer.status_code == status
    assert words in answer.text
    assert 'name="password"' in answer.text, "the password is still a way in"
    assert not is_signed_in(client)
    (entry,) = world.audit("sign_in_failed")[before:]
    assert cause in str(entry.details["cause"])
    assert entry.actor_id is None
    (line,) = [line for line in lines if "cause" in line]
    assert (line["provider"], cause in line["cause"]) == ("acme", True)
    for text in (answer.text, json.dumps(entry.details), str(lines)):
        assert CLIENT_SECRET not in text
        assert str(PERSON["sub"]) not in text
    assert str(entry.details["cause"]) not in answer.text


_addresses = iter(range(1, 250))


@pytest.mark.parametrize(
    ("claims", "cause"),
    [
        ({"iss": "https://elsewhere.example"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "another-portal"}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": [CLIENT_ID, "another-portal"]}, "azp"),
        ({"aud": [CLIENT_ID, "another-portal"], "azp": "another-portal"}, "azp"),
        ({"azp": "another-portal"}, "azp"),
        ({"exp": int(time.time()) - 90}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"iat": None}, "iat"),
        ({"iat": int(time.time()) + 86_400}, "iat"),
        ({"nbf": int(time.time()) + 86_400}, "nbf"),
        ({"nonce": "that-of-an-earlier-sign-in"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"sub": None}, "sub"),
        ({"sub": ["person-1"]}, "sub"),
        ({"sub": "x" * 256}, "subject"),
        ({"amr": "mfa"}, "amr"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(
    shut_out: PortalWorld, provider: OpenIdProvider, claims: dict[str, Any], cause: str
) -> None:
    provider.claims = claims
    nobody_gets_in(shut_out, DOUBTED, cause)


@pytest.mark.parametrize(
    "signature",
    [
        "none",
        "the client's secret",
        "the public key",
        "a key of someone else's",
        "a key that nobody publishes",
        "the key that it brings along",
    ],
)
def test_a_token_that_the_provider_has_not_signed_is_refused(
    shut_out: PortalWorld, provider: OpenIdProvider, signature: str
) -> None:
    provider.signature = signature
    nobody_gets_in(shut_out, DOUBTED, "signature")


@pytest.mark.parametrize(
    ("person", "cause"),
    [
        ({"email_verified": False}, "not known to be theirs"),
        ({"email_verified": "false"}, "not known to be theirs"),
        ({"email_verified": None}, "not known to be theirs"),
        ({"email": None}, "not known to be theirs"),
        ({"email": ["pat@acme.example"]}, "not known to be theirs"),
        ({"email": "pat@acme.example, other@acme.example"}, "not known to be theirs"),
        ({"email": "p\u0430t@acme.example"}, "not known to be theirs"),  # a Cyrillic a
        ({"email": "someone.else@acme.example"}, "nobody has invited"),
        ({"email": "viewer@own.example"}, "nobody has invited"),
    ],
)
def test_an_address_that_is_not_verified_or_not_invited_joins_nothing(
    shut_out: PortalWorld, provider: OpenIdProvider, person: dict[str, Any], cause: str
) -> None:
    """Not even one that has an account with a password: who says so is the provider, not the person."""
    provider.claims = person
    nobody_gets_in(shut_out, NOTHING, cause)


def test_a_provider_is_believed_about_its_own_domains_only(shut_out: PortalWorld, provider: OpenIdProvider) -> None:
    switch_on(shut_out, provider.settings(domains="acme.example.org, sub.acme.example"))
    nobody_gets_in(shut_out, NOTHING, "not known to be theirs")


@pytest.mark.parametrize(
    ("path", "status"), [("/token", 500), ("/token", 200), ("/keys", 503), ("/keys", 200), ("/keys", 302)]
)
def test_a_provider_that_breaks_on_the_way_back_is_away(
    shut_out: PortalWorld, provider: OpenIdProvider, path: str, status: int
) -> None:
    provider.broken[path] = status
    nobody_gets_in(shut_out, AWAY, path if path == "/keys" else "token endpoint", 503)


def test_a_provider_whose_keys_have_no_end_is_away(shut_out: PortalWorld, provider: OpenIdProvider) -> None:
    provider.broken["/keys"], provider.nonsense = 200, b"{" + b" " * 1_000_001 + b"}"
    nobody_gets_in(shut_out, AWAY, "/keys", 503)


@pytest.mark.parametrize("path", ["/token", "/keys"])
def test_a_provider_that_hangs_on_the_way_back_is_given_up(
    shut_out: PortalWorld, provider: OpenIdProvider, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(company_provider, "_PATIENCE", httpx.Timeout(2.0, read=0.2))
    provider.held, provider.holds = path, threading.Event()
    switch_on(shut_out, provider.settings())
    nobody_gets_in(shut_out, AWAY, "Timeout", 503)
    provider.holds.set()


@pytest.mark.parametrize(
    ("discovery", "cause"),
    [
        ({"issuer": "https://elsewhere.example"}, "another issuer"),
        ({"issuer": None}, "another issuer"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint"),
        ({"token_endpoint": 7}, "token_endpoint"),
        ({"jwks_uri": None}, "jwks_uri"),
        ({"end_session_endpoint": "javascript:alert(1)"}, "end_session_endpoint"),
        (500, "openid-configuration"),
        (200, "openid-configuration"),  # with a page in place of JSON
    ],
)
def test_without_a_good_description_nobody_is_sent_there(
    shut_out: PortalWorld, provider: OpenIdProvider, discovery: dict[str, Any] | int, cause: str
) -> None:
    if isinstance(discovery, int):
        provider.broken["/.well-known/openid-configuration"] = discovery
    else:
        provider.discovery = discovery
    with capture_logs() as lines:
        answer = shut_out.visitor().get(LEAVE)
    assert answer.status_code == 503
    assert AWAY in answer.text
    assert 'name="password"' in answer.text
    assert cause in str(lines)


def test_a_provider_that_hangs_is_given_up_and_not_asked_again_at_once(
    shut_out: PortalWorld, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(company_provider, "_PATIENCE", httpx.Timeout(0.2))
    provider.holds = threading.Event()
    switch_on(shut_out, provider.settings())
    for _ in range(3):
        assert AWAY in shut_out.visitor().get(LEAVE).text
    provider.holds.set()
    assert [path for path, _ in provider.asked] == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize("path", ["/token", "/keys"])
def test_a_provider_that_trickles_is_given_up(
    shut_out: PortalWorld, provider: OpenIdProvider, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(company_provider, "_WHOLE_ANSWER_SECONDS", 0.3)
    provider.trickles = path
    nobody_gets_in(shut_out, AWAY, "ReadTimeout", 503)


def test_keys_that_the_provider_changed_are_fetched_anew(shut_out: PortalWorld, provider: OpenIdProvider) -> None:
    """The token is then judged by them: here it is good, and its person was not invited."""
    provider.claims = {"email": "someone.else@acme.example"}
    nobody_gets_in(shut_out, NOTHING, "nobody has invited")
    provider.rotate()
    nobody_gets_in(shut_out, NOTHING, "nobody has invited")
    assert [path for path, _ in provider.asked].count("/keys") == 2


def test_what_comes_back_is_taken_once_and_only_from_where_it_began(
    shut_out: PortalWorld, provider: OpenIdProvider
) -> None:
    client, other = shut_out.visitor(), shut_out.visitor()
    back = address_back(client.get(LEAVE).headers["Location"])
    for visitor, path in (
        (other, back),
        (client, back.replace("state=", "state=x")),
        (client, back),  # it was good, but the wrong one before has used it up
        (client, f"{LEAVE}/back"),
    ):
        answer = visitor.get(path)
        assert (answer.status_code, is_signed_in(visitor)) == (400, False)
        assert "began in another browser" in answer.text
    assert [path for path, _ in provider.asked].count("/token") == 0


def test_the_code_of_another_sign_in_is_refused(shut_out: PortalWorld, provider: OpenIdProvider) -> None:
    """Somebody put their own code into the way back of another browser, which has the verifier of its own sign-in."""
    mine, client = (address_back(shut_out.visitor().get(LEAVE).headers["Location"]), shut_out.visitor())
    theirs = address_back(client.get(LEAVE).headers["Location"])
    swapped = re.sub(r"code=\w+", re.search(r"code=\w+", mine)[0], theirs)  # type: ignore[index]
    answer = client.get(swapped)
    assert (answer.status_code, DOUBTED in answer.text, is_signed_in(client)) == (401, True, False)
    assert "invalid_grant" in str(shut_out.audit("sign_in_failed")[-1].details["cause"])


def test_a_code_that_was_used_before_is_refused(shut_out: PortalWorld, provider: OpenIdProvider) -> None:
    client = shut_out.visitor()
    back = address_back(client.get(LEAVE).headers["Location"])
    provider.codes.clear()
    answer = client.get(back)
    assert (answer.status_code, is_signed_in(client)) == (401, False)
    assert DOUBTED in answer.text
    assert "invalid_grant" in str(shut_out.audit("sign_in_failed")[-1].details["cause"])


def test_who_stays_away_too_long_begins_anew(
    shut_out: PortalWorld, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = shut_out.visitor()
    back = address_back(client.get(LEAVE).headers["Location"])
    later = utc_now() + timedelta(days=365)
    monkeypatch.setattr("dash_portal.accounts.company_sign_in_pages.utc_now", lambda: later)
    assert client.get(back).status_code == 400


def test_who_declines_at_the_provider_may_try_again(shut_out: PortalWorld, provider: OpenIdProvider) -> None:
    provider.says_no = "access_denied"
    nobody_gets_in(shut_out, "You were not signed in with Acme", "access_denied", 400)


def test_another_providers_answer_is_not_taken_for_this_ones(shut_out: PortalWorld, provider: OpenIdProvider) -> None:
    """What RFC 9207 is for: where a provider says who it is, it has to be the one that was asked."""
    client = shut_out.visitor()
    back = address_back(client.get(LEAVE).headers["Location"])
    answer = client.get(f"{back}&iss=https%3A%2F%2Felsewhere.example")
    assert (answer.status_code, DOUBTED in answer.text) == (401, True)
    provider.discovery = {"authorization_response_iss_parameter_supported": True}
    switch_on(shut_out, provider.settings())
    nobody_gets_in(shut_out, DOUBTED, "another provider")


def test_who_comes_back_too_often_in_vain_has_to_wait(shut_out: PortalWorld, provider: OpenIdProvider) -> None:
    provider.signature = "none"
    client = shut_out.visitor(REMOTE_ADDR="198.51.100.9")
    with AgencySession(shut_out.engine) as session:
        session.add_all(
            SignInFailure(email=f"x{number}", address="198.51.100.9") for number in range(throttling.PER_ADDRESS - 1)
        )
        session.commit()
    assert [go_and_come_back(client).status_code for _ in range(2)] == [401, 429]


def test_a_provider_that_is_not_switched_on_is_not_there(shut_out: PortalWorld, provider: OpenIdProvider) -> None:
    switch_on(shut_out)
    client = shut_out.visitor()
    assert {client.get(path).status_code for path in (LEAVE, f"{LEAVE}/back")} == {404}
    assert "Acme" not in client.get("/login").text


def test_no_log_holds_the_secret(shut_out: PortalWorld, provider: OpenIdProvider) -> None:
    known = shut_out.settings.model_copy(update={"oidc_providers": (provider.settings(),)})
    open_portal(known).engine.dispose()
    assert CLIENT_SECRET not in str(scrub(f"the provider said: {CLIENT_SECRET}"))


def test_the_secret_goes_to_the_provider_alone_and_in_the_way_it_takes(
    shut_out: PortalWorld, provider: OpenIdProvider
) -> None:
    provider.claims = {"email": "someone.else@acme.example"}
    go_and_come_back(shut_out.visitor())
    (form,) = [form for path, form in provider.asked if path == "/token"]
    assert "client_secret" not in form
    assert CLIENT_SECRET not in str(provider.asked)
    provider.discovery = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    switch_on(shut_out, provider.settings())
    provider.asked.clear()
    go_and_come_back(shut_out.visitor())
    (form,) = [form for path, form in provider.asked if path == "/token"]
    assert form["client_secret"] == CLIENT_SECRET
