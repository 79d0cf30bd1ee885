"""Settings from the environment, validated before anything starts.

Each process loads what it needs: the portal `PortalSettings`, the worker `SyncSettings`, migrations `Settings`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from croniter import croniter
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from encryption import Cipher, EncryptionError
from models import Role

_HOST_NAME: Final = re.compile(r"\.?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_ROLE_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_PROVIDER_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,30}")
_MADE_BY: Final = {
    "PORTAL_SECRET_KEY": "python -c 'import secrets; print(secrets.token_urlsafe(48))'",
    "PORTAL_ENCRYPTION_KEY": (
        "python -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
    ),
}
_ON_THIS_MACHINE: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class ConfigurationError(Exception):
    """A setting is missing or malformed; the message is one line that names the variable, never its value."""


def _database_url(url: str) -> str:
    """Return the URL as SQLAlchemy wants it: hosts say postgres:// or postgresql://, and both mean psycopg 3."""
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError("must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or sqlite:///FILE") from None
    if re.search(r"[?&]pooler=(?!transaction(&|$))", url):
        raise ValueError("its pooler must be transaction, where there is one")
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must start with sqlite:///, postgres:// or postgresql://")
    return url


def _read_url(url: str | None, info: ValidationInfo) -> str | None:
    if not url:
        return None
    address = _database_url(url)
    if any(each.startswith("sqlite:") for each in (address, info.data.get("database_url", ""))):
        raise ValueError("only PostgreSQL has replicas")
    return address


def _api_url(url: str) -> str:
    """Return the base URL with a closing slash; anything but https is refused off this machine."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http(s) address")
    if parts.scheme == "http" and parts.hostname not in _ON_THIS_MACHINE:
        raise ValueError("must be https: keys never travel in clear text")
    return url if url.endswith("/") else url + "/"


def _cron(expression: str) -> str:
    if not croniter.is_valid(expression) or len(expression.split()) not in {5, 6}:
        raise ValueError('must be five parts such as "0 * * * *", in quotes where they stand in a file')
    return expression


def _secret_key(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value()) < 32 or len(set(key.get_secret_value())) < 10:
        raise ValueError(
            f"must be at least 32 characters of randomness, such as {_MADE_BY['PORTAL_SECRET_KEY']} prints"
        )
    return key


def _encryption_key(key: SecretStr) -> SecretStr:
    try:
        Cipher(_split(key))
    except EncryptionError as malformed:
        how = _MADE_BY["PORTAL_ENCRYPTION_KEY"]
        raise ValueError(
            f"must be one or more keys, comma-separated, newest first, such as {how} prints"
        ) from malformed
    return key


def _not_blank(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise ValueError("must not be blank")
    return secret


def _filled_in(number: object) -> object:
    return None if number == "" else number


def _header_safe(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().isascii() or not secret.get_secret_value().isprintable():
        raise ValueError("must be printable ASCII: it is sent as an HTTP header")
    return _not_blank(secret)


def _monitor_token(token: SecretStr | None) -> SecretStr | None:
    if token is None or not token.get_secret_value():
        return None
    if len(token.get_secret_value()) < 16:
        raise ValueError("must be at least 16 random characters")
    return _header_safe(token)


def _role_name(name: str) -> str:
    if not _ROLE_NAME.fullmatch(name):
        raise ValueError("must be the name of a PostgreSQL role: small letters, digits and _, at most 63")
    return name


def _host_names(names: str) -> str:
    if not all(_HOST_NAME.fullmatch(name) for name in _separated(names)):
        raise ValueError("must be host names without port, comma-separated, such as portal.example.com")
    return names.lower()


class NewPeople(NamedTuple):
    """Who is let in without an invitation: verified addresses of this domain, as this role, of this brand if any."""

    domain: str
    role: Role
    slug: str | None


def _issuer(issuer: str) -> str:
    """Return the issuer as it is written: the provider's tokens must say just the same."""
    parts = urlsplit(issuer)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or "@" in issuer:
        raise ValueError("must be the https address that the provider calls its issuer")
    if parts.scheme == "http" and parts.hostname not in _ON_THIS_MACHINE:
        raise ValueError("must be https: whoever sits between could sign in as anyone")
    return issuer


