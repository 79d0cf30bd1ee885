from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from dash_portal.accounts.company_provider import company_provider
from dash_portal.accounts.passwords import password_fits
from dash_portal.accounts.staff_terms import StaffTerms, terms_of
from dash_portal.command_line import main
from database import AgencySession, create_engine
from emulator import AccountPlan, Emulator
from encryption import Cipher
from models import AuditEntry, Role, Tenant, User
from settings import Settings
from tests.dash_portal.accounts.openid_provider import running_provider
from tests.dash_portal.portal_world import PASSWORD, PortalWorld
from tests.factories import make_tenant
from tests.postgresql import PostgreSQL

ROOT = Path(__file__).parents[2]
ZONE = ("--name", "Acme & Co", "--timezone", "America/New_York", "--web-key-stdin")


def run(url: str, *arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator does."""
    return subprocess.run(
        [sys.executable, "-m", "dash_portal", *arguments],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
        env=os.environ | environment_of(url) | environment,
    )


def environment_of(url: str) -> dict[str, str]:
    return {
        "DATABASE_URL": url,
        "PORTAL_SECRET_KEY": "an operator's secret key, 0123456789 and more",
        "PORTAL_ENCRYPTION_KEY": KEY,
    }


KEY = Fernet.generate_key().decode()


@dataclass(frozen=True)
class Ended:
    """How a command that was run in this process ended."""

    returncode: int | str | None
    stdout: str
    stderr: str


@pytest.fixture
def run_here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run the command in this process: most of what it does needs no program of its own, which takes a second to start."""

    monkeypatch.setattr("dash_portal.command_line.configure_logs", lambda: None)  # pytest's own stay

    def run(url: str, *arguments: str, typed: str = "", **environment: str) -> Ended:
        for name, value in (environment_of(url) | environment).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        try:
            status: int | str | None = main(list(arguments))
        except SystemExit as ended:
            status = ended.code
        written = capsys.readouterr()
        return Ended(status, written.out, written.err)

    return run


def test_from_an_empty_database_to_the_first_people(empty_database_url: str, run_here: Callable[..., Ended]) -> None:
    url = empty_database_url
    early = run_here(url, "create-user", "a@b.example", "--role", "agency_admin", "--password-stdin", typed="x")
    assert (early.returncode, early.stderr.strip()) == (
        2,
        "the database is not at the newest schema: run python -m dash_portal migrate",
    )
    for _ in range(2):
        assert run_here(url, "migrate").returncode == 0
    assert run_here(url, "create-tenant", "acme", *ZONE, typed="CT_secret_web_key\n").returncode == 0
    viewer = ("create-user", "V@Acme.example", "--role", "tenant_viewer", "--tenant", "acme", "--password-stdin")
    assert run(url, *viewer, typed="seven green lanterns\n").returncode == 0
    checked = run_here(url, "check-config")
    assert checked.returncode == 0
    assert "PORTAL_SECURE_COOKIES" in checked.stdout
    engine = create_engine(Settings(database_url=url).database_url)
    with AgencySession(engine) as session:
        tenant = session.exec(select(Tenant)).one()
        assert "secret_web_key" not in tenant.web_key_encrypted
        assert Cipher((KEY,)).decrypt(tenant.web_key_encrypted) == "CT_secret_web_key"
        assert tenant.web_key_last4 == "_key"
        user = session.exec(select(User)).one()
        assert (user.email, user.role, user.tenant_id) == ("v@acme.example", Role.TENANT_VIEWER, tenant.id)
        assert password_fits(user.password_hash, "seven green lanterns")
        assert user.password_hash.startswith("$argon2id$v=19$m=32768,t=3,p=1$")
        entries = session.exec(select(AuditEntry).order_by(AuditEntry.created_at)).all()  # type: ignore[arg-type]
        assert [(entry.action, entry.actor_email) for entry in entries] == [
            ("brand_created", "command line"),
            ("user_created", "command line"),
        ]
        assert "secret_web_key" not in str([entry.details for entry in entries])
    assert run_here(url, "switch-off-two-step", "v@acme.example").returncode == 0
    engine.dispose()


@pytest.mark.parametrize(
    ("arguments", "typed", "complaint"),
    [
        ((), "", "COMMAND"),
        (("nonsense",), "", "nonsense"),
        (("create-user",), "", "EMAIL"),
        (("create-user", "nobody", "--role", "agency_admin", "--password-stdin"), "seven green lanterns", "e-mail"),
        (("create-user", "a@b.example", "--role", "king", "--password-stdin"), "", "king"),
        (("create-user", "a@b.example", "--role", "agency_admin", "--password-stdin"), "", "password"),
        (("create-user", "a@b.example", "--role", "agency_admin", "--password-stdin"), "short", "12 characters"),
        (
            ("create-user", "a@b.example", "--role", "tenant_viewer", "--password-stdin"),
            "seven green lanterns",
            "brand",
        ),
        (
            ("create-user", "a@b.example", "--role", "tenant_viewer", "--tenant", "nope", "--password-stdin"),
            "seven green lanterns",
            "nope",
        ),
        (("create-user", "a@b.example", "--role", "agency_staff", "--password-stdin"), "", "--all-brands"),
        (
            (
                "create-user",
                "a@b.example",
                "--role",
                "agency_staff",
                "--all-brands",
                "--tenant",
                "x",
                "--password-stdin",
            ),
            "",
            "--tenant SLUG, or after --all-brands",
        ),
        (
            ("create-user", "a@b.example", "--role", "agency_admin", "--raw-answers", "--password-stdin"),
            "",
            "for --role agency_staff",
        ),
        (("switch-off-two-step", "nobody@b.example"), "", "nobody@b.example"),
        (("create-tenant", "Not A Slug", *ZONE), "CT_secret_web_key", "short name"),
        (
            ("create-tenant", "acme", "--name", "A", "--timezone", "Mars/Base", "--web-key-stdin"),
            "CT_secret_web_key",
            "time zone",
        ),
        (("create-tenant", "acme", *ZONE), "short", "web key"),
        (("create-tenant", "acme", *ZONE), "", "web key"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    run_here: Callable[..., Ended],
    migrated_sqlite: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    typed: str,
    complaint: str,
) -> None:
    copy = tmp_path / "portal.db"
    copy.write_bytes(migrated_sqlite.read_bytes())
    ended = run_here(f"sqlite:///{copy}", *arguments, typed=typed)
    assert ended.returncode == 2
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert complaint in ended.stderr
    assert "secret_web_key" not in ended.stderr + ended.stdout


def test_people_of_several_brands_and_staff_are_made_at_once(
    world: PortalWorld, database_url: str, run_here: Callable[..., Ended]
) -> None:
    def make(email: str, role: str, *more: str) -> None:
        made = run_here(database_url, "create-user", email, "--role", role, *more, "--password-stdin", typed=PASSWORD)
        assert (made.returncode, made.stdout.strip()) == (0, f"{email} can sign in.")

    both = ("--tenant", "own", "--tenant", "other")
    make("both@own.example", "tenant_admin", *both)
    assert world.roles("both@own.example") == {"own": Role.TENANT_ADMIN, "other": Role.TENANT_ADMIN}
    make("staff@mellon.example", "agency_staff", *both, "--raw-answers")
    make("all@mellon.example", "agency_staff", "--all-brands")
    with AgencySession(world.engine) as session:
        terms = [terms_of(session, world.user(f"{name}@mellon.example")) for name in ("staff", "all")]
    brands = frozenset({world.brands["own"], world.brands["other"]})
    assert terms == [StaffTerms(brands, raw_answers=True), StaffTerms(all_brands=True)]
    assert world.sign_in("staff@mellon.example").get("/agency/sync").status_code == 200


@pytest.mark.parametrize("command", ["serve", "check-config", "rotate-keys"])
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORTAL_SECRET_KEY", "short"),
        ("PORTAL_ENCRYPTION_KEY", "nonsense"),
        ("DATABASE_URL", "mysql://x"),
        ("WEB_CONCURRENCY", "many"),
    ],
)
def test_bad_configuration_is_one_line_and_exit_2(
    run_here: Callable[..., Ended], tmp_path: Path, command: str, variable: str, value: str
) -> None:
    ended = run_here(f"sqlite:///{tmp_path / 'portal.db'}", command, **{variable: value})
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"{variable} is malformed")
    assert len(ended.stderr.strip().splitlines()) == 1


