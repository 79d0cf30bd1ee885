"""What of the configuration and the database is not fit for production, in words that say what to type."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import SQLModel, col, select

import migrations
from dash_portal.accounts.company_requirement import emergency_admin
from dash_portal.accounts.web_keys import brands_sharing_keys
from database import AgencySession, create_engine
from database_away import AWAY, why_away
from models import Tenant
from settings import PortalSettings

_CLUSTER: Final = text("SELECT system_identifier FROM pg_control_system()")
_MIGRATE: Final = "run python -m dash_portal migrate"
_OTHER_SCHEMA: Final = {
    migrations.Standing.EMPTY: f"the database is empty: {_MIGRATE}",
    migrations.Standing.OLDER: f"the database is of an older release: {_MIGRATE}",
    migrations.Standing.NEWER: "the database is of a newer release, on which this one runs too: start that one soon",
    migrations.Standing.TOO_NEW: (
        "the database is of a newer release: install that one, or restore a backup of this one's"
    ),
}
_WORKERS_TOKEN: Final = "CLIENTTETHER_ACCESS_TOKEN"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True)
class Findings:
    """What should be mended, and what stops the portal until it is; a line each, which says what to type."""

    warnings: list[str]
    errors: list[str]


def check_configuration(settings: PortalSettings) -> Findings:
    """Look for what is amiss. Raises SQLAlchemyError where the database is away."""
    owner = create_engine(settings.database_url)
    warnings = _exposure_warnings(settings)
    with owner.connect() as connection:
        stands = migrations.standing(connection)
        unfit = migrations.unfit_encoding(connection)
    if unfit is not None:
        return Findings(warnings, [f"the database can't be used: {unfit}"])
    if stands is migrations.Standing.TOO_NEW:
        return Findings(warnings, [_OTHER_SCHEMA[stands]])
    if stands is not migrations.Standing.CURRENT:
        warnings.append(_OTHER_SCHEMA[stands])
    if stands not in {migrations.Standing.CURRENT, migrations.Standing.NEWER}:
        return Findings(warnings, [])
    web = create_engine(settings.database_url, role=settings.portal_role)
    warnings += [
        *_bypass_warnings(owner, web, settings.portal_role),
        *_shared_key_warnings(owner, settings),
        *_replica_warnings(owner, settings),
        *_access_warnings(),
        *_provider_warnings(owner, settings),
    ]
    errors = _rights_errors(web)
    web.dispose()
    owner.dispose()
    return Findings(warnings, errors)


def _shared_key_warnings(owner: Engine, settings: PortalSettings) -> list[str]:
    with AgencySession(owner) as session:
        shared = brands_sharing_keys(session, settings.cipher())
    return [f"the brands {' and '.join(slugs)} have the same web key: each must have its own" for slugs in shared]


def _rights_errors(web: Engine) -> list[str]:
    """Read a row of each table as the web process does, and name those that it can't read."""
    unreadable = []
    for table in sorted(SQLModel.metadata.tables):
        try:
            with web.connect() as connection:
                connection.execute(text(f"SELECT 1 FROM {table} LIMIT 1"))  # noqa: S608 - the models' own names
        except ProgrammingError:
            unreadable.append(table)
    return [f"the web process can't read {', '.join(unreadable)}: {_MIGRATE}"] if unreadable else []


def _replica_warnings(owner: Engine, settings: PortalSettings) -> list[str]:
    """Say why rows can't be read from the replica, or why what the address leads to is none of this database."""
    if settings.database_read_url is None:
        return []
    replica = create_engine(settings.database_read_url, role=settings.portal_role)
    try:
        with replica.connect() as connection:
            is_replica = connection.scalar(text("SELECT pg_is_in_recovery()"))
            cluster = connection.scalar(_CLUSTER)
            revision = migrations.revision_of(connection)
        with owner.connect() as connection:
            is_of_this_cluster = cluster == connection.scalar(_CLUSTER)
    except AWAY as away:
        return [f"DATABASE_READ_URL can't be used: {why_away(away)}; until then all is read from the primary"]
    finally:
        replica.dispose()
    if not is_of_this_cluster or revision is None:
        return ["DATABASE_READ_URL leads to another database than DATABASE_URL: name its replica, or nothing"]
    if not is_replica:
        return ["DATABASE_READ_URL leads to a server that takes writes itself: name a streaming replica, or nothing"]
    return []


