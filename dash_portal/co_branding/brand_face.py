"""What the sign-in page may show of a brand to people who are not signed in: its name, its colour and its logo."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Engine
from sqlmodel import select

from dash_portal.co_branding.accent import drawn_accent
from dash_portal.co_branding.logos import find_logo
from database import BrandSession, PortalSession
from models import LogoTheme, Tenant, TenantLogo, TenantStatus


@dataclass(frozen=True, slots=True)
class BrandFace:
    """A brand as its sign-in page shows it; logos are data addresses, so that the logo's own route stays closed."""

    name: str
    accent: str | None
    on_accent: str | None
    light_logo: str | None
    dark_logo: str | None
    dark_is_own: bool


def brand_face(engine: Engine, slug: str) -> BrandFace | None:
    """Return what may be shown of the active brand of this slug; None where there is none."""
    if not slug:
        return None
    with PortalSession(engine) as session:
        named = select(Tenant).where(Tenant.slug == slug, Tenant.status == TenantStatus.ACTIVE)
        tenant = session.exec(named).one_or_none()
    if tenant is None or tenant.id is None:
        return None
    with BrandSession(engine, tenant.id) as session:
        logos = {theme: find_logo(session, tenant.id, theme) for theme in LogoTheme}
    accent, on_accent = drawn_accent(tenant.accent_colour)
    return BrandFace(
        name=tenant.name,
        accent=accent,
        on_accent=on_accent,
        light_logo=_as_address(logos[LogoTheme.LIGHT]),
        dark_logo=_as_address(logos[LogoTheme.DARK]),
        dark_is_own=(dark := logos[LogoTheme.DARK]) is not None and dark.theme is LogoTheme.DARK,
    )


def brand_of_target(target: str) -> str:
    """Return the slug in the address that someone was on their way to, if it names one."""
    return next(iter(parse_qs(urlsplit(target).query).get("brand", [])), "")[:63]


def _as_address(logo: TenantLogo | None) -> str | None:
    if logo is None:
        return None
    return f"data:{logo.media_type};base64,{base64.b64encode(logo.body).decode()}"