def test_a_database_that_is_away_is_one_line_without_its_password(run_here: Callable[..., Ended]) -> None:
    ended = run_here("postgresql://user:hidden-password@127.0.0.1:1/portal", "migrate")
    assert ended.returncode == 2
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "hidden-password" not in ended.stderr


def test_a_taken_port_is_one_line(migrated_sqlite: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        ended = run(f"sqlite:///{migrated_sqlite}", "serve", PORT=port)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"PORT: 127.0.0.1:{port} can't be listened on")


def test_keys_rotate_without_losing_a_secret(database_url: str, engine: Engine, run_here: Callable[..., Ended]) -> None:
    assert run_here(database_url, "create-tenant", "acme", *ZONE, typed="CT_secret_web_key\n").returncode == 0
    newer = Fernet.generate_key().decode()
    rotated = run_here(database_url, "rotate-keys", PORTAL_ENCRYPTION_KEY=f"{newer},{KEY}")
    assert rotated.returncode == 0, rotated.stderr
    with AgencySession(engine) as session:
        tenant = session.exec(select(Tenant)).one()
        assert Cipher((newer,)).decrypt(tenant.web_key_encrypted) == "CT_secret_web_key"
    lost = run_here(database_url, "check-config")
    assert lost.returncode == 2
    assert "PORTAL_ENCRYPTION_KEY does not open a secret that is stored: put the key" in lost.stderr


