from __future__ import annotations

import base64
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from models import Role
from settings import ConfigurationError, PortalSettings, ProviderSettings, Settings, SyncSettings, load_settings

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()  # fixed, so that every test process names its cases alike
GOOD = {
    "PORTAL_ENCRYPTION_KEY": KEY,
    "PORTAL_SECRET_KEY": "forty characters that nobody will guess!",
    "CLIENTTETHER_ACCESS_TOKEN": "token",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("DATABASE_URL", "DATABASE_READ_URL", "SYNC_CRON", "PORT", "CLIENTTETHER_API_URL", *GOOD):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_defaults_are_those_of_the_design(environment: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        environment.setenv(name, value)
    assert load_settings(Settings).database_url == "sqlite:///portal.db"
    sync = load_settings(SyncSettings)
    assert sync.clienttether_api_url == "https://api.clienttether.com/v2/api/"
    assert sync.sync_cron == "0 * * * *"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_psycopg(environment: pytest.MonkeyPatch, scheme: str) -> None:
    environment.setenv("DATABASE_URL", f"{scheme}://user:pass@host/portal")
    assert load_settings(Settings).database_url == "postgresql+psycopg://user:pass@host/portal"


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (PortalSettings, "DATABASE_URL", "mysql://host/portal"),
        (PortalSettings, "DATABASE_URL", "postgresql://host/portal?pooler=session"),
        (PortalSettings, "DATABASE_URL", "postgresql://user:pass@host:port/portal"),
        (PortalSettings, "DATABASE_READ_URL", "postgresql://user:pass@[host/portal"),
        (PortalSettings, "DATABASE_READ_URL", "mysql://host/portal"),
        (PortalSettings, "DATABASE_READ_URL", "postgresql://replica/portal"),
        (PortalSettings, "PORTAL_SECRET_KEY", None),
        (PortalSettings, "PORTAL_SECRET_KEY", "too-short-to-be-safe"),
        (PortalSettings, "PORTAL_SECRET_KEY", "s" * 40),
        (PortalSettings, "PORTAL_ENCRYPTION_KEY", None),
        (PortalSettings, "PORTAL_ENCRYPTION_KEY", f"{KEY},not-a-fernet-key"),
        (PortalSettings, "PORTAL_API_ORIGINS", "*"),
        (PortalSettings, "PORTAL_API_ORIGINS", "https://www.example.com/page"),
        (PortalSettings, "PORTAL_API_ORIGINS", "https://www.example.com,http://www.example.com"),
        (PortalSettings, "PORT", "eighty"),
        (PortalSettings, "PORT", "70000"),
        (SyncSettings, "CLIENTTETHER_ACCESS_TOKEN", None),
        (SyncSettings, "CLIENTTETHER_ACCESS_TOKEN", "line\nbreak"),
        (SyncSettings, "CLIENTTETHER_API_URL", "http://api.example.com/"),
        (SyncSettings, "CLIENTTETHER_API_URL", "nonsense"),
        (SyncSettings, "SYNC_CRON", "every hour"),
    ],
)
def test_a_bad_setting_is_named_in_one_line_without_its_value(
    environment: pytest.MonkeyPatch, kind: type[Settings], name: str, value: str | None
) -> None:
    for good_name, good_value in GOOD.items():
        environment.setenv(good_name, good_value)
    if value is None:
        environment.delenv(name)
    else:
        environment.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        load_settings(kind)
    message = str(refused.value)
    assert message.startswith(f"{name} is ")
    assert "\n" not in message
    assert value is None or value not in message


def test_an_empty_address_of_the_replica_is_none_and_a_replica_has_the_same_spellings(
    environment: pytest.MonkeyPatch,
) -> None:
    for name, value in GOOD.items():
        environment.setenv(name, value)
    environment.setenv("DATABASE_READ_URL", "")
    assert load_settings(PortalSettings).database_read_url is None
    environment.setenv("DATABASE_URL", "postgres://host/portal")
    environment.setenv("DATABASE_READ_URL", "postgres://replica/portal")
    assert load_settings(PortalSettings).database_read_url == "postgresql+psycopg://replica/portal"


