"""API keys: how a brand's admins and the agency let programs read the brand's data, and end it.

A key is a viewer of its brand that is a program, narrowed to its scopes: who may manage the brand's viewers may manage
its keys. It is handed out once; what is stored is a hash, as of every secret of 256 random bits, and its last signs,
by which people tell keys apart. It is the brand's and not its maker's: nobody's website shall go dark because someone
leaves. Who made it is shown wherever keys are listed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy
from sqlalchemy import Engine, Executable, bindparam, or_, update
from sqlmodel import Session, col, select

from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.errors import AccountError, FieldError, NotFoundError
from dash_portal.accounts.rights import hold_rights, require_may_manage
from dash_portal.accounts.sessions import OwnBrand
from dash_portal.accounts.tokens import new_token, token_hash
from dash_portal.accounts.unhurried import write_unless_busy
from database import accounts_transaction
from models import ApiKey, ApiScope, Role, Tenant, TenantStatus, User

PREFIX: Final = "mpk_"
"""What every key begins with: whoever finds one knows what it opens, and no log writes it down (`logs.scrub`)."""

LONGEST_LIFE: Final = 3650
"""The most days after which a key may end by itself."""

AGENCY: Final = "the agency"
"""Who made a key, to those who may not see the agency's people."""

MOST_KEYS: Final = 50
_LONGEST_NAME: Final = 80
_USE_IS_NOTED_EVERY: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class NewKey:
    """A key that was made just now. Its text is known now and never again."""

    key: str
    name: str


@dataclass(frozen=True)
class KeyHolder:
    """The program behind a living key: what it may read, and of which active brand."""

    key_id: str
    scopes: frozenset[ApiScope]
    own_brand: OwnBrand
    last_used_at: datetime | None


@dataclass(frozen=True)
class ListedKey:
    """A key as it is listed. `maker` is None where the command line made it, or who did was erased."""

    key_id: str
    name: str
    scopes: tuple[ApiScope, ...]
    last4: str
    maker: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    has_expired: bool


def make_key(
    session: Session,
    *,
    actor: Actor,
    tenant_id: int,
    name: str,
    scopes: Collection[ApiScope],
    days: int | None,
    now: datetime,
) -> NewKey:
    """Make a key of the brand that ends by itself after so many days, or never (None).

    Raises FieldError where the name is blank, too long or a living key's, no scope is named, the days are too many,
    or the brand has MOST_KEYS keys.
    """
    require_may_manage(actor, role=Role.TENANT_VIEWER, tenant_id=tenant_id)
    name, expires_at = valid_key_name(name), _end(days, now)
    if not scopes:
        raise FieldError("scopes", "Please choose what the key may read.")
    hold_rights(session, actor)
    names = session.exec(select(ApiKey.name).where(ApiKey.tenant_id == tenant_id, *_NOT_REVOKED)).all()
    if name in names:
        raise FieldError("name", f"There is already a key called {name}.")
    if len(names) >= MOST_KEYS:
        raise FieldError("name", f"A brand has {MOST_KEYS} keys at most: revoke one first.")
    key = PREFIX + new_token()
    session.add(
        ApiKey(
            tenant_id=tenant_id,
            name=name,
            scopes=[scope.value for scope in ApiScope if scope in scopes],
            key_hash=token_hash(key),
            key_last4=key[-4:],
            created_by=actor.user_id,
            expires_at=expires_at,
        )
    )
    record(session, AuditAction.API_KEY_MADE, actor, tenant_id=tenant_id, name=name, scopes=scopes_text(scopes))
    return NewKey(key, name)


def revoke_key(session: Session, *, actor: Actor, tenant_id: int, key_id: str, now: datetime) -> None:
    """End a key of the brand at once and for good. Raises NotFoundError where there is none of this id."""
    require_may_manage(actor, role=Role.TENANT_VIEWER, tenant_id=tenant_id)
    hold_rights(session, actor)
    this_one = select(ApiKey).where(ApiKey.tenant_id == tenant_id, ApiKey.id == key_id, *_NOT_REVOKED)
    key = session.exec(this_one).one_or_none()
    if key is None:
        raise NotFoundError("There is no such key.")
    key.revoked_at = now
    session.add(key)
    record(session, AuditAction.API_KEY_REVOKED, actor, tenant_id=tenant_id, name=key.name)


