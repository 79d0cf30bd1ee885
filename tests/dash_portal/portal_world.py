"""A small world to test the portal in: two brands and a suspended one, and a person of each kind."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import col, select
from werkzeug.test import TestResponse

from dash_portal.accounts import people
from dash_portal.accounts.api_keys import make_key
from dash_portal.accounts.audit import COMMAND_LINE, Actor
from dash_portal.accounts.browser import let_in, visitor
from dash_portal.accounts.passwords import hash_password
from dash_portal.accounts.sign_in import Proven, enter
from dash_portal.accounts.staff_terms import StaffTerms
from dash_portal.accounts.throttling import Counted
from dash_portal.accounts.two_step import has_two_step
from dash_portal.api.key_guard import ALLOWANCES
from dash_portal.app import create_app
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.portal import Portal, open_portal
from database import AgencySession, create_engine
from encryption import Cipher
from models import ApiScope, AuditEntry, Membership, Role, Tenant, TenantStatus, User, utc_now
from settings import PortalSettings
from tests.factories import make_tenant

PASSWORD = "seven green lanterns"
PEOPLE: dict[str, tuple[Role, str | None]] = {
    "viewer@own.example": (Role.TENANT_VIEWER, "own"),
    "admin@own.example": (Role.TENANT_ADMIN, "own"),
    "gone@own.example": (Role.TENANT_VIEWER, "own"),
    "viewer@other.example": (Role.TENANT_VIEWER, "other"),
    "admin@other.example": (Role.TENANT_ADMIN, "other"),
    "viewer@shut.example": (Role.TENANT_VIEWER, "shut"),
    "agency@mellon.example": (Role.AGENCY_ADMIN, None),
}


@lru_cache(maxsize=1)
def password_hash() -> str:
    return hash_password(PASSWORD)


def make_settings(database_url: str, encryption_key: str, **changes: Any) -> PortalSettings:
    columns = {
        "database_url": database_url,
        "portal_secret_key": "a test's secret key, 0123456789 and more",
        "portal_encryption_key": encryption_key,
        "sync_cron": "0 * * * *",
    }
    return PortalSettings(**(columns | changes))


@dataclass
class PortalWorld:
    """The portal over a database of its own. `brands` are tenant ids by slug, `people` user ids by e-mail."""

    settings: PortalSettings
    app: Flask
    engine: Engine
    cipher: Cipher
    brands: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    portal: Portal = field(init=False)
    _tokens: WeakKeyDictionary[FlaskClient, tuple[str, str]] = field(default_factory=WeakKeyDictionary)

    def __post_init__(self) -> None:
        self.portal = self.app.extensions["portal"]

    def take_turn(self) -> None:
        """Be what the shared application shows, after another world was."""
        ANSWERS.forget()
        self.app.extensions["portal"] = self.portal

    def visitor(self, **environment: Any) -> FlaskClient:
        """Return a browser that nobody is signed in to."""
        client = self.app.test_client()
        client.environ_base.update(environment)
        return client

    def sign_in(self, email: str, **environment: Any) -> FlaskClient:
        """Return a browser that this person has signed in to: by what follows once a password was found right.

        The form before that takes as long again, and has tests of its own.
        """
        client = self.visitor(**environment)
        person = self.user(email)
        assert not has_two_step(person), "the form asks for a code too"
        proven = Proven(person, Counted(frozenset(), ()))
        with self.app.test_request_context(environ_base=client.environ_base):
            attempt = enter(self.portal, proven, visitor=visitor(), now=utc_now())
            assert attempt.token is not None, attempt.outcome
            let_in(attempt.token)
            name, _, rest = self.app.process_response(self.app.response_class()).headers["Set-Cookie"].partition("=")
        client.set_cookie(name, rest.partition(";")[0])
        return client

    def sign_in_by_form(self, email: str, **environment: Any) -> FlaskClient:
        """Return a browser in which this person has typed e-mail address and password."""
        client = self.visitor(**environment)
        answer = self.try_to_sign_in(client, email)
        assert answer.status_code == 303, answer.text
        return client

    def try_to_sign_in(self, client: FlaskClient, email: str, password: str = PASSWORD, **form: str) -> TestResponse:
        return self.post(client, "/login", email=email, password=password, **form)

    def post(self, client: FlaskClient, path: str, *, page: str = "/login", **form: str) -> TestResponse:
        """Send a form as the page at `page` (or any other) would: with the browser's token."""
        return client.post(path, data=form | {"csrf_token": self.csrf_token(client, page)})

    def make_key(self, slug: str, *scopes: ApiScope, days: int | None = None, name: str = "") -> str:
        """Return a new key of this brand, of all scopes unless some are named."""
        with AgencySession(self.engine, writes=True) as session:
            made = make_key(
                session,
                actor=COMMAND_LINE,
                tenant_id=self.brands[slug],
                name=name or " and ".join(scopes) or "everything",
                scopes=scopes or tuple(ApiScope),
                days=days,
                now=utc_now(),
            )
            session.commit()
        return made.key

    def program(self, key: str) -> FlaskClient:
        """Return a client that sends this key with each request."""
        return self.visitor(HTTP_AUTHORIZATION=f"Bearer {key}")

    def csrf_token(self, client: FlaskClient, page: str = "/login") -> str:
        """Return a valid token: of /account when somebody is signed in, else of the page; the last one while it is good.

        A token is good for as long as the cookie of its session stays as it is.
        """
        kept_for, token = self._tokens.get(client, ("", ""))
        if kept_for and kept_for == _session_cookie(client):
            return token
        answer = client.get("/account")
        if answer.status_code != 200:
            answer = client.get(page)
        field = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
        assert field is not None, answer.text
        self._tokens[client] = (_session_cookie(client), field[1])
        return field[1]

    def deactivate(self, email: str) -> None:
        with AgencySession(self.engine) as session:
            session.exec(select(User).where(User.email == email)).one().active = False
            session.commit()

    def audit(self, action: str) -> list[AuditEntry]:
        """Return the audit log's rows of one kind, the first first."""
        with AgencySession(self.engine) as session:
            rows = select(AuditEntry).where(AuditEntry.action == action)
            return list(session.exec(rows.order_by(col(AuditEntry.created_at))))

    def user(self, email: str) -> User:
        with AgencySession(self.engine) as session:
            return session.exec(select(User).where(User.email == email)).one()

    def membership(self, email: str, slug: str | None = None) -> str:
        """Return the id of what this person may do at the brand, by default the first of theirs."""
        theirs = select(Membership).join(User, col(User.id) == Membership.user_id).where(User.email == email)
        if slug is not None:
            theirs = theirs.where(Membership.tenant_id == self.brands[slug])
        with AgencySession(self.engine) as session:
            membership = session.exec(theirs.order_by(col(Membership.tenant_id))).first()
        return "0" * 32 if membership is None else membership.id

    def roles(self, email: str) -> dict[str, Role]:
        """Return what this person may do at which brand today, by its short name."""
        question = select(Tenant.slug, Membership.role).join(Membership, col(Membership.tenant_id) == Tenant.id)
        question = question.join(User, col(User.id) == Membership.user_id)
        with AgencySession(self.engine) as session:
            found = session.exec(question.where(User.email == email, col(Membership.active)))
            return {slug: Role(role) for slug, role in found}

    def give(self, email: str, slug: str, role: Role = Role.TENANT_VIEWER) -> None:
        """Let this person do this at a further brand, as the agency does."""
        with AgencySession(self.engine, writes=True) as session:
            people.change_role(
                session,
                actor=self.actor("agency@mellon.example"),
                user_id=self.people[email],
                role=role,
                tenant_id=self.brands[slug],
                now=utc_now(),
            )
            session.commit()

    def hire(self, email: str, *slugs: str, all_brands: bool = False, raw_answers: bool = False) -> None:
        """Make someone of the agency's staff, who looks after these brands or all."""
        brands = frozenset(self.brands[slug] for slug in slugs)
        with AgencySession(self.engine, writes=True) as session:
            user = people.new_person(
                session,
                email=email,
                name=email.partition("@")[0].title(),
                role=Role.AGENCY_STAFF,
                tenant_id=None,
                password_hash=password_hash(),
                terms=StaffTerms(brands, all_brands=all_brands, raw_answers=raw_answers),
            )
            session.commit()
            self.people[email] = user.id or 0

    def actor(self, email: str) -> Actor:
        user = self.user(email)
        return Actor(user.id, user.email, user.role, user.tenant_id, "192.0.2.1")


