"""Signing out of the provider too, where the session began with an account there."""

from __future__ import annotations

from contextlib import suppress

from sqlmodel import col, select

from dash_portal.accounts.company_provider import company_provider
from dash_portal.portal import Portal
from database import PortalSession
from encryption import EncryptionError
from models import Identity, UserSession
from settings import ProviderSettings


def provider_of_session(portal: Portal, session_id: str) -> tuple[ProviderSettings, str | None] | None:
    """Return the provider that a session began at, with what it knows the session by; None for any other session."""
    question = (
        select(Identity.issuer, UserSession.id_token_encrypted)
        .join(UserSession, col(UserSession.identity_id) == col(Identity.id))
        .where(UserSession.id == session_id)
    )
    with PortalSession(portal.engine) as session:
        row = session.exec(question).one_or_none()
    if row is None:
        return None
    settings = next((known for known in portal.settings.oidc_providers if known.issuer == row[0]), None)
    return None if settings is None else (settings, _decrypted(portal, row[1]))


def sign_out_address(provider: ProviderSettings, id_token: str | None, back: str) -> str | None:
    """Return where the provider signs people out and sends them back from, if it offers that."""
    return company_provider(provider).end_session_address(id_token, back)


def _decrypted(portal: Portal, id_token: str | None) -> str | None:
    with suppress(EncryptionError):  # kept under a key that is gone: the provider asks the person then
        return portal.cipher.decrypt(id_token) if id_token else None
    return None