def _new_people(rules: object) -> object:
    """Read `domain=role:brand` rules, comma-separated."""
    return tuple(_new_people_rule(rule) for rule in _separated(rules)) if isinstance(rules, str) else rules


def _new_people_rule(rule: str) -> NewPeople:
    domain, _, right = rule.partition("=")
    role, _, slug = right.strip().partition(":")
    is_role = role in {known.value for known in Role} - {Role.AGENCY_STAFF.value}  # whose brands an admin chooses
    if not is_role or not _HOST_NAME.fullmatch(domain) or domain.startswith("."):
        raise ValueError("must be rules such as example.com=tenant_viewer:brand-slug or example.com=agency_admin")
    if (role == Role.AGENCY_ADMIN.value) == bool(slug):
        raise ValueError("must name a brand for brand people, as in example.com=tenant_viewer:brand-slug, else none")
    return NewPeople(domain.lower(), Role(role), slug or None)


def _providers(names: object) -> object:
    """Load the providers of these comma-separated names. Raises ConfigurationError that names their variable."""
    if not isinstance(names, str):
        return names
    if not all(_PROVIDER_NAME.fullmatch(name) for name in _separated(names)):
        raise ValueError("must be short names of small letters, comma-separated, such as google,entra")
    return tuple(_provider(name) for name in dict.fromkeys(_separated(names)))


def _provider(name: str) -> ProviderSettings:
    prefix = f"OIDC_{name.upper()}_"
    try:
        return ProviderSettings(name=name, _env_prefix=prefix)
    except ValidationError as invalid:
        raise ConfigurationError(_one_line(invalid, prefix)) from None


def _origins(text: str) -> str:
    for origin in _separated(text):
        parts = urlsplit(origin)
        is_local = parts.scheme == "http" and parts.hostname in _ON_THIS_MACHINE
        is_origin = bool(parts.hostname) and origin == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
        if not is_origin or not (parts.scheme == "https" or is_local):
            raise ValueError("must be origins, comma-separated, such as https://www.example.com: no path, no wildcard")
    return text.lower()


