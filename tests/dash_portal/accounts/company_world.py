"""The small world with a provider of company accounts, and a browser that goes there and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dash_portal.accounts.company_provider import company_provider
from dash_portal.accounts.links import invite_user
from database import AgencySession
from models import Role, utc_now
from settings import ProviderSettings
from tests.dash_portal.accounts.openid_provider import OpenIdProvider, running_provider
from tests.dash_portal.portal_world import PortalWorld

LEAVE = "/login/with/acme"
BROWSER = httpx.Client(verify=False)  # noqa: S501 - providers of tests have no certificate, and reading ours takes long


@contextmanager
def provider_of(world: PortalWorld, **changes: Any) -> Iterator[OpenIdProvider]:
    """Serve a provider and let the world's portal know it."""
    with running_provider() as provider:
        switch_on(world, provider.settings(**changes))
        yield provider


def switch_on(world: PortalWorld, *providers: ProviderSettings) -> None:
    """Let the portal know just these providers, and remember nothing of others."""
    company_provider.cache_clear()
    portal = world.app.extensions["portal"]
    settings = world.settings.model_copy(update={"oidc_providers": providers})
    world.app.extensions["portal"] = replace(portal, settings=settings)


def address_back(provider_address: str) -> str:
    """Follow the browser to the provider; return the path at which it comes back to the portal."""
    answer = BROWSER.get(provider_address)
    back = urlsplit(answer.headers["Location"])
    assert back.netloc == "localhost"
    return f"{back.path}?{back.query}"


def go_and_come_back(client: FlaskClient, path: str = LEAVE) -> TestResponse:
    """Return what the portal answers to a browser that has been at the provider."""
    away = client.get(path)
    assert away.status_code == 302, away.text
    return client.get(address_back(away.headers["Location"]))


def invite(world: PortalWorld, email: str, slug: str | None = "own") -> str:
    """Return the path of an invitation's link."""
    with AgencySession(world.engine, writes=True) as session:
        link = invite_user(
            session,
            actor=world.actor("agency@mellon.example"),
            email=email,
            role=Role.TENANT_VIEWER if slug else Role.AGENCY_ADMIN,
            tenant_id=world.brands[slug] if slug else None,
            now=utc_now(),
        )
        session.commit()
    return link.path


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/api/charts").status_code == 200