def _session_cookie(client: FlaskClient) -> str:
    cookie = client.get_cookie("session")
    return "" if cookie is None else cookie.value


@lru_cache(maxsize=1)
def shared_app(encryption_key: str) -> Flask:
    """The application that tests of a process take turns at: putting one together costs more than most of them."""
    return create_app(make_settings("sqlite:///never-opened.db", encryption_key))


def make_shared_world(database_url: str, encryption_key: str, **changes: Any) -> PortalWorld:
    """Fill an empty, migrated database and open it in the shared application, for one test at a time.

    What an application is told only once, as it is put together, can't be changed here: see `make_world`.
    """
    settings = make_settings(database_url, encryption_key, **changes)
    app = shared_app(encryption_key)
    app.extensions["portal"] = open_portal(settings)
    return _filled(settings, app)


def make_world(database_url: str, encryption_key: str, **changes: Any) -> PortalWorld:
    """Fill an empty, migrated database and return a portal of its own over it."""
    settings = make_settings(database_url, encryption_key, **changes)
    return _filled(settings, create_app(settings))


def _filled(settings: PortalSettings, app: Flask) -> PortalWorld:
    ANSWERS.forget()
    ALLOWANCES.forget()
    world = PortalWorld(settings, app, create_engine(settings.database_url), settings.cipher())
    with AgencySession(world.engine) as session:
        tenants = [_tenant(world.cipher, slug) for slug in ("own", "other", "shut")]
        session.add_all(tenants)
        session.flush()
        world.brands |= {tenant.slug: tenant.id for tenant in tenants if tenant.id is not None}
        users = [_user(email, role, world.brands[brand] if brand else None) for email, (role, brand) in PEOPLE.items()]
        session.add_all(users)
        session.commit()
        world.people |= {user.email: user.id for user in users if user.id is not None}
    return world


def _tenant(cipher: Cipher, slug: str) -> Tenant:
    status = TenantStatus.SUSPENDED if slug == "shut" else TenantStatus.ACTIVE
    name = f"{slug.title()} Brand"
    return make_tenant(cipher, slug=slug, name=name, status=status, web_key=f"CT_key_of_{slug}")


def _user(email: str, role: Role, tenant_id: int | None) -> User:
    return User(
        email=email,
        name=email.partition("@")[0].title(),
        role=role,
        tenant_id=tenant_id,
        password_hash=password_hash(),
        active=not email.startswith("gone"),
    )


def close_world(world: PortalWorld) -> None:
    for engine in (world.engine, world.portal.engine, world.app.extensions["portal"].engine):
        engine.dispose()
