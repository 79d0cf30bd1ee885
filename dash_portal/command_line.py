"""The portal's command lines: schema, server, configuration, backups, first brands and people, lost phones, keys.

Bad input and bad configuration are answered with one line on standard error and exit status 2.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select

import migrations
from dash_portal.accounts.agency_people import agency_role
from dash_portal.accounts.api_keys import LONGEST_LIFE, listed_keys, make_key, parsed_scopes, revoke_key, scopes_text
from dash_portal.accounts.audit import COMMAND_LINE, AuditAction, record
from dash_portal.accounts.brands import create_brand
from dash_portal.accounts.company_requirement import lift_of_agency, require_of_agency, require_of_brand
from dash_portal.accounts.erasing import erase_accounts, erase_brand
from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.key_rotation import rotate_keys
from dash_portal.accounts.memberships import membership_at
from dash_portal.accounts.people import change_role, create_user
from dash_portal.accounts.sign_in import normal_email
from dash_portal.accounts.staff_terms import StaffTerms
from dash_portal.accounts.two_step import switch_off_two_step
from dash_portal.backup.archive import BackupError
from dash_portal.backup.making import make_backup
from dash_portal.backup.restoring import restore_backup
from dash_portal.configuration_check import check_configuration
from dash_portal.monitoring.figures import SHARED_FOLDER
from database import AgencySession, create_engine
from database_away import AWAY, WRONG_PASSWORD, in_one_line, why_away
from encryption import EncryptionError
from logs import configure_logs, print_any_letter
from models import ApiScope, Role, Tenant, User, utc_now
from settings import ConfigurationError, PortalSettings, Settings, load_settings

_BAD_INPUT: Final = 2
_BEHIND: Final = "the database is not at the newest schema: run python -m dash_portal migrate"
_WAITS_FOR: Final = "how long to wait for another migrate, and for tables that are in use (default: %(default)g)"
_LOOK_AGAIN_SECONDS: Final = 0.5
_log = structlog.get_logger("portal")


class CommandError(Exception):
    """The command can't be carried out; the message is one line for the operator."""


