"""What the running portal stands on: its settings, its database and its cipher, kept with the Flask application."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from sqlalchemy import Engine

from dash_portal.monitoring.counting import count_connections
from dash_portal.monitoring.slowness import tell_slow_statements
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


def open_portal(settings: PortalSettings) -> Portal:
    """Return the resources of these settings. The database is connected to when it is first asked."""
    engine = create_engine(
        settings.database_url, role=settings.portal_role, statement_seconds=settings.portal_statement_seconds
    )
    tell_slow_statements(engine, settings.portal_slow_seconds)
    if settings.portal_monitor_token is not None:
        forget_in_logs(settings.portal_monitor_token.get_secret_value())
        count_connections(engine)
    return Portal(settings, engine, settings.cipher())


def portal() -> Portal:
    """Return the resources of the application that answers this request."""
    resources = current_app.extensions["portal"]
    assert isinstance(resources, Portal)  # noqa: S101 - create_app puts it there
    return resources