def test_a_second_brand_with_the_same_key_is_refused_and_old_doubles_are_told(
    database_url: str, engine: Engine, run_here: Callable[..., Ended]
) -> None:
    key = "CT_secret_web_key\n"
    assert run_here(database_url, "create-tenant", "acme", *ZONE, typed=key).returncode == 0
    again = run_here(database_url, "create-tenant", "second", *ZONE, typed=key)
    assert again.returncode == 2
    assert "already belongs to the brand" in again.stderr
    newer = f"{Fernet.generate_key().decode()},{KEY}"
    for command in ("create-tenant", "rotate-keys", "create-tenant"):  # the hash holds before and after a rotation
        arguments = ("second", *ZONE) if command == "create-tenant" else ()
        ended = run_here(database_url, command, *arguments, typed=key, PORTAL_ENCRYPTION_KEY=newer)
        assert ended.returncode == (2 if command == "create-tenant" else 0), ended.stderr

    cipher = Cipher(tuple(newer.split(",")))
    with AgencySession(engine, writes=True) as session:  # as a database of old may have it
        session.add(make_tenant(cipher, slug="twin", web_key=key.strip()))
        session.commit()
    checked = run_here(database_url, "check-config", PORTAL_ENCRYPTION_KEY=newer)
    assert checked.returncode == 0
    assert "the brands acme and twin have the same web key" in checked.stdout
    assert "CT_secret" not in checked.stdout


def test_a_login_that_owns_nothing_is_told_so(request: pytest.FixtureRequest, run_here: Callable[..., Ended]) -> None:
    """As where somebody types commands with the web process's own login."""
    server = request.getfixturevalue("postgresql")
    empty, filled = server.create(), server.create(server.template)
    server._run("CREATE ROLE owns_nothing LOGIN; GRANT portal_web TO owns_nothing")
    for name, command, typed in ((empty, ("migrate",), ""), (filled, ("erase-person", "a@b.example"), "a@b.example\n")):
        url = server.url(name).replace("portal_owner:portal_owner", "owns_nothing:x")
        ended = run_here(url, *command, typed=typed)
        assert ended.returncode == 2
        assert "its login may not do that to the portal's tables" in ended.stderr
        server.drop(name)
    server._run("DROP ROLE owns_nothing")