def _access_warnings() -> list[str]:
    """Have the write wing ask ClientTether whether it is let in, where the worker's token is at hand."""
    if not os.environ.get(_WORKERS_TOKEN):
        return []  # the web process has no need of it
    check = subprocess.run([sys.executable, "-m", "sync", "check-access"], capture_output=True, text=True, check=False)
    return (check.stdout + check.stderr).strip().splitlines() if check.returncode else []


def _provider_warnings(owner: Engine, settings: PortalSettings) -> list[str]:
    """Ask each provider of company sign-in to describe itself, and look for the brands that its rules name."""
    if not settings.oidc_providers:
        return _requirement_warnings(owner)
    from dash_portal.accounts.company_provider import provider_trouble  # noqa: PLC0415 - every command would wait for it

    with AgencySession(owner) as session:
        slugs = set(session.exec(select(Tenant.slug)))
    warnings = []
    for provider in settings.oidc_providers:
        prefix = f"OIDC_{provider.name.upper()}"
        trouble = provider_trouble(provider)
        if trouble is not None:
            warnings.append(f"nobody can sign in with {provider.shown_name}: {trouble}: see {prefix}_ISSUER")
        unknown = sorted({rule.slug for rule in provider.new_people if rule.slug} - slugs)
        if unknown:
            warnings.append(f"{prefix}_NEW_PEOPLE names no brand that is there: {', '.join(unknown)}")
    return warnings


def _requirement_warnings(owner: Engine) -> list[str]:
    """Say whose passwords open nothing although there is no other way in."""
    with AgencySession(owner) as session:
        slugs = [*session.exec(select(Tenant.slug).where(col(Tenant.company_sign_in_only)).order_by(Tenant.slug))]
        commands = [f"lift-company-sign-in --tenant {slug}" for slug in slugs]
        if emergency_admin(session) is not None:
            commands.append("lift-company-sign-in")
    return [
        f"people can't sign in: company accounts are required, and OIDC_PROVIDERS names none: name one, or run "
        f"python -m dash_portal {command}"
        for command in commands
    ]


def _bypass_warnings(owner: Engine, web: Engine, role: str) -> list[str]:
    """Say where the web process could read past row-level security."""
    if owner.dialect.name != "postgresql":
        return ["SQLite has no row-level security: the portal's own session is the only guard; use PostgreSQL"]
    with web.connect() as connection:
        acting, above = connection.execute(
            text("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).one()
        open_tables = connection.execute(
            text(
                "SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' "
                "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace "
                "AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
            )
        ).scalar_one()
        log_owner = connection.execute(
            text("SELECT pg_has_role(session_user, relowner, 'USAGE') FROM pg_class WHERE relname = 'audit_log'")
        ).scalar_one()
        login_above = connection.execute(
            text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user")
        ).scalar_one()
    warnings = []
    if above:
        warnings.append(
            f"the web process acts as {acting}, which bypasses row-level security: run migrate, or take its rights"
        )
    elif login_above:
        warnings.append("the login role could bypass row-level security: give the portal a role without those rights")
    if acting != role:
        warnings.append(
            f"the role {role} can't be used here: the web process acts as {acting}, bound by forced rules; if the role "
            "is another installation's, give this one its own with PORTAL_ROLE, else let its login create roles, "
            f"and {_MIGRATE}"
        )
    if log_owner:
        warnings.append(
            "the login owns the audit log and could change it: let the web process log in as a role of its own that is "
            f"only a member of {role}, and keep the owner's login for migrate and the worker"
        )
    if open_tables:
        warnings.append(f"{open_tables} brand-owned tables have no forced row-level security: run migrate")
    return warnings


def _exposure_warnings(settings: PortalSettings) -> list[str]:
    if settings.portal_secure_cookies and not settings.allowed_hosts:
        return ["PORTAL_ALLOWED_HOSTS is empty: links are made with whatever host name a request gives; name your own"]
    if settings.portal_secure_cookies:
        return []
    return ["PORTAL_SECURE_COOKIES is off: right on this machine only; behind TLS set it to true"]
