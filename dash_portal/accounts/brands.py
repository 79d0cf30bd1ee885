"""What is done with brands. Only the agency may; each verb writes its row of the audit log, and the caller commits.

A brand's web key is encrypted the moment it comes in; afterwards only its last four characters are ever shown.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from accents import unaccented
from dash_portal.accounts.access import renew_access_of_brand
from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.errors import FieldError, NotFoundError
from dash_portal.accounts.rights import hold_rights, require_agency
from dash_portal.accounts.short_names import valid_slug
from dash_portal.accounts.web_keys import require_free_key
from dash_portal.accounts.zone_names import valid_timezone
from encryption import Cipher
from logs import forget_in_logs
from models import Tenant, TenantStatus

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
    """Make a brand. Raises FieldError when something is malformed, or slug or web key are taken."""
    require_agency(actor)
    slug, web_key = valid_slug(slug), valid_web_key(web_key)
    hold_rights(session, actor)
    if session.exec(select(Tenant.id).where(Tenant.slug == slug)).first() is not None:
        raise FieldError("slug", f"There is already a brand with the short name {slug}.")
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
        raise FieldError("slug", f"There is already a brand with the short name {slug}.")
    brand.name, brand.slug = valid_brand_name(name), slug
    brand.timezone, brand.accent_colour = valid_timezone(timezone), valid_colour(accent_colour)
    session.add(brand)
    record(session, AuditAction.BRAND_CHANGED, actor, tenant_id=tenant_id, slug=slug)
    return brand


def replace_web_key(session: Session, *, actor: Actor, tenant_id: int, web_key: str, cipher: Cipher) -> None:
    """Store another web key for the brand's account. Raises FieldError where it is another brand's."""
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


def find_brand_by_words(session: Session, written: str) -> Tenant | None:
    """Return the brand that somebody means: by its short name, else by its name where only one is called so."""
    words = _words(written)
    brands = session.exec(select(Tenant.id, Tenant.slug, Tenant.name)).all()
    by_slug = [tenant_id for tenant_id, slug, _ in brands if slug == words]
    meant = by_slug or [tenant_id for tenant_id, _, name in brands if _words(name) == words]
    return find_brand(session, meant[0] or 0) if len(meant) == 1 else None


def _words(written: str) -> str:
    return " ".join((unaccented(written) or "").split())


def valid_brand_name(name: str) -> str:
    """Return the brand's name as it is shown. Raises FieldError when it is blank or too long."""
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    if not 1 <= len(name) <= 120:
        raise FieldError("name", "A brand's name has 1 to 120 characters.")
    return name


def valid_colour(colour: str | None) -> str | None:
    """Return the colour, or None for none. Raises FieldError unless it is written like #1f6feb."""
    if not colour:
        return None
    if not _COLOUR.fullmatch(colour):
        raise FieldError("accent_colour", "A colour is written like #1f6feb.")
    return colour.lower()


def valid_web_key(web_key: str) -> str:
    """Return the key as it is sent in a header. Raises FieldError, which never repeats it."""
    web_key = web_key.strip()
    forget_in_logs(web_key)
    if not (8 <= len(web_key) <= 200 and web_key.isascii() and web_key.isprintable() and " " not in web_key):
        raise FieldError("web_key", "The web key must be 8 to 200 printable characters without spaces.")
    return web_key