def test_a_database_that_does_not_take_every_letter_is_named_by_whatever_begins_with_it(
    request: pytest.FixtureRequest, run_here: Callable[..., Ended], tmp_path: Path
) -> None:
    server: PostgreSQL = request.getfixturevalue("postgresql")
    good, unfit = server.create(server.template), server.create(locale="C", encoding="LATIN1")
    assert run_here(server.url(good), "backup", str(tmp_path / "kept")).returncode == 0
    cause = "the database can't be used: its encoding is LATIN1, which does not take every letter"
    for arguments in (["migrate"], ["restore", str(tmp_path / "kept")], ["check-config"]):
        ended = run_here(server.url(unfit), *arguments)
        assert ended.returncode == 2
        assert cause in ended.stdout + ended.stderr
        assert "createdb --encoding=UTF8" in ended.stdout + ended.stderr
    for name in (good, unfit):
        server.drop(name)


def test_check_config_warns_of_a_role_that_could_bypass_the_rows_guard(
    request: pytest.FixtureRequest, run_here: Callable[..., Ended]
) -> None:
    server = request.getfixturevalue("postgresql")
    name = server.create(server.template)
    fine = run_here(server.url(name), "check-config")
    assert "row-level security" not in fine.stdout
    bypassing = run_here(server.url(name, superuser=True), "check-config")
    assert bypassing.returncode == 0
    assert "could bypass row-level security" in bypassing.stdout
    server.drop(name)


def test_check_config_names_what_the_web_process_can_not_read_and_what_to_type(
    request: pytest.FixtureRequest, run_here: Callable[..., Ended]
) -> None:
    server = request.getfixturevalue("postgresql")
    empty = server.create()
    before = run_here(server.url(empty), "check-config")
    assert (before.returncode, "run python -m dash_portal migrate" in before.stdout) == (0, True)
    server.drop(empty)
    name = server.create(server.template)
    with psycopg.connect(server.url(name)) as connection:
        connection.execute("REVOKE SELECT ON leads, notes FROM portal_web")
    broken = run_here(server.url(name), "check-config")
    assert "error: the web process can't read leads, notes: run python -m dash_portal migrate" in broken.stdout
    assert broken.returncode == 2, "no page would be answered"
    assert broken.stderr == "The configuration does not work: mend what is called an error.\n"
    assert run_here(server.url(name), "migrate").returncode == 0
    assert "can't read" not in run_here(server.url(name), "check-config").stdout
    server.drop(name)


def test_check_config_warns_of_a_login_that_could_change_the_audit_log(
    request: pytest.FixtureRequest, run_here: Callable[..., Ended]
) -> None:
    """And says nothing of one that is only a member of the web role, which serves the portal as well."""
    server = request.getfixturevalue("postgresql")
    name = server.create(server.template)
    assert "owns the audit log" in run_here(server.url(name), "check-config").stdout
    server._run("CREATE ROLE portal_login LOGIN PASSWORD 'portal_login' IN ROLE portal_web")
    login = server.url(name).replace("portal_owner:portal_owner", "portal_login:portal_login")
    fine = run_here(login, "check-config")
    assert fine.returncode == 0, fine.stderr
    assert "audit log" not in fine.stdout
    engine = create_engine(Settings(database_url=login).database_url)
    with engine.connect() as connection, pytest.raises(DBAPIError):
        connection.exec_driver_sql("ALTER TABLE audit_log DISABLE TRIGGER ALL")
    engine.dispose()
    server.drop(name)
    server._run("DROP ROLE portal_login")