def test_an_empty_number_of_brands_at_once_leaves_it_to_the_worker(environment: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        environment.setenv(name, value)
    for written, number in (("", None), ("7", 7)):
        environment.setenv("SYNC_BRANDS_AT_ONCE", written)
        assert load_settings(SyncSettings).sync_brands_at_once == number


PROVIDER = {
    "OIDC_PROVIDERS": "google, entra",
    "OIDC_GOOGLE_ISSUER": "https://accounts.google.com",
    "OIDC_GOOGLE_CLIENT_ID": "id-1",
    "OIDC_GOOGLE_CLIENT_SECRET": "very-secret-1",
    "OIDC_GOOGLE_NEW_PEOPLE": "Mellon.example=agency_admin, acme.example=tenant_viewer:acme",
    "OIDC_GOOGLE_DOMAINS": "mellon.example,acme.example",
    "OIDC_ENTRA_ISSUER": "https://login.example/tenant/v2.0",
    "OIDC_ENTRA_CLIENT_ID": "id-2",
    "OIDC_ENTRA_CLIENT_SECRET": "very-secret-2",
    "OIDC_ENTRA_LABEL": "Microsoft",
}


def test_providers_of_company_sign_in_are_read_by_their_names(environment: pytest.MonkeyPatch) -> None:
    for name, value in (GOOD | PROVIDER).items():
        environment.setenv(name, value)
    google, entra = load_settings(PortalSettings).oidc_providers
    assert (google.shown_name, entra.shown_name) == ("Google", "Microsoft")
    assert [tuple(rule) for rule in google.new_people] == [
        ("mellon.example", Role.AGENCY_ADMIN, None),
        ("acme.example", Role.TENANT_VIEWER, "acme"),
    ]
    assert (google.speaks_for("acme.example"), google.speaks_for("sub.acme.example")) == (True, False)
    assert entra.speaks_for("sub.acme.example")
    assert entra.new_people == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OIDC_PROVIDERS", "Google!"),
        ("OIDC_GOOGLE_ISSUER", None),
        ("OIDC_GOOGLE_ISSUER", "http://accounts.google.com"),
        ("OIDC_GOOGLE_ISSUER", "accounts.google.com"),
        ("OIDC_GOOGLE_ISSUER", "https://accounts.google.com/?tenant=1"),
        ("OIDC_GOOGLE_CLIENT_ID", ""),
        ("OIDC_GOOGLE_CLIENT_SECRET", None),
        ("OIDC_GOOGLE_CLIENT_SECRET", " "),
        ("OIDC_GOOGLE_DOMAINS", "acme example"),
        ("OIDC_GOOGLE_SECOND_STEP", "perhaps"),
        ("OIDC_GOOGLE_NEW_PEOPLE", "acme.example"),
        ("OIDC_GOOGLE_NEW_PEOPLE", "acme.example=boss"),
        ("OIDC_GOOGLE_NEW_PEOPLE", "acme.example=tenant_viewer"),
        ("OIDC_GOOGLE_NEW_PEOPLE", "acme.example=agency_admin:acme"),
        ("OIDC_GOOGLE_NEW_PEOPLE", "acme.example=agency_staff:acme"),
        ("OIDC_GOOGLE_NEW_PEOPLE", ".example=agency_admin"),
    ],
)
def test_a_bad_provider_is_named_in_one_line_without_its_value(
    environment: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    for known, good in (GOOD | PROVIDER).items():
        environment.setenv(known, good)
    if value is None:
        environment.delenv(name)
    else:
        environment.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        load_settings(PortalSettings)
    assert str(refused.value).startswith(name)
    assert "\n" not in str(refused.value)
    assert "very-secret" not in str(refused.value)


ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
OF_A_PROVIDER = {name: field for name, field in ProviderSettings.model_fields.items() if name != "name"}
SETTINGS = {
    name.upper(): field for kind in (PortalSettings, SyncSettings) for name, field in kind.model_fields.items()
} | {f"OIDC_NAME_{name.upper()}": field for name, field in OF_A_PROVIDER.items()}
ROWS: dict[str, str] = dict(re.findall(r"^\| `([A-Z_]+)` \| (?:`(.*?)`)? ?\| \S.* \|$", README, re.MULTILINE))


@pytest.mark.parametrize("name", SETTINGS)
def test_the_readme_names_every_setting_with_its_default(name: str) -> None:
    assert name in ROWS
    assert ROWS[name] == _as_written(SETTINGS[name])


def test_the_readme_names_no_setting_that_is_none() -> None:
    assert ROWS.keys() == SETTINGS.keys()


def test_the_readme_names_every_variable_that_a_program_reads_by_itself() -> None:
    programs = [
        *ROOT.glob("*.py"),
        *(file for part in ("sync", "dash_portal", "pages") for file in ROOT.glob(f"{part}/**/*.py")),
    ]
    read = {
        name
        for program in programs
        for name in re.findall(r"""(?:environ(?:\.get\(|\[)|getenv\()["']([A-Z_]+)""", program.read_text())
    }
    assert "DEMO_FOLDER" in read
    assert {name for name in read if f"`{name}`" not in README} == set()


def _as_written(setting: FieldInfo) -> str:
    """Return a setting's default as one writes it in the environment; nothing where it must be set."""
    if setting.is_required() or setting.default in (None, ()):
        return ""
    if isinstance(setting.default, bool):
        return str(setting.default).lower()
    return str(setting.default).removesuffix(".0")


@pytest.mark.parametrize("name", ["PORTAL_SECRET_KEY", "PORTAL_ENCRYPTION_KEY"])
@pytest.mark.parametrize("value", [None, "too-short"])
def test_what_is_said_of_a_missing_or_malformed_key_makes_a_good_one(
    environment: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    for variable, good in (GOOD | {name: value}).items():
        if good is not None:
            environment.setenv(variable, good)
    with pytest.raises(ConfigurationError) as raised:
        load_settings(PortalSettings)
    command = re.search("python (-c '.*') prints", str(raised.value))
    assert command is not None
    _, program = shlex.split(command[1])
    made = subprocess.run([sys.executable, "-ISc", program], capture_output=True, text=True, check=True)
    environment.setenv(name, made.stdout.strip())
    load_settings(PortalSettings)