def _separated(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _split(key: SecretStr) -> tuple[str, ...]:
    return _separated(key.get_secret_value())


class Settings(BaseSettings):
    """What every process needs."""

    model_config = SettingsConfigDict(case_sensitive=False, frozen=True, extra="ignore")

    database_url: Annotated[str, AfterValidator(_database_url)] = "sqlite:///portal.db"
    portal_role: Annotated[str, AfterValidator(_role_name)] = "portal_web"


class ProviderSettings(BaseSettings):
    """One provider with which people sign in (OpenID Connect); its variables begin with `OIDC_` and its name."""

    model_config = SettingsConfigDict(case_sensitive=False, frozen=True, extra="ignore")

    name: str
    issuer: Annotated[str, AfterValidator(_issuer)]
    client_id: Annotated[str, Field(min_length=1, max_length=255)]
    client_secret: Annotated[SecretStr, AfterValidator(_not_blank)]
    label: Annotated[str, Field(max_length=40)] = ""
    domains: Annotated[str, AfterValidator(_host_names)] = ""
    verified_addresses: bool = False
    second_step: bool = False
    new_people: Annotated[tuple[NewPeople, ...], NoDecode, BeforeValidator(_new_people)] = ()

    @property
    def shown_name(self) -> str:
        """What people call it: on the button, and wherever its accounts are spoken of."""
        return self.label or self.name.capitalize()

    def speaks_for(self, domain: str) -> bool:
        """Tell whether the provider is believed about addresses of this domain; without a list, about any."""
        return not self.domains or domain in _separated(self.domains)


class _SharedSettings(Settings):
    """What both wings need: the key to stored secrets and the rhythm of syncs."""

    portal_encryption_key: Annotated[SecretStr, AfterValidator(_encryption_key)]
    sync_cron: Annotated[str, AfterValidator(_cron)] = "0 * * * *"
    sync_late_slots: Annotated[int, Field(ge=1, le=1000)] = 3

    def cipher(self) -> Cipher:
        """Return the cipher of the configured encryption keys."""
        return Cipher(_split(self.portal_encryption_key))


class PortalSettings(_SharedSettings):
    """What the read wing needs."""

    database_read_url: Annotated[str | None, AfterValidator(_read_url)] = None
    portal_secret_key: Annotated[SecretStr, AfterValidator(_secret_key)]
    port: Annotated[int, Field(ge=1, le=65535)] = 8050
    web_concurrency: Annotated[int, Field(ge=1, le=64)] = 2
    portal_secure_cookies: bool = False
    portal_allowed_hosts: Annotated[str, AfterValidator(_host_names)] = ""
    portal_trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    portal_statement_seconds: Annotated[float, Field(gt=0, le=600)] = 10.0
    portal_read_seconds: Annotated[float, Field(ge=1, le=600)] = 20.0
    portal_export_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 100_000
    portal_monitor_token: Annotated[SecretStr | None, AfterValidator(_monitor_token)] = None
    portal_api_origins: Annotated[str, AfterValidator(_origins)] = ""
    portal_slow_seconds: Annotated[float, Field(gt=0, le=600)] = 1.0
    oidc_providers: Annotated[tuple[ProviderSettings, ...], NoDecode, BeforeValidator(_providers)] = ()

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """The names under which the portal may be asked for; none means any."""
        return _separated(self.portal_allowed_hosts)

    @property
    def api_origins(self) -> tuple[str, ...]:
        """The websites whose scripts may read the API with a key; none means none."""
        return _separated(self.portal_api_origins)


class SyncSettings(_SharedSettings):
    """What the write wing needs. Durations are in seconds."""

    clienttether_api_url: Annotated[str, AfterValidator(_api_url)] = "https://api.clienttether.com/v2/api/"
    clienttether_access_token: Annotated[SecretStr, AfterValidator(_header_safe)]
    clienttether_fields: Path | None = None
    sync_requests_per_brand: Annotated[int, Field(ge=1, le=16)] = 4
    sync_brands_at_once: Annotated[int | None, Field(ge=1, le=32), BeforeValidator(_filled_in)] = None
    sync_notes_budget: Annotated[int, Field(ge=0, le=100_000)] = 500
    sync_schedule_days: Annotated[int, Field(ge=1, le=366)] = 60
    sync_connect_timeout: Annotated[float, Field(gt=0, le=120)] = 5.0
    sync_read_timeout: Annotated[float, Field(gt=0, le=600)] = 30.0
    sync_call_timeout: Annotated[float, Field(gt=0, le=3600)] = 60.0
    sync_retry_attempts: Annotated[int, Field(ge=1, le=10)] = 4
    sync_retry_seconds: Annotated[float, Field(ge=0, le=3600)] = 90.0
    sync_retry_wait: Annotated[float, Field(ge=0, le=60)] = 0.5
    sync_pace_seconds: Annotated[float, Field(ge=0, le=3600)] = 300.0
    sync_max_body_bytes: Annotated[int, Field(ge=1_000, le=500_000_000)] = 20_000_000
    sync_max_rows: Annotated[int, Field(ge=100, le=100_000_000)] = 2_000_000
    sync_lease_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    snapshot_keep_days: Annotated[int, Field(ge=1, le=3650)] = 7
    snapshot_keep_daily_days: Annotated[int, Field(ge=1, le=3650)] = 90
    runs_keep_days: Annotated[int, Field(ge=7, le=3650)] = 90
    errors_keep_days: Annotated[int, Field(ge=1, le=3650)] = 30
    audit_keep_days: Annotated[int, Field(ge=366, le=36500)] = 730


AnySettings = TypeVar("AnySettings", bound=Settings)


def load_settings(kind: type[AnySettings]) -> AnySettings:
    """Read the settings of one process from the environment.

    Raises ConfigurationError with one line that names the first offending variable and what it must be.
    """
    try:
        return kind()
    except ValidationError as invalid:
        raise ConfigurationError(_one_line(invalid)) from None


def _one_line(invalid: ValidationError, prefix: str = "") -> str:
    """Say which variable is wrong and why, without repeating its value, which may be a secret."""
    first = invalid.errors(include_input=False, include_url=False)[0]
    variable = prefix + str(first["loc"][0]).upper()
    if first["type"] == "missing":
        how = _MADE_BY.get(variable)
        return f"{variable} is missing: set it in the environment" + (f", to what {how} prints" if how else "")
    return f"{variable} is malformed: {first['msg'].removeprefix('Value error, ')}"