def listed_keys(session: Session, tenant_id: int, *, now: datetime) -> list[ListedKey]:
    """Return the brand's keys that nobody has revoked, by name; those that have expired too."""
    question = (
        select(ApiKey, User.name, User.email)
        .outerjoin(User, col(User.id) == ApiKey.created_by)
        .where(ApiKey.tenant_id == tenant_id, *_NOT_REVOKED)
        .order_by(col(ApiKey.name), col(ApiKey.id))
    )
    return [
        ListedKey(
            key_id=key.id,
            name=key.name,
            scopes=tuple(scope for scope in ApiScope if scope in key.scopes),
            last4=key.key_last4,
            maker=None if key.created_by is None else name or email or AGENCY,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
            has_expired=key.expires_at is not None and key.expires_at <= now,
        )
        for key, name, email in session.exec(question)
    ]


def find_key(engine: Engine, key: str, *, now: datetime) -> KeyHolder | None:
    """Return who holds this key; None where it is unknown, revoked or expired, or its brand suspended."""
    return _find(engine, _BY_KEY, token_hash(key), now) if key.startswith(PREFIX) else None


def find_key_by_id(engine: Engine, key_id: str, *, now: datetime) -> KeyHolder | None:
    """Return who holds the key of this id; None as above. What names it must be signed by the portal itself."""
    return _find(engine, _BY_ID, key_id, now)


def _find(engine: Engine, question: Executable, named: str, now: datetime) -> KeyHolder | None:
    with accounts_transaction(engine) as connection:
        row = connection.execute(question, {"named": named, "now": now}).one_or_none()
    if row is None:
        return None
    brand = OwnBrand(
        tenant_id=row.tenant_id,
        slug=row.slug,
        name=row.name,
        timezone=row.timezone,
        accent_colour=row.accent_colour,
        data_version=row.data_version,
        role=Role.TENANT_VIEWER,
    )
    scopes = frozenset(scope for scope in ApiScope if scope in row.scopes)
    return KeyHolder(row.key_id, scopes, brand, row.last_used_at)


def note_use(engine: Engine, holder: KeyHolder, *, now: datetime) -> None:
    """Remember that the key is in use. It never delays an answer: while the database is busy it is left out."""
    if holder.last_used_at is None or now - holder.last_used_at >= _USE_IS_NOTED_EVERY:
        write_unless_busy(engine, update(ApiKey).where(col(ApiKey.id) == holder.key_id).values(last_used_at=now))


def valid_key_name(name: str) -> str:
    """Return the key's name as it is shown. Raises FieldError when it is blank or too long."""
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise FieldError("name", f"Please say what the key is for, in at most {_LONGEST_NAME} characters.")
    return name


def parsed_scopes(text: str) -> frozenset[ApiScope]:
    """Return the scopes that a text names, with commas between them. Raises AccountError for any other word."""
    words = {word.strip() for word in text.split(",")}
    unknown = words - set(ApiScope)
    if unknown:
        raise AccountError(f"There is no scope {min(unknown)!r}: use {scopes_text(tuple(ApiScope))}.")
    return frozenset(ApiScope(word) for word in words)


def scopes_text(scopes: Collection[ApiScope]) -> str:
    """Return scopes as the command line takes and lists them."""
    return ",".join(scope.value for scope in ApiScope if scope in scopes)


def _end(days: int | None, now: datetime) -> datetime | None:
    if days is None:
        return None
    if not 1 <= days <= LONGEST_LIFE:
        raise FieldError("days", f"A key ends after 1 to {LONGEST_LIFE} days.")
    return now + timedelta(days=days)


_NOT_REVOKED: Final[tuple[Any, ...]] = (col(ApiKey.revoked_at).is_(None),)
_HOLDERS: Final[Any] = (
    sqlalchemy.select(
        col(ApiKey.id).label("key_id"),
        col(ApiKey.scopes),
        col(ApiKey.last_used_at),
        col(Tenant.id).label("tenant_id"),
        col(Tenant.slug),
        col(Tenant.name),
        col(Tenant.timezone),
        col(Tenant.accent_colour),
        col(Tenant.data_version),
    )
    .join(Tenant, col(Tenant.id) == col(ApiKey.tenant_id))
    .where(*_NOT_REVOKED)
    .where(or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > bindparam("now")))
    .where(col(Tenant.status) == TenantStatus.ACTIVE)
)
_BY_KEY: Final[Executable] = _HOLDERS.where(col(ApiKey.key_hash) == bindparam("named"))
_BY_ID: Final[Executable] = _HOLDERS.where(col(ApiKey.id) == bindparam("named"))
"""Every request with a key asks one of these first, and no answer outlives its request."""