_REFUSALS: Final = (
    CommandError,
    ConfigurationError,
    AccountError,
    BackupError,
    EncryptionError,
    migrations.SchemaError,
    migrations.SchemaBusyError,
)


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command. Returns the exit status."""
    print_any_letter()
    configure_logs()
    wish = _parser().parse_args(arguments)
    try:
        wish.command(wish)
    except _REFUSALS as problem:
        return _refuse(str(problem))
    except SQLAlchemyError as unusable:
        return _refuse(in_one_line(unusable))
    return 0


def _refuse(problem: str) -> int:
    print(" ".join(problem.split()), file=sys.stderr)
    return _BAD_INPUT


class _OneLineParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(_BAD_INPUT, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(prog="python -m dash_portal", description="The portal's command lines.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, carry_out: Callable[[Any], None], purpose: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=purpose, description=purpose)
        made.set_defaults(command=carry_out)
        return made

    migrate = command("migrate", _migrate, "Bring the database to the newest schema, while it is in use.")
    migrate.add_argument("--wait", metavar="SECONDS", type=float, default=migrations.WAIT_SECONDS, help=_WAITS_FOR)
    serve = command("serve", _serve, "Serve the portal over HTTP, on $PORT (default 8050).")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    command("check-config", _check_config, "Say whether the configuration and the database are fit for production.")
    command("rotate-keys", _rotate_keys, "Encrypt every stored secret with the newest PORTAL_ENCRYPTION_KEY.")

    backup = command("backup", _backup, "Write all rows of the database into one file, while it is in use.")
    backup.add_argument("file", metavar="FILE", type=Path)
    restore = command("restore", _restore, "Make the database what a backup holds. Stop web and worker before.")
    restore.add_argument("file", metavar="FILE", type=Path)
    restore.add_argument("--replace", action="store_true", help="even where the database holds rows: they are lost")

    person = command("erase-person", _erase_person, "Remove someone's account, and contacts with their address. Asks.")
    person.add_argument("whom", metavar="EMAIL-OR-CONTACT")
    person.add_argument("--tenant", metavar="SLUG", help="of this brand only; the id of a contact needs it")
    brand = command("erase-brand", _erase_brand, "Remove a brand, its people and all its data. Asks.")
    brand.add_argument("slug", metavar="SLUG")

    tenant = command("create-tenant", _create_tenant, "Make a brand; its web key is read from standard input.")
    tenant.add_argument("slug", metavar="SLUG")
    tenant.add_argument("--name", required=True)
    tenant.add_argument("--timezone", required=True, metavar="ZONE")
    tenant.add_argument("--accent-colour", metavar="#RRGGBB")
    tenant.add_argument("--web-key-stdin", required=True, action="store_true")

    user = command("create-user", _create_user, "Make a person; their password is read from standard input.")
    user.add_argument("email", metavar="EMAIL")
    user.add_argument("--role", required=True, choices=[role.value for role in Role])
    user.add_argument(
        "--tenant", metavar="SLUG", action="append", default=[], help="their brand; may be given several times"
    )
    user.add_argument("--all-brands", action="store_true", help="of agency_staff: all brands, and those to come")
    user.add_argument("--raw-answers", action="store_true", help="of agency_staff: may read their raw answers too")
    user.add_argument("--name", default="")
    user.add_argument("--password-stdin", required=True, action="store_true")

    key = command("create-api-key", _create_api_key, "Make a key for programs; it is printed, this once.")
    key.add_argument("--tenant", required=True, metavar="SLUG")
    key.add_argument("--name", required=True, help="what the key is for")
    key.add_argument("--scopes", required=True, metavar=scopes_text(tuple(ApiScope)), help="what it may read")
    key.add_argument("--expires", metavar="DAYS", type=int, help=f"1 to {LONGEST_LIFE} (default: never)")
    keys = command("list-api-keys", _list_api_keys, "List a brand's API keys, a line each.")
    keys.add_argument("--tenant", required=True, metavar="SLUG")
    revoked = command("revoke-api-key", _revoke_api_key, "End an API key, at once and for good.")
    revoked.add_argument("--tenant", required=True, metavar="SLUG")
    revoked.add_argument("--name", required=True)

    _add_company_sign_in(command)

    lost = command("switch-off-two-step", _switch_off_two_step, "Let someone in who lost phone and recovery codes.")
    lost.add_argument("email", metavar="EMAIL")
    lost.add_argument("--tenant", metavar="SLUG", help="of the people of this address, the one at this brand")
    return parser


def _add_company_sign_in(command: Callable[..., argparse.ArgumentParser]) -> None:
    required = command("require-company-sign-in", _require_company_sign_in, "Have passwords open nothing any more.")
    whose = required.add_mutually_exclusive_group(required=True)
    whose.add_argument("--tenant", metavar="SLUG", help="those of this brand's people")
    whose.add_argument("--emergency-admin", metavar="EMAIL", help="those of the agency's people but this one")
    lifted = command("lift-company-sign-in", _lift_company_sign_in, "Let the agency's people use passwords again.")
    lifted.add_argument("--tenant", metavar="SLUG", help="this brand's people instead")


def _migrate(wish: argparse.Namespace) -> None:
    settings = load_settings(Settings)
    engine = create_engine(settings.database_url)
    if migrations.upgrade(engine, settings.portal_role, wait_seconds=wish.wait) is migrations.Standing.NEWER:
        print("The database is at the schema of a newer release, on which this one runs too: nothing is done.")
    else:
        print(
            f"The database is at the newest schema; releases of schema {migrations.serves_from()} or newer run on it."
        )


def _serve(wish: argparse.Namespace) -> None:
    """Check what would only show at the first request, then become gunicorn."""
    settings = load_settings(PortalSettings)
    _require_free(wish.host, settings.port)
    _wait_for_database(create_engine(settings.database_url))
    _require_migrated(create_engine(settings.database_url))
    _tell_first_steps(create_engine(settings.database_url))
    arguments = [sys.executable, "-m", "gunicorn", "--config", "python:dash_portal.serving"]
    arguments += ["--bind", f"{wish.host}:{settings.port}", "--workers", str(settings.web_concurrency)]
    if settings.portal_monitor_token is not None:
        os.environ[SHARED_FOLDER] = tempfile.mkdtemp(prefix="portal-figures-")
    sys.stdout.flush()
    os.execv(sys.executable, arguments)  # noqa: S606 - it takes over this process


def _check_config(_wish: argparse.Namespace) -> None:
    settings = load_settings(PortalSettings)
    findings = check_configuration(settings)
    for warning in findings.warnings:
        print(f"warning: {warning}")
    for error in findings.errors:
        print(f"error: {error}")
    if findings.errors:
        raise CommandError("The configuration does not work: mend what is called an error.")
    print("The configuration works, with the warnings above." if findings.warnings else "The configuration is fine.")


def _rotate_keys(_wish: argparse.Namespace) -> None:
    settings = load_settings(PortalSettings)
    engine = create_engine(settings.database_url)
    _require_migrated(engine)
    with AgencySession(engine, writes=True) as session:
        rotated = rotate_keys(session, actor=COMMAND_LINE, cipher=settings.cipher())
        session.commit()
    print(f"{rotated} secrets are encrypted with the newest key; older keys may be taken out of PORTAL_ENCRYPTION_KEY.")


def _backup(wish: argparse.Namespace) -> None:
    contents = make_backup(create_engine(load_settings(Settings).database_url), wish.file)
    print(f"{wish.file} holds {contents.rows} rows of {len(contents.tables)} tables, all that there were.")


def _restore(wish: argparse.Namespace) -> None:
    settings = load_settings(Settings)
    engine = create_engine(settings.database_url)
    contents = restore_backup(engine, wish.file, replace=wish.replace, role=settings.portal_role)
    print(f"The database is what it was at {contents.made_at} ({contents.rows} rows), at this release's schema.")
    print(
        "Everybody signs in anew, links that were not used yet are void, API keys revoked. See what check-config says."
    )


def _erase_person(wish: argparse.Namespace) -> None:
    engine = create_engine(load_settings(Settings).database_url)
    _require_migrated(engine)
    with AgencySession(engine) as session:
        tenant_id = _tenant_id(session, wish.tenant)
    if tenant_id is None and "@" not in wish.whom:
        raise CommandError("--tenant: the id of a contact is one brand's: name the brand")
    _require_same_word(wish.whom)
    accounts = 0
    if "@" in wish.whom:
        with AgencySession(engine, writes=True) as session:
            accounts = erase_accounts(session, wish.whom, tenant_id, actor=COMMAND_LINE)
            session.commit()
        print(f"{accounts} accounts are removed.")
    counts = _erase_contact(wish.whom, wish.tenant)
    if not accounts and not counts["contacts"]:
        raise CommandError(f"nothing is erased: nobody is known by {wish.whom}")
    with AgencySession(engine, writes=True) as session:
        record(session, AuditAction.PERSON_ERASED, COMMAND_LINE, tenant_id=tenant_id, **counts)
        session.commit()
    print(f"{counts['contacts']} contacts are removed, in {counts['rows']} rows and {counts['answers']} kept answers.")
    print("Remove the contact in ClientTether too, else the next sync brings it back. Backups keep what they hold.")


def _erase_contact(whom: str, slug: str | None) -> dict[str, int]:
    """Have the write wing remove the contacts from what it has written; return how many, in what."""
    narrowed = ("--tenant", slug) if slug else ()
    command = (sys.executable, "-m", "sync", "erase-contact", *narrowed, "--", whom)
    removed = subprocess.run(command, capture_output=True, text=True, check=False)
    if removed.returncode:
        raise CommandError(removed.stderr)
    counts: dict[str, int] = json.loads(removed.stdout)
    return counts


def _erase_brand(wish: argparse.Namespace) -> None:
    engine = create_engine(load_settings(Settings).database_url)
    _require_migrated(engine)
    with AgencySession(engine) as session:
        tenant_id = _tenant_id(session, wish.slug)
    _require_same_word(wish.slug)
    with AgencySession(engine, writes=True) as session:
        erase_brand(session, session.get_one(Tenant, tenant_id), actor=COMMAND_LINE)
        session.commit()
    print(f"The brand {wish.slug} is gone, with its people and all its data. Backups keep what they hold.")


def _require_same_word(word: str) -> None:
    """Have the operator type the word once more: what follows can't be undone."""
    print(f"This can't be undone. Type {word} to go on: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != word:
        raise CommandError("nothing is erased")


def _create_tenant(wish: argparse.Namespace) -> None:
    settings = load_settings(PortalSettings)
    engine = create_engine(settings.database_url)
    _require_migrated(engine)
    with AgencySession(engine, writes=True) as session:
        create_brand(
            session,
            actor=COMMAND_LINE,
            slug=wish.slug,
            name=wish.name,
            timezone=wish.timezone,
            accent_colour=wish.accent_colour,
            web_key=_from_standard_input("web key"),
            cipher=settings.cipher(),
        )
        session.commit()
    print(f"The brand {wish.slug} is there.")


def _create_user(wish: argparse.Namespace) -> None:
    role = Role(wish.role)
    if role is not Role.AGENCY_STAFF and (wish.all_brands or wish.raw_answers):
        raise CommandError("--all-brands and --raw-answers are for --role agency_staff")
    if role is Role.AGENCY_STAFF and bool(wish.tenant) == wish.all_brands:
        raise CommandError("agency_staff looks after brands named by --tenant SLUG, or after --all-brands")
    engine = create_engine(load_settings(Settings).database_url)
    _require_migrated(engine)
    password = _from_standard_input("password")
    with AgencySession(engine, writes=True) as session:
        tenant_ids = [_tenant_id(session, slug) or 0 for slug in dict.fromkeys(wish.tenant)]
        terms = None
        if role is Role.AGENCY_STAFF:
            terms = StaffTerms(frozenset(tenant_ids), all_brands=wish.all_brands, raw_answers=wish.raw_answers)
        first, *more = (None,) if terms is not None or not tenant_ids else tenant_ids
        user = create_user(
            session,
            actor=COMMAND_LINE,
            email=wish.email,
            role=role,
            tenant_id=first,
            password=password,
            name=wish.name,
            terms=terms,
        )
        for tenant_id in more:
            change_role(
                session, actor=COMMAND_LINE, user_id=user.id or 0, role=role, tenant_id=tenant_id, now=utc_now()
            )
        session.commit()
    print(f"{user.email} can sign in.")


def _create_api_key(wish: argparse.Namespace) -> None:
    with _keys_of_brand(wish.tenant, writes=True) as (session, tenant_id):
        made = make_key(
            session,
            actor=COMMAND_LINE,
            tenant_id=tenant_id,
            name=wish.name,
            scopes=parsed_scopes(wish.scopes),
            days=wish.expires,
            now=utc_now(),
        )
        session.commit()
    print(made.key)


def _list_api_keys(wish: argparse.Namespace) -> None:
    with _keys_of_brand(wish.tenant) as (session, tenant_id):
        for key in listed_keys(session, tenant_id, now=utc_now()):
            end = "never" if key.expires_at is None else f"{key.expires_at:%Y-%m-%d}"
            used = "never" if key.last_used_at is None else f"{key.last_used_at:%Y-%m-%d %H:%M} UTC"
            print(f"{key.name}  …{key.last4}  {scopes_text(key.scopes)}  expires: {end}  last used: {used}")


def _revoke_api_key(wish: argparse.Namespace) -> None:
    with _keys_of_brand(wish.tenant, writes=True) as (session, tenant_id):
        now = utc_now()
        named = (key.key_id for key in listed_keys(session, tenant_id, now=now) if key.name == wish.name)
        revoke_key(session, actor=COMMAND_LINE, tenant_id=tenant_id, key_id=next(named, ""), now=now)
        session.commit()
    print(f"The key {wish.name} opens nothing any more.")


@contextmanager
def _keys_of_brand(slug: str, *, writes: bool = False) -> Iterator[tuple[AgencySession, int]]:
    """Yield a session, and the id of the brand whose keys are meant."""
    engine = create_engine(load_settings(Settings).database_url)
    _require_migrated(engine)
    with AgencySession(engine, writes=writes) as session:
        yield session, _tenant_id(session, slug) or 0


def _switch_off_two_step(wish: argparse.Namespace) -> None:
    engine = create_engine(load_settings(Settings).database_url)
    _require_migrated(engine)
    with AgencySession(engine, writes=True) as session:
        user = _person(session, wish.email, wish.tenant)
        switch_off_two_step(session, user, actor=COMMAND_LINE, now=utc_now())
        session.commit()
    print(f"{user.email} signs in with the password alone.")


def _require_company_sign_in(wish: argparse.Namespace) -> None:
    settings = load_settings(PortalSettings)
    engine = create_engine(settings.database_url)
    _require_migrated(engine)
    if not settings.oidc_providers:
        raise CommandError("nobody could sign in: name a provider in OIDC_PROVIDERS first")
    with AgencySession(engine, writes=True) as session:
        if wish.tenant is None:
            emergency_id = _person(session, wish.emergency_admin, None).id or 0
            require_of_agency(session, actor=COMMAND_LINE, emergency_id=emergency_id, now=utc_now())
        else:
            tenant_id = _tenant_id(session, wish.tenant) or 0
            require_of_brand(session, actor=COMMAND_LINE, tenant_id=tenant_id, required=True, now=utc_now())
        session.commit()
    print(f"Passwords open nothing any more, but that of {wish.emergency_admin or 'nobody'}; sessions have ended.")


def _lift_company_sign_in(wish: argparse.Namespace) -> None:
    engine = create_engine(load_settings(Settings).database_url)
    _require_migrated(engine)
    with AgencySession(engine, writes=True) as session:
        tenant_id = _tenant_id(session, wish.tenant)
        if tenant_id is None:
            lift_of_agency(session, actor=COMMAND_LINE)
        else:
            require_of_brand(session, actor=COMMAND_LINE, tenant_id=tenant_id, required=False, now=utc_now())
        session.commit()
    print("Passwords open what they did before.")


def _person(session: AgencySession, email: str, slug: str | None) -> User:
    """Return the person of this address: at the brand, where one is named, else the only one, or the agency's."""
    people = list(session.exec(select(User).where(User.email == normal_email(email))))
    tenant_id = _tenant_id(session, slug)
    if tenant_id is not None:
        people = [user for user in people if membership_at(session, user.id, tenant_id) is not None]
    people = [user for user in people if agency_role(user) is not None] or people
    if not people:
        raise CommandError(f"there is nobody with the e-mail address {email!r}{f' at {slug}' if slug else ''}")
    if len(people) > 1:
        raise CommandError(
            f"several brands have someone with the e-mail address {email!r}: name one with --tenant SLUG"
        )
    return people[0]


def _tenant_id(session: AgencySession, slug: str | None) -> int | None:
    if slug is None:
        return None
    tenant_id = session.exec(select(Tenant.id).where(Tenant.slug == slug)).first()
    if tenant_id is None:
        raise CommandError(f"there is no brand {slug!r}")
    return tenant_id


def _from_standard_input(what: str) -> str:
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise CommandError(f"the {what} is expected on standard input, as one line")
    return line


def _wait_for_database(engine: Engine) -> None:
    """Wait for a server that comes late, and say so; a wrong password does not get right by waiting."""
    has_told = False
    while engine.dialect.name == "postgresql":
        try:
            with engine.connect():
                return
        except AWAY as away:
            reason = why_away(away)
            if reason == WRONG_PASSWORD:
                raise CommandError(in_one_line(away)) from away
            if not has_told:
                _log.warning("waiting for the database", cause=reason)
            has_told = True
            time.sleep(_LOOK_AGAIN_SECONDS)


def _require_migrated(engine: Engine) -> None:
    if not migrations.runs_on(engine):
        raise CommandError(_BEHIND)


def _require_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            raise CommandError(f"PORT: {host}:{port} can't be listened on ({taken.strerror})") from None


def _tell_first_steps(engine: Engine) -> None:
    """Say how to make the first admin, where nobody can sign in yet."""
    with AgencySession(engine) as session:
        if session.exec(select(User.id).limit(1)).first() is None:
            print(
                "Nobody can sign in yet. Make the first admin: "
                "python -m dash_portal create-user YOU@EXAMPLE.COM --role agency_admin --password-stdin"
            )
    engine.dispose()
