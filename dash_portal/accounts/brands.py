"""What is done with brands. Only the agency may; each verb writes its row of the audit log, and the caller commits.

A brand's web key is encrypted the moment it comes in; afterwards only its last four characters are ever shown.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

from sqlmodel import Session, col, select

from dash_portal.accounts.access import renew_access_of_brand
from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.errors import AccountError, NotFoundError
from dash_portal.accounts.rights import hold_rights, require_agency
from dash_portal.accounts.web_keys import require_free_key
from encryption import Cipher
from logs import forget_in_logs
from models import Tenant, TenantStatus

_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")


def create_brand(
    session: Session,
    *,
    actor: Actor,
    slug: str,
    name: str,
    timezone: str,
    web_key: str,
    cipher: Cipher,
    accent_colour: str | None = None,
) -> Tenant:
    """Make a brand. Raises AccountError when something is malformed, or slug or web key are taken."""
    require_agency(actor)
    slug, web_key = valid_slug(slug), valid_web_key(web_key)
    hold_rights(session, actor)
    if session.exec(select(Tenant.id).where(Tenant.slug == slug)).first() is not None:
        raise AccountError(f"There is already a brand with the short name {slug}.")
    require_free_key(session, cipher, web_key)
    brand = Tenant(
        slug=slug,
        name=valid_brand_name(name),
        timezone=valid_timezone(timezone),
        accent_colour=valid_colour(accent_colour),
        web_key_encrypted=cipher.encrypt(web_key),
        web_key_last4=web_key[-4:],
        web_key_hash=cipher.keyed_hashes(web_key)[0],
    )
    session.add(brand)
    session.flush()
    record(session, AuditAction.BRAND_CREATED, actor, tenant_id=brand.id, slug=slug)
    return brand


def change_brand(
    session: Session,
    *,
    actor: Actor,
    tenant_id: int,
    name: str,
    slug: str,
    timezone: str,
    accent_colour: str | None,
) -> Tenant:
    """Change how a brand is called, its time zone and its colour."""
    require_agency(actor)
    hold_rights(session, actor)
    brand = find_brand(session, tenant_id)
    slug = valid_slug(slug)
    if session.exec(select(Tenant.id).where(Tenant.slug == slug, col(Tenant.id) != tenant_id)).first() is not None:
        raise AccountError(f"There is already a brand with the short name {slug}.")
    brand.name, brand.slug = valid_brand_name(name), slug
    brand.timezone, brand.accent_colour = valid_timezone(timezone), valid_colour(accent_colour)
    session.add(brand)
    record(session, AuditAction.BRAND_CHANGED, actor, tenant_id=tenant_id, slug=slug)
    return brand


def replace_web_key(session: Session, *, actor: Actor, tenant_id: int, web_key: str, cipher: Cipher) -> None:
    """Store another web key for the brand's account. Raises AccountError where it is another brand's."""
    require_agency(actor)
    hold_rights(session, actor)
    brand, web_key = find_brand(session, tenant_id), valid_web_key(web_key)
    require_free_key(session, cipher, web_key, tenant_id=tenant_id)
    brand.web_key_hash = cipher.keyed_hashes(web_key)[0]
    brand.web_key_encrypted, brand.web_key_last4 = cipher.encrypt(web_key), web_key[-4:]
    session.add(brand)
    record(session, AuditAction.WEB_KEY_CHANGED, actor, tenant_id=tenant_id, ends_in=web_key[-4:])


def suspend_brand(session: Session, *, actor: Actor, tenant_id: int, now: datetime) -> None:
    """Stop the brand's syncs and close it to its own people at once; their sessions end."""
    require_agency(actor)
    hold_rights(session, actor)
    brand = find_brand(session, tenant_id)
    brand.status = TenantStatus.SUSPENDED
    session.add(brand)
    renew_access_of_brand(session, tenant_id, now=now)
    record(session, AuditAction.BRAND_SUSPENDED, actor, tenant_id=tenant_id, slug=brand.slug)


def reactivate_brand(session: Session, *, actor: Actor, tenant_id: int, now: datetime) -> None:
    """Sync the brand again and let its people sign in; what it was not synced at until now was not missed."""
    require_agency(actor)
    hold_rights(session, actor)
    brand = find_brand(session, tenant_id)
    brand.status, brand.active_since = TenantStatus.ACTIVE, now
    session.add(brand)
    record(session, AuditAction.BRAND_REACTIVATED, actor, tenant_id=tenant_id, slug=brand.slug)


def find_brand(session: Session, tenant_id: int) -> Tenant:
    """Return the brand. Raises NotFoundError."""
    brand = session.exec(select(Tenant).where(Tenant.id == tenant_id)).one_or_none()
    if brand is None:
        raise NotFoundError("There is no such brand.")
    return brand


def find_brand_by_slug(session: Session, slug: str) -> Tenant:
    """Return the brand that an address names, suspended ones too. Raises NotFoundError, which is answered with 404."""
    brand = session.exec(select(Tenant).where(Tenant.slug == slug)).one_or_none()
    if brand is None:
        raise NotFoundError("There is no such brand.")
    return brand


def valid_slug(slug: str) -> str:
    """Return the short name that stands in addresses. Raises AccountError when it is malformed."""
    slug = slug.strip()
    if not _SLUG.fullmatch(slug):
        raise AccountError("A brand's short name is made of small letters, digits and hyphens, 63 at most.")
    return slug


def valid_brand_name(name: str) -> str:
    """Return the brand's name as it is shown. Raises AccountError when it is blank or too long."""
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    if not 1 <= len(name) <= 120:
        raise AccountError("A brand's name has 1 to 120 characters.")
    return name


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """Return the names of all time zones, those of the Americas first."""
    named = (zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
    return (*sorted(named, key=lambda zone: (not zone.startswith("America/"), zone)), "UTC")


def valid_timezone(timezone: str) -> str:
    """Return the time zone's name. Raises AccountError when no such zone is known."""
    if timezone not in available_timezones():
        raise AccountError("The time zone must be a name such as America/New_York.")
    return timezone


def valid_colour(colour: str | None) -> str | None:
    """Return the colour, or None for none. Raises AccountError unless it is written like #1f6feb."""
    if not colour:
        return None
    if not _COLOUR.fullmatch(colour):
        raise AccountError("A colour is written like #1f6feb.")
    return colour.lower()


def valid_web_key(web_key: str) -> str:
    """Return the key as it is sent in a header. Raises AccountError, which never repeats it."""
    web_key = web_key.strip()
    forget_in_logs(web_key)
    if not (8 <= len(web_key) <= 200 and web_key.isascii() and web_key.isprintable() and " " not in web_key):
        raise AccountError("The web key must be 8 to 200 printable characters without spaces.")
    return web_key