def test_two_installations_share_a_cluster_each_with_a_role_of_its_own(
    request: pytest.FixtureRequest, run_here: Callable[..., Ended]
) -> None:
    server = request.getfixturevalue("postgresql")
    server._run("CREATE ROLE second_owner LOGIN CREATEROLE PASSWORD 'second_owner'")
    name = server.create()
    server._run(f"ALTER DATABASE {name} OWNER TO second_owner")
    second = server.url(name).replace("portal_owner:portal_owner", "second_owner:second_owner")
    assert run_here(second, "migrate").returncode == 0
    told = run_here(second, "check-config").stdout
    assert "the role portal_web can't be used here" in told
    assert "PORTAL_ROLE" in told
    with psycopg.connect(second) as connection:
        granted = "SELECT count(*) FROM information_schema.table_privileges WHERE grantee = 'portal_web'"
        assert connection.execute(granted).fetchone() == (0,), "another installation's role may read nothing"
    assert run_here(second, "migrate", PORTAL_ROLE="second_web").returncode == 0
    told = run_here(second, "check-config", PORTAL_ROLE="second_web").stdout
    assert "can't be used" not in told
    assert "can't read" not in told
    server.drop(name)
    server._run("DROP ROLE second_web")
    server._run("DROP ROLE second_owner")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (("portal_owner:portal_owner", "nobody:wrong"), "the user name or the password is wrong; look at what"),
        (("@/portal_", "@/nothing_"), "there is no such database; make it with createdb"),
        (("?host=", "?host=/nowhere"), "no server answers; does it run"),
        (("?host=", "?host=no.such.host.example&application_name="), "nobody knows its host name; look at what"),
    ],
)
@pytest.mark.parametrize("command", ["check-config", "migrate"])
def test_why_the_database_can_not_be_used_and_what_to_do(
    request: pytest.FixtureRequest,
    run_here: Callable[..., Ended],
    spoil: tuple[str, str],
    complaint: str,
    command: str,
) -> None:
    server = request.getfixturevalue("postgresql")
    ended = run_here(server.url(server.template).replace(*spoil), command)
    assert ended.returncode == 2
    assert complaint in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_a_wrong_password_is_told_as_such(request: pytest.FixtureRequest, run_here: Callable[..., Ended]) -> None:
    server = request.getfixturevalue("postgresql")
    who_may_enter = Path(server._server.pgdata) / "pg_hba.conf"
    as_it_was = who_may_enter.read_text()
    server._run("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    who_may_enter.write_text(f"local all guarded scram-sha-256\n{as_it_was}")
    server._run("SELECT pg_reload_conf()")
    ended = run_here(server.url(server.template).replace("portal_owner:portal_owner", "guarded:wrong"), "check-config")
    assert ended.returncode == 2
    assert "the user name or the password is wrong; look at what stands before the @ in DATABASE_URL" in ended.stderr
    assert "wrong@" not in ended.stderr
    who_may_enter.write_text(as_it_was)
    server._run("SELECT pg_reload_conf()")
    server._run("DROP ROLE guarded")


def test_check_config_tells_an_empty_an_older_and_a_newer_database_apart(
    empty_database_url: str, run_here: Callable[..., Ended]
) -> None:
    assert (
        "the database is empty: run python -m dash_portal migrate"
        in run_here(empty_database_url, "check-config").stdout
    )
    assert run_here(empty_database_url, "migrate").returncode == 0
    engine = create_engine(Settings(database_url=empty_database_url).database_url)
    for revision, serves, words, status in (
        ("0001", "0001", "of an older release: run", 0),
        ("9999", "0025", "of a newer release, on which this one runs too", 0),
        ("9999", "9998", "of a newer release: install that one", 2),
    ):
        with engine.begin() as connection:
            connection.exec_driver_sql(
                f"UPDATE alembic_version SET version_num = '{revision}', serves_from = '{serves}'"
            )
        checked = run_here(empty_database_url, "check-config")
        assert words in checked.stdout
        assert checked.returncode == status
    engine.dispose()


def test_check_config_asks_clienttether_where_the_workers_token_is_at_hand(
    migrated_sqlite: Path, tmp_path: Path, run_here: Callable[..., Ended]
) -> None:
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    (tmp_path / "portal.db").write_bytes(migrated_sqlite.read_bytes())
    plans = [AccountPlan(name=key, web_key=f"CT_key_of_{key}", contacts=3) for key in ("one", "two")]
    with Emulator(accounts=plans, access_token="the agency's token") as emulator:
        for name, web_key in [(plan.name, plan.web_key) for plan in plans] + [("three", "CT_key_of_nobody")]:
            assert run_here(url, "create-tenant", name, *ZONE, typed=f"{web_key}\n").returncode == 0
        worker = {"CLIENTTETHER_API_URL": emulator.url, "CLIENTTETHER_ACCESS_TOKEN": "the agency's token"}
        right = run_here(url, "check-config", **worker).stdout
        assert "the brand three: web key refused" in right
        assert right.count("refused") == 1, "nothing of those whose key is right"
        wrong = run_here(url, "check-config", **(worker | {"CLIENTTETHER_ACCESS_TOKEN": "another"})).stdout
        assert wrong.count("CLIENTTETHER_ACCESS_TOKEN is refused: get the new token") == 1
        assert wrong.count("refused") == 1, "one line for all brands"
        elsewhere = run_here(url, "check-config", **(worker | {"CLIENTTETHER_API_URL": f"{emulator.url}v9/"})).stdout
        assert elsewhere.count("is CLIENTTETHER_API_URL its address") == 2, "the third key is refused anywhere"


def test_check_config_asks_each_provider_of_company_accounts(
    migrated_sqlite: Path, run_here: Callable[..., Ended]
) -> None:
    url = f"sqlite:///{migrated_sqlite}"
    with running_provider() as provider:
        variables = {
            "OIDC_PROVIDERS": "acme",
            "OIDC_ACME_ISSUER": provider.issuer,
            "OIDC_ACME_CLIENT_ID": "the-portal",
            "OIDC_ACME_CLIENT_SECRET": "very-secret-6628",
        }
        assert "Acme" not in run_here(url, "check-config", **variables).stdout
        rule = run_here(url, "check-config", **variables, OIDC_ACME_NEW_PEOPLE="a.example=tenant_viewer:nowhere").stdout
        assert "OIDC_ACME_NEW_PEOPLE names no brand that is there: nowhere" in rule
        other = run_here(url, "check-config", **(variables | {"OIDC_ACME_ISSUER": f"{provider.issuer}/"})).stdout
    assert f"names another issuer: '{provider.issuer}': see OIDC_ACME_ISSUER" in other
    company_provider.cache_clear()
    away = run_here(url, "check-config", **variables).stdout
    assert f"nobody can sign in with Acme: {provider.issuer}/.well-known/openid-configuration was asked" in away
    missing = run_here(url, "check-config", **(variables | {"OIDC_ACME_CLIENT_SECRET": ""}))
    assert (missing.returncode, missing.stdout) == (2, "")
    assert missing.stderr == "OIDC_ACME_CLIENT_SECRET is malformed: must not be blank\n"


def test_passwords_are_laid_to_rest_and_taken_up_again_on_the_command_line(
    migrated_sqlite: Path, tmp_path: Path, run_here: Callable[..., Ended]
) -> None:
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    (tmp_path / "portal.db").write_bytes(migrated_sqlite.read_bytes())
    run_here(url, "create-tenant", "acme", *ZONE, typed="CT_key_of_acme\n")
    admin = ("create-user", "boss@mellon.example", "--role", "agency_admin", "--password-stdin")
    assert run_here(url, *admin, typed="seven green lanterns\n").returncode == 0
    require = ("require-company-sign-in", "--emergency-admin", "boss@mellon.example")
    none = run_here(url, *require)
    assert (none.returncode, none.stderr) == (2, "nobody could sign in: name a provider in OIDC_PROVIDERS first\n")
    acme = {
        "OIDC_PROVIDERS": "acme",
        "OIDC_ACME_ISSUER": "http://127.0.0.1:9",
        "OIDC_ACME_CLIENT_ID": "the-portal",
        "OIDC_ACME_CLIENT_SECRET": "very-secret-6628",
    }
    assert run_here(url, "require-company-sign-in", "--emergency-admin", "x@y.example", **acme).returncode == 2
    assert "but that of boss@mellon.example" in run_here(url, *require, **acme).stdout
    assert run_here(url, "require-company-sign-in", "--tenant", "acme", **acme).returncode == 0
    warned = run_here(url, "check-config", **(acme | {"OIDC_PROVIDERS": ""})).stdout
    for lift in (("lift-company-sign-in", "--tenant", "acme"), ("lift-company-sign-in",)):
        assert f"or run python -m dash_portal {' '.join(lift)}\n" in warned
        assert run_here(url, *lift).returncode == 0
    assert "lift-company-sign-in" not in run_here(url, "check-config").stdout


def test_check_config_asks_for_host_names_behind_tls(migrated_sqlite: Path, run_here: Callable[..., Ended]) -> None:
    url = f"sqlite:///{migrated_sqlite}"
    assert "PORTAL_ALLOWED_HOSTS is empty" in run_here(url, "check-config", PORTAL_SECURE_COOKIES="true").stdout
    named = run_here(url, "check-config", PORTAL_SECURE_COOKIES="true", PORTAL_ALLOWED_HOSTS="portal.example")
    assert "PORTAL_ALLOWED_HOSTS" not in named.stdout


def test_a_key_is_printed_once_listed_and_revoked(
    engine: Engine, database_url: str, run_here: Callable[..., Ended]
) -> None:
    with AgencySession(engine) as session:
        session.add(make_tenant(Cipher((KEY,)), slug="acme"))
        session.commit()
    wish = ("--tenant", "acme", "--name", "website")
    made = run_here(database_url, "create-api-key", *wish, "--scopes", "status,charts", "--expires", "30")
    assert (made.returncode, made.stderr) == (0, "")
    key = made.stdout.strip()
    again = run_here(database_url, "create-api-key", *wish, "--scopes", "rows")
    assert (again.returncode, again.stderr.strip()) == (2, "There is already a key called website.")
    listed = run_here(database_url, "list-api-keys", "--tenant", "acme").stdout
    assert f"website  …{key[-4:]}  charts,status  expires: 2" in listed
    assert key not in listed
    assert run_here(database_url, "revoke-api-key", *wish).returncode == 0
    assert run_here(database_url, "list-api-keys", "--tenant", "acme").stdout == ""
    for wrong, words in (
        (("revoke-api-key", *wish), "There is no such key."),
        (("create-api-key", *wish, "--scopes", "all"), "There is no scope 'all': use charts,rows,status."),
        (("create-api-key", *wish, "--scopes", "rows", "--expires", "0"), "A key ends after 1 to 3650 days."),
        (("list-api-keys", "--tenant", "nobody"), "there is no brand 'nobody'"),
    ):
        refused = run_here(database_url, *wrong)
        assert (refused.returncode, refused.stderr.strip()) == (2, words)


def test_a_terminal_that_has_not_every_letter_gets_the_others_escaped(
    database_url: str, run_here: Callable[..., Ended]
) -> None:
    assert run_here(database_url, "create-tenant", "acme", *ZONE, typed="CT_secret_web_key\n").returncode == 0
    made = run_here(database_url, "create-api-key", "--tenant", "acme", "--name", "Büro 🚀", "--scopes", "rows")
    assert made.returncode == 0, made.stderr
    listed = run(database_url, "list-api-keys", "--tenant", "acme", PYTHONIOENCODING="ascii")
    assert (listed.returncode, listed.stdout.startswith("B\\xfcro \\U0001f680")) == (0, True), listed.stderr
