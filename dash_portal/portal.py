"""What the running portal stands on: its settings, its database and its cipher, kept with the Flask application."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from dash_portal.monitoring.counting import count_connections
from dash_portal.monitoring.slowness import tell_slow_statements
from dash_portal.replica import CONNECT_SECONDS, Replica
from database import create_engine
from encryption import Cipher
from logs import forget_in_logs
from settings import PortalSettings


@dataclass(frozen=True)
class Portal:
    """The portal's own resources; `app.extensions["portal"]` holds it."""

    settings: PortalSettings
    engine: Engine
    cipher: Cipher
    replica: Replica | None = None

    @property
    def engines(self) -> tuple[Engine, ...]:
        """The ways to the primary, and to the replica where there is one."""
        return (self.engine,) if self.replica is None else (self.engine, self.replica.engine)


def open_portal(settings: PortalSettings) -> Portal:
    """Return the resources of these settings. The databases are connected to when they are first asked."""
    if settings.portal_monitor_token is not None:
        forget_in_logs(settings.portal_monitor_token.get_secret_value())
    for provider in settings.oidc_providers:
        forget_in_logs(provider.client_secret.get_secret_value())
    return Portal(settings, _open(settings.database_url, settings), settings.cipher(), _replica(settings))


def _replica(settings: PortalSettings) -> Replica | None:
    if settings.database_read_url is None:
        return None
    address = make_url(settings.database_read_url)
    patience = {} if "connect_timeout" in address.query else {"connect_timeout": str(CONNECT_SECONDS)}
    url = address.update_query_dict(patience).render_as_string(hide_password=False)
    return Replica(_open(url, settings))


def _open(url: str, settings: PortalSettings) -> Engine:
    engine = create_engine(url, role=settings.portal_role, statement_seconds=settings.portal_statement_seconds)
    tell_slow_statements(engine, settings.portal_slow_seconds)
    if settings.portal_monitor_token is not None:
        count_connections(engine)
    return engine


def portal() -> Portal:
    """Return the resources of the application that answers this request."""
    resources = current_app.extensions["portal"]
    assert isinstance(resources, Portal)  # noqa: S101 - create_app puts it there
    return resources
